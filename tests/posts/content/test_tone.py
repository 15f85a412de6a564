"""The tone of emoji is what people mean by them, not what their English names say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.content.captions import measure_caption

GLAD = "🔥 ❤ ❤️ 💙 🖤 🤍 🧡 ❣️ 💕 😍 🥰 😘 😂 🤣 😊 😁 😎 😉 🙂 🤗 🥳 🎉 ✨ ⭐ 💯 💪 👏 🙌 🙏 👍 👌 🫶"
GLAD_THINGS = "💃 🌹 🏆 👑 😏 🎶 ☀️ 🌸 💋"
SAD = "😡 😠 😒 😞 😔 💔 👎 🙁 ☹️ 😩 😤 👿 🚫"
NEUTRAL = "🤩 🥺 🤔 🥹 🫠 🤡 🎲 🚒 🥩 🏳️‍🌈 ✍️ 🫱 🤏"
SKINS = ["", "🏻", "🏼", "🏽", "🏾", "🏿"]


def tone(text: str) -> float | None:
    return measure_caption(text).sentiment


@pytest.mark.parametrize("sign", f"{GLAD} {GLAD_THINGS}".split())
def test_emoji_that_are_meant_well_are_not_negative(sign):
    assert (tone(sign) or 0) > 0
    assert (tone(sign * 3) or 0) > 0
    assert (tone(f"{sign}{sign} so cute") or 0) > 0


@pytest.mark.parametrize("sign", SAD.split())
def test_emoji_that_are_meant_badly_are_negative(sign):
    assert (tone(sign) or 0) < 0


@pytest.mark.parametrize("sign", NEUTRAL.split())
def test_an_emoji_whose_name_tells_no_feeling_has_no_tone(sign):
    assert tone(sign) is None


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("😭😭 so cute", 0.3, 1),
        ("🔥🔥🔥", 0.1, 0.2),
        ("this is my new song, out now 🔥🔥🔥", 0.1, 0.2),
        ("so cute", 0.45, 0.55),
        ("the worst day of my life 😂", -0.6, -0.2),
        ("this is the worst day of my life", -0.7, -0.5),
        ("I love this so much ❤️", 0.7, 1),
    ],
)
def test_words_and_emoji_are_weighed_together(text, least, most):
    value = tone(text)
    assert value is not None
    assert least <= value <= most


@pytest.mark.parametrize("sign", ["👍", "💪", "🙏", "👏", "👌", "🙌"])
def test_a_skin_or_a_variation_selector_changes_no_tone(sign):
    assert len({tone(sign + skin) for skin in SKINS}) == 1
    assert tone("❤️") == tone("❤") == tone("❤️‍🔥")
    assert tone("👩‍🍳") == tone("👩🏽‍🍳")
    assert tone("👩🏽‍❤️‍💋‍👨🏻") == tone("👩‍❤️‍👨") == tone("❤")


@pytest.mark.parametrize("sign", ["🇩🇪", "🇺🇸", "🇩", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣"])
def test_flags_and_keycaps_have_no_tone(sign):
    assert tone(sign) is None
    assert tone(f"{sign} so cute") == tone("so cute")


@given(st.text(max_size=60), st.sampled_from(f"{GLAD} {GLAD_THINGS}".split()))
def test_the_tone_stays_in_its_range(text, sign):
    value = tone(f"{text} {sign} {text}")
    assert value is None or -1 <= value <= 1
