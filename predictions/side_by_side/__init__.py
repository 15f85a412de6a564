"""The accounts that a person sees side by side: last week and this week, one row for each.

May import replays, outcomes, plan, period_reports, the models and posts.
"""
