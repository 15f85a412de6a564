"""Forecasts on the staff's home page: a field to find one."""

from datetime import datetime

from django.urls import reverse

from telemetry.home.panels import Link, Panel, Search, panel


@panel(permission="predictions.view_prediction", place=85)
def forecasts(now: datetime) -> Panel:
    """Offer to find a forecast by its id."""
    page = reverse("admin:predictions_prediction_changelist")
    hint = "Its id, as in the address of the person’s page, or the id of an account."
    return Panel("Forecasts", links=[Link("All forecasts", page)], search=Search("Find a forecast", page, hint))
