"""The only changes made to upstream text: Unicode NFC, and control characters dropped; and how texts are compared."""

import unicodedata

_KEPT_CONTROLS = "\n\t"


def clean(text: str) -> str:
    """Return `text` in NFC without control characters (line feed and tab are kept), outer white space removed.

    Nothing else is touched: no-break spaces, HTML entities and private-use glyphs stay as upstream wrote them.
    """
    kept = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", kept).strip()


def folded(text: str) -> str:
    """Return `text` as it is compared: in NFC, without invisible characters (Cf), each run of white space one space.

    Symbols and case stay: they tell real options apart.
    """
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFC", visible).split())
