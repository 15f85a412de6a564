"""The words of suggestions: every change that the engine can suggest has some, and they say what is true."""

import datetime
import re
from types import SimpleNamespace

import pytest

from predictions.engine.advice.changes import Change
from predictions.engine.effects.account_effects import AccountEffects
from predictions.suggestions.words import basis_of, local_moment, title_of

EFFECTS = AccountEffects(zone="Europe/Berlin", posts=80)
SIX_UTC = 1_796_104_800  # 2026-12-01T06:00:00Z
CHANGES = [
    Change("post_time", "move_to", "2026-12-01T06:00:00Z", SIX_UTC),
    Change("duration", "set_to", "25 s", 25.0),
    Change("caption_length", "set_to", "about 70 characters", 90.0),
    Change("question", "add", "a question", 1),
    Change("question", "remove", "no question", 0),
    Change("call_to_action", "add", "a call to action", 1),
    Change("call_to_action", "remove", "no call to action", 0),
    Change("tone", "set_to", "positive", 0.5),
    Change("emoji", "set_to", "2 emoji", 2),
    Change("emoji", "set_to", "no emoji", 0),
    Change("hashtags", "add", "#pier", "pier"),
    Change("hashtags", "remove", "#pier", "pier"),
    *(
        Change(f"cover_{measure}", action, "0.40", 0.4)
        for measure in ("brightness", "contrast", "saturation", "colourfulness", "sharpness")
        for action in ("raise", "lower")
    ),
    Change("cover_crop_loss", "lower", "9:16, so that nothing is cut off", 0.0),
    Change("cover_faces", "add", "a face", 1),
    Change("cover_faces", "remove", "no face", 0),
]


def basis(change: Change, own_posts: int, creators: int = 0) -> str:
    suggestion = SimpleNamespace(changes=(change,), own_posts=own_posts)
    return basis_of(suggestion, EFFECTS, creators)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.feature} {change.action}")
def test_every_change_has_words_of_its_own(change):
    title = title_of(change, EFFECTS)
    assert title[0].isupper()
    assert "_" not in title
    assert not re.search(r"set to|raise|lower", title)
    assert [title_of(other, EFFECTS) for other in CHANGES].count(title) == 1
    assert basis(change, 23).startswith("your ")


def test_hours_are_local():
    assert local_moment(EFFECTS, SIX_UTC).replace(tzinfo=None) == datetime.datetime(2026, 12, 1, 7)
    title = title_of(CHANGES[0], EFFECTS)
    assert title == "Publish on Tuesday, 1 December at 07:00 (your local time, Europe/Berlin)"
    assert basis(CHANGES[0], 23, 410) == "your 23 posts around 07:00 (your local time); 410 creators like you"
    unknown = AccountEffects(posts=5)
    assert title_of(CHANGES[0], unknown) == "Publish on Tuesday, 1 December at 06:00 (UTC)"


@pytest.mark.parametrize(
    ("own", "creators", "words"),
    [
        (23, 0, "your 23 posts with a question"),
        (1, 1_234, "your one post with a question; 1,234 creators like you"),
        (0, 410, "none of your own posts yet with a question; 410 creators like you"),
    ],
)
def test_what_it_rests_on_is_counted(own, creators, words):
    assert basis(CHANGES[3], own, creators) == words


def test_what_a_history_does_not_keep_is_not_called_none():
    assert basis(Change("call_to_action", "add", "a call to action", 1), 0) == "your 80 posts, with and without"
