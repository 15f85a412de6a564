"""Shared phrases: of people who agreed to writing and keep texts, twenty or more, and only what was fetched."""

import pytest

from posts.models import Origin, Post
from predictions.captions import shared
from predictions.captions.writing.shared_phrases import PHRASE
from predictions.captions.writing.tokens import phrases
from privacy.anonymity.releases import K
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, disagree
from tests.predictions.captions.factories import kept_captions

pytestmark = pytest.mark.django_db

AGREED = (Purpose.SERVICE, Purpose.DRAFTS, Purpose.WRITING)


@pytest.fixture(autouse=True)
def read_anew():
    shared.forget_read()
    yield
    shared.forget_read()


def test_only_enough_people_who_agreed_share_phrases():
    accounts = [TikTokAccountFactory(user__consents=AGREED) for _ in range(K)]
    for account in accounts:
        for post in kept_captions(account, 1):
            Post.objects.filter(pk=post.pk).update(caption="Wait for it, this is so good and you will love it")
    [last] = kept_captions(accounts[-1], 1)
    Post.objects.filter(pk=last.pk).update(caption="my grandmother never told anybody this")
    # what a file brings is nobody's phrase: anybody can write one
    [filed] = kept_captions(accounts[0], 1)
    Post.objects.filter(pk=filed.pk).update(caption="bought words of one person here", origin=Origin.CSV)
    assert shared.count_shared_phrases() == {"en": K}
    found = shared.shared_phrases("en")
    assert found is not None
    assert ("wait", "for", "it") in found.counts
    assert not any("grandmother" in gram or "bought" in gram for gram in found.counts)
    [rare, *_] = phrases("my grandmother never told anybody this", PHRASE)
    assert rare in found.rare
    disagree(accounts[0].user, Purpose.WRITING)
    assert shared.count_shared_phrases() == {}
    shared.forget_read()
    assert shared.shared_phrases("en") is None
