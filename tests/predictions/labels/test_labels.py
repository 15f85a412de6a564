"""Staff compare two captions, blind: two of them for each pair, and only where its creator lets them."""

import dataclasses
import random
import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import TikTokAccount
from posts.models import Post
from predictions.engine import GlobalModel
from predictions.labels.agreement import FEWEST_PAIRS
from predictions.labels.drawing import NEAR
from predictions.labels.services import DRAWN_AT_ONCE, MOST_WAITING, draw_pairs
from predictions.labels.standing import in_words, standings
from predictions.models import LabelPair, LabelVote
from predictions.versions.manifests import evidence_of
from predictions.versions.services import register
from predictions.viralscore.subscores import MANIFEST_ENTRY, Record
from predictions.viralscore.subscores.fitting import COLUMNS_OF, SubScore
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail import selectors as trail
from tests.factories import (
    PostFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    enter_admin,
)
from tests.predictions.captions.factories import kept_captions
from tests.predictions.labels.factories import LabelPairFactory, LabelVoteFactory

pytestmark = pytest.mark.django_db

COMPARE, STANDING, DRAW = (f"/admin/predictions/labelpair/{name}/" for name in ("compare", "standing", "draw"))
HOOK = LabelPair.Question.HOOK


@pytest.fixture
def creator() -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory(display_name="Anna Bakes", username="anna_b")
    agree(account.user, Purpose.DRAFTS, Purpose.COMPARING)
    kept_captions(account, count=8)
    return account


def rater(name: str) -> Client:
    user = UserFactory(username=name, is_staff=True, consents=())
    user.groups.add(Group.objects.get(name="rater"))
    return enter_admin(Client(), user)


def shown(client: Client, question: str = "hook") -> tuple[dict[str, str], list[str]]:
    """The form's hidden fields, and the captions in the order in which they stand."""
    page = client.get(COMPARE, {"question": question}).content.decode()
    form = page.partition('class="comparing__pair"')[0]
    fields = dict(re.findall(r'type="hidden" name="(pair|mirrored)" value="([^"]*)"', form))
    return fields, re.findall(r'comparing__caption" dir="auto">(.*?)</p>', page, re.DOTALL)


def captioned(account: TikTokAccount, *captions: str) -> LabelPair:
    left, right = (PostFactory(account=account, text=caption, caption=caption) for caption in captions)
    pair: LabelPair = LabelPairFactory(account=account, left=left, right=right)
    return pair


def choose(client: Client, side: str, question: str = "hook") -> list[str]:
    fields, captions = shown(client, question)
    assert client.post(f"{COMPARE}?question={question}", {**fields, "side": side}).status_code == 302
    return captions


def test_pairs_are_near_in_time_of_one_creator_who_agrees_and_drawn_once(creator: TikTokAccount) -> None:
    silent = TikTokAccountFactory()
    agree(silent.user, Purpose.DRAFTS, Purpose.WRITING)
    kept_captions(silent, count=6)
    assert draw_pairs(question=HOOK, chance=random.Random(1)) == 4
    pairs = list(LabelPair.objects.select_related("left", "right"))
    assert {pair.account_id for pair in pairs} == {pair.left.account_id for pair in pairs} == {creator.pk}
    assert all(abs(pair.left.posted_at - pair.right.posted_at) <= NEAR for pair in pairs)
    # each post once a time; the same two never again for the question
    assert len({post for pair in pairs for post in (pair.left_id, pair.right_id)}) == 8
    while draw_pairs(question=HOOK):
        pass
    drawn = [frozenset(pair) for pair in LabelPair.objects.values_list("left_id", "right_id")]
    assert len(drawn) == len(set(drawn)) <= MOST_WAITING
    assert len(drawn) > DRAWN_AT_ONCE


def test_two_people_answer_each_pair_blind_and_the_second_sees_it_mirrored(creator: TikTokAccount) -> None:
    first, second, third = rater("first"), rater("second"), rater("third")
    post = creator.posts.order_by("-posted_at")[0]
    Post.objects.filter(pk=post.pk).update(caption="Anna Bakes bread with @otto, see https://a.example #anna_b")
    other = creator.posts.order_by("-posted_at")[1]
    pair = LabelPairFactory(account=creator, left=post, right=other)
    page = first.get(COMPARE).content.decode()
    for name in ("Anna Bakes", "anna_b", "otto", "a.example", creator.public_id, post.public_id, post.tiktok_id):
        assert name not in page
    assert "bread with" in page
    seen_first = choose(first, "left")
    # nobody is asked twice
    assert shown(first) == ({}, [])
    seen_second = choose(second, "right")
    assert seen_second == seen_first[::-1]
    assert shown(third) == ({}, [])
    votes = list(pair.votes.all())
    assert [(vote.rater, vote.side, vote.was_mirrored) for vote in votes] == [
        ("first", "left", False),
        ("second", "right", True),
    ]
    # both chose the same caption
    assert [vote.preferred for vote in votes] == ["left", "left"]
    # a page that was open since adds no third vote
    third.post(COMPARE, {"pair": pair.pk, "side": "left"})
    first.post(COMPARE, {"pair": pair.pk, "side": "left"})
    assert LabelVote.objects.count() == 2
    # the creator can read who looked
    by_staff = trail.events_about(creator.user_id, by_others=True).filter(actor_kind=AccessEvent.Actor.STAFF)
    assert {event.actor for event in by_staff} == {"first", "second"}
    assert {event.why for event in by_staff} == {first.session["reason"]["reason"]}
    assert AccessEvent.Action.CHANGE in {event.action for event in by_staff}


