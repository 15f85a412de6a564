"""REST views of experiments."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.seats.asked import own_account
from config.api.problems import Conflict
from config.api.scopes import FORECASTS
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit
from predictions.experiments import services
from predictions.experiments.selectors import experiments_of
from predictions.experiments.serializers import (
    AssignmentSerializer,
    DrawSerializer,
    ExperimentSerializer,
    StartExperimentSerializer,
)
from predictions.models import Experiment
from telemetry.idempotency.writes import idempotent

START_EXAMPLE = OpenApiExample(
    "six in the evening against nine",
    value={"account_id": "acct_12345", "feature": "post_time", "first": 18, "second": 21},
    request_only=True,
)


@extend_schema(tags=["experiments"])
class ExperimentListView(ListView[Experiment]):
    """The person's experiments, newest first."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.CHANGE,)}
    serializer_class = ExperimentSerializer

    def get_queryset(self) -> QuerySet[Experiment]:
        return experiments_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=StartExperimentSerializer, responses={201: ExperimentSerializer}, examples=[START_EXAMPLE])
    @idempotent
    def post(self, request: Request) -> Response:
        """Start an experiment of two hours or two styles; an account has one at a time."""
        serializer = StartExperimentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        account = own_account(request, asked["account_id"])
        try:
            experiment = services.start_experiment(account_id=account.pk, arms=asked["arms"])
        except services.AlreadyRunning as error:
            raise Conflict(str(error)) from error
        return created(ExperimentSerializer(experiment).data, reverse("api:experiment", args=[experiment.public_id]))


@extend_schema(tags=["experiments"])
class ExperimentView(RetrieveView[Experiment]):
    """One experiment, with what was drawn and what is known."""

    required_scopes = FORECASTS
    serializer_class = ExperimentSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Experiment]:
        return experiments_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["experiments"])
class DrawView(View):
    required_scopes = FORECASTS

    @extend_schema(
        operation_id="experiments_draw",
        request=DrawSerializer,
        responses={200: AssignmentSerializer, 201: AssignmentSerializer},
        examples=[OpenApiExample("the next post", value={}, request_only=True)],
    )
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Draw the arm of the next post. While that post may still come, its arm is answered again (200)."""
        experiment = get_object_or_404(experiments_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        serializer = DrawSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            assignment, is_new = services.draw_arm(
                experiment_id=experiment.pk, planned=serializer.validated_data.get("scheduled_time_utc")
            )
        except services.NotRunning as error:
            raise Conflict(str(error)) from error
        shown = AssignmentSerializer(assignment).data
        return created(shown, reverse("api:experiment", args=[public_id])) if is_new else Response(shown)


@extend_schema(tags=["experiments"])
class StopView(View):
    required_scopes = FORECASTS
    takes_body = ()

    @extend_schema(operation_id="experiments_stop", request=None, responses=ExperimentSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Stop an experiment; one that has ended stays as it is."""
        experiment = get_object_or_404(experiments_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        services.stop_experiment(experiment_id=experiment.pk)
        experiment.refresh_from_db()
        return Response(ExperimentSerializer(experiment).data)
