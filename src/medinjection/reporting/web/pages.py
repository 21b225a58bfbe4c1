"""A page in each language: files beside each other, each of which links to the other."""

from collections.abc import Mapping
from typing import Any

from medinjection.reporting.french.french import FRENCH
from medinjection.reporting.language import ENGLISH, page_file
from medinjection.reporting.templates import rendered

LANGUAGES = (ENGLISH, FRENCH)


def pages(template: str, name: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return a page in each language by the name of its file: of `report.html` also `report.fr.html`.

    Args:
        template: as `rendered` takes it. Beside `facts` it gets `language`, the code of its own, and `other`, with the
            code, name and file of the page in the other one.
        name: of the English file.
    """
    made = {}
    for words, other in zip(LANGUAGES, reversed(LANGUAGES), strict=True):
        linked = {"code": other.code, "name": other.name, "file": page_file(name, other)}
        made[page_file(name, words)] = rendered(template, {**facts, "language": words.code, "other": linked}, words)
    return made
