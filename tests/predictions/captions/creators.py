"""Simulated creators' captions for tests of the writer: each has subjects, lines and habits of their own."""

import random

from posts.content.captions import measure_caption
from predictions.captions.writing.voice import OwnCaption

OPENINGS = (
    "Wait for it!",
    "I still can't believe this worked.",
    "Okay but look at this!",
    "Nobody told me this.",
    "My honest take on {}.",
    "This is why I love {}.",
    "Here's how I do {}.",
    "I tried it so you don't have to!",
)
MIDDLES = (
    "took me all morning and I would do it again",
    "is easier than you think",
    "turned out better than I hoped",
    "with what was left in the kitchen",
    "and it really worked",
)
CALLS = ("Save this for later!", "What would you try?", "Tell me what you think 👇", "Follow for more!")
SUBJECTS = ("sourdough", "banana bread", "croissants", "focaccia", "rye loaves", "pretzels")


def texts_of(seed: int = 0, count: int = 60, subjects: tuple[str, ...] = SUBJECTS) -> list[str]:
    """Return the texts of a creator's captions."""
    chance = random.Random(seed)
    texts = []
    for _ in range(count):
        subject = chance.choice(subjects)
        opening = chance.choice(OPENINGS).format(chance.choice(subjects))
        call = chance.choice(CALLS) if chance.random() < 0.5 else ""
        tags = f"#baking #{subject.replace(' ', '')}"
        words = f"{opening} {subject.capitalize()} {chance.choice(MIDDLES)}. {call} {tags}"
        texts.append(" ".join(words.split()))
    return texts


def captions_of(seed: int = 0, count: int = 60) -> list[OwnCaption]:
    """Return a creator's captions with what their posts did, random but known from the sixth on."""
    chance = random.Random(seed)
    texts = texts_of(seed, count)
    lifts = [chance.gauss(0.1, 0.3) if i > 4 else None for i in range(count)]
    return [OwnCaption(text, measure_caption(text), lift) for text, lift in zip(texts, lifts, strict=True)]
