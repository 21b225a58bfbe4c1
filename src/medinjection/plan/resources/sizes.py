"""How much work a run is: records that a teacher works on, examples that are learnt, questions that are answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medinjection.llm.client.prompts import read_prompt
from medinjection.plan.forecast.expected_records import paper_rows, registry_rows
from medinjection.plan.run import Plan
from medinjection.plan.sources import HELD_OUT
from medinjection.pricing.items import items_asked
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS
from medinjection.sources.paper_counts import PaperCount, paper_mix_size

# (task, split) -> records.
Rows = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class RunSize:
    """How much work a run is, at most; of corpora that a run makes itself, `demo.size` of each source.

    Attributes:
        mix: examples of a mix that has no size of its own; where that is the smallest component's, as in the paper.
        choice: choice questions that every model answers, in one order.
        open: open questions that every model answers.
        synthetic: items that are written from documents.
        asked: source -> records or documents that a teacher works on.
    """

    mix: int
    choice: int
    open: int
    synthetic: int
    asked: Mapping[str, int]


def run_size(plan: Plan, paper: Sequence[PaperCount]) -> RunSize:
    """Work out the size of a run from the registry's counts, the limits of the configuration and the paper's counts.

    Raises:
        InputError: a folder or a prompt is missing.
    """
    if plan.precomputed:
        return RunSize(0, 0, 0, 0, {})
    sources, prediction = plan.sources, plan.settings.prediction
    rows = {
        (name, component): _rows(plan, name, component, paper)
        for component in COMPONENTS
        for name in sources.of_component(component)
    }
    held_out = [found for (_, component), found in rows.items() if component in HELD_OUT]
    size = plan.settings.mixes.size
    return RunSize(
        mix=size if isinstance(size, int) else paper_mix_size(paper),
        choice=sum(_of_split(one, prediction.split, CHOICE_TASKS, prediction.limit_choice) for one in held_out),
        open=sum(_of_split(one, prediction.split, ("oeq",), prediction.limit_open) for one in held_out),
        synthetic=sum(_items(plan, name, found) for (name, of), found in rows.items() if of == "synthetic"),
        asked={name: round(sum(found.values())) for (name, _), found in rows.items() if name in sources.asked},
    )


def _rows(plan: Plan, name: str, component: str, paper: Sequence[PaperCount]) -> Rows:
    """Return (task, split) -> records of a source, at most its limit: those the paper took, else upstream's."""
    source, chosen, folder = plan.sources.registry[name], plan.settings.sources[name], plan.sources.folder(name)
    if folder is not None and folder.startswith(f"{plan.folders.run}/"):
        tasks, splits = ("by_answers", "oeq"), ("train", plan.settings.prediction.split)
        return {(task, split): plan.settings.demo.size / 4 for task in tasks for split in splits}
    shares = chosen.split_shares.model_dump() if chosen.split_shares else source.split_shares
    rows = paper_rows(source, component, paper, shares) or registry_rows(source, source.files, shares) or {}
    total = sum(rows.values())
    kept = min(1.0, chosen.limit / total) if chosen.limit and total else 1.0
    return {key: count * kept for key, count in rows.items()}


def _items(plan: Plan, name: str, rows: Rows) -> int:
    """Return the items of a synthetic source: those that prompts ask for, or those that are there."""
    prompts = plan.settings.sources[name].prompts
    if name not in plan.sources.documents or prompts is None:
        return round(sum(rows.values()))
    each = [items_asked(read_prompt(prompt).text) for prompt in (prompts.choice, prompts.open)]
    return round(sum(rows.values()) * sum(each))


def _of_split(rows: Rows, split: str, tasks: Sequence[str], limit: int | None) -> int:
    wanted = {*tasks, *(("by_answers",) if set(tasks) & set(CHOICE_TASKS) else ())}
    found = round(sum(count for (task, of), count in rows.items() if of == split and task in wanted))
    return min(found, limit) if limit else found
