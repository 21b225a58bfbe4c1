"""Upstream's texts: the few changes made to them, and how they are compared and found empty."""

import re
import unicodedata

# A line ends with these where it does not with a line feed: the control characters that are white space in Unicode,
# but for the tab. CR LF is one end.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85]")
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_DROPPED = re.compile(f"[{_CONTROLS}]")
# What shows nothing: Unicode's format characters (Cf: soft hyphen, zero-width space and joiners, byte order mark, marks
# of direction), its other ignorable ones (Default_Ignorable_Code_Point: Hangul fillers, variation selectors, combining
# grapheme joiner), and the braille blank. Listed, so that every version of Python folds the same.
_INVISIBLE = re.compile(
    f"[{_CONTROLS}\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """Return `text` as records hold it: NFC, outer white space removed, control characters replaced or dropped.

    Those that part words (CR LF, CR, VT, FF, NEL) become a line feed; tab and line feed are kept; others are dropped.
    Nothing else is touched: no-break spaces, soft hyphens, HTML entities, private-use glyphs stay as upstream wrote
    them. What is left may be invisible: ask `is_blank`.
    """
    return unicodedata.normalize("NFC", _DROPPED.sub("", _LINE_ENDS.sub("\n", text))).strip()


def visible(text: str) -> str:
    """Return `text` without the characters that show nothing; white space stays as it is."""
    return _INVISIBLE.sub("", text)


def folded(text: str) -> str:
    """Return `text` as texts are compared: `visible`, NFC, each run of white space one space, none at the ends.

    Case, accents and symbols count: they tell real options apart.
    """
    return " ".join(unicodedata.normalize("NFC", visible(text)).split())


def is_blank(text: str) -> bool:
    """Tell whether `text` shows nothing: it is empty, or holds nothing but white space and invisible characters."""
    return not visible(text).strip()
