"""The claims on the published numbers alone: what the tables themselves show, and what they cannot."""

import math
from collections.abc import Mapping
from dataclasses import replace

from medinjection.scoring.agreement.williams import williams
from medinjection.scoring.claims.claim import (
    CLAIMS,
    FAILS,
    HOLDS,
    PUBLISHED,
    SIGNIFICANT,
    SUPPORTED,
    UNDECIDED,
    Part,
    claim_rows,
    decided,
    not_run,
)
from medinjection.scoring.claims.of_run import (
    BASE,
    BEST_JUDGE,
    BEST_MIX,
    BY_DEFINITION,
    HELPED,
    MARGIN,
    NATIVE,
    OTHER_MIXES,
    SYNTHETIC,
    TRANSLATED,
    no_relation,
    ranking_part,
)
from medinjection.scoring.claims.reading import Cells, PaperNumbers

# Section 5.2: "both Spearman's rho and Kendall's tau equal 0.00 (p = 1)" over the eight models of Figure 5.
LENGTH_RHO, LENGTH_P, LENGTH_MODELS = 0.0, 1.0, 8
# Answers that physicians rated (section 4.3).
RATED = 100
_STEPS = 4000


def claims_of_paper(numbers: PaperNumbers) -> list[dict[str, object]]:
    """Return rows of CLAIM_COLUMNS for every claim, on the published numbers alone.

    Differences between models are tested as those of unrelated samples, over as many questions as the test split has:
    models answer the same questions, so the p-values are too large rather than too small. That Table 5 averages over
    questions is an inference.
    """
    greater = _Greater(numbers)
    found: dict[str, list[Part]] = {
        "native_best_alone": decided([greater.part(NATIVE, other) for other in (TRANSLATED, SYNTHETIC)]),
        "native_translated_best": decided([greater.part(BEST_MIX, other) for other in (BASE, *OTHER_MIXES)]),
        "synthetic_weak_alone": [
            *decided([greater.part(a, SYNTHETIC) for a in (NATIVE, TRANSLATED, HELPED)]),
            *(replace(part, decides=False) for part in decided([greater.part(HELPED, NATIVE)])),
        ],
        "gap_closes": _gaps(numbers.table5),
        "hamming_above_exact": _hamming(numbers.table5),
        "ranking_stable": [_stable(numbers)],
        "translation_near_best": _translations(numbers.table3),
        "synthetic_scores_high": _quality(numbers.majority),
        "medgemma_best_judge": _judges(numbers.table4),
        "no_length_effect": [
            no_relation(
                "medgemma-27b: models that write longer answers score neither higher nor lower",
                LENGTH_RHO,
                LENGTH_P,
                LENGTH_MODELS,
            )
        ],
    }
    return [row for claim in CLAIMS for row in claim_rows(claim, PUBLISHED, found[claim.key])]


class _Greater:
    """Differences between models of Table 5 in the mean of both tasks, as of unrelated samples."""

    def __init__(self, numbers: PaperNumbers) -> None:
        self._table, self._tested = numbers.table5, numbers.tested

    def part(self, better: str, worse: str) -> Part:
        from scipy.stats import norm

        columns = {"mcq": "mcq_greedy_em", "mcqu": "mcqu_greedy_em"}
        difference = variance = 0.0
        for task, column in columns.items():
            first, second = (self._table[model][column] / 100 for model in (better, worse))
            difference += (first - second) / 2
            variance += (first * (1 - first) + second * (1 - second)) / self._tested[task] / 4
        error = math.sqrt(variance)
        return Part(
            f"{better} is better than {worse}",
            UNDECIDED,
            "points of exact match, greedy, mean of both tasks (Table 5), as of unrelated samples",
            100 * difference,
            100 * (difference - 1.959964 * error),
            100 * (difference + 1.959964 * error),
            float(2 * norm.sf(abs(difference) / error)),
            n=sum(self._tested[task] for task in columns),
        )


