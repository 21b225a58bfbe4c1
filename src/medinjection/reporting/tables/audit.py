"""The audit: every published cell beside ours, and how far the rankings of the models agree.

A table that stand-ins had a part in is not compared: its verdicts say so, with the reason, and none of its numbers is
there. A real run that differs from the paper's has its numbers beside the paper's, and the difference as the verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import stand_ins_in
from medinjection.reporting.tables.correlation_table import (
    IN_TEXT,
    OURS,
    PRINTED,
    CorrelationRow,
    p_text,
    read_correlation_table,
    read_published_correlations,
)
from medinjection.reporting.tables.correlation_table import NUMBER as CORRELATIONS
from medinjection.reporting.tables.dataset_tables import (
    COUNT_LAYOUTS,
    CountTable,
    read_count_table,
    read_published_counts,
)
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.table import Layout, ResultTable, printed, read_result
from medinjection.reporting.tables.translation_table import (
    METRICS,
    NUMBER,
    TranslationRow,
    read_translation_table,
)
from medinjection.scoring.rankings import kendall
from medinjection.sources.paper_counts import PAPER_TEST_SET

NOT_RUN = "not run"
NOT_COMPARABLE = "not comparable"
NOT_COMPUTED = "not computed"
# Column of Table 6 that the judge decides.
JUDGE_COLUMN = "llm_judge"
WITHIN = "within CI"
OUTSIDE = "outside CI"
NO_INTERVAL = "no interval"
RANKING = "(ranking)"
SAME_RANKING = "rankings agree"
OPPOSITE_RANKING = "rankings opposed"
NO_AGREEMENT = "agreement not shown"
SIGNIFICANT = 0.05
HEADER = ("table", "model", "column", "ours", "published", "difference", "verdict")


@dataclass(frozen=True, slots=True)
class Differences:
    """How a run differs from the paper's, in sentences' parts: data, models, Table 6's judge, the rated answers."""

    data: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    ratings: tuple[str, ...] = ()


