"""Rolling back: step by step to the prior, by command or by staff, without a failed request."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from predictions.engine import GlobalModel
from predictions.models import ForgottenAccount, ModelEvent, ModelVersion
from predictions.versions.selectors import champion_id
from predictions.versions.services import CannotRollBack, make_champion, register, roll_back
from tests.factories import StaffFactory, verify
from tests.predictions.processes import start_process
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

ROLL_BACK = "/admin/predictions/modelversion/roll-back/"


@pytest.fixture
def versions(trained_models, db) -> list[ModelVersion]:
    """Three, each promoted in its turn."""
    models = [*trained_models, GlobalModel.prior()]
    return [register(model=model, metrics={}, promote=True) for model in models]


def test_rolling_back_goes_back_step_by_step_to_the_prior(versions):
    for expected in (versions[1], versions[0], None):
        assert roll_back(champion_id=champion_id(), by="a test", reason="bad") == expected
        assert champion_id() == (expected.pk if expected else None)
    with pytest.raises(CannotRollBack, match="only the prior"):
        roll_back(champion_id=None, by="a test", reason="bad")
    kinds = list(ModelEvent.objects.values_list("kind", "by")[:3])
    assert kinds == [("rolled back", "a test")] * 3


def test_a_version_that_was_rolled_back_is_skipped_unless_promoted_again(versions):
    first, second, third = versions
    make_champion(first)
    for expected in (third, second, None):
        assert roll_back(champion_id=champion_id(), by="a test", reason="bad") == expected
    make_champion(first)
    make_champion(second)
    assert roll_back(champion_id=second.pk, by="a test", reason="bad") == first


def test_a_version_that_is_broken_is_passed_over(versions, capsys):
    ModelVersion.objects.filter(pk=versions[1].pk).update(artefact=b"gone")
    call_command("rollback_model")
    assert "v1.0.0 serves from now on." in capsys.readouterr().out
    assert champion_id() == versions[0].pk
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("rolled back", versions[2], versions[0])


def test_a_version_that_learned_from_who_left_is_passed_over(versions):
    ModelVersion.objects.filter(pk=versions[1].pk).update(manifest={"pseudonyms": ["left"]})
    ForgottenAccount.objects.create(pseudonym="left")
    assert roll_back(champion_id=versions[2].pk, by="a test", reason="bad") == versions[0]


def test_where_no_earlier_version_can_be_read_it_ends_at_the_prior(versions, capsys):
    """After a release that reads none of them, say."""
    ModelVersion.objects.update(artefact=b"of another format")
    call_command("rollback_model")
    assert "The prior serves from now on." in capsys.readouterr().out
    assert champion_id() is None


def test_two_who_roll_back_at_once_go_back_once(versions):
    roll_back(champion_id=versions[2].pk, by="a test", reason="bad")
    with pytest.raises(CannotRollBack, match=r"changed meanwhile: v1\.1\.0 serves"):
        roll_back(champion_id=versions[2].pk, by="another", reason="bad")
    assert champion_id() == versions[1].pk


def staff(*permissions: str) -> Client:
    person = StaffFactory(is_superuser=False)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(enforce_csrf_checks=True)
    verify(client, person)
    return client


def test_staff_with_the_permission_roll_back_in_the_admin(versions):
    client = staff("view_modelversion", "roll_back_modelversion")
    assert ROLL_BACK in client.get("/admin/predictions/modelversion/").content.decode()
    page = client.get(ROLL_BACK)
    assert "Roll back to v1.1.0" in page.content.decode()
    assert champion_id() == versions[2].pk
    form = {"champion": versions[2].pk, "reason": "It overshoots."}
    assert client.post(ROLL_BACK, form).status_code == 403
    form["csrfmiddlewaretoken"] = page.context["csrf_token"]
    done = client.post(ROLL_BACK, form, follow=True)
    assert "From now on v1.1.0 serves." in done.content.decode()
    assert champion_id() == versions[1].pk
    event = ModelEvent.objects.latest("id")
    assert (event.by, event.reason) == (done.context["user"].username, "It overshoots.")
    # the same form again, as by a second click
    again = client.post(ROLL_BACK, form, follow=True)
    assert "changed meanwhile" in again.content.decode()
    assert champion_id() == versions[1].pk


def test_staff_without_the_permission_do_not(versions):
    client = staff("view_modelversion", "change_modelversion")
    client.handler.enforce_csrf_checks = False
    assert ROLL_BACK not in client.get("/admin/predictions/modelversion/").content.decode()
    assert client.get(ROLL_BACK).status_code == 403
    assert client.post(ROLL_BACK, {"champion": versions[2].pk}).status_code == 403
    assert Client().get(ROLL_BACK).status_code == 302
    assert champion_id() == versions[2].pk


def test_the_admin_shows_decisions_and_says_when_there_is_nothing_to_go_back_to(versions):
    client = Client()
    verify(client, StaffFactory())
    event = ModelEvent.objects.latest("id")
    for address in ("modelevent/", f"modelevent/{event.pk}/change/", "forecastfailure/", "modelversion/"):
        assert client.get(f"/admin/predictions/{address}").status_code == 200
    make_champion(None)
    assert "only the prior" in client.get(ROLL_BACK, follow=True).content.decode()


WORKER = """
import sys, threading, django
django.setup()
from django.db import connection
from tests.predictions.drafts import predict
from accounts.models import TikTokAccount
stop, given = threading.Event(), []
def work():
    account = TikTokAccount.objects.select_related("user").get()
    while not stop.is_set():
        given.append(predict(account).prediction.pk)
    connection.close()
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
while len(given) < 5 and any(thread.is_alive() for thread in threads): stop.wait(0.01)
print("at work", flush=True)
sys.stdin.readline()
stop.set()
for thread in threads: thread.join()
print(*given)
"""


@pytest.mark.django_db(transaction=True)
def test_a_rollback_reaches_every_worker_and_fails_no_request(trained_models, learned_account):
    """Two processes with two threads each forecast without a pause while the champion changes under them."""
    old, new = (register(model=model, metrics={}, promote=True) for model in trained_models)
    workers = [start_process(WORKER) for _ in range(2)]
    given = learned_account.predictions
    try:
        assert [worker.stdout.readline() for worker in workers if worker.stdout] == ["at work\n"] * 2
        roll_back(champion_id=new.pk, by="a test", reason="bad")
        rolled_back_at = timezone.now()
        wait_until(lambda: given.filter(model_version=old).count() >= 30, "30 forecasts of the older version")
        ended = [worker.communicate("stop\n", timeout=60) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0]
    # every forecast that was asked for was given and recorded: no thread died of an error
    assert sorted(int(key) for out, _ in ended for key in out.split()) == sorted(given.values_list("pk", flat=True))
    assert not any("Traceback" in complaints for _, complaints in ended)
    assert all(len(out.split()) >= 5 for out, _ in ended)
    by_new = given.filter(model_version=new)
    assert by_new.exists()
    assert not by_new.filter(created_at__gt=rolled_back_at + datetime.timedelta(minutes=1)).exists()
    assert set(given.order_by("-pk").values_list("model_version", flat=True)[:20]) == {old.pk}
