"""Writes of drafts: create, change, delete, end a reminder, find the posts that they became."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import Notice, TikTokAccount
from accounts.telling.services import tell, withdraw_from_all, withdraw_notice
from posts.content.pictures import DraftCover
from posts.ingest.fingerprints import caption_fingerprint
from predictions.models import Prediction, SavedDraft
from predictions.outcomes.matching import REACH, match_posts
from predictions.plan import selectors
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, has_consent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

MOST_DRAFTS = 500
"""Drafts of one account."""
MOST_VARIANTS = 3
"""Variants B to D beside the draft itself, which is A."""


class TooManyDrafts(ValueError):
    """The account has as many drafts as are kept."""

    def __init__(self) -> None:
        super().__init__(f"This account has {MOST_DRAFTS} drafts; delete some before you save another one.")


class StaleDraft(ValueError):
    """The draft was changed since the caller read it; `current` is how it stands."""

    def __init__(self, current: SavedDraft) -> None:
        self.current = current
        super().__init__(
            f"This draft was changed since you read it: it is at version {current.version}. Read it again first."
        )


class Changes(TypedDict, total=False):
    """Members of a draft to change; absent ones stay as they are."""

    caption: str
    publish_at: datetime | None
    duration_s: int | None
    cover: DraftCover | None
    variants: "Sequence[PlannedVariant]"
    remind_at: datetime | None
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """Another caption for the same video, and another time if it has one."""

    caption: str
    publish_at: datetime | None = None


@transaction.atomic
def create_draft(*, account_id: int, changes: Changes) -> SavedDraft:
    """Save a new draft. Raises NoConsent, TooManyDrafts and TikTokAccount.DoesNotExist."""
    account = lock_account(account_id)
    if SavedDraft.objects.filter(account=account).count() >= MOST_DRAFTS:
        raise TooManyDrafts
    draft = SavedDraft(account=account)
    _apply(draft, changes, account)
    draft.save()
    _record(account)
    return draft


@transaction.atomic
def change_draft(*, draft_id: int, version: int, changes: Changes) -> SavedDraft:
    """Change a draft that stands at `version`; its text is kept only for people who keep texts.

    Changes that change nothing leave the version. Raises StaleDraft, NoConsent and SavedDraft.DoesNotExist.
    """
    draft, account = _locked(draft_id)
    if draft.version != version:
        raise StaleDraft(draft)
    before = _values(draft)
    _apply(draft, changes, account)
    if draft.remind_at != before["remind_at"]:
        _withdraw_reminder(draft, account)
    if _values(draft) != before:
        draft.version += 1
        draft.save()
        _record(account)
    return draft


@transaction.atomic
def delete_draft(*, draft_id: int) -> None:
    """Delete a draft; its saved forecasts stay. Raises NoConsent and SavedDraft.DoesNotExist."""
    draft, account = _locked(draft_id)
    _withdraw_reminder(draft, account)
    withdraw_from_all(kind=Notice.Kind.COMMENT, about=[draft.public_id])
    draft.delete()
    _record(account)


@transaction.atomic
def end_reminder(*, draft_id: int) -> None:
    """Remind no more of the draft. Raises NoConsent and SavedDraft.DoesNotExist."""
    draft, account = _locked(draft_id)
    draft.remind_at = None
    _withdraw_reminder(draft, account)
    draft.version += 1
    draft.save(update_fields=["remind_at", "version", "updated_at"])
    _record(account)


def tell_reminders(*, now: datetime | None = None) -> int:
    """Tell people of their drafts whose reminder is due, each once; return how many were told."""
    told = 0
    for draft_id in selectors.reminders_to_tell(now or timezone.now()):
        try:
            told += _remind(draft_id)
        except (NoConsent, TikTokAccount.DoesNotExist, SavedDraft.DoesNotExist) as error:
            log.info("reminder_skipped", draft_id=draft_id, reason=type(error).__name__)
    return told


@transaction.atomic
def _remind(draft_id: int) -> bool:
    draft, account = _locked(draft_id)
    return tell(
        user_id=account.user_id,
        kind=Notice.Kind.REMINDER,
        about=draft.public_id,
        link=reverse("predictions:draft", args=[draft.public_id]),
        account_id=account.pk,
        params={"publish_at": draft.publish_at.isoformat() if draft.publish_at else None},
    )


def find_published(*, now: datetime | None = None) -> int:
    """Match planned drafts with the posts that they became, and return how many were found.

    An account that withdraws consent or is erased meanwhile is skipped; the others go on.
    """
    now = now or timezone.now()
    waiting, found = selectors.drafts_to_find(now), 0
    for account_id in list(waiting.order_by("account_id").values_list("account_id", flat=True).distinct()):
        try:
            found += _find_of_account(account_id, now)
        except (NoConsent, TikTokAccount.DoesNotExist) as error:
            log.info("drafts_skipped", account_id=account_id, reason=type(error).__name__)
    return found


@transaction.atomic
def _find_of_account(account_id: int, now: datetime) -> int:
    account = lock_account(account_id)
    drafts = list(selectors.drafts_to_find(now).filter(account=account).order_by("pk"))
    posts = selectors.published_since(account_id, now - selectors.LOOKED_FOR - REACH)
    matched = match_posts(selectors.planned(drafts), posts, now)
    published = [draft for draft in drafts if draft.pk in matched]
    for draft in published:
        draft.post_id, draft.remind_at = matched[draft.pk], None
        _withdraw_reminder(draft, account)
    SavedDraft.objects.bulk_update(published, ["post", "remind_at"])
    if published:
        _record(account)
    return len(published)


def _withdraw_reminder(draft: SavedDraft, account: TikTokAccount) -> None:
    """Withdraw the notice of a reminder that ended or moved."""
    withdraw_notice(user_id=account.user_id, kind=Notice.Kind.REMINDER, about=draft.public_id)


def _locked(draft_id: int) -> tuple[SavedDraft, TikTokAccount]:
    """Return the draft and its account, locked until the transaction ends."""
    account = lock_account(SavedDraft.objects.values_list("account", flat=True).get(pk=draft_id))
    return SavedDraft.objects.select_related("account").get(pk=draft_id), account


def _apply(draft: SavedDraft, changes: Changes, account: TikTokAccount) -> None:
    keeps_texts = has_consent(account.user_id, Purpose.DRAFTS)
    if "caption" in changes:
        draft.caption = blank_contacts(changes["caption"]) if keeps_texts else ""
        draft.caption_fingerprint = caption_fingerprint(changes["caption"])
    if "variants" in changes:
        kept = changes["variants"][:MOST_VARIANTS] if keeps_texts else []
        draft.variants = [_variant_as_json(variant) for variant in kept]
    if "cover" in changes:
        draft.cover = changes["cover"].as_json() if changes["cover"] else None
    for name in ("publish_at", "duration_s", "remind_at", "prediction"):
        if name in changes:
            setattr(draft, name, changes[name])


def _values(draft: SavedDraft) -> Mapping[str, Any]:
    names = ("caption", "caption_fingerprint", "publish_at", "duration_s", "cover", "variants", "remind_at")
    return {name: getattr(draft, name) for name in (*names, "prediction_id")}


def _variant_as_json(variant: PlannedVariant) -> dict[str, str | None]:
    moment = variant.publish_at
    return {"caption": blank_contacts(variant.caption), "publish_at": moment.isoformat() if moment else None}


def _record(account: TikTokAccount) -> None:
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="your drafts")
