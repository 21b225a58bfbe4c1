"""Where the paper's own numbers disagree with each other: each said and recomputed, from its published numbers."""

import math
from collections.abc import Mapping, Sequence

from medinjection.scoring.claims.of_paper import RATED
from medinjection.scoring.claims.of_run import HELPED, NATIVE
from medinjection.scoring.claims.reading import Cells, PaperNumbers
from medinjection.sources.paper_counts import PaperCount

SLIP_COLUMNS = ("where", "said", "recomputed", "verdict", "how")
AGREES, DIFFERS = "agrees", "differs"
# Section 5.1 of the paper; its Table 5 has another number.
TRAD_SYN_IN_TEXT = 36.55
# Figure 6 and the limit of new tokens of the released evaluation.
BASE_RATIO, REFERENCE_TOKENS, NEW_TOKENS = 28, 90, 512
_HALF_A_UNIT = 0.005
# Table 6 marks this judge score as the second best of its column.
MARKED_SECOND = "SYN"


def slip_rows(numbers: PaperNumbers) -> list[dict[str, object]]:
    """Return rows of SLIP_COLUMNS for the published numbers."""
    return [
        *_sums(numbers.table1, numbers.table2),
        _mix_size(numbers.ledger),
        *_texts(numbers.correlations, numbers.table5),
        _second_best(numbers.table6),
        _pooled(numbers.table7),
        _length_ratio(),
    ]


def _row(where: str, said: str, recomputed: str, agrees: bool, how: str) -> dict[str, object]:
    return dict(zip(SLIP_COLUMNS, (where, said, recomputed, AGREES if agrees else DIFFERS, how), strict=True))


def _sums(table1: Cells, table2: Cells) -> list[dict[str, object]]:
    rows = []
    parts = [cells for line, cells in table1.items() if line != "total"]
    for column, printed in table1["total"].items():
        added = sum(cells.get(column, 0) for cells in parts)
        how = f"the lines of column {column} added up"
        rows.append(_row(f"Table 1, total of {column}", _count(printed), _count(added), added == printed, how))
    tasks = sum(cells["count"] for cells in table2.values())
    printed = table1["total"]["total"]
    rows.append(
        _row(
            "Table 2, sum",
            _count(printed),
            _count(tasks),
            tasks == printed,
            "its tasks added up, beside Table 1's total",
        )
    )
    return rows


def _mix_size(ledger: Sequence[PaperCount]) -> dict[str, object]:
    size = sum(
        one.count for one in ledger if one.component == "synthetic" and one.task != "oeq" and not one.is_inferred
    )
    return _row(
        "Section 4.1, mixes of equal parts",
        "half of each source",
        f"{size // 2:,} and {size - size // 2:,}",
        size % 2 == 0,
        f"a mix has {size:,} records, an odd number: who gets the odd one is not said",
    )


def _texts(table4: Sequence[Mapping[str, str]], table5: Cells) -> list[dict[str, object]]:
    from scipy.stats import t as student

    constrained = "aggregate_constrained_em"
    printed, alone = table5["TRAD-SYN"][constrained], table5["TRAD"][constrained]
    rows = [
        _row(
            "Section 5.1, TRAD-SYN beside TRAD, constrained",
            f"{TRAD_SYN_IN_TEXT:.2f}, above {alone:.2f}",
            f"{printed:.2f}",
            printed == TRAD_SYN_IN_TEXT,
            "Table 5: it is below TRAD",
        )
    ]
    helped, native = table5[HELPED][constrained], table5[NATIVE][constrained]
    rows.append(
        _row(
            "Abstract, synthetic records contribute positively beside native ones",
            f"{helped:.2f}",
            f"{native:.2f} of native records alone",
            helped > native,
            "Table 5, constrained: below native alone, of which the mix has half as many",
        )
    )
    for line in table4:
        if not line["p_value_text"]:
            continue
        r, n = float(line["pearson_r"]), RATED
        ends = []
        for value in (r - _HALF_A_UNIT, r + _HALF_A_UNIT):
            ends.append(2 * float(student.sf(value * math.sqrt((n - 2) / (1 - value**2)), n - 2)))
        rows.append(
            _row(
                f"Section 4.3, p of {line['scorer']}",
                line["p_value_text"],
                f"{line['p_value']} in Table 4",
                line["p_value_text"] == line["p_value"],
                f"r = {r} rounded, n = {n}: from {min(ends):.2e} to {max(ends):.2e}, both are possible",
            )
        )
    return rows


def _second_best(table6: Cells) -> dict[str, object]:
    scores = {model: cells["llm_judge"] for model, cells in table6.items()}
    second = sorted(scores, key=lambda model: scores[model])[-2]
    return _row(
        "Table 6, second best judge score",
        f"{MARKED_SECOND} ({scores[MARKED_SECOND]:.2f})",
        f"{second} ({scores[second]:.2f})",
        second == MARKED_SECOND,
        "the column sorted",
    )


def _pooled(table7: Cells) -> dict[str, object]:
    checked = agreeing = 0
    for cells in table7.values():
        for decoding in ("greedy", "constrained"):
            mcq, mcqu = cells[f"mcq_{decoding}_em_sd"], cells[f"mcqu_{decoding}_em_sd"]
            checked += 1
            agreeing += (
                abs(math.sqrt((mcq**2 + mcqu**2) / 2) - cells[f"aggregate_{decoding}_em_sd"]) <= 2 * _HALF_A_UNIT
            )
    return _row(
        "Table 7, deviations of the aggregate",
        "deviation across three orders",
        f"{agreeing} of {checked} are sqrt((sd_mcq² + sd_mcqu²) / 2)",
        agreeing == 0,
        "pooled over tasks, not taken over the orders of the aggregate; 13 to 20 points for MCQU look like the spread "
        "across data sets",
    )


def _length_ratio() -> dict[str, object]:
    tokens = BASE_RATIO * REFERENCE_TOKENS
    return _row(
        "Figure 6, length of the base model's answers",
        f"{BASE_RATIO} times references of about {REFERENCE_TOKENS} tokens",
        f"{tokens:,} tokens",
        tokens <= NEW_TOKENS,
        f"the released evaluation stops at {NEW_TOKENS} new tokens: a mean of ratios, or another limit",
    )


def _count(value: float) -> str:
    return f"{value:,.0f}"
