"""Reports of one account over a week or a month: what it published, how it did, and how right the forecasts were.

May import insights, plan, outcomes, the models and posts; sharing imports it.
"""
