"""Saved drafts over REST: kept with their text only for who keeps texts, and never changed from a stale copy."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from predictions.models import SavedDraft
from privacy.purposes import Purpose
from tests.factories import PredictionFactory, agree, disagree
from tests.predictions.forecasts.api_requests import in_hours
from tests.predictions.plan.factories import SavedDraftFactory

pytestmark = pytest.mark.django_db


def save(client: Any, account: Any, **members: Any) -> Any:
    return client.post("/api/v1/drafts", {"account_id": account.public_id, **members}, format="json")


def change(client: Any, draft: SavedDraft, **members: Any) -> Any:
    return client.patch(f"/api/v1/drafts/{draft.public_id}", members, format="json")


def test_a_draft_is_saved_read_changed_and_deleted(account, client_of):
    agree(account.user, Purpose.DRAFTS)
    later = in_hours(30)
    created = save(
        client_of,
        account,
        text="Sunset #pier, write to me@example.com",
        scheduled_time_utc=later,
        duration_s=25,
        variants=[{"text": "Dawn #pier"}],
    )
    assert created.status_code == 201
    body = created.json()
    assert created["Location"] == f"/api/v1/drafts/{body['id']}"
    assert (body["version"], body["duration_s"], body["has_cover"], body["post"]) == (1, 25, False, None)
    assert body["text"].startswith("Sunset #pier, write to ")
    assert "example.com" not in body["text"]
    assert body["variants"] == [{"text": "Dawn #pier", "scheduled_time_utc": None}]
    draft = SavedDraft.objects.get()
    changed = change(client_of, draft, version=1, duration_s=None, scheduled_time_utc=None)
    assert (changed.json()["version"], changed.json()["scheduled_time_utc"]) == (2, None)
    # what changes nothing is no new version
    assert change(client_of, draft, version=2, duration_s=None).json()["version"] == 2
    assert (
        client_of.get(f"/api/v1/drafts/{draft.public_id}").json()
        == client_of.get("/api/v1/drafts").json()["results"][0]
    )
    assert client_of.delete(f"/api/v1/drafts/{draft.public_id}").status_code == 204
    assert not SavedDraft.objects.exists()


def test_the_text_is_kept_only_for_who_keeps_texts(account, client_of):
    body = save(client_of, account, text="Sunset #pier", variants=[{"text": "Dawn"}]).json()
    assert (body["text"], body["variants"]) == ("", [])
    draft = SavedDraft.objects.get()
    # it still recognises its post
    assert draft.caption_fingerprint
    agree(account.user, Purpose.DRAFTS)
    assert change(client_of, draft, version=1, text="Sunset #pier").json()["text"] == "Sunset #pier"
    disagree(account.user, Purpose.DRAFTS)
    draft.refresh_from_db()
    assert (draft.caption, draft.variants) == ("", [])


def test_a_stale_change_is_refused_and_changes_nothing(account, client_of):
    draft = SavedDraftFactory(account=account, version=3)
    refused = change(client_of, draft, version=2, text="Old")
    assert refused.status_code == 409
    assert "version 3" in refused.json()["detail"]
    draft.refresh_from_db()
    assert (draft.version, draft.caption) == (3, "Sunset at the pier #sunset")


def test_a_saved_forecast_is_the_accounts_own(account, client_of):
    draft = SavedDraftFactory(account=account)
    theirs = PredictionFactory()
    refused = change(client_of, draft, version=1, prediction_id=theirs.public_id)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (404, "prediction_id")
    own = PredictionFactory(account=account)
    assert change(client_of, draft, version=1, prediction_id=own.public_id).json()["prediction_id"] == own.public_id


@pytest.mark.parametrize("member", ["scheduled_time_utc", "remind_at"])
@pytest.mark.parametrize("hours", [-2, 400 * 24])
def test_nothing_is_planned_for_the_past_or_for_years_ahead(member, hours, account, client_of):
    refused = save(client_of, account, **{member: in_hours(hours)})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, member)


def test_drafts_of_others_do_not_exist(account, client_of):
    theirs = SavedDraftFactory()
    assert change(client_of, theirs, version=1, text="Mine").status_code == 404
    assert client_of.delete(f"/api/v1/drafts/{theirs.public_id}").status_code == 404
    assert save(client_of, theirs.account, text="Mine").status_code == 404
    assert client_of.get("/api/v1/drafts").json()["results"] == []


def test_drafts_are_found_by_their_time_and_post(account, client_of):
    now = timezone.now()
    soon = SavedDraftFactory(account=account, publish_at=now + datetime.timedelta(days=2))
    SavedDraftFactory(account=account, publish_at=None)
    SavedDraftFactory(account=account, publish_at=now + datetime.timedelta(days=20))
    within = {"scheduled_before": in_hours(24 * 7), "scheduled_after": in_hours(1), "published": "false"}
    found = client_of.get("/api/v1/drafts", {"account": account.public_id, **within}).json()["results"]
    assert [each["id"] for each in found] == [soon.public_id]


def test_without_consent_nothing_is_saved(account, client_of):
    disagree(account.user, Purpose.SERVICE)
    assert save(client_of, account, text="Sunset").status_code == 403


def test_an_account_has_a_bound_of_drafts(account, client_of, monkeypatch):
    monkeypatch.setattr("predictions.plan.services.MOST_DRAFTS", 1)
    assert save(client_of, account, text="One").status_code == 201
    assert save(client_of, account, text="Two").status_code == 409


def test_a_key_saves_one_draft(account, client_of):
    body = {"account_id": account.public_id, "text": "Sunset"}
    answers = [
        client_of.post("/api/v1/drafts", body, format="json", headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert SavedDraft.objects.count() == 1


def test_the_account_that_is_named_must_exist(account, client_of):
    assert client_of.post("/api/v1/drafts", {"account_id": "acct_nobody"}, format="json").status_code == 404
