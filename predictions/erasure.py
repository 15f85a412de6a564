"""What predictions looks for after an erasure (`privacy.erasure.services`)."""

from collections.abc import Collection

from predictions.models import ForgottenAccount, ModelVersion
from predictions.pseudonyms import pseudonym
from privacy.erasure.hooks import on_verify


@on_verify
def learned_and_not_forgotten(texts: Collection[str]) -> list[str]:
    """Manifests that name an account of which it is not noted that it left: their versions could serve on."""
    names = {pseudonym(text) for text in texts}
    forgotten = set(ForgottenAccount.objects.filter(pseudonym__in=names).values_list("pseudonym", flat=True))
    learned = ModelVersion.objects.filter(manifest__pseudonyms__has_any_keys=sorted(names - forgotten))
    return [f"manifest of {version}" for version in learned.order_by("pk").values_list("name", flat=True)]
