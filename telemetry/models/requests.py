"""Records of requests by day, and their sums by route."""

from django.db import models

from privacy.declarations.columns import personal, plain


class Endpoint(models.Model):
    """A route and a method, which records name by number: a record has no text."""

    route = plain(
        models.CharField(max_length=300, blank=True, help_text="The pattern of the address; empty: none matched."),
        "the pattern of an address, never an address",
    )
    method = plain(models.CharField(max_length=8), "the method")

    class Meta:
        ordering = ["route", "method"]
        constraints = [models.UniqueConstraint(fields=["route", "method"], name="one_row_per_endpoint")]

    def __str__(self) -> str:
        return f"{self.method} {self.route or '(no such address)'}"


def _microseconds(text: str) -> "models.PositiveIntegerField[int | None, int | None]":
    return plain(models.PositiveIntegerField(null=True), f"microseconds for {text}; empty: not measured")


class RequestRecord(models.Model):
    """A request that was answered. The table is partitioned by the UTC day of `at`; whole days are dropped.

    PostgreSQL's primary key is (id, at), as a partitioned table's has to hold what it is partitioned by.
    """

    at = personal(models.DateTimeField(), "When your browser or program asked")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    personal(endpoint, "The number of the kind of page or operation")
    status = personal(models.PositiveSmallIntegerField(), "The status of the answer")
    pseudonym = personal(
        models.BigIntegerField(null=True, help_text="Under a key of the day that goes a day later; empty: nobody."),
        "A number that stands for you for a day, and afterwards for nobody who could be found",
    )
    model_version = plain(models.PositiveIntegerField(null=True), "the number of the model version that answered")
    total = plain(models.PositiveIntegerField(), "microseconds in all")
    authentication = _microseconds("authentication")
    account = _microseconds("loading the account")
    caption = _microseconds("measuring the caption")
    inference = _microseconds("the model")
    database = _microseconds("storing")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.status}"


class RouteDay(models.Model):
    """How the requests to one endpoint went on one day (UTC). Durations are in microseconds."""

    day = plain(models.DateField(), "the day")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="days")
    plain(endpoint, "route and method")
    requests = plain(models.PositiveIntegerField(), "how many requests")
    refused = plain(models.PositiveIntegerField(), "how many were answered 4xx")
    failed = plain(models.PositiveIntegerField(), "how many were answered 5xx")
    people = plain(models.PositiveIntegerField(), "how many people asked")
    p50 = plain(models.PositiveIntegerField(), "half took at most so long")
    p95 = plain(models.PositiveIntegerField(), "95 per cent took at most so long")
    p99 = plain(models.PositiveIntegerField(), "99 per cent took at most so long")
    stages = plain(models.JSONField(default=dict), "the 95th percentile of each stage that was measured")

    class Meta:
        ordering = ["-day", "endpoint"]
        verbose_name = "day of a route"
        verbose_name_plural = "the service by day"
        constraints = [models.UniqueConstraint(fields=["day", "endpoint"], name="one_row_per_day_and_endpoint")]

    def __str__(self) -> str:
        return f"{self.endpoint} on {self.day}"
