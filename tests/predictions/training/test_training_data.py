"""A training learns from the data as of its slice, whatever came after, and names accounts by pseudonyms."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import TikTokAccount
from posts.models import Observation, Origin, Post
from predictions.learning.selectors import account_history
from predictions.models import ModelVersion
from predictions.training import selectors
from predictions.training import services as lifecycle
from predictions.training import tasks as training_tasks
from predictions.training.pseudonyms import pseudonym
from predictions.training.services import NothingToLearn, retrain
from privacy.purposes import Purpose
from tests.factories import FollowerCountFactory
from tests.predictions.histories import store, synthetic_histories
from tests.predictions.training.support import NOW, UNTIL

pytestmark = pytest.mark.django_db


# first, because the accounts of the others are there from the second test on
def test_with_nothing_to_learn_nothing_is_registered():
    with pytest.raises(NothingToLearn, match="known first day"):
        retrain(by="a test", reason="")
    training_tasks.retrain_model(reason="drift")
    with pytest.raises(CommandError, match="known first day"):
        call_command("retrain_model")
    assert not ModelVersion.objects.exists()


def test_the_same_data_gives_the_same_artefact_whoever_came_first(accounts):
    histories = synthetic_histories(22, 14, until=UNTIL, seed=3)
    first = lifecycle._train(NOW - lifecycle.SLICE).to_bytes()
    assert lifecycle._train(NOW - lifecycle.SLICE).to_bytes() == first
    names = {account.public_id: history for account, history in zip(accounts, histories, strict=True)}
    for account in accounts:
        account.delete()
    backwards = store(reversed(histories))
    for account, history in zip(backwards, reversed(histories), strict=True):
        account.public_id = next(name for name, known in names.items() if known is history)
        account.save()
    # posts have new random ids; only the order of posts of the same second depends on those
    assert lifecycle._train(NOW - lifecycle.SLICE).to_bytes() == first


def test_what_happened_after_the_slice_began_is_not_learned(accounts):
    as_of = NOW - lifecycle.SLICE
    before = lifecycle._train(as_of).to_bytes()
    for account in accounts:
        account.posts.filter(posted_at__gt=as_of).delete()
    assert lifecycle._train(as_of).to_bytes() == before


def test_followers_who_came_after_the_slice_began_are_not_learned_from(accounts):
    as_of = NOW - lifecycle.SLICE
    before = list(selectors.training_histories(as_of))
    for account in accounts:
        grown = 100 * account.follower_count
        FollowerCountFactory(account=account, observed_at=NOW, followers=grown)
        TikTokAccount.objects.filter(pk=account.pk).update(follower_count=grown)
    after, now = (list(selectors.training_histories(moment)) for moment in (as_of, NOW))
    assert [(a.followers, a.follower_counts) for a in after] == [(a.followers, a.follower_counts) for a in before]
    assert [a.followers for a in now] == [100 * a.followers for a in before]


@pytest.mark.parametrize("rows", [Post, Observation])
def test_what_people_brought_themselves_teaches_no_other_account(rows, accounts):
    written = rows.objects.filter(pk__in=list(rows.objects.values_list("pk", flat=True))[::3])
    written.update(origin=Origin.PUSHED)
    own = account_history(accounts[0].pk, NOW, purpose=Purpose.SERVICE).posts
    learned = account_history(accounts[0].pk, NOW, purpose=Purpose.LEARNING).posts
    counted = [sum(len(post.observations) for post in posts) for posts in (own, learned)]
    assert counted[1] < counted[0]
    known = Observation.objects.filter(post__account=accounts[0], observed_at__lte=NOW, post__posted_at__lte=NOW)
    assert counted == [known.count(), known.filter(origin="fetched", post__origin="fetched").count()]


def test_the_manifest_names_accounts_by_a_keyed_pseudonym(accounts, settings):
    version = retrain(by="a test", reason="", now=NOW).version
    names = [pseudonym(account.public_id) for account in accounts]
    assert version.manifest["pseudonyms"] == sorted(names)
    stored = json.dumps(version.manifest)
    assert not any(account.public_id in stored for account in accounts)
    assert {"build", "data_sha256", "libraries", "seed", "span", "rows", "until"} <= set(version.manifest)
    settings.SECRET_KEY = "another"
    assert pseudonym(accounts[0].public_id) not in names


def test_disconnected_accounts_are_not_learned_from(accounts):
    accounts[0].disconnected_at = NOW
    accounts[0].save()
    assert len(list(selectors.training_histories(NOW))) == len(accounts) - 1
