"""The environment variables: each that is missing or malformed is named, none of their values is ever shown."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from config import environment
from config.environment import Environment, InvalidEnvironment
from config.rate_limits.variables import Limit, Rate, parse_rate
from config.settings.variables import settings_from

KEY = base64.b64encode(bytes(range(32))).decode()
GOOD = {
    "SECRET_KEY": "0123456789" * 6,
    "DATABASE_URL": "postgresql://user:hunter2@db:5432/postcast",
    "REDIS_URL": "redis://:hunter2@redis:6379/0",
    "ALLOWED_HOSTS": "postcast.example.com, www.postcast.example.com",
    "TIKTOK_CLIENT_KEY": "key",
    "TIKTOK_CLIENT_SECRET": "the client's secret",
    "DATA_ENCRYPTION_KEYS": f"2026b:{KEY}, 2026a:{KEY}",
    "ERASURE_LEDGER_PATH": "/kept/erasures.jsonl",
}
OPTIONAL = {
    "TIKTOK_AUTHORIZE_URL": "https://www.tiktok.com/v2/auth/authorize/",
    "TIKTOK_API_URL": "https://open.tiktokapis.com",
    "TIKTOK_PKCE": False,
    "TIKTOK_MAX_HASHTAGS": 5,
    "DATABASE_POOLER": False,
    "DATABASE_REPLICA_URL": "",
    "BROKER_REDIS_URL": "",
    "CACHE_REDIS_URL": "",
    "OBJECTS_BUCKET": "",
    "OBJECTS_ENDPOINT_URL": "",
    "OBJECTS_REGION": "",
    "OBJECTS_ACCESS_KEY": "",
    "OBJECTS_SECRET_KEY": "",
    "OBJECTS_KMS_KEY": "",
    "FRONTEND_ORIGINS": [],
    "PROXY_COUNT": 0,
    "METRICS_TOKEN": "",
    "METRICS_PORT": 0,
    "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    "DAILY_BUDGET_USD": 200.0,
    "MAIL_URL": "",
    "MAIL_FROM": "",
    "PUBLIC_URL": "",
    "VAPID_PRIVATE_KEY": "",
    "SECURITY_CONTACT": "",
    "OPERATOR_NAME": "",
    "OPERATOR_ADDRESS": "",
    "OPERATOR_CONTACT": "",
    "TRAIL_ANCHOR_PATH": "",
    "PICTURE_NETWORKS_PATH": "",
    "TRAINING_PARTITIONS": "",
    "TRAINING_SCHEDULER": "",
    "WRITER_URL": "",
    "WRITER_MODEL": "",
    "WRITER_KEY": "",
    "WRITER_DEADLINE_S": 8.0,
    "WRITER_CALLS_PER_DAY": 500,
    "RATE_LIMIT_PREDICT": "120/min",
    "RATE_LIMIT_USER": "600/min",
    "RATE_LIMIT_ANON": "60/min",
    "RATE_LIMIT_FORECAST": "240/min",
    "RATE_LIMIT_SHARE": "60/hour",
    "RATE_LIMIT_SHARED": "120/min",
    "RATE_LIMIT_DRAFT": "120/min",
    "RATE_LIMIT_COMPARE": "60/min",
    "RATE_LIMIT_DEMO": "240/min",
    "RATE_LIMIT_UPLOAD": "60/min",
    "RATE_LIMIT_REFRESH": "20/hour",
    "RATE_LIMIT_EXPORT": "5/day",
    "RATE_LIMIT_IMPORT": "20/hour",
    "RATE_LIMIT_BATCH": "120/min",
    "RATE_LIMIT_TOKEN": "60/hour",
    "RATE_LIMIT_CHANGE": "60/hour",
    "RATE_LIMIT_SIGN_IN": "20/min",
    "RATE_LIMIT_PASSWORD": "20/min",
    "RATE_LIMIT_SECOND_FACTOR": "20/min",
    "RATE_LIMIT_REFUSED": "60/min",
    "RATE_LIMIT_WEBHOOK": "60/min",
    "RATE_LIMIT_PAGE": "600/min",
}
MALFORMED_RATES = ["", "120", "min/120", "0/min", "-1/min", "1.5/min", "120/fortnight", "120/min; 5/sec"]
MALFORMED = {
    "SECRET_KEY": ["too-short-a-secret", ""],
    "DATABASE_URL": ["sqlite:///db.sqlite3", "postgresql://", "mysql://hunter2@db/x", ""],
    "REDIS_URL": ["memcached://hunter2", ""],
    "ALLOWED_HOSTS": ["", " , "],
    "DATABASE_POOLER": ["perhaps"],
    "DATABASE_REPLICA_URL": ["mysql://hunter2@db/x"],
    "BROKER_REDIS_URL": ["memcached://hunter2"],
    "CACHE_REDIS_URL": ["memcached://hunter2"],
    "OBJECTS_BUCKET": ["a", "s3://hunter2", "With_Capitals"],
    "OBJECTS_ENDPOINT_URL": ["s3.hunter2.example"],
    "OBJECTS_REGION": ["EU North"],
    "OBJECTS_KMS_KEY": ["a key"],
    "TIKTOK_AUTHORIZE_URL": ["www.tiktok.com/hunter2", "javascript:hunter2"],
    "TIKTOK_API_URL": ["open.tiktokapis.com", "https://open.tiktokapis.com/"],
    "TIKTOK_PKCE": ["perhaps"],
    "TIKTOK_MAX_HASHTAGS": ["0", "many", "101"],
    "DATA_ENCRYPTION_KEYS": ["", KEY, f":{KEY}", "a:notbase64!", "a:aHVudGVyMg==", f"a:{KEY},b:", f"a:{KEY[:-4]}"],
    "PROXY_COUNT": ["-1", "6", "many"],
    "METRICS_TOKEN": ["hunter2"],
    "METRICS_PORT": ["-1", "99999", "http"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": ["collector:4318", "https://collector:4318/"],
    "DAILY_BUDGET_USD": ["0", "much", "nan", "inf"],
    "MAIL_URL": ["smtp.example.com", "http://example.com:587", "smtp://user@host"],
    "MAIL_FROM": ["nobody"],
    "PUBLIC_URL": ["postcast.example.com", "https://postcast.example.com/"],
    "VAPID_PRIVATE_KEY": ["hunter2", "=" * 43],
    "SECURITY_CONTACT": ["security@example.com", "mailto:somebody", "http://example.com", "https://a b"],
    "OPERATOR_NAME": ["hunter2" * 20],
    "OPERATOR_ADDRESS": ["hunter2" * 60],
    "OPERATOR_CONTACT": ["operator@example.com", "http://example.com"],
    "ERASURE_LEDGER_PATH": ["hunter2", ""],
    "TRAIL_ANCHOR_PATH": ["hunter2"],
    "PICTURE_NETWORKS_PATH": ["hunter2"],
    "TRAINING_PARTITIONS": ["hunter2"],
    "TRAINING_SCHEDULER": ["hunter2", "tcp://hunter2"],
    "WRITER_URL": ["llm.hunter2:8080", "http://llm.hunter2/v1/"],
    "WRITER_MODEL": ["hunter2" * 30],
    "WRITER_KEY": ["a hunter2"],
    "WRITER_DEADLINE_S": ["0", "hunter2", "inf", "21"],
    "WRITER_CALLS_PER_DAY": ["-1", "hunter2"],
    **dict.fromkeys((limit.variable.upper() for limit in Limit), MALFORMED_RATES),
}


def read_environment(variables: dict[str, str], defaults: dict[str, str] | None = None) -> Environment:
    """Read a process's environment that has just these variables."""
    with mock.patch.dict(os.environ, variables, clear=True):
        return environment.read_environment(defaults)


