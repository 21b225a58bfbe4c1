"""The one set-up of jinja2, for the page and the cards; their templates lie in their own folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection.reporting.markdown import markdown_escape
from medinjection.reporting.quantities import NOTHING, thousands


def rendered(template: str, facts: Mapping[str, Any]) -> str:
    """Return a template filled with facts, without white space at its beginning. A name without a value is an error.

    In HTML every value is escaped. Markdown has no such rule: there a text from data passes the filter `md`.

    Args:
        template: path below this folder, `page/page.html.j2` for example; the suffix before `.j2` says what it is.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=".html" in Path(template).suffixes,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "thousands": thousands,
        "decimals": lambda value, places: NOTHING if value is None else f"{value:.{places}f}",
        "share": lambda part, whole: f"{100 * part / whole:.1f} %",
        "md": one_line,
        "value": value_text,
    }
    return environment.get_template(template).render(facts).lstrip()


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
