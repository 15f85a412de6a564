"""What is logged is one JSON line, and holds no credential however it got there."""

import io
import json
import logging
import logging.config
from collections.abc import Callable
from unittest import mock

import pytest
import structlog
import yaml
from django.conf import settings
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from config.logs import REDACTED, LineFormatter, log_name, logging_config, redact, redact_text
from privacy.anonymity.public_ids import ERASURE, PREFIXES, public_id
from privacy.models.erasures import erasure_id
from tests.factories import enter_admin

SECRET = "act.Xy9-secret_token*0!1234.sb"


@pytest.fixture
def lines():
    """The lines that a process with this logging writes."""
    stream = io.StringIO()
    formatter = logging_config()["formatters"]["json"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(**{name: value for name, value in formatter.items() if name != "()"}))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        f"GET /accounts/tiktok/login/callback/?code={SECRET}&state=x",
        f"grant_type=refresh_token&refresh_token={SECRET}&client_key=k",
        f"client_secret={SECRET}",
        f"code_verifier={SECRET}",
        f'{{"access_token": "{SECRET}", "expires_in": 1}}',
        f"{{'refresh_token': '{SECRET}'}}",
        json.dumps(json.dumps({"access_token": SECRET})),
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}",
        f"the header was bearer {SECRET}, it said",
        f"X-Session-Token: {SECRET}",
        f"Cookie: csrftoken=a; __Host-session={SECRET}; b=c",
        f"TikTok-Signature: t=1,s={SECRET}",
        f"password = {SECRET}",
        f'Error retrieving access token: b\'{{"access_token":"{SECRET}"}}\'',
        "postgresql://postcast:act.Xy9-secret_token*0!1234.sb@db:5432/postcast refused",
        f"no name at all {SECRET} here",
        f"next=/x%3Fcode%3D{SECRET}",
    ],
)
def test_a_credential_in_a_text_is_taken_out(text):
    assert "secret_token" not in redact_text(text)
    assert REDACTED in redact_text(text)


def test_an_api_token_by_itself_is_taken_out():
    token = "pc_" + "aB3" * 13 + "x"
    assert token[5:] not in redact_text(f"somebody pasted {token} into a message")


def test_the_address_of_a_shared_link_is_taken_out():
    token = "aB3-_" * 8 + "xyz"
    assert redact_text(f"GET /shared/{token}/") == f"GET /shared/{REDACTED}/"


@pytest.mark.parametrize(
    "text",
    [
        "POST /v2/oauth/token/ answered 500",
        "TikTok: access_token_invalid (the token is expired)",
        "status_code=500",
        "GET /api/v1/posts/?page=2&ordering=-likes",
        "https://open.tiktokapis.com:443/v2/video/list/",
        "decode=utf-8 barcode: 12",
        "account refreshed in 0.2 s",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "access_token", "refresh_token", "token", "client_secret", "SECRET_KEY", "password", "Authorization", "Cookie",
        "code", "code_verifier", "api_key", "DATA_ENCRYPTION_KEYS", "TikTok-Signature", "sessionid", "session_key",
    ],
)  # fmt: skip
@given(value=st.one_of(st.text(min_size=1), st.binary(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
def test_the_value_of_a_secret_name_is_taken_out_whatever_it_is(key, value):
    assert redact({"outer": [{key: value}]}) == {"outer": [{key: REDACTED}]}


def test_numbers_are_no_credentials():
    assert redact({"code": 200, "tokens": 3, "token": None}) == {"code": 200, "tokens": 3, "token": None}


nested = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner)),
    max_leaves=10,
)


@given(value=nested)
def test_whatever_is_logged_can_be_written_as_json(value):
    json.dumps(redact(value))


class Careless:
    def __repr__(self) -> str:
        return f"<WSGIRequest: GET '/callback/?code={SECRET}'>"


