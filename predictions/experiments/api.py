"""REST views of experiments."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.linked.selectors import accounts_of
from predictions.experiments import services
from predictions.experiments.selectors import experiments_of
from predictions.experiments.serializers import (
    AssignmentSerializer,
    DrawSerializer,
    ExperimentSerializer,
    StartExperimentSerializer,
)
from predictions.models import Experiment


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


@extend_schema(tags=["experiments"])
class ExperimentListView(generics.ListAPIView[Experiment]):
    """The person's experiments, newest first."""

    serializer_class = ExperimentSerializer

    def get_queryset(self) -> QuerySet[Experiment]:
        return experiments_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=StartExperimentSerializer, responses={201: ExperimentSerializer})
    def post(self, request: Request) -> Response:
        """Start an experiment of two hours or two styles; an account has one at a time."""
        serializer = StartExperimentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        account = get_object_or_404(accounts_of(request.user), public_id=asked["account_id"])  # type: ignore[arg-type]
        try:
            experiment = services.start_experiment(account_id=account.pk, arms=asked["arms"])
        except services.AlreadyRunning as error:
            raise Conflict(str(error)) from error
        return Response(ExperimentSerializer(experiment).data, status.HTTP_201_CREATED)


@extend_schema(tags=["experiments"])
class ExperimentView(generics.RetrieveAPIView[Experiment]):
    """One experiment, with what was drawn and what is known."""

    serializer_class = ExperimentSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Experiment]:
        return experiments_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["experiments"])
class DrawView(APIView):
    @extend_schema(request=DrawSerializer, responses={200: AssignmentSerializer, 201: AssignmentSerializer})
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
        return Response(
            AssignmentSerializer(assignment).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        )


@extend_schema(tags=["experiments"])
class StopView(APIView):
    @extend_schema(request=None, responses=ExperimentSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Stop an experiment; one that has ended stays as it is."""
        experiment = get_object_or_404(experiments_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        services.stop_experiment(experiment_id=experiment.pk)
        experiment.refresh_from_db()
        return Response(ExperimentSerializer(experiment).data)
