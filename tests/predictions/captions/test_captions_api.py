"""Captions over REST: only with consent, only from kept captions, explained, and within the account's own lists."""

import pytest

from posts.content.captions import measure_caption
from predictions.captions.writing.voice import FEWEST_CAPTIONS
from predictions.learning.services import update_weights
from predictions.models import BrandWords, Prediction
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, agree, disagree
from tests.predictions.captions.factories import BrandWordsFactory, kept_captions

pytestmark = pytest.mark.django_db

BRIEF = "Sourdough rolls from scratch, with cold butter"


@pytest.fixture
def writer(account):
    """An account whose person keeps texts, agrees to writing, and has 24 captions."""
    agree(account.user, Purpose.DRAFTS, Purpose.WRITING)
    kept_captions(account)
    assert update_weights(account_id=account.pk)
    return account


def write(client, **members):
    return client.post("/api/v1/captions", {"brief": BRIEF, **members}, format="json")


def test_captions_are_written_ranked_and_explained(writer, client_of):
    body = write(client_of, account_id=writer.public_id, n=12, eta=5.0).json()
    captions = body["captions"]
    assert len(captions) == 12
    assert (body["in_your_voice"], body["own_captions"], body["moderated"], body["endpoint"]) == (True, 24, True, "off")
    for each in captions:
        assert "cold butter" in each["text"]
        assert 0 < each["chance_above_usual"] < 1
        assert 0 <= each["style_similarity"] <= 1
        assert each["why"]
    assert [each["score"] for each in captions] == sorted((each["score"] for each in captions), reverse=True)
    own = [each for each in captions if each["opening"] == "own"]
    assert any("line of yours" in each["why"][0] for each in own)
    by_voice = write(client_of, n=12, eta=0).json()["captions"]
    logs = [each["log_probability"] for each in by_voice]
    assert logs == sorted(logs, reverse=True)
    assert not Prediction.objects.exists()


def test_without_consent_nothing_is_written(writer, client_of):
    disagree(writer.user, Purpose.WRITING)
    refused = write(client_of)
    assert refused.status_code == 403
    assert "Writing captions with help" in refused.json()["detail"]
    # captions that are not kept cannot be read: what comes then is nobody's voice, and says so
    agree(writer.user, Purpose.WRITING)
    disagree(writer.user, Purpose.DRAFTS)
    body = write(client_of).json()
    assert (body["in_your_voice"], body["own_captions"]) == (False, 0)
    assert "not kept" in body["notes"][0]
    assert {each["opening"] for each in body["captions"]} <= {"template", "brief"}


def test_too_few_captions_are_told(account, client_of):
    agree(account.user, Purpose.DRAFTS, Purpose.WRITING)
    kept_captions(account, FEWEST_CAPTIONS - 1)
    body = write(client_of).json()
    assert not body["in_your_voice"]
    assert f"Only {FEWEST_CAPTIONS - 1} of your captions" in body["notes"][0]
    assert body["captions"]


def test_brand_words_are_kept_and_used(writer, client_of):
    address = f"/api/v1/accounts/{writer.public_id}/brand-words"
    assert client_of.get(address).json() == {"must": [], "never": []}
    lists = {"must": ["#ad", " Rye  House "], "never": ["believe"]}
    assert client_of.put(address, lists, format="json").json() == {"must": ["#ad", "Rye House"], "never": ["believe"]}
    texts = [each["text"] for each in write(client_of, n=16).json()["captions"]]
    assert texts
    for text in texts:
        assert "#ad" in text.split()
        assert "Rye House" in text
        assert "believe" not in text
    refused = write(client_of, brief="I believe in rye")
    assert refused.json()["captions"] == []
    other = BrandWordsFactory(account=TikTokAccountFactory())
    assert (
        client_of.put(f"/api/v1/accounts/{other.account.public_id}/brand-words", lists, format="json").status_code
        == 404
    )
    assert BrandWords.objects.get(pk=other.pk).never == ["cheap"]


def test_an_order_is_checked_member_by_member(writer, client_of):
    problem = write(client_of, n=17, eta=-1, max_length=10, brief="").json()
    assert {each["field"] for each in problem["errors"]} == {"n", "eta", "max_length", "brief"}


def test_each_caption_is_measured_once(writer, client_of, monkeypatch):
    """Measuring is most of a call: what is only composed is not measured, and style and forecast share a measure."""
    measured: list[str] = []

    def counted(text, hashtags=()):
        measured.append(text)
        return measure_caption(text, hashtags)

    monkeypatch.setattr("posts.content.lately.measure_caption", counted)
    captions = write(client_of, n=16, brief="Rye loaves of this winter, slowly baked").json()["captions"]
    assert len(captions) > 8
    assert sorted(measured) == sorted(each["text"] for each in captions)
