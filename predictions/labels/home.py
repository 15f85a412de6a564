"""Pairs of captions that wait for raters, on the staff's home page."""

from datetime import datetime

from django.urls import reverse

from predictions.labels.selectors import waiting_pairs
from predictions.models import LabelPair
from telemetry.home.panels import Line, Link, Panel, panel


@panel(permission="predictions.compare_labelpair", place=92)
def captions_to_compare(now: datetime) -> Panel:
    """Tell how many pairs of each question wait for an answer."""
    lines = [Line(question.label, f"{waiting_pairs(question).count():,}") for question in LabelPair.Question]
    links = [Link("Compare captions", reverse("admin:predictions_labelpair_standing"))]
    return Panel("Captions to compare", lines, links=links)
