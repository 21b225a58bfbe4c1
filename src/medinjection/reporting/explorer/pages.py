"""The other pages of a run, to which the explorer links in the language in which it is read."""

from collections.abc import Iterable

# Name of a page's file -> what page it is, and its language.
PAGES = {
    "report.html": ("report", "en"),
    "report.fr.html": ("report", "fr"),
    "leaderboard.html": ("leaderboard", "en"),
    "leaderboard.fr.html": ("leaderboard", "fr"),
}


def pages_by_kind(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what page -> language -> its file, in the order of `names`, each one of PAGES."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        kind, language = PAGES[name]
        found.setdefault(kind, {})[language] = name
    return found