def test_nothing_gets_past_the_handler(lines):
    log = structlog.get_logger("structured")
    log.info("event", access_token=SECRET, request=Careless(), body=f"code={SECRET}".encode(), nested={"a": [SECRET]})
    with structlog.contextvars.bound_contextvars(refresh_token=SECRET):
        log.info("with context")
    plain = logging.getLogger("plain")
    plain.warning("careless %s", SECRET)
    plain.warning("careless %r", Careless())
    plain.warning("careless %(a)s", {"a": f"Bearer {SECRET}"})
    try:
        raise ValueError(f"Error retrieving access token: {{'access_token': '{SECRET}'}}")
    except ValueError:
        plain.exception("failed")
        log.exception("failed")
    written = lines()
    assert len(written) == 7
    assert "secret_token" not in json.dumps(written)
    assert sum("Traceback" in line.get("exception", "") for line in written) == 2


def test_a_line_says_when_where_and_how_bad(lines):
    logging.getLogger("somewhere").warning("careful")
    [line] = lines()
    assert (line["event"], line["level"], line["logger"]) == ("careful", "warning", "somewhere")
    assert line["timestamp"].endswith("Z")


@pytest.mark.django_db
def test_postgresql_logs_errors_without_the_rows_and_statements_that_they_are_about() -> None:
    expected = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
    with connection.cursor() as cursor:
        for name, value in expected.items():
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)
    compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
    command = compose["services"]["postgres"]["command"]
    assert all(f"-c {name}={value}" in command for name, value in expected.items())


def test_ids_of_people_are_replaced_by_names_that_lead_nowhere() -> None:
    for prefix in PREFIXES.keys() - {ERASURE}:
        public = public_id(prefix)
        assert redact(f"GET /x/{public}/archive.zip") == f"GET /x/{log_name(public)}/archive.zip"
    assert redact("tiktok-0123456789abcdef") == log_name("tiktok-0123456789abcdef")
    receipt = erasure_id()
    assert redact(receipt) == receipt
    said = redact({"request": "GET /api/v1/accounts/acct_8m3kq2v7x9c4d5e6/", "post": "post_8m3kq2v7x9c4d5e6"})
    assert said["request"] == f"GET /api/v1/accounts/{log_name('acct_8m3kq2v7x9c4d5e6')}/"
    assert said["post"] == log_name("post_8m3kq2v7x9c4d5e6")
    assert "8m3kq2v7x9c4d5e6" not in str(said)


@pytest.mark.django_db
def test_what_was_searched_for_is_not_logged(lines: Callable[[], list[dict[str, str]]], client: Client) -> None:
    enter_admin(client)
    client.get("/admin/accounts/tiktokaccount/?q=Zyzzyva")
    client.get("/admin/accounts/tiktokaccount/?display_name__startswith=Zyzzyva")
    client.raise_request_exception = False
    with mock.patch("privacy.trail.staff.admin.reason_of", side_effect=ZeroDivisionError):
        client.get("/admin/accounts/tiktokaccount/?q=Zyzzyva")
    logged = [line for line in lines() if "/admin/accounts/tiktokaccount/" in line.get("request", "")]
    assert {line["event"] for line in logged} == {"request_started", "request_finished", "request_failed"}
    assert "Zyzzyva" not in json.dumps(lines())


Lines = Callable[[], list[dict[str, str]]]


@pytest.mark.django_db
def test_a_request_is_logged_without_the_browser_and_by_a_number_of_ours(lines: Lines) -> None:
    sent = {"User-Agent": "Zyzzyva/1.0", "X-Request-ID": "zyzzyva", "X-Correlation-ID": "zyzzyva"}
    Client().get("/privacy/", headers=sent)
    assert [line["event"] for line in lines() if "request" in line] == ["request_started", "request_finished"]
    assert "zyzzyva" not in json.dumps(lines()).lower()


@pytest.mark.django_db
def test_what_django_refuses_of_a_hostile_client_is_a_warning_of_one_line(lines: Lines) -> None:
    data = {f"field{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert Client().post("/webhooks/tiktok/?", data).status_code in (400, 401, 403, 413)
    assert Client(headers={"Host": "evil.example"}).get("/").status_code == 400
    logging.getLogger("django.security.TooManyFieldsSent").error("too many", exc_info=ValueError("x"))
    for line in lines():
        assert line["level"] in ("info", "warning"), line
        assert "Traceback" not in json.dumps(line)