def test_a_whole_environment_is_read():
    values = read_environment(GOOD)
    assert values.allowed_hosts == ["postcast.example.com", "www.postcast.example.com"]
    assert list(values.data_encryption_keys) == ["2026b", "2026a"]
    assert values.data_encryption_keys["2026a"] == bytes(range(32))
    assert {name: getattr(values, name.lower()) for name in OPTIONAL} == OPTIONAL


def test_the_lists_here_know_every_variable():
    names = {name.upper() for name in Environment.model_fields}
    assert {*GOOD, *OPTIONAL} == names
    assert set(MALFORMED) == names - {"FRONTEND_ORIGINS", *TIKTOKS, *OBJECT_KEYS}


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_variable_is_named_with_what_it_should_look_like(name):
    with pytest.raises(InvalidEnvironment) as caught:
        read_environment({key: value for key, value in GOOD.items() if key != name})
    assert f"{name} is missing. Expected: {Environment.model_fields[name.lower()].description}" in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values])
def test_a_malformed_variable_is_named_without_its_value(name, value):
    with pytest.raises(InvalidEnvironment) as caught:
        read_environment({**GOOD, name: value})
    message = str(caught.value)
    assert f"{name} is malformed. Expected: {Environment.model_fields[name.lower()].description}" in message
    assert message.count(" is ") == message.count(" is malformed") + message.count(" is missing")
    for secret in ("hunter2", "the client's secret", KEY, *([value] if len(value) > 6 else [])):
        assert secret not in message.replace(Environment.model_fields[name.lower()].description or "", "")


OBJECT_KEYS = ("OBJECTS_ACCESS_KEY", "OBJECTS_SECRET_KEY")
TIKTOKS = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")


