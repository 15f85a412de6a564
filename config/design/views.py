"""The living page of the visual language: tokens and components as pages use them."""

from datetime import timedelta
from typing import NamedTuple

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from posts.charts import ChartPost, counts_chart
from predictions.forecasts.charts import range_chart


class Pair(NamedTuple):
    """A colour on a ground, both tokens, and the contrast that WCAG 2.2 AA asks for."""

    colour: str
    ground: str
    least: float


_TEXT = (
    *((text, ground) for text in ("ink", "muted", "accent", "accent-strong") for ground in ("paper", "surface")),
    *(("ink", wash) for wash in ("sunken", "accent-wash", "warm-wash", "bad-wash")),
    *(("on-accent", ground) for ground in ("accent", "accent-strong")),
    *(("warm", ground) for ground in ("surface", "warm-wash")),
    *(("bad", ground) for ground in ("surface", "bad-wash")),
    ("accent-strong", "accent-wash"),
)
_MARKS = tuple((mark, ground) for mark in ("field-line", "accent", "warm") for ground in ("surface", "paper"))
PAIRS = (*(Pair(*pair, 4.5) for pair in _TEXT), *(Pair(*pair, 3.0) for pair in _MARKS))
TOKENS = (
    *("paper", "surface", "sunken", "ink", "muted", "line", "field-line", "accent", "accent-strong", "on-accent"),
    *("accent-wash", "warm", "warm-wash", "bad", "bad-wash"),
)


class SampleForm(forms.Form):
    """One of each field."""

    text = forms.CharField(help_text="A hint says what is expected.", widget=forms.TextInput(attrs={"class": "input"}))
    choice = forms.ChoiceField(choices=[("likes", "Likes"), ("views", "Views")])
    long = forms.CharField(widget=forms.Textarea(attrs={"class": "input input--short", "rows": 2}))

    choice.widget.attrs["class"] = "input"


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show tokens and components; the browser's scheme decides between light and dark."""
    now = timezone.now()
    posts = [
        ChartPost(now - timedelta(days=12 - day), 120 + 35 * (day * 7 % 11), is_young=day == 11) for day in range(12)
    ]
    figures = {"low": 71.0, "high": 403.0, "typical": 170.0, "baseline": 118.0}
    wrong = SampleForm({"wrong-choice": "likes"}, prefix="wrong")
    return render(
        request,
        "design/design.html",
        {
            "tokens": TOKENS,
            "pairs": PAIRS,
            "form": SampleForm(auto_id="sample_%s"),
            "wrong": [wrong["text"]],
            "charts": [counts_chart(posts, shown=12, width=width, height=240) for width in (840, 320)],
            "metric_label": "Likes",
            "headline": {
                "metric": "likes",
                **figures,
                "charts": [range_chart(width=width, **figures) for width in (480, 320)],
            },
            "forecast": figures,
        },
    )
