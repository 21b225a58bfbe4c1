"""The commands that the documentation shows, as a reader would type them."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "make", "pytest", "python", "snakemake")


@dataclass(frozen=True)
class Elsewhere:
    """A command that is not run with the others: why, and the file that runs it, where there is one."""

    command: str
    why: str
    run_by: str | None = None


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the blocks of a page that are marked as of one of the languages; "" is no mark."""
    return [body for language, body in FENCE.findall(page.read_text("utf-8")) if language in languages]


def documented_commands() -> dict[str, list[str]]:
    """Return each command of the documentation, without its comment, and the pages that show it.

    Every line of a block is one that is marked as of a shell or not at all, and so is every span of code in a sentence
    that begins with one of PROGRAMS and has arguments.
    """
    found: dict[str, list[str]] = {}
    for page in PAGES:
        for command in [*_in_blocks(page), *_in_sentences(page)]:
            pages = found.setdefault(command.removeprefix(".venv/workflow/bin/"), [])
            if page.name not in pages:
                pages.append(page.name)
    return found


def commands_run_elsewhere() -> list[Elsewhere]:
    """Return the commands that are not run with the others."""
    return [Elsewhere(**row) for row in _table()["elsewhere"]]


def stand_ins() -> dict[str, str]:
    """Return what is typed in a test in place of the names that the documentation leaves to the reader."""
    return _table()["stand_ins"]


def _table():
    return yaml.safe_load((ROOT / "tests/data/documented_commands.yaml").read_text("utf-8"))


def _in_blocks(page: Path) -> list[str]:
    lines = [
        re.sub(r"(^|\s+)# .*", "", line).strip()
        for body in blocks(page, "", "bash", "console", "sh", "shell")
        for line in re.sub(r"\\\n\s*", "", body).splitlines()
    ]
    return [line for line in lines if line]


def _in_sentences(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text("utf-8"))
    begins = rf"(?:\.venv/workflow/bin/)?(?:{'|'.join(PROGRAMS)}) "
    return [" ".join(span.split()) for span in re.findall(rf"`({begins}[^`]+)`", text)]
