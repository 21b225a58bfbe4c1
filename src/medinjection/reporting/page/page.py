"""The report: one HTML file a language that needs no other, every text from data escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.components.statistics import count_records, describe_sources
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, SPLITS, TASKS
from medinjection.reporting.costs import stage_costs
from medinjection.reporting.facts import count_rejects, counts_by_source, counts_by_split, read_mixes, read_models
from medinjection.reporting.page.choice import paired_tests, parse_rates, result_tables, shown_tables
from medinjection.reporting.page.comparison import audit_facts, claim_facts
from medinjection.reporting.page.contents import CHOICE_NUMBERS, contents
from medinjection.reporting.page.dataset import dataset_facts
from medinjection.reporting.page.human import human_facts
from medinjection.reporting.page.models import model_facts
from medinjection.reporting.page.open_answers import judge_rows, metric_facts, open_answer_facts
from medinjection.reporting.page.overview import overview_facts
from medinjection.reporting.page.provenance import provenance_facts
from medinjection.reporting.remark import Remark
from medinjection.reporting.web.pages import pages
from medinjection.reporting.web.scripts import own_script, tables_script

NAME = "report.html"


@dataclass(frozen=True, slots=True)
class PageInputs:
    """Files and texts of a run that the page shows.

    `tables`, `figures` and `scores` are folders; `remark` goes to the banner; `command` makes the run again, and with
    the path of one of `files` before its flags that file; `cost` is the ledger of the language models, without which
    the page says nothing of them; `agreement` is that of the human raters, None where nobody has rated. `trainings` and
    `mixes` are empty where nothing was trained; of answers that were given `components`, `rejects`, `near_duplicates`
    and `runs` are not there either. `audit` is None where the run is not compared with the paper, and `left_out` says
    what is not made. `explorer` and `leaderboard` are the addresses of these pages, empty where there is none.
    """

    run_name: str
    remark: Remark
    tables: Path
    figures: Path
    scores: Path
    components: Sequence[Path]
    rejects: Sequence[Path]
    near_duplicates: Path | None
    mixes: Sequence[Path]
    runs: Sequence[Path]
    trainings: Sequence[Path]
    command: str
    audit: Path | None = None
    left_out: str = ""
    base_model: str = ""
    figure_numbers: Sequence[int] = (1, 2, 4)
    cost: Path | None = None
    agreement: Path | None = None
    files: Sequence[Path] = ()
    explorer: str = ""
    leaderboard: str = ""


def page_texts(inputs: PageInputs) -> dict[str, str]:
    """Return the page in each language, by the name of its file.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    return pages("page/page.html.j2", NAME, _facts(inputs))


def _facts(inputs: PageInputs) -> dict[str, Any]:
    """Return what the templates show."""
    counts = count_records(inputs.components)
    split_counts = counts_by_split(counts)
    models = read_models(inputs.runs, inputs.trainings)
    results = result_tables(inputs.tables)
    facts: dict[str, Any] = {
        "run_name": inputs.run_name,
        "note": str(inputs.remark),
        "demonstration": inputs.remark.demonstration,
        "command": inputs.command,
        "left_out": inputs.left_out,
        "explorer": inputs.explorer,
        "leaderboard": inputs.leaderboard,
        "tasks": TASKS,
        "splits": SPLITS,
        "components": COMPONENTS,
        "choice_tasks": CHOICE_TASKS,
        "choice_numbers": CHOICE_NUMBERS,
        "split_counts": split_counts,
        "source_counts": counts_by_source(counts, describe_sources(inputs.components)),
        "task_totals": [sum(row.tasks[place] for row in split_counts) for place in range(len(TASKS))],
        "rejects": count_rejects(inputs.rejects),
        "mixes": read_mixes(inputs.mixes),
        "tables": shown_tables(results, inputs.scores, inputs.base_model),
        "pairs": paired_tests(inputs.scores / "paired.csv"),
        "parse_rates": parse_rates(inputs.scores / "parse_rates.csv"),
        "judge_rows": judge_rows(inputs.scores / "judges.csv"),
        "costs": stage_costs(inputs.cost) if inputs.cost else [],
        **dataset_facts(
            inputs.tables,
            inputs.figures,
            inputs.figure_numbers,
            inputs.near_duplicates,
            inputs.components,
            inputs.remark,
        ),
        **model_facts(models, inputs.figures, inputs.remark),
        **open_answer_facts(inputs.tables, inputs.scores, inputs.figures, inputs.figure_numbers, inputs.remark),
        **metric_facts(inputs.scores / "open.csv"),
        **human_facts(inputs.agreement),
        **audit_facts(inputs.audit),
        **claim_facts(inputs.tables),
        **provenance_facts(models, inputs.files, inputs.command),
    }
    scripts = {name: own_script(f"{name}.js") for name in ("theme", "zoom", "language")}
    return {
        **facts,
        "overview": overview_facts(facts, results),
        "contents": contents(facts),
        "scripts": {**scripts, "tables": tables_script()},
    }
