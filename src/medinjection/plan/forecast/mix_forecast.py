"""Which mixes can be filled, told before anything is paid, from what each source is expected to give."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.config.settings.mixes import MixSettings
from medinjection.mixes.recipe import SMALLEST, Part, Recipe
from medinjection.plan.forecast.expected_records import ExpectedRecords, expected_records
from medinjection.plan.mixes import mix_size
from medinjection.plan.run import Plan
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS
from medinjection.sources.paper_counts import PaperCount, component_sources, paper_mix_size

NOT_CONFIGURED = "not in the configuration"
_TITLE = "Choice records expected in train, from upstream's counts, prompts and yields, before duplicates and rejects:"
_WHAT_TO_DO = (
    "Add sources, name folders of those without an address (sources.<name>.path), or choose a smaller mixes.size."
)

# Component -> reason -> sources of which nothing is expected for that reason.
Nothing = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A part of a mix for which too few records are expected; of the sources `absent` there are none.

    It `is_certain` where there cannot be as many as are needed.
    """

    mix: str
    part: Part
    needed: int
    expected: int
    absent: tuple[str, ...]
    is_certain: bool

    def __str__(self) -> str:
        none = f" (none of {', '.join(self.absent)})" if self.absent else ""
        return (
            f"{self.mix} takes {self.needed:,} of {self.part.label}, where {self.expected:,} are expected{none}: "
            f"{self.needed - self.expected:,} are missing"
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a run's mixes.

    Attributes:
        size: of every mix that has no size of its own; None where it depends on what nothing tells.
        lines: what is said of components and sizes.
        faults: why a mix cannot be filled, one sentence each; empty where all can.
    """

    size: int | None
    lines: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, as a person reads it."""
        faults = ["Mixes that cannot be filled:", *_indented(self.faults), _WHAT_TO_DO] if self.faults else []
        return "\n".join([_TITLE, *_indented(self.lines), *faults])


def forecast_mixes(plan: Plan, paper: Sequence[PaperCount]) -> str:
    """Say how many choice records each component is going to have, and the size of the mixes.

    Nothing is said where nothing is trained, where the components are there and count themselves, or where nothing is
    known of any source, as of corpora that the run makes itself.

    Args:
        paper: the paper's own counts.

    Raises:
        InputError: a mix cannot be filled (the message says all of it), or a folder or a prompt is missing.
    """
    trained = [model.mix for model in plan.models.values() if model.origin == "trained" and model.mix]
    files = [Path(plan.folders.run, "components", f"{component}.parquet") for component in plan.sources.components]
    if plan.precomputed or not trained or all(file.is_file() for file in files):
        return ""
    expected = expected_records(plan.sources, paper)
    if all(one.tasks is None for one in expected):
        return ""
    absent = {}
    if plan.settings.components.origin == "rebuilt":
        for component in plan.sources.components:
            names = component_sources(paper, component)
            absent[component] = [name for name in names if name not in plan.sources.used]
    found = forecast(
        plan.settings.mixes, dict.fromkeys(trained), expected, absent, paper_mix_size(paper), plan.sources.components
    )
    if found.faults:
        raise InputError(found.text)
    return found.text


def forecast(
    mixes: MixSettings,
    names: Iterable[str],
    expected: Sequence[ExpectedRecords],
    absent: Mapping[str, Sequence[str]],
    of_paper: int,
    components: Sequence[str] = COMPONENTS,
) -> Forecast:
    """Return the forecast of the mixes `names`.

    A mix cannot be filled where a part of it needs more records than there can be of the sources that it is drawn from;
    with the size of the smallest component also where a component has none. Where there are fewer than needed by an
    estimate that may be too low, it is told and is no fault. Filters by specialty and by score are not foreseen: they
    may leave less.

    Args:
        absent: component -> sources that the paper has and the configuration lacks; told where records are missing.
        of_paper: size of the paper's mixes.
        components: those that the run has.
    """
    nothing = {component: _reasons(component, expected, absent.get(component, ())) for component in components}
    totals = {component: _total(expected, component) for component in components}
    known = {component: total for component, total in totals.items() if total is not None}
    smallest = min(known, key=lambda name: known[name]) if len(known) == len(totals) else None
    size = mixes.size if isinstance(mixes.size, int) else known[smallest] if smallest else None
    found = _shortfalls(mixes, names, expected, nothing, size) if size else []
    faults = [str(one) for one in found if one.is_certain]
    if size == 0:
        faults = [f"mixes.size is {SMALLEST}, and no choice record of the component {smallest} is expected"]
    short = [f"perhaps not to be filled: {one}" for one in found if not one.is_certain]
    if size is None:
        said = "size of the mixes: that of the smallest component, which is not known before the components are there"
    elif isinstance(mixes.size, int):
        said = f"size of the mixes: {size:,}"
    else:
        said = f"size of the mixes: {size:,}, as many as {smallest} has; the paper's have {of_paper:,}"
        if 0 < size < of_paper:
            found = _shortfalls(mixes, names, expected, nothing, of_paper)
            short += [f"with the paper's size {one}" for one in found]
    told: Nothing = nothing if faults or short else {}
    lines = [_component_line(component, expected, told.get(component, {})) for component in components]
    return Forecast(size, (*lines, said, *short), tuple(faults))


def _shortfalls(
    mixes: MixSettings, names: Iterable[str], expected: Sequence[ExpectedRecords], nothing: Nothing, size: int
) -> list[Shortfall]:
    found = []
    for name in names:
        parts = tuple(part.part() for part in mixes.recipes[name].parts)
        own = mix_size(mixes, name)
        sizes = Recipe(name, parts, own if isinstance(own, int) else size, 0).sizes
        for part, needed in zip(parts, sizes, strict=True):
            pool = [one for one in expected if one.component == part.component]
            pool = [one for one in pool if not part.sources or one.source in part.sources]
            available = sum(one.of_tasks(part.tasks) for one in pool)
            if available < needed and all(one.tasks is not None for one in pool):
                at_most = sum(one.at_most(part.tasks) for one in pool)
                absent = [source for sources in nothing[part.component].values() for source in sources]
                named = tuple(source for source in absent if not part.sources or source in part.sources)
                found.append(Shortfall(name, part, needed, available, named, at_most < needed))
    return found


def _total(expected: Sequence[ExpectedRecords], component: str) -> int | None:
    """Return the choice records of a component, None where those of a source are not known."""
    mine = [one for one in expected if one.component == component]
    known = all(one.tasks is not None for one in mine)
    return sum(one.of_tasks(CHOICE_TASKS) for one in mine) if known else None


def _reasons(component: str, expected: Sequence[ExpectedRecords], absent: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return reason -> sources of a component of which nothing is expected for that reason."""
    mine = [one for one in expected if one.component == component and one.reason]
    reasons: dict[str, Sequence[str]] = {
        reason: [one.source for one in mine if one.reason == reason]
        for reason in dict.fromkeys(one.reason for one in mine)
    }
    return reasons | ({NOT_CONFIGURED: absent} if absent else {})


def _component_line(component: str, expected: Sequence[ExpectedRecords], reasons: Mapping[str, Sequence[str]]) -> str:
    """Say how many choice records a component is going to have, of which sources, and of which none."""
    mine = [one for one in expected if one.component == component]
    given = {one.source: count for one in mine if (count := one.of_tasks(CHOICE_TASKS))}
    unknown = [one.source for one in mine if one.tasks is None]
    line = f"{component}: {sum(given.values()):,}{' and more' if unknown else ''}"
    line += f" ({', '.join(f'{name} {count:,}' for name, count in given.items())})" if given else ""
    line += f"; of {', '.join(unknown)} nothing is known" if unknown else ""
    return line + "".join(f"; none of {', '.join(names)}: {reason}" for reason, names in reasons.items())


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
