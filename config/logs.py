"""Logging: one JSON line per event on stderr, with secrets removed before anything is written."""

import json
import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from privacy.anonymity.public_ids import ERASURE, LENGTH, PREFIXES

# Keys whose values are credentials wherever they appear: TikTok's, ours, and the headers that carry them.
SECRET_KEYS = re.compile(
    r"token|secret|authorization|password|cookie|code_verifier|^code$|api_?key|signature|encryption|session_?(id|key)",
    re.IGNORECASE,
)
# The same inside texts: `name=value` in query strings and form bodies, `"name": "value"` in JSON and Python,
# `Name: value` in headers, passwords in addresses, and what looks like a token by itself. Each match keeps its group.
SECRETS_IN_TEXT = (
    re.compile(
        r"""(?ix)
        ( (?: (?<![a-z_-]) | (?<=%3f) | (?<=%26) )                # where a name begins, also in an encoded address
          (?: [a-z_-]* (?: token|secret|password|signature|sessionid ) | code_verifier | code )
          (?: \\?["'] )? \s* (?: [=:] | %3d ) \s* (?: \\?["'] )?
        ) [^\s"'&,;}\\]+"""
    ),
    re.compile(r"(?i)((?:authorization|cookie)[\"']?\s*[=:]\s*[\"']?)[^\r\n\"']+"),
    re.compile(r"(?i)(\bbearer\s+)[^\s\"',]+"),
    re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"),
    re.compile(r"(\bpc_)[0-9A-Za-z]{20,}"),
    re.compile(r"(\b(?:act|rft)\.)[\w!*%.~-]{16,}"),
    # addresses that whoever knows them may open
    re.compile(r"(/(?:shared|join)/)[\w-]{16,}"),
)
# what a match of any of these holds: one search instead of seven in the texts that have none, which are nearly all
_SIGN_OF_A_SECRET = re.compile(
    r"token|secret|password|signature|sessionid|code|authorization|cookie|bearer|://|pc_|act\.|rft\.|/shared/|/join/",
    re.IGNORECASE,
)
# the number of an erasure stays: it names nobody once that is done, and lines of its ledger must be whole
_NAMING_SOMEBODY = "|".join(PREFIXES.keys() - {ERASURE})
PUBLIC_IDS = re.compile(rf"\b(?:(?:{_NAMING_SOMEBODY})_[0-9a-z]{{{LENGTH}}}|tiktok-[0-9a-f]{{16}})\b")
REDACTED = "[redacted]"


def redact_text(text: str) -> str:
    """Replace the values of credentials in a text, e.g. `code=abc` by `code=[redacted]`."""
    if _SIGN_OF_A_SECRET.search(text):
        for secret in SECRETS_IN_TEXT:
            text = secret.sub(rf"\g<1>{REDACTED}", text)
    # no id is without one of these
    return _pseudonymise(text) if "_" in text or "-" in text else text


def redact(value: Any) -> Any:
    """Replace every credential in a value, through dicts, sequences and texts.

    A value that JSON does not know becomes its redacted `repr`, since the JSON renderer would write the bare one.
    """
    # numbers are no credentials, not even under a name like `code`
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_redact_key(str(key)): _redact_item(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return redact_text(value if isinstance(value, str) else repr(value))


# keys of our own log calls are few and always the same
@lru_cache(maxsize=512)
def _redact_key(key: str) -> str:
    return redact_text(key)


@lru_cache(maxsize=512)
def _is_secret(key: str) -> bool:
    return SECRET_KEYS.search(key) is not None


def _redact_item(key: str, value: Any) -> Any:
    redacted = redact(value)
    return REDACTED if _is_secret(key) and not isinstance(redacted, bool | int | float | None) else redacted


def _pseudonymise(text: str) -> str:
    """Replace ids of people and of what is theirs by pseudonyms, which lead nowhere once those are erased."""
    return PUBLIC_IDS.sub(lambda found: log_name(found[0]), text)


@lru_cache(maxsize=4_096)
def log_name(public_id: str) -> str:
    """Return an id's pseudonym in the logs, e.g. `acct~` and 48 bits of an HMAC under a key from SECRET_KEY."""
    from django.utils.crypto import salted_hmac

    digest = salted_hmac("config.logs", public_id, algorithm="sha256").hexdigest()
    return f"{re.split('[_-]', public_id)[0]}~{digest[:12]}"


def _redact_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    redacted: EventDict = redact(dict(event))
    return redacted


def _calm_refusals(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Make what Django refuses of a hostile client, e.g. a host name that is not ours, a warning of one line."""
    if str(event.get("logger", "")).startswith("django.security"):
        event.pop("exc_info", None)
        event["level"] = "warning"
    return event


SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    _calm_refusals,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """structlog's formatter, which writes lines that `log_line` made as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        return getattr(record, "line", None) or super().format(record)


def log_line(logger: logging.Logger, level: int, event: str, **values: Any) -> None:
    """Log what every request logs: the same line as structlog's with the same redaction, at a quarter of its cost."""
    if not logger.isEnabledFor(level):
        return
    members = {
        **structlog.contextvars.get_contextvars(),
        **values,
        "event": event,
        "logger": logger.name,
        "level": logging.getLevelName(level).lower(),
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    record = logger.makeRecord(logger.name, level, "", 0, event, (), None)
    record.line = json.dumps(redact(members))
    logger.handle(record)


def logging_config() -> dict[str, Any]:
    """Return Django's LOGGING: every line goes through structlog's formatter, and so through the redaction."""
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": LineFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _redact_event,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "urllib3": {"level": "WARNING"},
        },
    }
