"""Notices, webhooks and messages to them."""

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Delivery, MailAddress, Notice, PushSubscription, Webhook
from accounts.webhooks.services import TEST
from accounts.webhooks.signing import new_secret, seal_secret
from tests.factories import TikTokAccountFactory, UserFactory


class NoticeFactory(DjangoModelFactory[Notice]):
    """A result, read; it is of the account's person."""

    class Meta:
        model = Notice

    account = factory.SubFactory(TikTokAccountFactory)
    user = factory.SelfAttribute("account.user")
    kind = Notice.Kind.RESULT
    about = factory.Sequence(lambda n: f"post_{n}")
    params = factory.LazyFunction(
        lambda: {"posted_at": timezone.now().isoformat(), "likes": 210, "low": 71, "high": 403}
    )
    link = "/posts/"
    read_at = factory.LazyFunction(timezone.now)


class WebhookFactory(DjangoModelFactory[Webhook]):
    class Meta:
        model = Webhook

    user = factory.SubFactory(UserFactory)
    url = "https://example.com/postcast"
    # that nothing of other tests is sent there
    kinds = [Notice.Kind.WEEKLY_REPORT.value]

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **fields: Any) -> Webhook:
        webhook = Webhook(**fields)
        seal_secret(webhook, new_secret())
        webhook.save()
        return webhook


class DeliveryFactory(DjangoModelFactory[Delivery]):
    """A test message that arrived."""

    class Meta:
        model = Delivery

    webhook = factory.SubFactory(WebhookFactory)
    kind = TEST
    body = "{}"
    state = Delivery.State.DELIVERED


class MailAddressFactory(DjangoModelFactory[MailAddress]):
    """A confirmed address."""

    class Meta:
        model = MailAddress

    user = factory.SubFactory(UserFactory)
    address = factory.Sequence(lambda n: f"creator{n}@example.com")
    kinds = factory.LazyFunction(list)
    agreed_to = 1
    given_at = factory.LazyFunction(timezone.now)
    confirmed_at = factory.LazyFunction(timezone.now)


class PushSubscriptionFactory(DjangoModelFactory[PushSubscription]):
    """A browser with the keys of the standard's example."""

    class Meta:
        model = PushSubscription

    user = factory.SubFactory(UserFactory)
    url = factory.Sequence(lambda n: f"https://push.example.com/{n}")
    p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    auth = "BTBZMqHH6r4Tts7J_aSIgg"
    device = "Firefox on Linux"
    language = "en-gb"
