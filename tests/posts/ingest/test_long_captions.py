"""TikTok returns captions cut short: a draft that was published is recognised and measured as its post all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.content.captions import MAX_RETURNED, measure_caption, measured_part
from posts.ingest.fingerprints import caption_fingerprint
from posts.models import PostContent
from privacy.anonymity.blanking import BLANK, blank_contacts
from tests.posts.long_captions import LONG
from tests.posts.states import drive

TEXTS = st.one_of(
    st.text(max_size=400),
    st.text("🍞👨\u200d👩#a1 .@é", max_size=400),
    st.lists(st.sampled_from(["a@b.de ", "0170 1234567", "🍞", "31.12.2026 ", "1234567a", " word"]), max_size=90).map(
        "".join
    ),
)


@pytest.mark.django_db(transaction=True)
def test_long_drafts_are_recognised_in_what_tiktok_returns(sandbox, creator, connect):
    ids = {sandbox.control.publish(creator, caption=caption, duration_s=20): caption for caption in LONG.values()}
    sandbox.control.advance(60)
    account = connect(creator)
    drive(account)
    contents = {row.post.tiktok_id: row for row in PostContent.objects.select_related("post")}
    for id, caption in ids.items():
        assert contents[id].caption_fingerprint == caption_fingerprint(caption)
        stored, drafted = contents[id].caption_measures, measure_caption(caption)
        assert PostContent.caption_columns(stored) == PostContent.caption_columns(drafted)


@given(TEXTS)
def test_the_measured_part_is_the_same_of_a_caption_and_of_what_tiktok_returns_of_it(text):
    part = measured_part(text)
    assert len(part.encode("utf-16-le")) <= 2 * MAX_RETURNED
    assert measured_part(part) == part == blank_contacts(part)
    # as code points, or as whole characters of people, which are at least as long
    for returned in (text[:MAX_RETURNED], text[: MAX_RETURNED + 40], text):
        assert measured_part(returned) == part
    of_units = text.encode("utf-16-le", "replace")[: 2 * MAX_RETURNED].decode("utf-16-le", "ignore")
    assert measured_part(of_units) == part
    assert measured_part(blank_contacts(of_units)) == part


def test_contacts_in_the_measured_part_are_blanked_and_dates_are_not():
    assert measured_part("Live 2026-12-31, call 0170 1234567") == f"Live 2026-12-31, call {BLANK}"