def test_without_consent_permission_or_reason_nothing_is_shown(creator: TikTokAccount) -> None:
    LabelVoteFactory(pair=captioned(creator, "Bread at dawn", "Cake at noon"))
    client = rater("first")
    assert len(shown(client)[1]) == 2
    session = client.session
    del session["reason"]
    session.save()
    assert client.get(COMPARE)["Location"].startswith("/admin/reason/")
    analyst = UserFactory(username="ann", is_staff=True, consents=())
    analyst.groups.add(Group.objects.get(name="analyst"))
    other = enter_admin(Client(), analyst)
    assert [other.get(page).status_code for page in (STANDING, COMPARE, DRAW)] == [200, 403, 403]
    assert other.post(DRAW).status_code == 403
    # the rater sees no rows
    assert client.get("/admin/predictions/labelpair/").status_code == 403
    disagree(creator.user, Purpose.COMPARING)
    assert not LabelPair.objects.exists()
    assert not LabelVote.objects.exists()
    assert draw_pairs(question=HOOK) == 0


def test_a_post_that_goes_takes_its_pairs_and_one_that_is_taken_down_is_not_shown(creator: TikTokAccount) -> None:
    pair = captioned(creator, "Bread at dawn", "Cake at noon")
    client = rater("first")
    Post.objects.filter(pk=pair.left_id).update(deleted_at=pair.left.posted_at)
    assert shown(client) == ({}, [])
    pair.left.delete()
    assert not LabelPair.objects.exists()
    assert not LabelVote.objects.exists()


def likes_questions() -> Record:
    """A record whose hook scores captions with a question higher, and so does V."""
    weights = [float(name == "question") for name in COLUMNS_OF["H"]]
    hook = SubScore("H", mean=[0.0] * len(weights), weights=weights, spread=1.0)
    return Record(0, {"H": hook}, {}, 0.0, {"H": 1.0}, None)


def test_the_page_tells_agreement_and_how_often_scores_agree_with_people(creator: TikTokAccount) -> None:
    record = likes_questions()
    manifest = GlobalModel.prior().manifest | {MANIFEST_ENTRY: record.to_json()}
    register(model=dataclasses.replace(GlobalModel.prior(), manifest=manifest), metrics={}, promote=True)
    client = rater("first")
    for number in range(FEWEST_PAIRS):
        posts = [PostFactory(account=creator, text=text) for text in (f"Is this cake {number}?", f"Cake {number}")]
        # in every fourth pair people prefer what the hook does not
        left, right = posts if number % 4 else posts[::-1]
        pair = LabelPairFactory(account=creator, left=left, right=right)
        LabelVoteFactory(pair=pair, rater="first", side="left")
        if number == FEWEST_PAIRS - 1:
            assert "needs 1 more pair" in client.get(STANDING).content.decode()
            assert evidence_of(manifest)[1].people == "needs 1 more pair"
        LabelVoteFactory(pair=pair, rater="second", side="right", was_mirrored=True)
    hook = standings(record)[0]
    assert (hook.done, hook.decided, hook.raters) == (20, 20, 2)
    assert (hook.alpha and hook.alpha.alpha, hook.part_agrees and hook.part_agrees.right) == (1.0, 15)
    assert hook.value_agrees == hook.part_agrees
    assert in_words(hook) == "15 of 20 (53 to 89 %)"
    page = client.get(STANDING).content.decode()
    assert page.count("15 of 20 (53 to 89 %)") == 2
    assert "1.00 (1.00 to 1.00)" in page
    # nobody's row is on it, and it needs no reason
    assert creator.public_id not in page
    assert {row.name: row.people for row in evidence_of(manifest)}["H"] == "15 of 20 (53 to 89 %)"
    # a pair that people call about the same says nothing of the scores
    LabelVote.objects.filter(pair=pair).update(side="same")
    assert in_words(standings(record)[0]).endswith("of 19 (51 to 88 %)")
