"""REST views of notices."""

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Notice
from accounts.telling import services
from accounts.telling.selectors import notices_of
from accounts.telling.serializers import NoticeSerializer, ReadSerializer
from config.api.filters import TruthFilter
from config.api.scopes import ACCOUNT
from config.api.views import ListView, View
from privacy.people import person_of


class NoticeFilter(django_filters.FilterSet):  # type: ignore[misc]
    unread = TruthFilter(field_name="read_at", lookup_expr="isnull", help_text="true: only those not read yet")
    kind = django_filters.ChoiceFilter(choices=Notice.Kind.choices)
    account = django_filters.CharFilter(field_name="account__public_id", help_text="an account's id, acct_...")

    class Meta:
        model = Notice
        fields: list[str] = []


@extend_schema(tags=["notifications"])
class NoticeListView(ListView[Notice]):
    """The person's notices, newest first. Kept for 90 days."""

    required_scopes = ACCOUNT
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter

    def get_queryset(self) -> QuerySet[Notice]:
        return notices_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["notifications"])
class ReadNoticeView(View):
    required_scopes = ACCOUNT
    takes_body = ()

    @extend_schema(operation_id="notifications_read", request=None, responses=NoticeSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Mark a notification as read; one that was read keeps its moment."""
        notice = get_object_or_404(notices_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        services.mark_read(notice=notice)
        return Response(NoticeSerializer(notice, context={"request": request}).data)


@extend_schema(tags=["notifications"])
class ReadAllNoticesView(View):
    required_scopes = ACCOUNT
    takes_body = ()

    @extend_schema(operation_id="notifications_read_all", request=None, responses=ReadSerializer)
    def post(self, request: Request) -> Response:
        """Mark all notifications as read."""
        return Response({"read": services.mark_all_read(user_id=person_of(request))})
