"""Write plausible captions, and measure the properties that simulated audiences react to."""

import re
from dataclasses import dataclass

import numpy as np

MAX_PUBLISHED = 4_000  # characters that TikTok takes
MAX_RETURNED = 150  # characters of video_description and title that its API returns, here code points
POSITIVE = ("love", "best", "amazing", "happy", "perfect", "beautiful", "fun")
NEGATIVE = ("hate", "worst", "awful", "sad", "tired", "boring", "terrible")
POPULAR_TAGS = ("fyp", "foryou", "viral", "tiktok", "trending", "learnontiktok")
SOUNDS = (
    "original sound",
    "Golden Hour",
    "Sunday Morning",
    "Cradles",
    "Aesthetic",
    "Monkeys Spinning",
)
_TAG = re.compile(r"#(\w+)")
_TAG_OR_MENTION = re.compile(r"[#@][\w.]+")
_WORD = re.compile(r"\w+")
_QUESTIONS = ("what do you think?", "would you try this?", "which one is yours?", "am I the only one?")
_OPENERS = ("POV:", "Trying", "My take on", "Part 2 of", "Nobody warned me about", "A minute of", "Finally:")


@dataclass(frozen=True)
class Topic:
    """The vocabulary of creators of one kind."""

    subjects: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[str, ...]
    emoji: str
    questions: tuple[str, ...] = _QUESTIONS
    openers: tuple[str, ...] = _OPENERS


TOPICS = {
    "baking": Topic(
        ("sourdough", "a lemon tart", "cinnamon rolls", "the croissant dough", "banana bread", "a birthday cake"),
        ("from scratch", "at 5 am", "with three ingredients", "for my neighbours", "without an oven"),
        ("baking", "sourdough", "recipe", "foodtok", "dessert", "homemade", "bread", "easyrecipe"),
        "🍞🍋🎂😋",
    ),
    "hiking": Topic(
        ("the ridge trail", "a sunrise hike", "the fjord", "an empty valley", "my first summit", "the coast path"),
        ("in the rain", "before breakfast", "with a broken boot", "in October", "with my dog"),
        ("hiking", "mountains", "outdoors", "nature", "sunrise", "travel", "trail", "vanlife"),
        "⛰🌄🥾🌧",
    ),
    "music": Topic(
        ("a new chorus", "this bass line", "an old folk song", "my loop station", "the bridge", "a piano cover"),
        ("in one take", "on the bus", "at midnight", "for my sister", "with a broken string"),
        ("music", "newmusic", "singer", "guitar", "cover", "songwriter", "piano", "loop"),
        "🎸🎹🎶🔥",
    ),
    "comedy": Topic(
        ("my mum on the phone", "every landlord", "the last day of work", "a dad at the airport", "group projects"),
        ("be like", "explained", "but honest", "in 2 acts", "when nobody watches"),
        ("comedy", "funny", "skit", "relatable", "humor", "pov", "couple", "family"),
        "😂💀🙃😭",
    ),
    "fitness": Topic(
        ("push-ups", "leg day", "my 5k", "a kettlebell flow", "mobility work", "a rest day"),
        ("for beginners", "in 10 minutes", "without equipment", "after a night shift", "week by week"),
        ("fitness", "gym", "workout", "running", "gymtok", "motivation", "mobility", "health"),
        "💪🏃🔥🥵",
    ),
    "pets": Topic(
        ("the cat", "our rescue dog", "two rabbits", "the parrot", "a very small hedgehog", "the puppy"),
        ("against the vacuum", "meets snow", "at the vet", "stealing dinner", "learning to sit"),
        ("pets", "dogsoftiktok", "catsoftiktok", "cute", "animals", "rescue", "puppy", "funnyanimals"),
        "🐶🐱🐰❤",
    ),
    "books": Topic(
        ("this ending", "a 900-page novel", "my shelf", "the library haul", "one poem", "five mysteries"),
        ("without spoilers", "in a weekend", "for rainy days", "I cannot stop thinking about", "under 10 euros"),
        ("booktok", "books", "reading", "bookrecs", "library", "fantasy", "romance", "poetry"),
        "📚📖☕😭",
    ),
    "makeup": Topic(
        ("a soft glam look", "the drugstore base", "blue eyeliner", "a five-minute face", "my skin routine"),
        ("for work", "under 20 euros", "for hooded eyes", "in bad light", "step by step"),
        ("makeup", "beauty", "skincare", "grwm", "makeuptutorial", "glowup", "hair", "style"),
        "💄✨💅😍",
    ),
    "diy": Topic(
        ("a plywood desk", "the bathroom floor", "an old chair", "a lamp", "the garden shed", "my bike"),
        ("from waste wood", "in one day", "with two tools", "before and after", "gone wrong"),
        ("diy", "woodworking", "homedecor", "renovation", "tools", "upcycling", "lifehack", "garden"),
        "🔨🪵🪴🏡",
    ),
    "science": Topic(
        ("black holes", "why ice floats", "the octopus", "a chemistry trick", "your heartbeat", "the moon"),
        ("in 60 seconds", "at home", "explained badly", "with a balloon", "that teachers skip"),
        ("science", "learn", "space", "chemistry", "facts", "physics", "experiment", "biology"),
        "🔬🚀🧪🤯",
    ),
    "tokyo": Topic(
        ("今日のラーメン", "下北沢のカフェ", "手作りお弁当", "夜の渋谷", "京都の小さな庭", "祖母のレシピ"),
        ("を食べてみた", "に行ってきた", "が最高だった", "の作り方", "のまとめ"),
        ("東京グルメ", "カフェ巡り", "お弁当", "日本", "レシピ", "料理", "おすすめ", "東京"),
        "🍜🍵🍱🌸",
        ("どう思う？", "食べたことある？", "どれが好き？"),
        ("", "【速報】", "一人で", "ついに"),
    ),
    "cairo": Topic(
        ("الكشري", "القهوة في الصباح", "شوارع القاهرة", "وصفة أمي", "النيل في الليل"),
        ("في خمس دقائق", "مع الأصدقاء", "لأول مرة", "قبل الغروب"),
        ("مصر", "القاهرة", "طبخ", "اكسبلور", "وصفات", "سفر", "قهوة", "يوميات"),
        "☕🌙🌇🍲",
        ("ما رأيكم؟", "هل جربتموه؟"),
        ("", "اليوم:", "أخيراً"),
    ),
}
NOT_LATIN = ("tokyo", "cairo")
_MOODS = {
    1: ("I love it", "best day", "so happy with this", "it was amazing", "perfect, honestly", "pure fun"),
    -1: ("I hate this part", "worst day", "so tired", "it was awful", "a bit sad", "terrible idea"),
}
_RAMBLE = (
    "and then it went on and on because the neighbour came by, the phone rang, nothing worked,",
    "so I started again from the beginning, slower, with a list and a lot of patience this time,",
    "which nobody tells you about when they say that it takes five minutes and two steps,",
)


