"""NLTK's tokenizer and sentiment analyser, loaded with the first caption: importing NLTK takes most of a second."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import emoji

if TYPE_CHECKING:
    from nltk.sentiment.vader import SentimentIntensityAnalyzer
    from nltk.tokenize.casual import TweetTokenizer

MAX_TOKENISED = 4_000
"""Characters that words are sought in, TikTok's longest caption: odd signs cost the tokenizer their square."""
MAX_SENTIMENT_TEXT = 500
"""Characters that the sentiment is read from: it shows in the beginning, and the cost grows with each word."""

# The library fills its tables on the first call and takes no lock: without this, concurrent threads miss emoji.
emoji.emoji_count("x")


def words_of(text: str) -> list[str]:
    """Return the words of a text's first `MAX_TOKENISED` characters, "don't" and "well-known" as one each.

    Signs, emoticons, #hashtags and @names are not among them.
    """
    return [token for token in _tokenizer().tokenize(text[:MAX_TOKENISED]) if token[0].isalnum()]


def sentiment_of(text: str) -> float:
    """Return VADER's compound score in -1..1 (Hutto and Gilbert, ICWSM 2014) of the text's beginning.

    Its lexicon is English; emoji are read as their English names. Other languages score near zero.
    """
    # a lexicon knows "love", not "#love"
    plain = text[:MAX_SENTIMENT_TEXT].replace("#", " ").replace("＃", " ")
    if not plain or plain.isspace():
        return 0.0
    return float(_analyser().polarity_scores(emoji.replace_emoji(plain, _name_of_emoji))["compound"])


def load() -> None:
    """Load both now, in a server's parent process, rather than with the first caption."""
    _tokenizer()
    _analyser()


def _name_of_emoji(_: str, data: dict[str, str]) -> str:
    return f" {data['en'].strip(':').replace('_', ' ')} "


@cache
def _tokenizer() -> "TweetTokenizer":
    from nltk.tokenize.casual import TweetTokenizer

    # digits that look like a phone number are a word like others
    return TweetTokenizer(match_phone_numbers=False)


@cache
def _analyser() -> "SentimentIntensityAnalyzer":
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    class Analyser(SentimentIntensityAnalyzer):  # type: ignore[misc]  # NLTK has no types
        """NLTK's analyser with the lexicon of the vaderSentiment package: NLTK's own would have to be downloaded."""

        def __init__(self) -> None:
            lexicon = files("vaderSentiment") / "vader_lexicon.txt"
            self.lexicon_file = lexicon.read_text(encoding="utf-8").rstrip("\n")
            self.lexicon = self.make_lex_dict()
            self.constants = VaderConstants()

    return Analyser()
