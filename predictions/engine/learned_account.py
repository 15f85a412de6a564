"""An account's state: everything that a forecast needs of an account."""

import io
import json
import math
import zipfile
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from posts.content import EMBEDDING_SIZE, EXTRACTOR_VERSION
from predictions.engine.data.growth import is_usable
from predictions.engine.data.history import CONTENT, MAX_TAGS, WINDOW, History, Timeline
from predictions.engine.data.labels import EARLY, early_label
from predictions.engine.estimators.account_weights import WEIGHTS, Walk, WeightPrior, Weights, inputs, walk
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.features.similarity_gp import Process, Solved
from predictions.engine.features.tabular import TABULAR
from predictions.engine.global_model import DAMAGED, CalibratedForecast, GlobalModel, LogForecast, serve
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, MIN_HISTORY, Z80, AccountHistory, Floats

FORMAT_VERSION = 1
_MAX_STATE = 16 * 1024 * 1024
# In what each array of the history is stored; all of them hold exactly what is computed with.
_STORED = {"numbers": np.float32, "embedding": np.int8}
_SHAPES = {"logs": (4,), "numbers": (len(CONTENT),), "embedding": (EMBEDDING_SIZE,), "tags": (MAX_TAGS,)}


@dataclass(frozen=True, slots=True)
class ReplayErrors:
    """Errors of n forecasts that learning an account replays, each as of its post's publishing; at each age in order.

    `age`, `miss` and `covered` are as in `predictions.engine.evaluation.drift.ForecastErrors`.
    """

    post_id: tuple[str, ...]
    posted_at: NDArray[np.int64]  # (n,)
    age: NDArray[np.int64]  # (n,)
    miss: Floats  # (n,)
    covered: NDArray[np.bool_]  # (n,)
    features: NDArray[np.float32]  # (n, len(TABULAR)), NaN unknown

    @classmethod
    def empty(cls) -> Self:
        """Return no errors."""
        never = np.empty(0, np.int64)
        return cls((), never, never, np.empty(0), np.empty(0, np.bool_), np.empty((0, len(TABULAR)), np.float32))

    def and_(self, other: Self) -> Self:
        """Return both together."""
        arrays = (np.concatenate([getattr(x, f.name) for x in (self, other)]) for f in fields(self)[1:])
        return type(self)(self.post_id + other.post_id, *arrays)


