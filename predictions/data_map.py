"""Declarations of predictions: learned accounts, forecasts, their outcomes, and the models."""

import base64
import io
import json
import zipfile
from datetime import timedelta

import numpy as np
from django.db.models import Model
from numpy.typing import NDArray

from predictions.engine.evaluation.drift import KEPT_DAYS
from predictions.models import AccountWeights, DriftCheck, ForecastError
from privacy.declarations.kinds import Artefact, Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

FORECASTS = "Your forecasts: the planned time and length, the hashtags and length of the caption, and the figures"
OUTCOMES = "What the posts of your forecasts became, and how far off the forecasts were"
FEEDBACK = "What you say of a forecast: that it was useless or wrong, why, and your own words if you write any"
LEARNED = "What was learned of your account: its usual level, trend and what works for it"
ERRORS = "How far each of your posts was from what would have been forecast"
MODELS = "The model that all accounts share"
BENCHMARKS = "What accounts of one size usually get, blurred"
WORK = "Bookkeeping of the service itself"

KEPT = Retention("kept: it names nobody")


def _state(row: Model) -> dict[str, object]:
    """Its JSON, and its arrays as lists, null where unknown; embeddings and hashes of content stand with the posts."""
    assert isinstance(row, AccountWeights)
    try:
        with zipfile.ZipFile(io.BytesIO(row.state)) as archive:
            read: dict[str, object] = json.loads(archive.read("state.json"))
            for name in archive.namelist():
                if name.endswith(".npy") and name not in ("embedding.npy", "tags.npy", "sound.npy"):
                    array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
                    read[name.removesuffix(".npy")] = _numbers(array)
    except zipfile.BadZipFile:
        # theirs all the same, and no reason to keep the rest from them
        return {"damaged": base64.b64encode(row.state).decode()}
    return read


def _numbers(array: "NDArray[np.generic]") -> object:
    if array.dtype.kind != "f":
        return array.tolist()
    numbers = np.round(array.astype(float), 6).astype(object)
    numbers[~np.isfinite(array.astype(float))] = None
    return numbers.tolist()


