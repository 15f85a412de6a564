"""A person's forecasts in counts, on the staff's page of the person."""

from django.db.models import Count, Max
from django.urls import reverse

from accounts.models import User
from accounts.staff.person import Link, Part, person_part
from predictions.models import Feedback, Outcome, Prediction
from telemetry.home.panels import Line


@person_part(place=30)
def forecasts(person: User) -> Part:
    """Tell how many forecasts, results and complaints there are."""
    given = Prediction.objects.filter(account__user=person.pk).aggregate(count=Count("pk"), latest=Max("created_at"))
    outcomes = Outcome.objects.filter(prediction__account__user=person.pk)
    within = outcomes.filter(within_interval=True).count()
    complaints = Feedback.objects.filter(prediction__account__user=person.pk).count()
    latest = f", the last on {given['latest']:%-d %b %Y, %H:%M}" if given["latest"] else ""
    results = outcomes.count()
    page = reverse("admin:predictions_prediction_changelist")
    return Part(
        "Forecasts",
        [
            Line("Forecasts", f"{given['count']:,}{latest}"),
            Line("With a result", f"{results:,}, {within:,} within the range"),
            Line("Feedback", f"{complaints:,}", is_bad=bool(complaints)),
        ],
        links=[
            Link(f"Forecasts for {account.public_id}", f"{page}?q={account.public_id}", "predictions.view_prediction")
            for account in person.tiktok_accounts.order_by("pk")
        ],
    )
