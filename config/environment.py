"""The environment variables that Postcast reads: typed, checked once at the start, named when they are wrong."""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.rate_limits.variables import RateLimitVariables

KEY_BYTES = 32
MAX_KEY_ID = 50


class InvalidEnvironment(ValueError):
    """Raised with a message that names each missing or malformed variable and says what it should look like."""


class _Malformed(ValueError):
    """Raised for a value without the documented shape; the field's description says which shape that is."""


def _split_commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parse_keys(value: Any) -> Any:
    """Parse `id:base64,id:base64` into {id: 32 bytes}, in the given order: the first seals, all of them open."""
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


class FileSource(PydanticBaseSettingsSource):
    """Reads each variable from the file that `<NAME>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        """Return (text of the file or None, the field's name, False: it is not JSON); raises InvalidEnvironment."""
        variable = f"{field_name.upper()}_FILE"
        if not (path := os.environ.get(variable)):
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidEnvironment(f"{variable} names a file that cannot be read ({error})") from error

    def __call__(self) -> dict[str, Any]:
        """Return the values of all variables that come from a file."""
        fields = self.settings_cls.model_fields.items()
        values = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in values.items() if value is not None}


class Environment(RateLimitVariables, BaseSettings):
    """Every variable, in lower case; a field's description says what its value should look like and is shown to people.

    A file named by `<NAME>_FILE` wins over the variable itself, and the variable over the constructor's arguments.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, enable_decoding=False)

    secret_key: str = Field(min_length=50, repr=False, description="50 random characters or more")
    database_url: str = Field(
        pattern=r"^postgres(ql)?://.+", repr=False, description="postgresql://user:password@host:5432/name"
    )
    database_pooler: bool = Field(
        False, description="true or false: DATABASE_URL leads to a PgBouncer that pools transactions, for web alone"
    )
    database_replica_url: str = Field(
        "",
        pattern=r"^(postgres(ql)?://.+)?$",
        repr=False,
        description="postgresql://user:password@host:5432/name of a standby, for reads that may be late",
    )
    redis_url: str = Field(pattern=r"^rediss?://.+", repr=False, description="redis://[:password@]host:6379/0")
    broker_redis_url: str = Field(
        "", pattern=r"^(rediss?://.+)?$", repr=False, description="redis://... of the queues; without it REDIS_URL"
    )
    cache_redis_url: str = Field(
        "", pattern=r"^(rediss?://.+)?$", repr=False, description="redis://... of the cache; without it REDIS_URL"
    )
    objects_bucket: str = Field(
        "",
        pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
        description="name of an S3 bucket, for exports and files on their way; without it they stand in the database",
    )
    objects_endpoint_url: str = Field(
        "", pattern=r"^(https?://.+)?$", description="https://host of an S3-compatible store; without it Amazon's"
    )
    objects_region: str = Field("", pattern=r"^([a-z0-9-]+)?$", description="region of the bucket, e.g. eu-north-1")
    objects_access_key: str = Field(
        "", repr=False, description="access key of the bucket; without it the machine's role at Amazon"
    )
    objects_secret_key: str = Field("", repr=False, description="the secret to OBJECTS_ACCESS_KEY")
    objects_kms_key: str = Field(
        "",
        pattern=r"^[^\s]*$",
        description="id of the KMS key of the store's encryption; without it the store's own",
    )
    allowed_hosts: CommaSeparated = Field(
        min_length=1, description="host names separated by commas, e.g. postcast.example.com"
    )
    tiktok_client_key: str = Field("", description="the client key of your TikTok app; empty as the secret: no TikTok")
    tiktok_client_secret: str = Field(
        "", repr=False, description="the client secret of your TikTok app; empty as the key: no TikTok"
    )
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
    picture_networks_path: str = Field(
        "",
        pattern=r"^(/.+)?$",
        description="/path of the folder that `manage.py export_picture_networks` writes",
    )
    training_partitions: str = Field(
        "",
        pattern=r"^(/.+|[a-z0-9]+://.+)?$",
        description="/path of a folder, or a URL that fsspec opens, that all training workers reach",
    )
    training_scheduler: str = Field(
        "", pattern=r"^((tcp|tls)://.+:[0-9]+)?$", description="tcp:// or tls://host:port of a Dask scheduler"
    )
    security_contact: str = Field(
        "",
        pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://[^\s]+|tel:\+[0-9-]+)?$",
        description="mailto:, https: or tel: address for reports of vulnerabilities",
    )
    mail_url: str = Field(
        "",
        pattern=r"^(smtps?://([^:@/\s]+:[^@/\s]+@)?[^:@/\s]+:[0-9]{1,5})?$",
        repr=False,
        description="smtp://user:password@host:587 (with STARTTLS) or smtps://...:465; without it people get no e-mail",
    )
    mail_from: str = Field(
        "", pattern=r"^([^@\s]+@[^@\s]+)?$", description="address that e-mail comes from, such as notices@example.com"
    )
    public_url: str = Field(
        "", pattern=r"^(https?://[^/\s]+)?$", description="https://postcast.example.com, for links in e-mail"
    )
    vapid_private_key: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_-]{43})?$",
        repr=False,
        description="the 32 bytes of a P-256 key in base64url, 43 characters; without it browsers hear nothing",
    )
    operator_name: str = Field(
        "", max_length=100, description="name of the person or company that runs this service, at most 100 characters"
    )
    operator_address: str = Field(
        "", max_length=300, description="their postal address, with commas between its lines, at most 300 characters"
    )
    operator_contact: str = Field(
        "",
        pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://[^\s]+|tel:\+[0-9-]+)?$",
        description="mailto:, https: or tel: address at which people reach them",
    )
    metrics_token: str = Field(
        "", pattern=r"^(.{16,})?$", repr=False, description="16 characters or more; without it /metrics answers 404"
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="port at which a worker or beat serves /metrics, e.g. 9100; 0: at none"
    )
    otel_exporter_otlp_endpoint: str = Field(
        "",
        pattern=r"^(https?://.+[^/])?$",
        description="https://host:4318 of a collector of OpenTelemetry traces; empty: no traces",
    )
    daily_budget_usd: float = Field(
        200.0, gt=0, allow_inf_nan=False, description="what a day may cost, in US dollars: above it an alert asks why"
    )
    writer_url: str = Field(
        "",
        pattern=r"^(https?://.+[^/])?$",
        description="https://host/v1 of a server that speaks OpenAI's chat completions, to write captions; empty: none",
    )
    writer_model: str = Field("", max_length=200, description="name of the model there, at most 200 characters")
    writer_key: str = Field(
        "", pattern=r"^\S*$", repr=False, description="the key to WRITER_URL, if it wants one, without spaces"
    )
    writer_deadline_s: float = Field(
        8.0, gt=0, le=20, allow_inf_nan=False, description="seconds for all of a call of WRITER_URL, at most 20"
    )
    writer_calls_per_day: int = Field(500, ge=0, le=1_000_000, description="calls of WRITER_URL in a day at most")
    tiktok_max_hashtags: int = Field(
        5, ge=1, le=100, description="hashtags that TikTok takes in a post: 1 to 100 (press reports of 2025 say 5)"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, strongest first."""
        return FileSource(settings_cls), env_settings, init_settings


