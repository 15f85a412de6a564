"""Prices from the dated file, checked when read."""

import tomllib
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent
PRICES = FOLDER / "prices-2026-11.toml"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    page: str = Field(min_length=1, description="where the price is from, in words")


class Instance(BaseModel):
    """A size of a database or cache; `sustained` is the share of its vCPU that it may use all the time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    vcpu: int = Field(gt=0)
    hour: float = Field(gt=0)
    sustained: float = Field(gt=0, le=1)


class Fargate(_Table):
    vcpu_hour: float = Field(gt=0)
    gib_hour: float = Field(gt=0)


class LoadBalancer(_Table):
    hour: float = Field(gt=0)
    lcu_hour: float = Field(gt=0)
    lcu_connections_a_second: float = Field(gt=0)
    lcu_gb_hour: float = Field(gt=0)


class Lambda(_Table):
    gib_second: float = Field(gt=0)
    million_requests: float = Field(gt=0)
    mib_of_a_vcpu: float = Field(gt=0)


class Requests(_Table):
    million_requests: float = Field(gt=0)


class DatabaseProxy(_Table):
    vcpu_hour: float = Field(gt=0)


class Cache(_Table):
    instances: tuple[Instance, ...] = Field(min_length=1)


class Database(Cache):
    gib_month: float = Field(gt=0)


class Network(_Table):
    out_gb: float = Field(gt=0)
    nat_hour: float = Field(gt=0)
    nat_gb: float = Field(gt=0)


class Logs(_Table):
    gb: float = Field(gt=0)


class Prices(BaseModel):
    """List prices in US dollars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dated: date
    region: str
    fargate: Fargate
    load_balancer: LoadBalancer
    lambda_: Lambda = Field(alias="lambda")
    api_gateway: Requests
    database_proxy: DatabaseProxy
    database: Database
    cache: Cache
    network: Network
    logs: Logs


def read_prices(path: Path = PRICES) -> Prices:
    """Return the prices of the file. Raise ValidationError of pydantic that names what is missing or no price."""
    return Prices.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
