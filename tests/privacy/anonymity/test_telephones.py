"""Telephone numbers are told from dates, times, prices and counts."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.anonymity.blanking import BLANK, blank_contacts

DAY_FORMATS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d. %m. %Y",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d-%m-%Y %H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %m %Y",
)
DATES_AND_COUNTS = (
    "Live 2026-12-31",
    "31.12.2026",
    "2026/12/31",
    "12-31-2026 10:30",
    "31/12/2026",
    "31. 12. 2026",
    "24.-31.12.2026",
    "24.12.-31.12.2026",
    "24.12.2026-31.12.2026",
    "2026-12-31 2027-01-02",
    "2026-12-31 – 2027-01-02",
    "31 12 2026",
    "at 20:00 24.12.2026",
    "Top 10 31.12.2026",
    "2026-12-31T10:30:00+01:00",
    "2026-12-31T10:30:00.123456Z",
    "2026-12-31 10:30:00.123456",
    "season 2025/2026",
    "31.12.26 20:15",
    "12/31/26 8:30",
    "24.12.26 9:00-10:30",
    "52.520008, 13.404954",
    "-33.8688,151.2093",
    "ISBN 978-3-16-148410-0",
    "ISBN-13: 9783161484100",
    "2019 2020 2021 2022",
    "18.30-20.00 h",
    "18:30 - 20:00",
    "€19.99-29.99",
    "1,000,000 views",
    "1.000.000 Aufrufe",
    "1 000 000 vues",
    "12.345.678",
    "100 000 000",
    "1000000 thanks",
    "$1234567.89",
    "1234567 €",
    "#1234567",
    "＃20261231",
    "#2026",
    "31.12.2026 20 Uhr",
    "13.05.2024 14.06.2024",
    "2026.12.31",
    "2026-12-31, 10:30-12:30",
    "Save the date: 06/07/2026!!",
)
NUMBERS = (
    "+1 (555) 010-9999",
    "0049/170/1234567",
    "0170 1234567",
    "555-0199-22",
    "wa.me/491701234567",
    "Tel.0170123456",
    "612 345 678",
    "612.345.678",
    "06 12 34 56 78",
    "06.12.34.56.78",
    "(555) 010-9999",
    "555.010.9999",
    "555-010-9999",
    "20 26 12 31",
    "20261231",
    "+31.12.2026 123",
    "2026-13-45-12",
    "0170-12-11-2019",
    "0170 12 11 2019",
    "1 800 555 0199",
    "1-800-555-0199",
    "+4915112345678",
    "٠١٧٠١٢٣٤٥٦٧",
    "call 0170 1234567 on 31.12.2026",
    "99/99/2026",
    "090-1234-5678",
    "010 1234 5678",
    "31.12.2026 0170 1234567",
)


@pytest.mark.parametrize("text", DATES_AND_COUNTS)
def test_dates_times_prices_and_counts_are_no_telephone_numbers(text: str) -> None:
    for sentence in (text, f"Live {text}", f"{text}!", f"({text}) and more"):
        assert blank_contacts(sentence) == sentence


@pytest.mark.parametrize("text", NUMBERS)
def test_telephone_numbers_are_blanked_in_any_way_of_writing(text: str) -> None:
    for sentence in (text, f"Call {text} now", f"Live 31.12.2026, {text}"):
        blanked = blank_contacts(sentence)
        assert BLANK in blanked
        assert not re.search(r"\d{5}|\d[\d ./-]{7}\d", blanked.replace("31.12.2026", ""))
        assert blank_contacts(blanked) == blanked


@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2090, 1, 1)), st.sampled_from(DAY_FORMATS))
def test_every_day_is_a_date_however_it_is_written(day: datetime.date, format: str) -> None:
    text = f"Live {day.strftime(format)} at the pier"
    assert blank_contacts(text) == text


@given(st.text("0123456789+-./ ()\t", max_size=60))
def test_numbers_are_blanked_once(text: str) -> None:
    once = blank_contacts(text)
    assert blank_contacts(once) == once
    assert not re.search(r"(?<![\d\w:])\+?\d{11,18}(?!\d)", once)
