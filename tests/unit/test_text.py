"""Upstream's texts: what is changed in them, and how they are compared and found empty."""

import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from medinjection.records.text import clean, folded, is_blank, visible

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
# Text with many of the characters that the functions treat in a way of their own.
ODD = st.sampled_from(
    "\t\n\r\v\f\x85\x01\x1c\x7f \xa0\u2028\u3000\xad\u200b\u200d\u2060\ufeff\ufe0f\u3164e\u0301\u0323"
)
TEXTS = st.lists(ODD | st.characters(exclude_categories=["Cs"])).map("".join)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("foie\rrein", "foie\nrein"),
        ("foie\vrein", "foie\nrein"),
        ("foie\frein", "foie\nrein"),
        ("foie\x85rein", "foie\nrein"),
        ("foie\r\nrein", "foie\nrein"),
        ("foie\r\r\nrein", "foie\n\nrein"),
        ("foie\n\rrein", "foie\n\nrein"),
        ("\rfoie\f", "foie"),
        ("foie\trein", "foie\trein"),
        ("fo\x00ie\x1b\x7f\x9f", "foie"),
        ("re\u0301sultante \u00a0: &lt;", "résultante \u00a0: &lt;"),
        ("\ufeffanti\u00adcoagulant\u200b", "\ufeffanti\u00adcoagulant\u200b"),
        ("foie\u2028rein", "foie\u2028rein"),
    ],
)
def test_clean_composes_accents_and_replaces_or_drops_controls_only(written, kept):
    assert clean(written) == kept


def test_every_control_character_that_unicode_calls_white_space_parts_words():
    controls = [c for c in CHARACTERS if unicodedata.category(c) == "Cc"]
    parting = {c for c in controls if regex.fullmatch(r"\p{White_Space}", c)}
    for control in controls:
        expected = control if control in "\t\n" else "\n" if control in parting else ""
        assert clean(f"foie{control}rein") == f"foie{expected}rein"


@given(TEXTS)
def test_clean_is_idempotent_and_nfc(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_invisible_is_what_unicode_calls_format_or_ignorable():
    invisible = {c for c in CHARACTERS if not visible(c)}
    of_unicode = set(filter(regex.compile(r"\p{Cf}|\p{Default_Ignorable_Code_Point}").match, CHARACTERS))
    assert {c for c in CHARACTERS if unicodedata.category(c) == "Cf"} <= invisible
    controls = {c for c in invisible if unicodedata.category(c) == "Cc"}
    assert controls == {c for c in CHARACTERS if unicodedata.category(c) == "Cc" and not c.isspace()} | set(
        "\x1c\x1d\x1e\x1f"
    )
    # Beyond Unicode's own properties: the braille blank.
    assert invisible - controls == of_unicode | {"\u2800"}


@pytest.mark.parametrize(
    "other",
    [
        "anti\u00adcoagu\u00adlant\u200b \u2060oral",
        "\ufeffanticoagulant oral",
        "anticoagulant\u200e\u00a0 oral\u200f",
        " anticoagulant\r\noral\n",
        "\u202aanticoagulant\u202c oral\ufe0f",
    ],
)
def test_what_cannot_be_seen_does_not_count(other):
    assert folded(other) == "anticoagulant oral"


def test_case_accents_and_symbols_count():
    assert len({folded(text) for text in ("pH < 7", "ph < 7", "pH > 7", "pH ≤ 7", "été", "ete")}) == 6
    assert folded("e\u200b\u0301te\u0301") == "été"


@given(TEXTS)
def test_folding_is_idempotent_and_cleaning_before_it_changes_nothing(text):
    assert folded(folded(text)) == folded(text)
    assert folded(clean(text)) == folded(text)
    assert is_blank(text) == (folded(text) == "") == is_blank(clean(text))


@given(st.text(st.characters(exclude_categories=["C", "Mn", "Lo"], exclude_characters="\u2800")))
def test_folding_text_without_such_characters_joins_white_space_only(text):
    assert folded(text) == " ".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b", "\u00ad\ufeff", "\u3164", "\u115f\u1160", "\u00a0\u2060", "\x00"]
)
def test_what_shows_nothing_is_blank(text):
    assert is_blank(text)
    assert not is_blank(f"{text}A")