def write(rng: np.random.Generator, topic: Topic, tags: tuple[str, ...], *, wordy: bool, moody: bool) -> str:
    """Return a caption on a topic that ends with `tags`; those beyond MAX_RETURNED characters are left out."""
    scene, other_scene = (topic.scenes[row] for row in rng.choice(len(topic.scenes), 2, replace=False))
    parts = [_pick(rng, topic.openers), _pick(rng, topic.subjects), scene]
    chance = rng.random(5)
    if wordy:
        parts += rng.permutation(_RAMBLE).tolist()
    elif chance[0] < 0.35:
        parts += [other_scene]
    if moody and chance[1] < 0.45:
        parts += ["-", _pick(rng, _MOODS[1 if chance[1] < 0.3 else -1])]
    if chance[2] < 0.3:
        parts += [_pick(rng, topic.questions)]
    if chance[3] < 0.5:
        parts += [topic.emoji[int(rng.integers(len(topic.emoji)))]]
    if chance[4] < 0.08:
        parts += [f"@{_pick(rng, ('lena.k', 'oslo.eats', 'theo_films', 'studio.nine'))}"]
    return with_tags(" ".join(part for part in parts if part), tags, limit=MAX_RETURNED)


def with_tags(body: str, tags: tuple[str, ...], *, limit: int = MAX_PUBLISHED) -> str:
    """Return the body, cut to `limit` characters, followed by the new hashtags that still fit."""
    caption = body[:limit].strip()
    present = set(hashtags(caption))
    for tag in tags:
        longer = f"{caption} #{tag}".strip()
        if tag not in present and len(longer) <= limit:
            caption = longer
    return caption


def hashtags(caption: str) -> tuple[str, ...]:
    """Return the distinct hashtags of a caption in order, lower case, without `#`."""
    return tuple(dict.fromkeys(tag.lower() for tag in _TAG.findall(caption)))


def body(caption: str) -> str:
    """Return the caption without its hashtags and mentions."""
    return " ".join(_TAG_OR_MENTION.sub(" ", caption).split())


def measure(caption: str) -> tuple[float, float, float]:
    """Return the body's length (characters), whether it asks (0 or 1), and its mood (-1, 0 or 1)."""
    text = body(caption)
    words = set(_WORD.findall(text.lower()))
    mood = len(words & set(POSITIVE)) - len(words & set(NEGATIVE))
    asks = any(mark in text for mark in "?？؟")
    return float(len(text)), float(asks), float(np.sign(mood))


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
