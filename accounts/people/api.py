"""REST view of the signed-in person."""

from drf_spectacular.utils import extend_schema
from rest_framework import generics

from accounts.models import User
from accounts.people.serializers import MeSerializer


@extend_schema(tags=["accounts"])
class MeView(generics.RetrieveAPIView[User]):
    """The signed-in person."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        user: User = self.request.user  # type: ignore[assignment]
        return user
