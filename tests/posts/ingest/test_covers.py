"""Covers of past posts: all that is measured is stored, and what an older extractor measured is measured anew."""

import pytest

from posts.content.pictures import COVER_EXTRACTOR_VERSION, use_networks_in
from posts.ingest import measuring, schedule
from posts.ingest.selectors import MAX_COVER_ATTEMPTS, outdated_covers
from posts.models import PostContent
from privacy.declarations.columns import declared_columns
from tests.posts.states import drive

pytestmark = pytest.mark.django_db(transaction=True)

NEW = ("width", "height", "shadows", "highlights", "noise", "clutter", "crop_loss", "faces", "face_area")


@pytest.fixture(autouse=True)
def _measured_once():
    """Measure each cover whenever it is asked for: the networks are others in each test here."""


@pytest.fixture
def account(creator, connect):
    account = connect(creator)
    drive(account)
    return account


@pytest.fixture
def older(account):
    """The account as an older version left it: five measures of each cover."""
    PostContent.objects.update(cover_extractor_version=1, cover_brightness=0.123, **{f"cover_{n}": None for n in NEW})
    return account


def contents():
    return list(PostContent.objects.select_related("post").order_by("post_id"))


def test_a_cover_is_stored_with_all_its_measures(account):
    for content in contents():
        measures = content.cover_measures
        assert measures is not None
        assert None not in [getattr(measures, name) for name in NEW]
        assert (measures.embedding, measures.network, measures.text_share) == (None, "", None)
        assert content.cover_extractor_version == COVER_EXTRACTOR_VERSION
        assert content.cover_attempts == 0
    # the sandbox's covers differ in what is measured of them
    assert all(len({getattr(c.cover_measures, n) for c in contents()}) > 3 for n in ("noise", "clutter", "brightness"))
    assert not outdated_covers(account.pk).exists()


def test_measures_of_an_older_version_stand_until_they_are_taken_anew(older):
    for content in contents():
        assert content.cover_measures.brightness == pytest.approx(0.123)
        assert content.cover_measures.noise is None
    schedule.discover_posts(account_id=older.pk)
    for content in contents():
        assert content.cover_measures.brightness != pytest.approx(0.123)
        assert None not in [getattr(content.cover_measures, name) for name in NEW]


def test_only_some_are_taken_anew_at_once_and_pending_ones_come_first(sandbox, older, monkeypatch):
    monkeypatch.setattr(measuring, "MAX_OUTDATED", 3)
    pending = contents()[0].post_id
    PostContent.objects.filter(pk=pending).update(cover_state=PostContent.Cover.PENDING)
    before = len(sandbox.control.requests("cover"))
    schedule.discover_posts(account_id=older.pk)
    assert len(sandbox.control.requests("cover")) == before + 4
    assert PostContent.objects.get(pk=pending).cover_state == PostContent.Cover.MEASURED
    assert outdated_covers(older.pk).count() == len(contents()) - 4


def test_an_older_cover_that_is_gone_keeps_its_measures_and_is_left_alone(sandbox, older):
    sandbox.control.fault("truncated", "cover", times=None)
    for _ in range(MAX_COVER_ATTEMPTS):
        PostContent.objects.update(cover_retry_at=None)
        schedule.discover_posts(account_id=older.pk)
    asked = len(sandbox.control.requests("cover"))
    schedule.discover_posts(account_id=older.pk)
    assert len(sandbox.control.requests("cover")) == asked
    for content in contents():
        assert content.cover_state == PostContent.Cover.MEASURED
        assert content.cover_measures.brightness == pytest.approx(0.123)


def test_a_network_that_is_installed_later_embeds_older_covers(account, tmp_path):
    pytest.importorskip("torch")
    exporting = pytest.importorskip("posts.content.pictures.exporting")
    if exporting.find_weights(None).path is None:
        pytest.skip("no weights are installed")
    exporting.export_embedding_network(tmp_path)
    use_networks_in(str(tmp_path))
    try:
        schedule.discover_posts(account_id=account.pk)
        assert not outdated_covers(account.pk).exists()
    finally:
        use_networks_in("")
    for content in contents():
        assert content.cover_measures.embedding.shape == (128,)
        assert content.cover_measures.network == content.cover_network != ""
    exported = declared_columns(PostContent)["cover_embedding"].exported
    assert exported is not None
    assert exported(contents()[0]) == contents()[0].cover_measures.embedding.tolist()


def test_a_network_that_cannot_be_used_is_not_tried_without_end(sandbox, account, tmp_path):
    (tmp_path / "embedding.json").write_text('{"sha256": "' + "ab" * 32 + '"}')
    (tmp_path / "embedding.onnx").write_bytes(b"nothing")
    use_networks_in(str(tmp_path))
    try:
        for _ in range(MAX_COVER_ATTEMPTS):
            PostContent.objects.update(cover_retry_at=None)
            schedule.discover_posts(account_id=account.pk)
        asked = len(sandbox.control.requests("cover"))
        schedule.discover_posts(account_id=account.pk)
        assert len(sandbox.control.requests("cover")) == asked
    finally:
        use_networks_in("")
    assert all(content.cover_measures.embedding is None for content in contents())
