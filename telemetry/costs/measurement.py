"""The measured work of a forecast and of an account, as tests/bench/costs.py prints it."""

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from telemetry.costs.prices import FOLDER

MEASUREMENT = FOLDER / "measurement-2026-11.json"


class Work(BaseModel):
    """Measured cost of one of something: queries, CPU seconds of web or worker, PostgreSQL and Redis, and bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reads: int = Field(0, ge=0)
    writes: int = Field(0, ge=0)
    cpu_s: float = Field(gt=0)
    database_cpu_s: float = Field(ge=0)
    cache_cpu_s: float = Field(ge=0)
    stored_bytes: int = Field(ge=0)


class ForecastWork(Work):
    """The same of a forecast over HTTP, with the bytes that go to the client and to the log."""

    sent_bytes: int = Field(gt=0)
    log_bytes: int = Field(ge=0)


class FirstRefresh(Work):
    """The same of reading all posts of an account for the first time."""

    posts: int = Field(gt=0)


class Start(BaseModel):
    """CPU seconds of a new process until its code is loaded, its models, and its first forecast is answered."""

    model_config = ConfigDict(frozen=True)

    process_s: float = Field(gt=0)
    models_s: float = Field(ge=0)
    first_answer_s: float = Field(gt=0)

    @property
    def whole_s(self) -> float:
        """Of all three."""
        return self.process_s + self.models_s + self.first_answer_s


class Memory(BaseModel):
    """MiB of a web server with one worker, and of that what each further worker adds."""

    model_config = ConfigDict(frozen=True)

    server_mib: float = Field(gt=0)
    worker_own_mib: float = Field(gt=0)


class Measurement(BaseModel):
    """Everything that prices are put on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    measured_on: date
    machine: str
    posts: int
    start: Start
    memory: Memory
    forecast: ForecastWork
    first_refresh: FirstRefresh
    refresh: Work
    look: Work
    observation: Work
    learning: Work


def read_measurement(path: Path = MEASUREMENT) -> Measurement:
    """Return the measurement of the file. Raise ValidationError of pydantic that names what is missing."""
    return Measurement.model_validate_json(path.read_text(encoding="utf-8"))
