"""The folder of the explorer: `index.html`, which opens without a server, and its data in `data/`."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import write_text
from medinjection.reporting.explorer.answer_keys import key_facts
from medinjection.reporting.explorer.choice_answers import write_choice_answers
from medinjection.reporting.explorer.open_answers import write_open_answers
from medinjection.reporting.explorer.packs import Packs
from medinjection.reporting.explorer.pages import pages_by_kind
from medinjection.reporting.explorer.questions import CATEGORIES, PART, Questions, category_codes, write_questions
from medinjection.reporting.explorer.reasoning import characters_kept, write_reasoning
from medinjection.reporting.inline import policy_hash, script_data
from medinjection.reporting.templates import rendered
from medinjection.reporting.web.scripts import own_script

_FOLDER = Path(__file__).parent
_STYLES = (_FOLDER.parent / "web/theme.css", _FOLDER / "explorer.css")
# In this order they are one script.
_SCRIPTS = (
    "words_fr.js",
    "words_en.js",
    "storage.js",
    "nodes.js",
    "data.js",
    "answers.js",
    "errata.js",
    "conditions.js",
    "search.js",
    "filters.js",
    "written.js",
    "verdict.js",
    "question.js",
    "list.js",
    "keyboard.js",
    "explorer.js",
)
PAGE = "index.html"
DATA = "data"


@dataclass(frozen=True, slots=True)
class ExplorerFiles:
    """What the explorer shows.

    Attributes:
        choice_questions: file of evaluation records, None where there are none.
        choice_answers: model -> its predictions.
        open_questions: file of evaluation records, None where there are none.
        open_answers: model -> its predictions.
        judgements: judge -> folder of its `<model>.parquet`, the first that of Table 6.
        reasoning: model -> what it reasoned before it answered.
        suspects: suspect_keys.csv, None where keys were not looked at.
        errata: verdicts on keys, None where nobody has given one.
    """

    choice_questions: Path | None = None
    choice_answers: Mapping[str, Path] = field(default_factory=dict)
    open_questions: Path | None = None
    open_answers: Mapping[str, Path] = field(default_factory=dict)
    judgements: Mapping[str, Path] = field(default_factory=dict)
    reasoning: Mapping[str, Path] = field(default_factory=dict)
    suspects: Path | None = None
    errata: Path | None = None


def write_explorer(
    files: ExplorerFiles, run_name: str, folder: Path, note: str = "", pages: Sequence[str] = ()
) -> None:
    """Write the explorer into a folder of its own, in place of an earlier one; the same files give the same bytes.

    Args:
        note: sentence in the page's banner.
        pages: names of the run's other pages (`PAGES`), which lie above the folder and are linked to.

    Raises:
        InputError: a file is missing or not what the workflow writes, an answer is to a question that is not there or
            that is another one, a record occurs twice, or `folder` holds something else.
    """
    if folder.is_dir() and {path.name for path in folder.iterdir()} - {PAGE, DATA}:
        raise InputError(f"{folder}: holds something else than an explorer, expected a new or an empty folder")
    shutil.rmtree(folder, ignore_errors=True)
    packs = Packs(folder / DATA)
    choice = write_questions(files.choice_questions, packs, "choice")
    opened = write_questions(files.open_questions, packs, "open")
    models = list(dict.fromkeys([*files.choice_answers, *files.open_answers]))
    numbers = {model: number for number, model in enumerate(models)}
    ways = write_choice_answers(files.choice_answers, numbers, choice, packs)
    write_open_answers(files.open_answers, files.judgements, numbers, opened, packs)
    kept = characters_kept(files.reasoning.values())
    reasoned = {
        kind: write_reasoning(_of_models(files.reasoning, answers), numbers, kind, kept, questions, packs)
        for kind, questions, answers in (("choice", choice, files.choice_answers), ("open", opened, files.open_answers))
    }
    ids = _ids(choice, opened)
    packs.write_json("ids", ids)
    packs.write_json("titles", choice.titles + opened.titles)
    facts = {
        "run": run_name,
        "part": PART,
        "choice": _kind_facts(choice, files.choice_answers, numbers, reasoned["choice"]),
        "open": _kind_facts(opened, files.open_answers, numbers, reasoned["open"]),
        "models": models,
        "orders": ways.orders,
        "decodings": ways.decodings,
        "judges": [*files.judgements],
        "categories": _write_categories(choice, opened, packs),
        **key_facts(files.suspects, files.errata, [*files.choice_answers], run_name, choice),
        "pages": pages_by_kind(pages),
    }
    closed = {**choice.closed, **opened.closed}
    write_text(folder / PAGE, _page(facts, note, closed))


def _page(facts: Mapping[str, Any], note: str, closed: Mapping[str, str]) -> str:
    script = "".join(_text(_FOLDER / name) for name in _SCRIPTS)
    theme = own_script("theme.js")
    style = "".join(map(_text, _STYLES))
    return rendered(
        "explorer/explorer.html.j2",
        {
            "run_name": facts["run"],
            "note": note,
            "closed": [f"{source} ({licence})" for source, licence in sorted(closed.items())],
            "facts": script_data(facts),
            "script": script,
            "theme": theme.text,
            "style": style,
            "script_hashes": [theme.hash, policy_hash(script)],
            "style_hash": policy_hash(style),
        },
    )


def _text(path: Path) -> str:
    return f"\n{path.read_text(encoding='utf-8')}"


def _ids(*kinds: Questions) -> list[str]:
    ids = [record_id for questions in kinds for record_id in questions.ids]
    seen: set[str] = set()
    for record_id in ids:
        if record_id in seen:
            raise InputError(f"record {record_id} occurs twice among the questions, expected each once")
        seen.add(record_id)
    return ids


def _write_categories(choice: Questions, opened: Questions, packs: Packs) -> dict[str, list[str]]:
    """Write a number for each question and category, and return the names that the numbers stand for."""
    names = {}
    for category in CATEGORIES:
        names[category], codes = category_codes(choice.categories[category] + opened.categories[category])
        packs.write_array(category, codes)
    return names


def _of_models(files: Mapping[str, Path], models: Iterable[str]) -> dict[str, Path]:
    return {model: files[model] for model in models if model in files}


def _kind_facts(
    questions: Questions, models: Iterable[str], numbers: Mapping[str, int], reasoned: Sequence[int]
) -> dict[str, object]:
    return {"questions": len(questions), "models": [numbers[model] for model in models], "reasoned": reasoned}
