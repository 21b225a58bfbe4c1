"""Which of English and French a text is written in."""

from functools import cache
from typing import Any


def english_probability(text: str) -> float:
    """Return how probable it is that a text is English rather than French, by py3langid, between 0 and 1.

    Names of drugs and species, and texts of a few words, may end anywhere between; 0.5 where there is nothing to go by.
    """
    return float(dict(_identifier().rank(text))["en"])


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(["en", "fr"])
    return identifier
