"""A language model that an operator has set up: asked with little, believed in nothing, and gone without a trace."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.outside import shared
from predictions.captions import endpoint
from predictions.captions.writing.candidates import Order
from privacy.purposes import Purpose
from tests.factories import agree
from tests.predictions.captions.factories import kept_captions

pytestmark = pytest.mark.django_db

BRIEF = "Sourdough rolls from scratch, with cold butter"


class Model(ThreadingHTTPServer):
    """Speaks the wire of OpenAI's chat completions."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.captions: Any = ["Sourdough rolls from scratch, with cold butter. So good!"]
        self.behaviour = "good"


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        behaviour = self.server.behaviour
        if behaviour == "hangs":
            time.sleep(3)
        content = json.dumps({"captions": self.server.captions})
        answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
        if behaviour == "garbage":
            answer = b"\xff{nothing like that"
        if behaviour == "prose":
            answer = json.dumps({"choices": [{"message": {"content": "Sure! Here you go"}}]}).encode()
        if behaviour == "huge":
            answer = b" " * (endpoint.MAX_BYTES + 1)
        self.send_response(429 if behaviour == "refuses" else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def model(settings: Any) -> Iterator[Model]:
    with Model() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.WRITER_URL = f"http://127.0.0.1:{server.server_port}/v1"
        settings.WRITER_MODEL, settings.WRITER_KEY, settings.WRITER_DEADLINE_S = "small", "a key", 0.5
        yield server
        server.shutdown()


@pytest.fixture
def writer(account):
    agree(account.user, Purpose.DRAFTS, Purpose.WRITING)
    posts = kept_captions(account)
    posts[-1].caption = "Rolls with @anna, see www.rolls.example or write to me@rolls.example"
    posts[-1].save()
    return account


def write(client, **members):
    return client.post("/api/v1/captions", {"brief": BRIEF, "n": 8, **members}, format="json").json()


def test_it_gets_the_brief_and_examples_without_persons(model, writer, client_of):
    body = write(client_of)
    assert body["endpoint"] == "used"
    assert "outside of Postcast" in " ".join(body["notes"])
    assert "endpoint" in {each["opening"] for each in body["captions"]}
    [(path, headers, asked)] = model.asked
    assert (path, headers["Authorization"], asked["model"]) == ("/v1/chat/completions", "Bearer a key", "small")
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["captions"]
    task = json.loads(asked["messages"][1]["content"])
    assert task["brief"] == BRIEF
    assert len(task["examples"]) == endpoint.MOST_EXAMPLES
    sent = json.dumps(asked)
    for personal in ("anna", "rolls.example", writer.username, writer.display_name, writer.public_id):
        assert personal not in sent


def test_what_it_answers_is_held_to_the_same_rules(model, writer, client_of):
    model.captions = [
        "Sourdough rolls: only 5 minutes!",
        "Sourdough rolls, what the fuck",
        "Sourdough rolls for Ben",
        "x" * 500,
        7,
        "Cold butter makes sourdough rolls so good",
    ]
    body = write(client_of, n=16)
    written = [each["text"] for each in body["captions"] if each["opening"] == "endpoint"]
    assert written == ["Cold butter makes sourdough rolls so good #sourdough #baking"]
    assert {each["reason"]: each["count"] for each in body["dropped"]}["words"] == 1


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("hangs", "timed_out"),
        ("garbage", "not_json"),
        ("prose", "no_captions"),
        ("huge", "too_large"),
        ("refuses", "status_429"),
    ],
)
def test_its_faults_are_told_and_cost_nothing_else(model, writer, client_of, behaviour, reason):
    model.behaviour = behaviour
    began = time.monotonic()
    body = write(client_of)
    assert time.monotonic() - began < 2.5
    assert body["endpoint"] == reason
    assert "did not answer" in " ".join(body["notes"])
    assert len(body["captions"]) == 8


def test_a_day_has_a_budget_and_a_brief_that_hurts_stays_here(model, writer, client_of, settings):
    settings.WRITER_CALLS_PER_DAY = 1
    assert write(client_of, brief="What the fuck, bread")["captions"] == []
    assert model.asked == []
    assert write(client_of)["endpoint"] == "used"
    assert write(client_of)["endpoint"] == "budget"
    assert len(model.asked) == 1


def test_one_call_runs_at_a_time(model, writer, client_of):
    shared.client().set(endpoint.TURN_KEY, 1)
    body = write(client_of)
    assert (body["endpoint"], len(body["captions"]), model.asked) == ("busy", 8, [])
    shared.client().delete(endpoint.TURN_KEY)
    assert [write(client_of)["endpoint"] for _ in range(2)] == ["used", "used"]


def test_its_host_may_be_internal_and_others_may_not(model, settings):
    settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
    assert endpoint.ask(Order(BRIEF), [])
    internal, settings.WRITER_URL = settings.WRITER_URL, "https://llm.example/v1"
    from config.outside.client import call
    from config.outside.errors import AddressRefused

    with pytest.raises(AddressRefused):
        call("GET", internal, service="other", deadline_s=1, max_bytes=100)