AS_THE_PAPER = Differences()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One published cell and ours, as printed; `model` is the line: a model, or a component or task of Tables 1 and 2.

    For a ranking `ours` is Kendall's tau-b, the model `RANKING` and `published` empty.
    """

    table: str
    model: str
    column: str
    ours: str
    published: str
    difference: str
    verdict: str


def audit_folders(tables: Path | str, published: Path | str, differences: Differences = AS_THE_PAPER) -> list[AuditRow]:
    """Audit every table of the folder `tables` against `published_table<number>.csv` of the folder `published`.

    Whether a table is a demonstration's stands in its own file.

    Raises:
        InputError: the folder holds no table, or a published table is missing.
    """
    rows = []
    for number, counted in sorted(COUNT_LAYOUTS.items()):
        path = Path(tables) / f"table{number}.csv"
        if path.is_file():
            counts = read_published_counts(Path(published) / f"published_table{number}.csv", counted)
            reason = reason_against(path, differences.data)
            rows += audit_counts(read_count_table(path, counted), counts, reason)
    if (path := Path(tables) / f"table{NUMBER}.csv").is_file():
        translated = read_published(Path(published) / f"published_table{NUMBER}.csv", tuple(METRICS), "system")
        rows += audit_translations(read_translation_table(path), translated, reason_against(path, ()))
    if (path := Path(tables) / f"table{CORRELATIONS}.csv").is_file():
        reason = reason_against(path, differences.data + differences.models + differences.ratings)
        said = read_published_correlations(Path(published) / f"published_table{CORRELATIONS}.csv")
        rows += audit_correlations(read_correlation_table(path), said, reason)
    for number, layout in sorted(LAYOUTS.items()):
        path = Path(tables) / f"table{number}.csv"
        if path.is_file():
            values = read_published(Path(published) / f"published_table{number}.csv", layout.published_keys)
            known = differences.data + differences.models
            of_column = {JUDGE_COLUMN: reason_against(path, known + differences.judge)}
            rows += audit_table(read_result(path, layout), values, reason_against(path, known), of_column)
    if not rows:
        names = ", ".join(f"table{number}.csv" for number in sorted({*COUNT_LAYOUTS, NUMBER, CORRELATIONS, *LAYOUTS}))
        raise InputError(f"{tables}: no table to audit, expected at least one of {names}")
    return rows


def reason_against(table: Path | str, differences: Sequence[str]) -> str:
    """Return why a table cannot be compared with the paper's: `not run: ...`, `not comparable: ...`, or nothing.

    Raises:
        InputError: the table cannot be read.
    """
    if stand_ins := stand_ins_in(table):
        return f"{NOT_RUN}: {', '.join(stand_ins)}"
    return f"{NOT_COMPARABLE}: {'; '.join(differences)}" if differences else ""


def audit_table(
    table: ResultTable,
    published: Mapping[str, Mapping[str, str]],
    reason: str = "",
    reasons: Mapping[str, str] | None = None,
) -> list[AuditRow]:
    """Return one row per published cell, then one per column of values with Kendall's tau between the two rankings.

    The verdict asks whether the published value lies in our 95 % interval.

    Args:
        published: the whole published table, models that we lack too.
        reason: why the table cannot be compared, as `reason_against` returns it.
        reasons: the same for single columns, where it is another.
    """
    name = f"table{table.layout.number}"
    against = {key: (reasons or {}).get(key, reason) for key in table.layout.published_keys}
    ours = {row.model: row.ours for row in table.rows}
    rows = []
    for model, cells in published.items():
        for key in table.layout.published_keys:
            value = ours.get(model, {}).get(key)
            verdict = (
                _verdict(ours.get(model, {}), key, float(cells[key]), against[key]) if cells[key] else NOT_COMPUTED
            )
            difference = printed(value - float(cells[key])) if value is not None and cells[key] else ""
            rows.append(_row(name, model, key, printed(value), cells[key], difference, verdict))
    return rows + _rankings(name, table.layout, ours, published, against)


def audit_counts(
    table: CountTable, published: Mapping[str, Mapping[str, int | None]], reason: str = ""
) -> list[AuditRow]:
    """Return one row a published count; a count has no interval, so that its verdict says no more than that."""
    name = f"table{table.layout.number}"
    ours = {row.name: row.ours for row in table.rows}
    rows = []
    for line, cells in published.items():
        for column, count in cells.items():
            if count is None:
                continue
            value = ours.get(line, {}).get(column)
            verdict = _verdict(ours.get(line, {}), column, count, reason)
            shown = ("", "") if value is None else (str(value), str(value - count))
            rows.append(_row(name, line, column, shown[0], str(count), shown[1], verdict))
    return rows


def audit_translations(
    ours: Sequence[TranslationRow], published: Mapping[str, Mapping[str, str]], reason: str = ""
) -> list[AuditRow]:
    """Return one row a published cell of Table 3 and test set of ours that has the system; there are no intervals.

    Only `PAPER_TEST_SET` is compared.
    """
    another = f"{NOT_COMPARABLE}: another test set than that of WMT 2024, called {PAPER_TEST_SET}"
    rows = []
    for system, cells in published.items():
        found = [row for row in ours if row.system == system and row.test_set] or [TranslationRow(system)]
        for row in found:
            name = f"{system} ({row.test_set})" if row.test_set else system
            against = reason or ("" if row.test_set == PAPER_TEST_SET else another)
            for metric, decimals in METRICS.items():
                value = row.ours.get(metric)
                shown = ("", "")
                if value is not None:
                    shown = (f"{value:.{decimals}f}", f"{value - float(cells[metric]):.{decimals}f}")
                verdict = _verdict(row.ours, metric, float(cells[metric]), against)
                rows.append(_row(f"table{NUMBER}", name, metric, shown[0], cells[metric], shown[1], verdict))
    return rows


def audit_correlations(
    ours: Sequence[CorrelationRow], published: Mapping[tuple[str, str], Mapping[str, str]], reason: str = ""
) -> list[AuditRow]:
    """Return one row a published cell of Table 4, one of the text's other p-value, and one of the scorers' ranking.

    Whether the paper's r lies in our interval is asked; a p-value has none. Simulated ratings are not compared.
    """
    if any(row.ours.get("simulated_raters") for row in ours):
        reason = reason or f"{NOT_RUN}: simulated ratings"
    name = f"table{CORRELATIONS}"
    found = {(row.kind, row.scorer): row.ours for row in ours if row.published}
    rows, pairs = [], []
    for key, cells in published.items():
        numbers = found.get(key, {})
        for column, text in cells.items():
            value = numbers.get(OURS[column])
            verdict = _verdict(numbers, OURS[column], float(text), reason)
            if column == IN_TEXT and verdict == NO_INTERVAL:
                verdict = f"{NO_INTERVAL}; the paper's table says {cells['p_value']}"
            write = printed if column == PRINTED[0] else p_text
            shown = ("", "") if value is None else (write(value), write(value - float(text)))
            rows.append(_row(name, key[1], column, shown[0], text, shown[1], verdict))
        if (value := numbers.get(PRINTED[0])) is not None:
            pairs.append((value, float(cells[PRINTED[0]])))
    return [*rows, _ranking(name, PRINTED[0], pairs, reason, "scorers")]


def audit_text(rows: Sequence[AuditRow]) -> str:
    """Return the audit as CSV."""
    return csv_text(HEADER, map(astuple, rows))


def _row(table: str, model: str, column: str, ours: str, published: str, difference: str, verdict: str) -> AuditRow:
    """Return a row; one that was not run has neither a number of ours nor a difference."""
    shown = ("", "") if verdict.startswith(NOT_RUN) else (ours, difference)
    return AuditRow(table, model, column, shown[0], published, shown[1], verdict)


def _verdict(ours: Mapping[str, float | None], key: str, published: float, reason: str) -> str:
    if ours.get(key) is None:
        return NOT_COMPUTED
    if reason:
        return reason
    low, high = ours.get(f"{key}_ci_low"), ours.get(f"{key}_ci_high")
    if low is None or high is None:
        return NO_INTERVAL
    return WITHIN if low <= published <= high else OUTSIDE


def _rankings(
    name: str,
    layout: Layout,
    ours: Mapping[str, Mapping[str, float | None]],
    published: Mapping[str, Mapping[str, str]],
    against: Mapping[str, str],
) -> list[AuditRow]:
    rows = []
    for column in layout.columns:
        key = column.key
        pairs = [
            (value, float(cells[key]))
            for model, cells in published.items()
            if cells[key] and (value := ours.get(model, {}).get(key)) is not None
        ]
        rows.append(_ranking(name, key, pairs, against[key], "models"))
    return rows


def _ranking(table: str, column: str, pairs: Sequence[tuple[float, float]], reason: str, ranked: str) -> AuditRow:
    tau, p_value = kendall(pairs) or (None, None)
    if tau is None or p_value is None:
        verdict = NOT_COMPUTED
    else:
        agreement = f"{_agreement(tau, p_value)} (Kendall tau-b, {len(pairs)} {ranked}, p = {p_value:.3f})"
        verdict = reason or agreement
    return _row(table, RANKING, column, printed(tau), "", "", verdict)


def _agreement(tau: float, p_value: float) -> str:
    if p_value >= SIGNIFICANT:
        return NO_AGREEMENT
    return SAME_RANKING if tau > 0 else OPPOSITE_RANKING
