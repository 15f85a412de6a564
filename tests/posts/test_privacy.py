"""Captions and covers leave only their measures behind, unless the person keeps drafts."""

import pytest
import redis as redis_client
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from posts.ingest.fingerprints import caption_fingerprint
from posts.ingest.services import request_refresh
from posts.models import Post, Refresh
from privacy.purposes import Purpose
from tests.factories import agree, disagree
from tests.posts.states import drive


def everything_stored() -> str:
    """Return every row of every table as PostgreSQL writes it, and every key and value of Redis."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names of our own tables
            parts += [row[0] for row in cursor.fetchall()]
    redis = redis_client.Redis.from_url(settings.REDIS_URL)
    for key in redis.scan_iter():
        parts += [key.decode(errors="replace"), repr(redis.dump(key))]
    return "\n".join(parts)


@pytest.mark.django_db(transaction=True)
def test_no_caption_and_no_cover_address_is_stored(sandbox, creator, connect, caplog):
    account = connect(creator)
    assert drive(account).state == Refresh.State.DONE
    # a single hashtag is kept on purpose; a sentence is not
    captions = [post["caption"] for post in sandbox.control.posts(creator) if len(post["caption"].split()) > 2]
    assert len(captions) > 5
    held = everything_stored()
    assert Post.objects.latest("pk").public_id in held
    assert [caption for caption in captions if caption in held] == []
    assert [trace for trace in ("/cover/", "x-signature", "x-expires") if trace in held + caplog.text] == []
    assert [caption for caption in captions if caption in caplog.text] == []


@pytest.mark.django_db(transaction=True)
def test_captions_are_kept_with_consent_and_erased_when_it_is_withdrawn(sandbox, creator, connect):
    account = connect(creator)
    agree(account.user, Purpose.DRAFTS)
    drive(account)
    captions = {post["id"]: post["caption"] for post in sandbox.control.posts(creator)}
    assert dict(Post.objects.values_list("tiktok_id", "caption")) == captions
    disagree(account.user, Purpose.DRAFTS)
    assert set(Post.objects.values_list("caption", flat=True)) == {""}
    request_refresh(account_id=account.pk)
    drive(account)
    assert set(Post.objects.values_list("caption", flat=True)) == {""}


@given(st.text(max_size=40))
def test_a_fingerprint_ignores_case_and_spacing(text):
    first = caption_fingerprint(text)
    assert first == caption_fingerprint(f"  {text}\n ")
    assert first == caption_fingerprint("\t \n".join(text.split(" ")))
    assert len(first) in (0, 64)


def test_fingerprints_differ_between_captions_and_keys(settings):
    assert caption_fingerprint("Sunset at the PIER") == caption_fingerprint("sunset  at the pier")
    assert caption_fingerprint("ﬁne") == caption_fingerprint("fine")
    assert caption_fingerprint("sunset") != caption_fingerprint("sunrise")
    assert caption_fingerprint(" \n") == ""
    before = caption_fingerprint("sunset")
    settings.SECRET_KEY = "another key " * 5
    assert caption_fingerprint("sunset") != before
