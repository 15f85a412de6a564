"""An account's style: worked out by a worker, used by the writer, and gone with either consent."""

import numpy as np
import pytest

from posts.models import Post
from predictions.captions.styles import stored_style, update_style
from predictions.captions.writing.style import Style
from predictions.models import CaptionStyle
from privacy.purposes import Purpose
from tests.factories import agree, disagree
from tests.predictions.captions.factories import kept_captions

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(account):
    agree(account.user, Purpose.DRAFTS, Purpose.WRITING)
    kept_captions(account)
    return account


def test_it_is_what_the_captions_say_and_the_writer_uses_it(writer, client_of, monkeypatch):
    assert update_style(account_id=writer.pk)
    posts = Post.objects.order_by("posted_at").select_related("content")
    derived = Style.of([(post.caption, post.content.caption_measures) for post in posts])
    stored = stored_style(writer.pk)
    assert stored is not None
    for name in ("middle", "mean", "spread", "surfaces", "distances"):
        assert np.allclose(getattr(stored, name), getattr(derived, name), atol=1e-6), name
    asked = {"brief": "Rye loaves of that winter"}
    before = client_of.post("/api/v1/captions", asked, format="json").json()["captions"]
    monkeypatch.setattr(Style, "of", None)
    asked = {"brief": "Rye loaves of this winter"}
    captions = client_of.post("/api/v1/captions", asked, format="json").json()["captions"]
    assert len(captions) == len(before) == 8
    assert all(0 <= each["style_similarity"] <= 1 for each in captions)


def test_an_unchanged_one_is_not_written_again(writer):
    update_style(account_id=writer.pk)
    first = CaptionStyle.objects.get().updated_at
    update_style(account_id=writer.pk)
    assert CaptionStyle.objects.get().updated_at == first


def test_another_encoders_is_not_used(writer):
    update_style(account_id=writer.pk)
    CaptionStyle.objects.update(encoder=0)
    assert stored_style(writer.pk) is None


@pytest.mark.parametrize("purpose", [Purpose.WRITING, Purpose.DRAFTS])
def test_it_goes_with_either_consent(writer, purpose):
    update_style(account_id=writer.pk)
    disagree(writer.user, purpose)
    assert not CaptionStyle.objects.exists()
    assert not update_style(account_id=writer.pk)
    assert not CaptionStyle.objects.exists()
