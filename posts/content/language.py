"""Tell a text's language, and split it into words. Both libraries load with the first caption: it takes a second."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nltk.tokenize.casual import TweetTokenizer
    from py3langid.langid import LanguageIdentifier

MAX_TOKENISED = 4_000
"""Characters that words are sought in, TikTok's longest caption: odd signs cost the tokenizer their square."""
MAX_LANGUAGE_TEXT = 500
"""Characters that the language is told from: it shows in the beginning."""
FEWEST_BYTES = 8
"""Of a text's letters in UTF-8, for its language to be told: a Chinese letter has three bytes, and says more."""
LEAST_PROBABLE = 0.6
"""Probability below which a language counts as unknown. Of public captions with 20 to 40 letters, it leaves one to
80 % of English, 58 % of Danish and 96 % of Vietnamese ones: the right one to 98, 96 and 95 % of those."""

UNKNOWN = ""
"""The language of a text that is too short, has no letters, or could be of several."""


def tokens_of(text: str) -> list[str]:
    """Return the words, signs, emoji, #hashtags, @names and links of a text's first `MAX_TOKENISED` characters."""
    tokens: list[str] = _tokenizer().tokenize(text[:MAX_TOKENISED])
    return tokens


def words_of(text: str) -> list[str]:
    """Return the words of a text's first `MAX_TOKENISED` characters, "don't" and "well-known" as one each.

    Signs, emoticons, #hashtags and @names are not among them.
    """
    return [token for token in tokens_of(text) if token[0].isalnum()]


def language_of(text: str) -> str:
    """Return the ISO 639 code of the text's language, or UNKNOWN; hashtags, names, links and emoji mislead it."""
    beginning = " ".join(text[:MAX_LANGUAGE_TEXT].split())
    if len("".join(c for c in beginning if c.isalpha()).encode()) < FEWEST_BYTES:
        return UNKNOWN
    language, probability = _identifier().classify(beginning)
    # zxx: no language at all
    return language if probability >= LEAST_PROBABLE and language != "zxx" else UNKNOWN


def load() -> None:
    """Load both now, in a server's parent process, rather than with the first caption."""
    _tokenizer()
    _identifier()


@cache
def _tokenizer() -> "TweetTokenizer":
    from nltk.tokenize.casual import TweetTokenizer

    import posts.content.nltk_alone  # noqa: F401

    # digits that look like a phone number are a word like others
    return TweetTokenizer(match_phone_numbers=False)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