def read_environment(defaults: Mapping[str, str] | None = None) -> Environment:
    """Read and check the process's variables, each also from the file that `<NAME>_FILE` names.

    Raises InvalidEnvironment, which names every wrong variable and says what it should look like, and shows no value.
    """
    try:
        values = Environment(**{name.lower(): value for name, value in (defaults or {}).items()})  # type: ignore[arg-type]
    except ValidationError as error:
        raise InvalidEnvironment(_explain(error)) from None
    halves = {name: bool(getattr(values, name)) for name in ("tiktok_client_key", "tiktok_client_secret")}
    if set(halves.values()) == {True, False}:
        [absent] = [name for name, is_there in halves.items() if not is_there]
        raise InvalidEnvironment(_line(absent, "is missing") + ". One without the other signs nobody in.")
    if bool(values.objects_access_key) != bool(values.objects_secret_key):
        absent = "objects_secret_key" if values.objects_access_key else "objects_access_key"
        raise InvalidEnvironment(_line(absent, "is missing") + ". One without the other opens no bucket.")
    mail = {name: bool(getattr(values, name)) for name in ("mail_url", "mail_from", "public_url")}
    if values.mail_url and not all(mail.values()):
        absent = next(name for name, is_there in mail.items() if not is_there)
        raise InvalidEnvironment(_line(absent, "is missing") + ". Without it no e-mail can be sent.")
    return values


def require_environment(defaults: Mapping[str, str] | None = None) -> Environment:
    """Return `read_environment`'s answer, or end the process with the explanation instead of a traceback."""
    try:
        return read_environment(defaults)
    except InvalidEnvironment as error:
        _stop(str(error))


def _stop(explanation: str) -> NoReturn:
    raise SystemExit(f"Postcast cannot start: {explanation}")


def _line(field: str, fault: str) -> str:
    return f"  {field.upper()} {fault}. Expected: {Environment.model_fields[field].description}"


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        field = str(problem["loc"][0])
        fault = "is missing" if problem["type"] == "missing" else "is malformed"
        lines.append(_line(field, fault))
    return "these environment variables are wrong:\n" + "\n".join(dict.fromkeys(lines))
