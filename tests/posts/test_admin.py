"""Staff can look at posts, at a constant cost, and change nothing."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from posts.models import HashtagCount, Listing, PostsChange, Refresh, Trend
from tests.factories import ImportFactory, PostFactory, TikTokAccountFactory, enter_admin

pytestmark = pytest.mark.django_db

MODELS = [model._meta.model_name for model in apps.get_app_config("posts").get_models()]


def add_rows() -> None:
    account = TikTokAccountFactory()
    PostFactory(account=account, likes_by_hour={1: 5}, caption="a caption that was kept")
    Refresh.objects.create(account=account)
    ImportFactory(account=account)
    Listing.objects.create(account=account, listed_at=timezone.now())
    PostsChange.objects.create(account=account, changed_at=timezone.now())
    HashtagCount.objects.create(tag="pie", ended_at=timezone.now(), accounts=30)
    Trend.objects.create(tag="pie", as_of=timezone.now(), accounts=60, growth=3, growth_low=2, growth_high=4)


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_however_long_they_are(client, django_assert_num_queries, model):
    enter_admin(client)
    address = reverse(f"admin:posts_{model}_changelist")
    add_rows()
    with django_assert_num_queries(8, exact=False) as first:
        assert client.get(address).status_code == 200
    for _ in range(5):
        add_rows()
    with django_assert_num_queries(len(first)):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_rows_are_shown_without_captions_and_cannot_be_changed(client, model):
    enter_admin(client)
    add_rows()
    row = apps.get_model("posts", model).objects.get()
    shown = client.get(reverse(f"admin:posts_{model}_change", args=[row.pk]))
    assert shown.status_code == 200
    assert b"a caption that was kept" not in shown.content
    assert b'name="_save"' not in shown.content
    for page in ("change", "delete"):
        assert client.post(reverse(f"admin:posts_{model}_{page}", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse(f"admin:posts_{model}_add")).status_code == 403


def test_every_model_is_registered():
    assert all(admin.site.is_registered(model) for model in apps.get_app_config("posts").get_models())