def _gaps(table: Cells) -> list[Part]:
    def gap(model: str) -> float:
        return table[model]["aggregate_constrained_em"] - table[model]["aggregate_greedy_em"]

    parts = []
    for model in (BEST_MIX, *OTHER_MIXES):
        smaller = gap(BASE) - gap(model)
        parts.append(
            Part(
                f"{model} gains less by constrained decoding than the base model",
                HOLDS if smaller > 0 else FAILS,
                "points by which the gap in exact match is smaller (Table 5)",
                smaller,
                note=f"gap {gap(model):.2f}, base {gap(BASE):.2f} points",
            )
        )
    return parts


def _hamming(table: Cells) -> list[Part]:
    parts = []
    for decoding in ("greedy", "constrained"):
        lead = [cells[f"mcq_{decoding}_hamming"] - cells[f"mcq_{decoding}_em"] for cells in table.values()]
        verdict = SUPPORTED if min(lead) >= 0 else FAILS
        statement = f"the Hamming score is above exact match for every model ({decoding})"
        statistic = "minimum over models of the difference in points (Table 5)"
        parts.append(Part(statement, verdict, statistic, min(lead), n=len(lead), note=BY_DEFINITION))
    return parts


def _stable(numbers: PaperNumbers) -> Part:
    column = "aggregate_greedy_em"
    pairs = [(numbers.table5[model][column], numbers.table7[model][column]) for model in numbers.table5]
    part = ranking_part("models rank alike in Table 5 and in Table 7, over three other orders", pairs, "no table")
    return replace(part, note="Table 7 averages over data sets; what Table 5 averages over is not stated")


def _translations(table: Cells) -> list[Part]:
    best = table["wmt24-best"]["comet"]
    parts = []
    for system, cells in table.items():
        if system != "wmt24-best":
            difference = cells["comet"] - best
            statement = f"{system}: COMET is at most {MARGIN} below that of wmt24-best"
            verdict = HOLDS if difference >= -MARGIN else FAILS
            note = "the margin is ours; the paper says comparable"
            parts.append(Part(statement, verdict, "difference in COMET (Table 3)", difference, note=note))
    return parts


def _quality(majority: Mapping[str, int]) -> list[Part]:
    parts = [
        Part(
            f"{judge}: more than half of the choice items score 3 of 3",
            HOLDS if score == 3 else FAILS,
            "score of the majority (text beside Figure 3)",
            float(score),
        )
        for judge, score in majority.items()
    ]
    unknown = not_run("more than half of the open items score 4 or 5 of 5", "the shares are drawn, not printed")
    return [*parts, replace(unknown, decides=False)]


def _judges(table: Cells) -> list[Part]:
    """Williams' test needs the correlation of both judges with each other, which is not published: from where on?"""
    first = table[BEST_JUDGE]["pearson_r"]
    parts = []
    for judge, cells in table.items():
        if judge == BEST_JUDGE:
            continue
        needed = _needed_agreement(first, cells["pearson_r"])
        always = needed is not None and needed <= -1
        note = "no correlation of both judges makes it significant"
        if needed is not None:
            note = (
                f"significant if both judges' scores correlate with each other by {needed:.2f} or more, not published"
            )
        parts.append(
            Part(
                f"{BEST_JUDGE} correlates more with the ratings than {judge}",
                SUPPORTED if always else UNDECIDED if first > cells["pearson_r"] else FAILS,
                "difference of Pearson's r (Table 4)",
                first - cells["pearson_r"],
                n=RATED,
                note=note,
            )
        )
    return parts


def _needed_agreement(first: float, second: float) -> float | None:
    """Return the least correlation of two scorers from which on Williams' test finds their r to differ; None: never.

    Only correlations are tried that three variables can have together.
    """
    reach = math.sqrt((1 - first**2) * (1 - second**2))
    low, high = first * second - reach, first * second + reach
    for step in range(_STEPS):
        between = low + (high - low) * step / _STEPS
        found = williams(first, second, between, RATED)
        if found and found.p_value < SIGNIFICANT:
            return between if step else -1.0
    return None