@pytest.mark.parametrize("name", TIKTOKS)
@pytest.mark.parametrize("empty", [True, False])
def test_half_an_app_at_tiktok_stops_the_start(name, empty):
    others = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(InvalidEnvironment, match=f"{name} is missing") as caught:
        read_environment({**others, name: ""} if empty else others)
    assert "the client's secret" not in str(caught.value)


@pytest.mark.parametrize("name", OBJECT_KEYS)
def test_half_a_key_of_the_bucket_stops_the_start(name):
    with pytest.raises(InvalidEnvironment, match=f"{name} is missing") as caught:
        read_environment({**GOOD, **{key: "hunter2" for key in OBJECT_KEYS if key != name}})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("variables", [{}, dict.fromkeys(TIKTOKS, "")])
def test_without_an_app_at_tiktok_it_starts(variables):
    others = {key: value for key, value in GOOD.items() if key not in TIKTOKS}
    values = read_environment({**others, **variables})
    assert (values.tiktok_client_key, values.tiktok_client_secret) == ("", "")


def test_everything_wrong_is_told_at_once():
    with pytest.raises(InvalidEnvironment) as caught:
        read_environment({"TIKTOK_PKCE": "perhaps"})
    for name in {*GOOD, "TIKTOK_PKCE"} - {*TIKTOKS}:
        assert name in str(caught.value)


@pytest.mark.parametrize("name", [*GOOD, *OPTIONAL])
def test_each_can_come_from_a_file(tmp_path, name):
    every = GOOD | {key: "https://a.example" if value == [] else str(value) for key, value in OPTIONAL.items()}
    file = tmp_path / "value"
    file.write_text(every[name] + "\n")
    variables = {key: value for key, value in every.items() if key != name} | {f"{name}_FILE": str(file)}
    assert read_environment(variables) == read_environment(every)


def test_a_malformed_file_is_told_by_the_variables_name(tmp_path):
    file = tmp_path / "value"
    file.write_text("hunter2")
    with pytest.raises(InvalidEnvironment, match="SECRET_KEY is malformed") as caught:
        read_environment({**GOOD, "SECRET_KEY_FILE": str(file)})
    assert "hunter2" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for name in (tmp_path / "absent", tmp_path):
        with pytest.raises(InvalidEnvironment, match="SECRET_KEY_FILE names a file that cannot be read"):
            read_environment({**GOOD, "SECRET_KEY_FILE": str(name)})
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidEnvironment, match="SECRET_KEY_FILE names a file that cannot be read"):
        read_environment({**GOOD, "SECRET_KEY_FILE": str(tmp_path / "binary")})


def test_a_default_gives_way_to_the_variable_and_to_the_file(tmp_path):
    file = tmp_path / "value"
    file.write_text("redis://from-the-file:6379/0")
    defaults = {"REDIS_URL": "redis://default:6379/0"}
    others = {key: value for key, value in GOOD.items() if key != "REDIS_URL"}
    assert read_environment(others, defaults).redis_url == "redis://default:6379/0"
    assert read_environment(GOOD, defaults).redis_url == GOOD["REDIS_URL"]
    with_file = {**GOOD, "REDIS_URL_FILE": str(file)}
    assert read_environment(with_file, defaults).redis_url == "redis://from-the-file:6379/0"


def test_values_do_not_show_in_the_repr():
    shown = repr(read_environment(GOOD))
    for secret in (GOOD["SECRET_KEY"], "hunter2", "the client's secret", repr(bytes(range(32)))):
        assert secret not in shown


@pytest.mark.parametrize("rate", ["1/sec", "5000/min", "100000/hour", "1/day"])
def test_a_rate_limit_is_taken_as_it_is_written(rate):
    assert read_environment({**GOOD, "RATE_LIMIT_PREDICT": rate}).rate_limit_predict == rate


def test_rate_limits_reach_the_settings():
    limits = {"RATE_LIMIT_PREDICT": "7/sec", "RATE_LIMIT_USER": "8/hour", "RATE_LIMIT_ANON": "9/day"}
    rates = settings_from(read_environment(GOOD | limits))["RATE_LIMITS"]
    assert set(rates) == set(Limit)
    assert [parse_rate(rates[name]) for name in ("predict", "user", "anon")] == [
        Rate(7, 1),
        Rate(8, 3_600),
        Rate(9, 86_400),
    ]


def start(settings: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        env={**clean, **variables, "DJANGO_SETTINGS_MODULE": settings},
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_does_not_start_without_its_variables():
    done = start("config.settings.production", {})
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for name in GOOD.keys() - {*TIKTOKS}:
        assert f"{name} is missing" in done.stderr


def test_production_starts_with_them_and_is_safe():
    done = start("config.settings.production", GOOD)
    assert done.returncode == 0, done.stderr
    assert "security." not in done.stderr
