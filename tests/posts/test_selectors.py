"""Selectors return posts as of a moment, nothing later, in a constant number of queries."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posts.content.captions import EXTRACTOR_VERSION, measure_caption
from posts.content.embeddings import EMBEDDING_SIZE
from posts.ingest.progress import refresh_status
from posts.models import Observation, PostContent
from posts.selectors import account_posts, posts_for_page
from privacy.purposes import Purpose
from tests.factories import ObservationFactory, PostFactory, TikTokAccountFactory, history_of_posts

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def test_facts_carry_the_measures_as_they_were_taken():
    account = TikTokAccountFactory()
    text = "Which one would you PICK?! @friend https://x.y #question 🍋"
    post = PostFactory(account=account, text=text, likes_by_hour={1: 5, 24: 60})
    (facts,) = account_posts(account.pk, NOW + timedelta(days=1), purpose=Purpose.SERVICE)
    measures = measure_caption(text)
    np.testing.assert_array_equal(facts.caption.embedding, measures.embedding)
    assert facts.caption.embedding.dtype == np.int8
    for name in ("length", "words", "questions", "mentions", "links", "uppercase_share", "sentiment", "hashtags"):
        assert getattr(facts.caption, name) == getattr(measures, name)
    assert (facts.post_id, facts.posted_at, facts.duration_s) == (post.pk, post.posted_at, 20)
    assert [row.likes for row in facts.observations] == [5, 60]
    assert facts.cover is None


def test_an_embedding_of_an_older_extractor_is_not_compared():
    account = TikTokAccountFactory()
    post = PostFactory(account=account, text="Which one would you pick?")
    PostContent.objects.filter(post=post).update(extractor_version=EXTRACTOR_VERSION - 1, embedding=b"\1" * 512)
    (facts,) = account_posts(account.pk, NOW + timedelta(days=1), purpose=Purpose.SERVICE)
    assert facts.caption.embedding.shape == (EMBEDDING_SIZE,)
    assert not facts.caption.embedding.any()
    assert facts.caption.words == 5


def test_a_cover_is_whole_or_not_there():
    account = TikTokAccountFactory()
    PostFactory(account=account)
    cover = {f"cover_{name}": 0.5 for name in ("brightness", "contrast", "saturation", "colourfulness", "sharpness")}
    PostContent.objects.update(**cover)
    (facts,) = account_posts(account.pk, NOW, purpose=Purpose.SERVICE)
    assert facts.cover is not None
    assert facts.cover.sharpness == 0.5
    PostContent.objects.update(cover_contrast=None)
    assert account_posts(account.pk, NOW, purpose=Purpose.SERVICE)[0].cover is None


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(0, 600))
def test_nothing_after_the_moment_shows(history, hours):
    """Adding posts and observations after the moment changes nothing."""
    as_of = NOW - timedelta(hours=hours)
    before = [_plain(facts) for facts in account_posts(history.pk, as_of, purpose=Purpose.SERVICE)]
    assert all(facts.posted_at <= as_of for facts in account_posts(history.pk, as_of, purpose=Purpose.SERVICE))
    next_second = as_of + timedelta(seconds=1)
    post = PostFactory(account=history, posted_at=next_second, likes_by_hour={1: 10**6})
    added = [ObservationFactory(post=post, observed_at=next_second) for post in history.posts.all()[:3]]
    assert [_plain(facts) for facts in account_posts(history.pk, as_of, purpose=Purpose.SERVICE)] == before
    for observation in added:
        observation.delete()
    post.delete()


@pytest.fixture
def history():
    account = TikTokAccountFactory()
    history_of_posts(account, count=8, until=NOW)
    return account


def _plain(facts):
    return (facts.public_id, facts.posted_at, facts.observations, facts.caption.length)


def test_deleted_posts_happened(history):
    history.posts.update(deleted_at=NOW)
    assert len(account_posts(history.pk, NOW, purpose=Purpose.SERVICE)) == 8


def test_two_queries_however_long_the_history(django_assert_num_queries):
    for count in (2, 20):
        account = TikTokAccountFactory()
        history_of_posts(account, count=count, until=NOW)
        with django_assert_num_queries(2):
            assert len(account_posts(account.pk, NOW, purpose=Purpose.SERVICE)) == count


def test_the_page_shows_the_latest_counts_in_one_query(django_assert_num_queries):
    account = TikTokAccountFactory()
    history_of_posts(account, count=12, until=NOW)
    with django_assert_num_queries(1):
        posts = list(posts_for_page(account)[:10])
        assert [post.content.length for post in posts]
    assert [post.posted_at for post in posts] == sorted((post.posted_at for post in posts), reverse=True)
    for post in posts:
        latest = Observation.objects.filter(post=post).latest("observed_at")
        assert (post.likes, post.views, post.observed_at) == (latest.likes, latest.views, latest.observed_at)


def test_without_a_refresh_there_is_no_status():
    assert refresh_status(TikTokAccountFactory()) is None
