"""Feedback on forecasts: form, API, and staff's list.

May import forecasts, the models and the rooms below.
"""
