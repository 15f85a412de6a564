"""Sadness is no anger: only outrage is kept from raising a score."""

import pytest

from predictions.viralscore.subscores import checklist_of
from predictions.viralscore.subscores.columns import ANGRY, is_outrage
from tests.factories import measured_once

SAD = (
    "So sad that grandma passed away today",
    "worst breakup of my life, crying again",
    "tired, sad and broken",
    "Poor little puppy, abandoned and alone",
)
FURIOUS = (
    "These politicians are liars and thieves",
    "I hate rude customers so much",
    "It breaks my heart how these disgusting liars cheat us",
    "I'm furious at this terrible service",
    "Diese Lügner sind zum Kotzen 😠😠",
)


@pytest.mark.parametrize("caption", SAD)
def test_a_sad_caption_is_not_angry(caption: str) -> None:
    measures = measured_once(caption)
    assert measures.sentiment is not None
    assert measures.sentiment <= ANGRY
    assert not is_outrage(measures)
    items = {item.code: item.is_met for item in checklist_of(measures, has_rising_hashtag=None)["E"]}
    assert items == {"shows_feeling": True, "not_angry": True}


@pytest.mark.parametrize("caption", FURIOUS)
def test_an_angry_caption_is_outrage(caption: str) -> None:
    assert is_outrage(measured_once(caption))
