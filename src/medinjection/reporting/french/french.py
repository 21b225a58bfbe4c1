"""French: the catalogues beside this file, and what its typography asks of spaces and numbers."""

import re
from pathlib import Path

import yaml

from medinjection.reporting.language import Words
from medinjection.reporting.marks import Marks

CATALOGUES = Path(__file__).parent
# No line may break at these: U+00A0, and the narrow U+202F.
_SPACE, _NARROW = "\u00a0", "\u202f"


def no_break(text: str) -> str:
    """Return a French text whose spaces before `: ; ? ! %`, inside quotation marks and in numbers do not break."""
    text = re.sub(r" (?=:|%(?!\()|»)|(?<=«) ", _SPACE, text)
    return re.sub(r" (?=[;?!])|(?<=\d) (?=\d{3}(?!\d))", _NARROW, text)


def _read_catalogues(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return {english: no_break(said) for english, said in found.items()}


FRENCH = Words(
    "fr", "Français", _read_catalogues(CATALOGUES), Marks(",", _NARROW, between=f"{_NARROW}; ", before_unit=_SPACE)
)