class UnreadableState(ValueError):
    """The bytes are no account state of this format; the message says why."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """Use `learn_account(...)` or `AccountState.from_bytes(...)`."""

    as_of: int
    followers: float
    history: History
    """The latest posts, those too whose horizon had not passed at `as_of`: a later forecast may count them in."""
    learned: Weights
    solved: Solved | None
    """What the account's process comes down to as of then; None without a post whose first day is known. Like the
    weights, it takes in posts that come to be known later only when the account is learned again."""
    ignored: int
    """Posts that were left out because they claim to be published after `as_of`."""

    @property
    def posts(self) -> int:
        """How many posts it holds."""
        return len(self.history)

    @property
    def weights(self) -> dict[str, float]:
        """Readable: corrections in units of the forecast's spread, and the account's noise relative to the promised."""
        vector = self.learned.vector()
        summary = {name: round(float(value), 6) for name, value in zip(WEIGHTS, vector, strict=True)}
        return summary | {
            "noise": round(self.learned.noise(), 6),
            "posts_learned": round(float(self.learned.evidence[-1]), 3),
        }

    def to_bytes(self) -> bytes:
        """A zip of plain arrays and JSON, without pickle; the same state gives the same bytes."""
        head = {
            "format": FORMAT_VERSION,
            "extractor": EXTRACTOR_VERSION,
            "as_of": self.as_of,
            "followers": self.followers if math.isfinite(self.followers) else None,
            "ignored": self.ignored,
            "centre": self.solved.centre if self.solved else None,
            "weight_prior": self.learned.prior.to_json(),
        }
        arrays = {f.name: getattr(self.history, f.name) for f in fields(History)}
        arrays |= {"precision": self.learned.precision, "evidence": self.learned.evidence}
        arrays["solved"] = self.solved.weights if self.solved else np.zeros(0)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("state.json"), json.dumps(head, sort_keys=True), zipfile.ZIP_DEFLATED)
            for name, array in arrays.items():
                part = io.BytesIO()
                np.save(part, array.astype(_STORED.get(name, array.dtype)), allow_pickle=False)
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), part.getvalue(), zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a state back. Raises UnreadableState when the bytes are none, damaged, or of another version."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(info.file_size for info in archive.infolist()) > _MAX_STATE:
                    raise UnreadableState(f"The account state unpacks to more than {_MAX_STATE:,} bytes.")
                head = json.loads(archive.read("state.json"))
                _check_versions(head)
                names = [*(f.name for f in fields(History)), "precision", "evidence", "solved"]
                arrays = {n: np.load(io.BytesIO(archive.read(f"{n}.npy")), allow_pickle=False) for n in names}
            weights = Weights(
                WeightPrior.from_json(head["weight_prior"]), arrays.pop("precision"), arrays.pop("evidence")
            )
            solved = arrays.pop("solved")
            _check_shapes(arrays, weights)
            arrays["numbers"] = arrays["numbers"].astype(np.float64)
            arrays["embedding"] = arrays["embedding"].astype(np.float32)
            followers = math.nan if head["followers"] is None else float(head["followers"])
            as_of, history = int(head["as_of"]), History(**arrays)
            process = _solved(history, as_of, solved, head["centre"])
            return cls(as_of, followers, history, weights, process, int(head["ignored"]))
        except UnreadableState:
            raise
        except DAMAGED as error:
            raise UnreadableState(f"The bytes are no account state, or a damaged one ({error!r}).") from error


def learn_account(model: GlobalModel, account: AccountHistory, *, as_of: int) -> AccountState:
    """Learn an account from what was known at `as_of`: its posts by then, with the observations made by then.

    The latest posts are gone through in order: each is forecast with weights from earlier labels only, then learned
    from. This is done anew each time, from at most `WINDOW` posts: a label that was estimated yesterday and measured
    today then counts once, and as measured.
    """
    return learn_and_look_back(model, account, as_of=as_of)[0]


def learn_and_look_back(
    model: GlobalModel, account: AccountHistory, *, as_of: int
) -> tuple[AccountState, ReplayErrors]:
    """As `learn_account`; and how far off the forecasts were that learning goes through, where labels are measured."""
    with one_blas_thread():
        return _learn(model, account, as_of)


def _learn(model: GlobalModel, account: AccountHistory, as_of: int) -> tuple[AccountState, ReplayErrors]:
    ignored = sum(p.posted_at > as_of for p in account.posts)
    account = _that_matter(account, as_of)
    timeline = Timeline(account, model.curve, "horizon", until=as_of)
    timeline.advance(as_of)
    rows = rows_of_account(0, account, model.curve, "horizon", as_of, latest=WINDOW)
    if len(rows):
        raw = model.predict(rows.base, rows.tabular, rows.sequence, rows.topic)
        miss = (rows.label - raw.typical) / raw.spread
        walked = walk(model.weight_prior, rows.posted_at, inputs(rows.tabular), miss, rows.known_from)
        weights, looked_back = walked.weights, _look_back(model, timeline, rows, raw, walked, as_of)
    else:
        weights = Weights(model.weight_prior)
        looked_back = ReplayErrors.empty()
    followers = account.followers_at(as_of, as_of)
    followers = followers if 0 <= followers < math.inf else math.nan
    history = _latest(timeline.contents())
    known = history.known_at(as_of)
    solved = Process().learn(known) if len(known) else None
    return AccountState(as_of, followers, history, weights, solved, ignored), looked_back


def _that_matter(account: AccountHistory, as_of: int) -> AccountHistory:
    """Return the account without posts too old for any row or state to read."""
    posts = sorted((p for p in account.posts if p.posted_at <= as_of), key=lambda p: (p.posted_at, p.post_id))
    counts = [[c for c in p.observations if c.observed_at <= as_of] for p in posts]
    horizon_passed = posts[max(0, len(posts) - WINDOW)].posted_at - HORIZON if posts else as_of
    labelled = [
        i
        for i, (p, seen) in enumerate(zip(posts, counts, strict=True))
        if p.posted_at <= horizon_passed and any(is_usable(p.posted_at, c) for c in seen)
    ]
    return replace(account, posts=tuple(posts[labelled[-WINDOW] :])) if len(labelled) > WINDOW else account


def _look_back(
    model: GlobalModel, timeline: Timeline, rows: Rows, raw: LogForecast, walked: Walk, as_of: int
) -> ReplayErrors:
    served = serve(model, raw, walked.shift * raw.spread, walked.noise, rows.known)
    # what was published before anything was counted is forecast from counts made later, as histories are when fetched
    counted = (c.observed_at for p in timeline.posts for c in p.observations if c.observed_at >= p.posted_at)
    watched = rows.posted_at >= min(counted, default=as_of)
    measured = np.where(watched & timeline.contents().measured[rows.post], rows.label, np.nan)
    posts = [timeline.posts[post] for post in rows.post]
    early = [early_label(p, as_of) if at else None for p, at in zip(posts, watched, strict=True)]
    log_likes = np.array([label.logs[0] if label else np.nan for label in early])
    sd = np.array([label.sd if label else np.nan for label in early])
    first_days = _missed(timeline, rows, served, HORIZON, measured, np.zeros(len(rows)))
    return first_days.and_(_missed(timeline, rows, served, EARLY, log_likes, sd))


def _missed(
    timeline: Timeline, rows: Rows, served: CalibratedForecast, age: int, label: Floats, label_sd: Floats
) -> ReplayErrors:
    """The misses of n forecasts whose labels are known (not NaN), and as unsure as that besides the forecasts."""
    typical, low, high = (np.log1p(x) for x in (served.typical, served.low, served.high))
    promised = np.maximum((high - low) / (2 * Z80), 0.1)
    # as far as it would be from a label that is sure
    distance = (label - typical) * promised / np.hypot(promised, label_sd)
    chosen = ~np.isnan(label) & (rows.known >= MIN_HISTORY)
    return ReplayErrors(
        tuple(timeline.posts[i].post_id for i in rows.post[chosen]),
        rows.posted_at[chosen],
        np.full(int(chosen.sum()), age),
        (distance / promised)[chosen],
        ((low - typical <= distance) & (distance <= high - typical))[chosen],
        rows.tabular[chosen].astype(np.float32),
    )


def _latest(history: History) -> History:
    """What a forecast can need: the latest posts, those whose horizon is still to come, and the latest with a label."""
    known = np.any(~np.isnan(history.logs), axis=1)
    labelled = np.flatnonzero(known)[-WINDOW:]
    # Posts of the last day are not part of a forecast made now, and the older ones must not be pushed out by them.
    passed = np.searchsorted(history.posted_at, history.posted_at[-1:] - HORIZON, side="right")
    older = np.flatnonzero(known[: int(passed.sum())])[-WINDOW:]
    return history[np.union1d(labelled, older)]


def _check_versions(head: dict[str, Any]) -> None:
    if head["format"] != FORMAT_VERSION or head["extractor"] != EXTRACTOR_VERSION:
        raise UnreadableState(
            f"The account state has format {head['format']} and extractor {head['extractor']}; this code reads format "
            f"{FORMAT_VERSION} and extractor {EXTRACTOR_VERSION}: learn the account again."
        )


def _check_shapes(arrays: dict[str, Any], weights: Weights) -> None:
    n, size = len(arrays["posted_at"]), len(WEIGHTS)
    for name, array in arrays.items():
        if array.shape != (n, *_SHAPES.get(name, ())):
            raise UnreadableState(f"The account state's {name} has shape {array.shape}.")
    if weights.precision.shape != (size, size) or weights.evidence.shape != (size + 2,):
        raise UnreadableState("The account state's weights have another shape.")


def _solved(history: History, as_of: int, weights: Floats, centre: float | None) -> Solved | None:
    """The process, of the latest posts whose horizon had passed by then and of which any count is known."""
    passed = history[: int(np.searchsorted(history.posted_at, as_of - HORIZON, side="right"))]
    known = passed[np.flatnonzero(np.any(~np.isnan(passed.logs), axis=1))]
    if weights.ndim != 1 or len(weights) > len(known) or (centre is None) != (len(weights) == 0):
        raise UnreadableState("The account state's process has another shape.")
    return None if centre is None else Solved(known[len(known) - len(weights) :], weights, float(centre))
