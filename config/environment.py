"""The environment variables that Postcast reads: typed, checked once at the start, told by name when wrong."""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

KEY_BYTES = 32
MAX_KEY_ID = 50


class InvalidEnvironment(ValueError):
    """Some variables are missing or malformed; the message names each and says what it should look like."""


class _Malformed(ValueError):
    """A value that does not have the documented shape; the field's description tells the shape."""


def _split_commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parse_keys(value: Any) -> Any:
    """`id:base64,id:base64` -> {id: 32 bytes}, in the given order: the first seals, all of them open."""
    if not isinstance(value, str):
        return value
    keys: dict[str, bytes] = {}
    for part in _split_commas(value):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise _Malformed("a key is not base64") from error
        if not 0 < len(key_id) <= MAX_KEY_ID or key_id in keys or len(key) != KEY_BYTES:
            raise _Malformed(f"each key needs an id of its own and {KEY_BYTES} bytes")
        keys[key_id] = key
    return keys


CommaSeparated = Annotated[list[str], BeforeValidator(_split_commas)]
SealingKeys = Annotated[dict[str, bytes], BeforeValidator(_parse_keys), Field(min_length=1)]


class Environment(BaseModel):
    """Every variable, in lower case. Descriptions say what a value should look like: they are shown to people."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret_key: str = Field(min_length=50, repr=False, description="50 random characters or more")
    database_url: str = Field(
        pattern=r"^postgres(ql)?://.+", repr=False, description="postgresql://user:password@host:5432/name"
    )
    redis_url: str = Field(pattern=r"^rediss?://.+", repr=False, description="redis://[:password@]host:6379/0")
    allowed_hosts: CommaSeparated = Field(
        min_length=1, description="host names separated by commas, e.g. postcast.example.com"
    )
    tiktok_client_key: str = Field(min_length=1, description="the client key of your TikTok app")
    tiktok_client_secret: str = Field(min_length=1, repr=False, description="the client secret of your TikTok app")
    tiktok_authorize_url: str = Field(
        "https://www.tiktok.com/v2/auth/authorize/",
        pattern=r"^https?://.+",
        description="https://host/path of TikTok's consent page",
    )
    tiktok_api_url: str = Field(
        "https://open.tiktokapis.com",
        pattern=r"^https?://.+[^/]$",
        description="https://host of TikTok's API, without a slash at the end",
    )
    tiktok_pkce: bool = Field(False, description="true or false: send a PKCE challenge (hex, as TikTok expects it)")
    data_encryption_keys: SealingKeys = Field(
        repr=False,
        description=f"id:key[,id:key...] with each key {KEY_BYTES} random bytes in base64; the first one seals",
    )
    frontend_origins: CommaSeparated = Field(
        [], description="origins of separate frontends separated by commas, e.g. https://app.example.com"
    )
    proxy_count: int = Field(0, ge=0, le=5, description="how many reverse proxies stand in front: 0 to 5")
    erasure_ledger_path: str = Field(
        pattern=r"^/.+$",
        description="/path of a file that outlives the database, for a line about every erasure",
    )
    trail_anchor_path: str = Field(
        "",
        pattern=r"^(/.+)?$",
        description="/path of a file, best on another machine, for the access trail's head every hour",
    )
    metrics_token: str = Field(
        "", pattern=r"^(.{16,})?$", repr=False, description="16 characters or more; without it /metrics answers 404"
    )


def read_environment(
    variables: Mapping[str, str] | None = None, defaults: Mapping[str, str] | None = None
) -> Environment:
    """Read and check the variables (by default the process's own), each also from the file `<NAME>_FILE` names.

    Raises InvalidEnvironment naming every variable at fault and what it should look like; values are never shown.
    """
    variables = os.environ if variables is None else variables
    values: dict[str, str] = {name.lower(): value for name, value in (defaults or {}).items()}
    for field in Environment.model_fields:
        if (value := _read_variable(field.upper(), variables)) is not None:
            values[field] = value
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        raise InvalidEnvironment(_explain(error)) from None


def require_environment(defaults: Mapping[str, str] | None = None) -> Environment:
    """`read_environment` for settings: stops the process with the explanation instead of a traceback."""
    try:
        return read_environment(defaults=defaults)
    except InvalidEnvironment as error:
        _stop(str(error))


def _stop(explanation: str) -> NoReturn:
    raise SystemExit(f"Postcast cannot start: {explanation}")


def _read_variable(name: str, variables: Mapping[str, str]) -> str | None:
    if path := variables.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidEnvironment(f"{name}_FILE names a file that cannot be read ({error})") from error
    return variables.get(name)


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        field = str(problem["loc"][0])
        fault = "is missing" if problem["type"] == "missing" else "is malformed"
        lines.append(f"  {field.upper()} {fault}. Expected: {Environment.model_fields[field].description}")
    return "these environment variables are wrong:\n" + "\n".join(dict.fromkeys(lines))
