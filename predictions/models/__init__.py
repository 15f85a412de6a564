"""The tables of predictions, by room. May import the models of accounts, posts and privacy."""

from predictions.models.benchmarks import Benchmark
from predictions.models.captions import BrandWords, CaptionAppeal, CaptionStyle
from predictions.models.comments import DraftComment
from predictions.models.experiments import Assignment, Experiment
from predictions.models.feedback import Feedback
from predictions.models.forecasts import Prediction
from predictions.models.labels import LabelPair, LabelVote
from predictions.models.learning import AccountWeights, ForecastError
from predictions.models.monitoring import DriftCheck
from predictions.models.outcomes import Outcome
from predictions.models.plan import SavedDraft
from predictions.models.replays import AccountReplay
from predictions.models.reports import SuggestionReport, SuggestionSwitch
from predictions.models.scoring import ScoreRecord
from predictions.models.sharing import SharedLink
from predictions.models.training import ForgottenAccount
from predictions.models.variety import VarietyCheck
from predictions.models.versions import ForecastFailure, ModelEvent, ModelVersion

__all__ = [
    "AccountReplay",
    "AccountWeights",
    "Assignment",
    "Benchmark",
    "BrandWords",
    "CaptionAppeal",
    "CaptionStyle",
    "DraftComment",
    "DriftCheck",
    "Experiment",
    "Feedback",
    "ForecastError",
    "ForecastFailure",
    "ForgottenAccount",
    "LabelPair",
    "LabelVote",
    "ModelEvent",
    "ModelVersion",
    "Outcome",
    "Prediction",
    "SavedDraft",
    "ScoreRecord",
    "SharedLink",
    "SuggestionReport",
    "SuggestionSwitch",
    "VarietyCheck",
]
