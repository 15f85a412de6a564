"""The public page "How it works"."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from predictions.explained.selectors import serving_record


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """Explain the forecast, with the record of the model that serves here."""
    return render(request, "public/how_it_works.html", {"record": serving_record()})
