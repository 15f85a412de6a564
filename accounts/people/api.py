"""REST view of the signed-in person."""

from drf_spectacular.utils import extend_schema

from accounts.models import User
from accounts.people.serializers import MeSerializer
from config.api.scopes import ACCOUNT
from config.api.views import RetrieveView


@extend_schema(tags=["accounts"])
class MeView(RetrieveView[User]):
    """The signed-in person."""

    required_scopes = ACCOUNT
    serializer_class = MeSerializer

    def get_object(self) -> User:
        user: User = self.request.user  # type: ignore[assignment]
        return user
