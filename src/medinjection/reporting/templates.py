"""The one set-up of jinja2, for the pages and the cards; their templates lie in their own folders."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medinjection.reporting.language import ENGLISH, Words, page_file
from medinjection.reporting.markdown import markdown_escape
from medinjection.reporting.quantities import NOTHING, thousands

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(template: str, facts: Mapping[str, Any], words: Words = ENGLISH) -> str:
    """Return a template filled with facts, without white space at its beginning. A name without a value is an error.

    In HTML every value is escaped. Markdown has no such rule: there a text from data passes the filter `md`.

    Args:
        template: path below this folder, `page/page.html.j2` for example; the suffix before `.j2` says what it is.
        words: the language of what stands in `{% trans %}`, of texts that pass the filter `say`, and of numbers that
            pass `cell`, `thousands`, `decimals` or `share`.
    """
    return environment(".html" in Path(template).suffixes, words).get_template(template).render(facts).lstrip()


@cache
def environment(is_html: bool, words: Words = ENGLISH) -> "Environment":
    """Return the set-up of a language, made once, as compiling templates takes the most time."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    # Methods that the extension brings.
    translations: Any = made
    translations.install_gettext_callables(words.message, words.messages, newstyle=True)
    made.filters |= {
        "thousands": lambda count: words.cell(thousands(count)),
        "decimals": lambda value, places: words.cell(NOTHING if value is None else f"{value:.{places}f}"),
        "share": lambda part, whole: words.cell(f"{100 * part / whole:.1f} %"),
        "md": one_line,
        "value": value_text,
        "say": words.say,
        "cell": words.cell,
        "page_file": lambda name: page_file(name, words),
        "sentences": words.sentences,
        "slug": slug,
    }
    made.globals["marks"] = words.marks
    made.tests["untranslated"] = lambda text: not words.knows(text)
    return made


def slug(title: str) -> str:
    """Return the name by which a link finds what has this title: `table5-details` of `Table 5, details`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("table ", "table").replace("figure ", "figure")).strip("-")


def one_line(text: str) -> str:
    """Return a text from data as one line that Markdown prints as it is."""
    return markdown_escape(" ".join(text.split()))


def value_text(value: Any) -> str:
    """Return a value of the configuration as its file would have it, as Markdown."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(value_text, value)) or NOTHING
    return one_line(str(value))