def _features(row: Model) -> list[float]:
    assert isinstance(row, ForecastError)
    return [round(float(value), 6) for value in np.frombuffer(row.features, "<f4")]


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "predictions.AccountWeights",
        source=Source.POSTCAST,
        made_by=("predictions.engine.learned_account", "predictions.engine.estimators.account_weights"),
        category=LEARNED,
        purposes=(Purpose.SERVICE,),
        why="To forecast at once when you ask",
        retention=Retention("learned anew with every change, and erased with your account here"),
        person="account__user",
        account="account",
        personal={
            "account_id": "The account",
            "as_of": "The moment whose knowledge they hold",
            "updated_at": "When they were learned",
            "posts": "From how many posts",
            "state": "The latest posts' figures (counts as logarithms) and the weights, as a forecast uses them",
            "summary": "The weights, readable",
        },
        plain={
            "version": "raised by every update",
            "model_version_id": "the shared model beside which they were learned",
            "posts_sequence": "the change of the posts that they have seen",
        },
        exported={"state": _state},
    ),
    Table(
        "predictions.ForecastError",
        expires=(Expiry("due_at", timedelta(days=KEPT_DAYS)),),
        source=Source.POSTCAST,
        made_by=("predictions.learning.services",),
        category=ERRORS,
        purposes=(Purpose.LEARNING,),
        why="To notice when forecasts stop being right",
        retention=Retention(f"{KEPT_DAYS} days", timedelta(days=KEPT_DAYS)),
        person="account__user",
        account="account",
        personal={
            "post_id": "The post",
            "account_id": "The account",
            "age_h": "How old the post was, in hours",
            "due_at": "When the post was so old",
            "error": "The likes less the typical forecast, in promised standard deviations",
            "covered": "Whether the likes lay in the forecast's range",
            "features": "What the forecast was made from, as numbers",
        },
        plain={
            "id": "key",
            "model_version_id": "the model that served",
            "features_version": "version of the features",
        },
        exported={"features": _features},
    ),
    Table(
        "predictions.Prediction",
        sought_whole=("public_id",),
        source=Source.POSTCAST,
        made_by=("predictions.forecasts.services", "predictions.engine.forecasting"),
        category=FORECASTS,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS, Purpose.OUTCOMES),
        why="To show you what was forecast, and to get better for you",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
        personal={
            "id": "The number of the forecast's row here",
            "public_id": "The forecast's id in this service's pages and API",
            "account_id": "The account",
            "created_at": "When you asked",
            "basis": "What it rests on: prior, population or account",
            "publish_at": "When the draft was to be published",
            "duration_s": "The draft's length in seconds",
            "caption": "The draft's text, only if you chose to keep texts",
            "caption_fingerprint": "Recognises the draft's post; the text cannot be read from it",
            "caption_length": "Characters of the draft's text",
            "hashtags": "The draft's hashtags",
            "client": "The name of the program that asked",
            "point": "The point forecast of likes after 24 hours",
            "typical": "The typical value",
            "low": "The lower end of the range",
            "high": "The upper end of the range",
            "bucket": "Low, medium or high for this account",
            "baseline": "The moving average of the last five posts",
            "metrics": "The point forecasts of likes, comments, shares and views",
            "measures": "Typical values and ranges of those",
            "engagement_rate": "Likes, comments and shares per view",
            "warnings": "What the answer warned of",
            "explanation": "What moved the forecast away from your usual, in per cent",
        },
        plain={
            "model_version_id": "the model that served",
            "weights_version": "the version of the account's weights",
            "latency_ms": "how long the answer took",
        },
    ),
    Table(
        "predictions.Outcome",
        source=Source.POSTCAST,
        made_by=("predictions.outcomes.services", "predictions.outcomes.matching"),
        category=OUTCOMES,
        purposes=(Purpose.OUTCOMES,),
        why="To show how right forecasts were",
        retention=WHILE_ACTIVE,
        person="prediction__account__user",
        account="prediction__account",
        personal={
            "prediction_id": "The forecast",
            "post_id": "The post that it was for",
            "label": "Whether the counts were measured near 24 hours, or estimated",
            "sd": "How unsure the likes are: the standard deviation of their logarithm",
            "likes": "Likes after 24 hours",
            "comments": "Comments after 24 hours",
            "shares": "Shares after 24 hours",
            "views": "Views after 24 hours",
            "error": "How far off the point forecast was, as a share of the likes, measured or estimated",
            "typical_error": "How far off the typical value was",
            "baseline_error": "How far off the moving average was",
            "within_interval": "Whether the likes, measured or estimated, lay in the range",
            "engagement_rate": "Likes, comments and shares per view",
            "measures_within": "Which measures lay in their ranges",
            "met_at": "When forecast and post were compared",
        },
        plain={"id": "key"},
    ),
    Table(
        "predictions.Feedback",
        source=Source.PERSON,
        made_by=("predictions.feedback.services",),
        category=FEEDBACK,
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        why="So that the staff of this service see where forecasts fail",
        retention=Retention(
            "until you take it back, or your account here is erased; your own words also go when you stop keeping texts"
        ),
        person="prediction__account__user",
        account="prediction__account",
        personal={
            "prediction_id": "The forecast",
            "subject": "What of it you meant",
            "verdict": "Useless or wrong",
            "reason": "Why",
            "text": "Your own words",
            "created_at": "When you said so",
            "updated_at": "When you last changed it",
        },
        plain={"id": "key"},
    ),
    Table(
        "predictions.ModelVersion",
        category=MODELS,
        purposes=(Purpose.LEARNING,),
        why="To forecast. Its manifest names the accounts that it learned from by keyed pseudonyms",
        retention=Retention("kept; the model itself is emptied once it can serve no more"),
        plain={
            "id": "key",
            "name": "the version",
            "role": "whether it serves",
            "created_at": "when it was registered",
            "artefact": "the model",
            "signature": "the signed hash of the model",
            "manifest": "what it was trained on: counts, hashes, accounts by keyed pseudonym",
            "metrics": "how well it does",
            "canary_share": "the share of accounts that it serves as a trial",
        },
        erased="kept: a version that learned from an erased account is replaced within seven days, for ever",
    ),
    Table(
        "predictions.ForgottenAccount",
        category=MODELS,
        purposes=(Purpose.LEARNING,),
        why="So that no model serves that learned from an account which was erased or left the learning",
        basis=Basis.LEGAL_OBLIGATION,
        retention=KEPT,
        plain={"pseudonym": "the account, as models' manifests name it", "forgotten_at": "when it left"},
        erased="kept: a keyed pseudonym of an account that is gone. Agreeing to learning anew deletes it",
    ),
    Table(
        "predictions.Benchmark",
        category=BENCHMARKS,
        purposes=(Purpose.LEARNING,),
        why="So that you see what is usual for accounts of your size",
        retention=KEPT,
        plain={
            "id": "key",
            "quarter": "the quarter",
            "least_followers": "from how many followers on",
            "released_at": "when",
            "accounts": "about how many accounts, never fewer than twenty",
            "likes_low": "what a quarter of them usually fall short of, with noise",
            "likes_typical": "what half of them fall short of, with noise",
            "likes_high": "what a quarter of them exceed, with noise",
            "engagement_rate": "of the middle account, with noise",
            "posts_per_week": "of the middle account, with noise",
        },
        erased="kept: noise hides whether any one account was among them",
    ),
    Table(
        "predictions.ModelEvent",
        category=WORK,
        purposes=(Purpose.LEARNING,),
        why="Why each model serves",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={
            "id": "key",
            "at": "when",
            "kind": "what was decided",
            "from_version_id": "which version served",
            "to_version_id": "which version it was about",
            "by": "the member of staff, or the program",
            "reason": "why",
            "figures": "on what figures, over all accounts",
        },
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.ForecastFailure",
        expires=(Expiry("at", timedelta(days=90)),),
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To end a model that fails",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days", timedelta(days=90)),
        plain={"id": "key", "at": "when", "model_version_id": "which model", "error": "the error's name"},
        erased="kept: it names nobody",
    ),
    Table(
        "predictions.DriftCheck",
        expires=(Expiry("checked_at", timedelta(days=90), but_not={"verdict": DriftCheck.Verdict.ALARM}),),
        category=WORK,
        purposes=(Purpose.LEARNING,),
        why="When and why a model is trained anew",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days; alarms are kept"),
        plain={
            "id": "key",
            "checked_at": "when",
            "verdict": "what was found",
            "posts": "from how many posts",
            "figures": "figures over all accounts",
            "features": "which features moved, over all accounts",
            "changed_since": "since when published posts are changed",
            "over_at": "when it was over",
            "reason": "why retraining was asked for",
            "retraining_requested_at": "when it was asked for",
        },
        erased="kept: it names nobody",
    ),
    RedisKeys(
        "cache:1:weights-update:",
        category=LEARNED,
        purposes=(Purpose.SERVICE,),
        why="That your account is about to be learned, so that many changes are learned from at once",
        basis=Basis.CONSENT,
        retention=Retention("that it is about to be learned: five minutes at most"),
        exported="not: it says nothing but that",
        erased="deleted",
        personal=True,
        keys_of=lambda subject: tuple(f"cache:1:weights-update:{account_id}" for account_id in subject.account_ids),
    ),
    Messages("predictions.learning.tasks.update_weights", "accounts.TikTokAccount"),
    Files(
        "pictures sent with a draft",
        category=FORECASTS,
        why="Measured in memory while the request is answered, and dropped there; never written to a disk",
        retention=Retention("pictures that you send along: seconds"),
        purposes=(Purpose.SERVICE,),
        basis=Basis.CONSENT,
        personal=True,
        exported="not: they are gone",
        erased="gone with the request",
    ),
    Artefact(
        "the shared model",
        category=MODELS,
        why="What tends to work, learned from the accounts that agreed",
        retention=Retention("until a newer one serves; an account that left is out of it within seven days"),
        purpose=Purpose.LEARNING,
        exported="not: no one person's part can be told from the others'; the figures it learned from are in the copy",
        erased="trained anew without the account within seven days; versions with it never serve again",
    ),
)
