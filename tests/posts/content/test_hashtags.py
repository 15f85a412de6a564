"""One rule of hashtags for captions, drafts, filters and the composer's page."""

import json
import re
import shutil
import subprocess
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.hashtag_rule import distinct_hashtags, hashtags_in, is_hashtag, tag_of
from posts.content.rewriting import with_hashtag, without_hashtag

RULE_OF_THE_PAGE = Path(__file__).parents[3] / "templates" / "static" / "js" / "hashtags.js"

TABLE = [
    ("#東京、#京都。", ["東京", "京都"]),
    ("#mom’s and #mom's", ["mom", "mom"]),
    ("https://example.com/page#section", []),
    ("http://example.com#a www.example.com/#b bit.ly/x#c", []),
    ("mail me#you@example.com or a@example.com #now", ["now"]),
    ("Tom &#39;n&#x27; Jerry &amp; #fun &#39;#fun2&#39;", ["fun", "fun2"]),
    ("mailto:a@example.com?subject=#a mailto:x#b tel:*#c #now", ["now"]),
    ("ftp://example.com/a#b tiktok://user#c example.com:8080/#d sms:1?body=#e", []),
    ("mom&amp;#39;s &amp;#x27;x &#99999999; &amp;amp;#8217; fun&amp;#a", ["a"]),
    ("note:#a at:#b http:#c", ["a", "b", "c"]),
    ("＃夏 ﹟冬 #春", ["夏", "冬", "春"]),
    ("##x # #  #! #, ### #", ["x"]),
    ("#2026 #123 #1st", ["2026", "123", "1st"]),
    ("#_ #__ #_a #a_b_", ["_a", "a_b_"]),
    ("#cafe\u0301 #café", ["cafe\u0301", "café"]),
    ("#one#two日落#日落", ["one", "two日落", "日落"]),
    ("#می\u200cخواهم #हिन्दी #พระอาทิตย์ตก", ["می\u200cخواهم", "हिन्दी", "พระอาทิตย์ตก"]),
    ("#sunset🔥 #❤️ #️⃣ #🔥fire", ["sunset"]),
    ("#love❤️", ["love"]),
    ("#a-b #a.b #a+b #(c) #d! #e? #f… “#g” «#h» #i/j", ["a", "a", "a", "d", "e", "f", "g", "h", "i"]),
    ("#二〇二六 #ﾊﾛｰ #ハロー・ワールド", ["二〇二六", "ﾊﾛｰ", "ハロー"]),
    ("#\u3164 #\u200d #\u0301", []),
    ("line\n#next\t#tab\u00a0#nbsp", ["next", "tab", "nbsp"]),
    ("#𝓯𝓪𝓷𝓬𝔂 #Ⅷ #привет #مرحبا #שלום", ["𝓯𝓪𝓷𝓬𝔂", "Ⅷ", "привет", "مرحبا", "שלום"]),
]


@pytest.mark.parametrize(("text", "tags"), TABLE)
def test_hashtags_are_identifiers_and_none_is_in_a_link_an_address_or_an_entity(text, tags):
    assert hashtags_in(text) == tags


def on_the_page(function: str, texts: list[str]) -> list[object]:
    script = re.sub(r"^export ", "", RULE_OF_THE_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    program = f"{script}\nconsole.log(JSON.stringify({json.dumps(texts)}.map({function})));"
    run = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    answer: list[object] = json.loads(run.stdout)
    return answer


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node to run the page's script")
def test_the_page_finds_and_counts_the_same_hashtags():
    texts = [*(text for text, _ in TABLE), "#Straße #STRASSE #ΟΔΟΣ #οδος #café #CAFE\u0301"]
    assert on_the_page("hashtagsIn", texts) == [hashtags_in(text) for text in texts]
    assert on_the_page("countHashtags", texts) == [len(distinct_hashtags(text)) for text in texts]
    assert on_the_page("countHashtags", texts)[-1] == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "cafe\u0301"),
        ("CAFÉ", "#cafe\u0301"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("＃Fyp", "##fyp"),
        (" fyp ", "FYP\u200d"),
    ],
)
def test_spellings_of_a_hashtag_are_one(one, other):
    assert tag_of(one) == tag_of(other)
    assert len(distinct_hashtags(f"#{one.strip().lstrip('#＃')}", [other])) == 1


@given(st.text(max_size=200))
def test_what_is_found_is_a_hashtag_and_stands_in_the_text(text):
    for tag in hashtags_in(text):
        assert is_hashtag(tag)
        assert is_hashtag(f"#{tag}")
        assert f"{tag}" in text
        assert hashtags_in(f"#{tag}") == [tag]
        assert tag_of(tag_of(tag)) == tag_of(tag)
        assert unicodedata.is_normalized("NFC", tag_of(tag))


@given(st.text(max_size=100), st.sampled_from(["fyp", "東京", "café"]))
def test_a_hashtag_that_is_added_and_removed_leaves_no_trace(text, tag):
    assert tag in distinct_hashtags(with_hashtag(text, tag))
    assert tag not in distinct_hashtags(without_hashtag(with_hashtag(text, tag), tag))


def test_the_rest_of_the_text_stays_when_a_hashtag_is_removed():
    text = "see https://example.com/a#fyp &#39;x&#39; #FYP and #fypage"
    assert without_hashtag(text, "fyp") == "see https://example.com/a#fyp &#39;x&#39; and #fypage"


@pytest.mark.parametrize("unit", ["a.", "a-", "#", "a@", "&#1", "a/", "www.", "#a\u0301", "+@", "a.b/"])
def test_hashtags_are_sought_in_linear_time(unit):
    began = time.process_time()
    hashtags_in(unit * (20_000 // len(unit)))
    assert time.process_time() - began < 0.5


def test_hashtags_behind_the_measured_part_do_not_count():
    assert measure_caption("x" * 150 + " #late", ["#Beside"]).hashtags == ("beside",)
