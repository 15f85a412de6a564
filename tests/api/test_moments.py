"""Moments in bodies and parameters: RFC 3339, all of the text, and only those that exist."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.api.moments import EXPECTED, is_moment

DAY = "2026-12-01"
NO_MOMENTS = (
    *(
        f"{DAY}T18:00:00{rest}"
        for rest in ("+99:99", "+24:00", "Z ", "Z\0", " +01:00", "Europe/Paris", "Z+01:00", ".Z")
    ),
    *(f"{DAY}T{time}Z" for time in ("18", "24:00:00", "23:59:60", "1:00", "18:60", "18:00:0")),
    *("0000-01-01T00:00Z", "2026-02-30T18:00Z", "-2026-12-01T18:00Z", "12026-12-01T18:00Z", "2026-W49-2T18:00", "now"),
    *("20261201T180000Z", f" {DAY}T18:00Z", f"{DAY}t18:00z", f"{DAY}", "\u0662\u0660\u0662\u0666-12-01T18:00Z", ""),
)


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment(text):
    assert not is_moment(text)


@given(st.datetimes(), st.sampled_from(["", "Z", "+00:00", "-03:30", "+0545", "+14"]))
def test_every_moment_as_it_is_written(moment, offset):
    assert is_moment(f"{moment.isoformat()}{offset}")
    assert is_moment(moment.replace(tzinfo=UTC).isoformat(" "))
    assert datetime.fromisoformat(f"{moment.isoformat()}{offset}").replace(tzinfo=None) == moment


@pytest.mark.django_db
@pytest.mark.parametrize("text", [f"{DAY}T18:00:00Z%00", f"{DAY}T18:00:00%2B99:99", f"{DAY}T23:59:60Z"])
def test_parameters_say_what_is_expected(text, signed_in):
    for parameter in ("predictions?created_after", "posts?posted_after", "trends?as_of"):
        refused = signed_in.get(f"/api/v1/{parameter}={text}")
        assert refused.status_code == 400
        assert [error["message"] for error in refused.json()["errors"]] == [EXPECTED]
