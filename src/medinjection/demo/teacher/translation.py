"""Translation by phrase book: known English texts become their French counterparts, others only get a mark."""

import json
from collections.abc import Mapping
from typing import Any

from medinjection.demo.corpora.warts import readable
from medinjection.demo.teacher.phrase_book import merged, sentences

PSEUDO_TRANSLATION = "[pseudo-traduction]"
KEYS = ("question", "context", "options", "answer")


class Translator:
    """Translates the JSON object, or the passage of plain text, of a translation request.

    Args:
        book: readable English text -> French text.
    """

    def __init__(self, book: Mapping[str, str]) -> None:
        self._book = dict(book)

    def translate(self, request: str) -> str | None:
        """Return the object with the same keys and French texts as JSON, None where `request` is no such object."""
        try:
            texts = json.loads(request)
        except ValueError:
            return None
        if not isinstance(texts, dict) or not texts or not set(texts) <= set(KEYS):
            return None
        return json.dumps({key: self._french(value) for key, value in texts.items()}, ensure_ascii=False)

    def translate_text(self, text: str) -> str:
        """Return a passage of plain text in French."""
        return self._french(text)

    def _french(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._french(text) for text in value]
        known = self._book.get(readable(value)) or self._paragraph(value)
        return known or f"{PSEUDO_TRANSLATION} {value}"

    def _paragraph(self, text: str) -> str | None:
        """Translate a text of several known sentences."""
        found = merged(sentences(text), self._book)
        return " ".join(found) if found else None
