"""Hook scores: which of two headlines under the same picture is clicked more, learned from randomised tests. Pure.

Says nothing about TikTok captions until own data show otherwise (docs/experiments/2026-11-subscores.md).
May import the engine's reading of files and the content measures.
"""

from predictions.viralscore.hooks.packages import Package, Unscored, read_packages, read_unscored
from predictions.viralscore.hooks.scorer import HookScorer, TooLittleToLearn

__all__ = ["HookScorer", "Package", "TooLittleToLearn", "Unscored", "read_packages", "read_unscored"]
