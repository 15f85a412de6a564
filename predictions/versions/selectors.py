"""Reads of model versions: the champion, an account's canary, and versions that may not serve."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from django.db.models import F, FloatField, Func, OuterRef, Prefetch, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from predictions.engine import GlobalModel
from predictions.models import ForgottenAccount, ModelVersion

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAY_NOT_SERVE = "learned from an account that left since, so it may not serve."


class Learned(TypedDict):
    """A column of `listed_versions`."""

    learned: dict[str, Any]


class Roles(NamedTuple):
    """All versions, and those of them that serve."""

    versions: list[ModelVersion]
    champion: ModelVersion | None
    canary: ModelVersion | None


class _Draw(Func):
    """A number in [0, 1) that two keys determine: the first 32 bits of their MD5, as a fraction."""

    template = "(('x' || substr(md5(%(expressions)s), 1, 8))::bit(32)::bigint / 4294967296.0)::float8"
    arg_joiner = " || ':' || "
    output_field = FloatField()


def champions() -> QuerySet[ModelVersion]:
    """Return the champion's row, or none while only the prior serves."""
    return ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION)


def canaries() -> QuerySet[ModelVersion]:
    """Return the row of the version on canary, or none."""
    return ModelVersion.objects.filter(canary_share__gt=0)


CHAMPION_ID = Subquery(champions().values("pk")[:1])
"""The champion's id, as a column beside other rows."""

# an account that draws less than the share is served by the canary, and still is after the share is raised
CANARY_ID = Subquery(
    canaries()
    .filter(canary_share__gt=_Draw(Cast(F("pk"), TextField()), Cast(OuterRef("pk"), TextField())))
    .values("pk")[:1]
)
"""The id of the canary that serves the account of the outer row, or null."""


def listed_versions() -> "QuerySet[WithAnnotations[ModelVersion, Learned]]":
    """Return the versions without what is large of them, each with the sizes of what it `learned` from."""
    sizes = {name: KeyTransform(name, "manifest") for name in ("rows", "accounts", "until", "prior")}
    return ModelVersion.objects.defer("artefact", "manifest", "metrics").annotate(learned=JSONObject(**sizes))


def champion_id() -> int | None:
    """Return the champion's primary key; None while only the prior serves."""
    return champions().values_list("pk", flat=True).first()


def lock_roles() -> Roles:
    """Return all versions, locked until the transaction ends: one decision on what serves is made at a time.

    Rows that refer to versions can still be written, so forecasts do not wait.
    """
    versions = list(ModelVersion.objects.select_for_update(no_key=True).order_by("id"))
    return Roles(
        versions,
        champion=next((version for version in versions if version.role == ModelVersion.Role.CHAMPION), None),
        canary=next((version for version in versions if version.canary_share > 0), None),
    )


def prefetch_versions(of: str = "model_version") -> "Prefetch[Any]":
    """Return a prefetch that reads each version once and without its large columns, for rows that refer to many."""
    return Prefetch(of, queryset=ModelVersion.objects.all())


def learned_from_forgotten(learned: ModelVersion | GlobalModel, *, forgotten_before: timedelta = timedelta()) -> bool:
    """Return whether it learned from an account that left at least `forgotten_before` ago."""
    forgotten = ForgottenAccount.objects.filter(forgotten_at__lte=timezone.now() - forgotten_before)
    return forgotten.filter(pseudonym__in=learned.manifest.get("pseudonyms", ())).exists()
