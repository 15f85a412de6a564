"""Rows for tests of labels by people."""

import factory
from factory.django import DjangoModelFactory

from predictions.models import LabelPair, LabelVote
from tests.factories import PostFactory


class LabelPairFactory(DjangoModelFactory[LabelPair]):
    class Meta:
        model = LabelPair

    question = "hook"
    account = factory.SubFactory("tests.factories.TikTokAccountFactory")
    left = factory.LazyAttribute(lambda pair: PostFactory(account=pair.account))
    right = factory.LazyAttribute(lambda pair: PostFactory(account=pair.account))


class LabelVoteFactory(DjangoModelFactory[LabelVote]):
    class Meta:
        model = LabelVote

    pair = factory.SubFactory(LabelPairFactory)
    rater = factory.Sequence("rater{}".format)
    side = "left"
    was_mirrored = False
