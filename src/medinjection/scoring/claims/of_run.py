"""The claims on the numbers of a run (`scores/`): which hold, with statistic, interval, n and correction."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from medinjection.scoring.agreement.scorers import NO_VARIANT
from medinjection.scoring.choice.intervals import AGGREGATE, bootstrap_interval, derived_seed
from medinjection.scoring.claims.claim import (
    CLAIMS,
    NOT_SUPPORTED,
    SIGNIFICANT,
    SUPPORTED,
    THIS_RUN,
    UNDECIDED,
    Part,
    claim_rows,
    decided,
    not_run,
)
from medinjection.scoring.proportions import wilson_interval
from medinjection.scoring.quality.scales import BEST_SCORES
from medinjection.scoring.rankings import kendall

Row = Mapping[str, str]

NATIVE, TRANSLATED, SYNTHETIC = "NAT", "TRAD", "SYN"
BEST_MIX = "NAT-TRAD"
HELPED = "NAT-SYN"
BASE = "base"
OTHER_MIXES = (NATIVE, TRANSLATED, SYNTHETIC, HELPED, "TRAD-SYN", "ALL")
BEST_JUDGE = "medgemma-27b"
# What the paper calls comparable it does not say; one point of COMET in a hundred, ours.
MARGIN = 0.01
# Scores that count as high: the two best of five, the best of three.
HIGH = {5: (4, 5), 3: (3,)}
# A rank correlation beyond this would be a relation worth the name; ours.
STRONG = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of score files as texts by column, as far as the run has them; an absent file is an empty list.

    Attributes:
        pairs: scores/paired_all.csv.
        gaps: scores/decoding_gaps.csv.
        spread: scores/choice_spread.csv.
        comet: system -> segment id -> COMET of its translation, of the test set of WMT 2024.
        best_translation: the given system that the others are compared with.
        quality: scores/quality.csv.
        correlation_tests: scores/correlation_tests.csv.
        association: scores/length_association.csv.
    """

    pairs: Sequence[Row] = ()
    gaps: Sequence[Row] = ()
    spread: Sequence[Row] = ()
    comet: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    best_translation: str = "wmt24-best"
    quality: Sequence[Row] = ()
    correlation_tests: Sequence[Row] = ()
    association: Sequence[Row] = ()


def claims_of_run(evidence: Evidence, seed: int, stand_ins: Sequence[str] = ()) -> list[dict[str, object]]:
    """Return rows of CLAIM_COLUMNS for every claim of the paper, on the numbers of a run.

    Args:
        seed: of the resampling of translated segments.
        stand_ins: what stood in for models or corpora; then nothing is tested, for a demonstration tests no claim.
    """
    found = {
        "native_best_alone": lambda: _greater(evidence.pairs, [(NATIVE, TRANSLATED), (NATIVE, SYNTHETIC)]),
        "native_translated_best": lambda: _greater(
            evidence.pairs, [(BEST_MIX, other) for other in (BASE, *OTHER_MIXES)]
        ),
        "synthetic_weak_alone": lambda: _synthetic(evidence.pairs),
        "gap_closes": lambda: _gaps(evidence.gaps),
        "hamming_above_exact": lambda: _hamming(evidence.spread),
        "ranking_stable": lambda: [_stable(evidence.spread)],
        "translation_near_best": lambda: _translations(evidence.comet, evidence.best_translation, seed),
        "synthetic_scores_high": lambda: _quality(evidence.quality),
        "medgemma_best_judge": lambda: _judges(evidence.correlation_tests),
        "no_length_effect": lambda: _length(evidence.association),
    }
    rows = []
    for claim in CLAIMS:
        parts = [not_run("", ", ".join(stand_ins))] if stand_ins else found[claim.key]()
        rows += claim_rows(claim, THIS_RUN, parts)
    return rows


def _greater(pairs: Sequence[Row], wanted: Sequence[tuple[str, str]], decides: bool = True) -> list[Part]:
    """Return for each pair of models whether the first has more exact matches, by the sign-flip test over questions."""
    return decided([_difference(pairs, better, worse, decides) for better, worse in wanted])


def _difference(pairs: Sequence[Row], better: str, worse: str, decides: bool = True) -> Part:
    statement = f"{better} is better than {worse}"
    for row in pairs:
        if row["decoding"] != "greedy" or row["test"] != "sign-flip" or {row["model"], row["other"]} != {better, worse}:
            continue
        if row["n_items"] == "0":
            break
        sign = 100 if row["model"] == better else -100
        low, high = sorted(sign * float(row[name]) for name in ("ci_low", "ci_high"))
        return Part(
            statement,
            UNDECIDED,
            f"points of exact match, greedy, mean over orders ({row['orders']})",
            sign * float(row["difference"]),
            low,
            high,
            float(row["p_value"]),
            n=int(row["n_items"]),
            decides=decides,
        )
    return not_run(statement, f"no answers of both {better} and {worse}")


def _synthetic(pairs: Sequence[Row]) -> list[Part]:
    # The paper does not say what the help of synthetic records is measured against: both readings are shown.
    parts = decided(
        [
            _difference(pairs, NATIVE, SYNTHETIC),
            _difference(pairs, TRANSLATED, SYNTHETIC),
            _difference(pairs, HELPED, SYNTHETIC),
        ]
    )
    return parts + _greater(pairs, [(HELPED, NATIVE)], decides=False)


def _gaps(gaps: Sequence[Row]) -> list[Part]:
    tuned = [row for row in gaps if row["base"] == BASE and row["model"] in (BEST_MIX, *OTHER_MIXES)]
    if not tuned:
        return [not_run("the gap is smaller than the base model's", "no tuned model with both decodings")]
    parts = []
    for row in tuned:
        # The other way round, so that above 0 is what the claim says.
        low, high = sorted(-100 * float(row[name]) for name in ("ci_low", "ci_high"))
        parts.append(
            Part(
                f"{row['model']} gains less by constrained decoding than the base model",
                UNDECIDED,
                "points by which the gap in exact match is smaller",
                -100 * float(row["difference"]),
                low,
                high,
                float(row["p_value"]),
                n=int(row["n_items"]),
                note=f"gap {100 * float(row['gap']):.2f}, base {100 * float(row['gap_base']):.2f} points",
            )
        )
    return decided(parts)


def _micro(spread: Sequence[Row], task: str, decoding: str, orders: str, metric: str) -> dict[str, float]:
    """Return model -> average over records."""
    key = (task, decoding, orders, metric)
    return {
        row["model"]: float(row["micro"])
        for row in spread
        if (row["task"], row["decoding"], row["orders"], row["metric"]) == key and row["micro"]
    }


def _hamming(spread: Sequence[Row]) -> list[Part]:
    parts = []
    for decoding in ("greedy", "constrained"):
        exact = _micro(spread, "mcq", decoding, "published", "exact_match")
        hamming = _micro(spread, "mcq", decoding, "published", "hamming")
        if not exact:
            continue
        lead = {model: 100 * (hamming[model] - value) for model, value in exact.items()}
        lowest = min(lead, key=lambda model: lead[model])
        parts.append(
            Part(
                f"the Hamming score is above exact match for every model ({decoding})",
                SUPPORTED if lead[lowest] >= 0 else NOT_SUPPORTED,
                "minimum over models of the difference in points",
                lead[lowest],
                n=len(lead),
                note=BY_DEFINITION,
            )
        )
    return parts or [not_run("the Hamming score is above exact match", "no question with several right answers")]


BY_DEFINITION = "follows from the definition: an answer's intersection over union is never below its exact match"


def _stable(spread: Sequence[Row]) -> Part:
    statement = "models rank alike in the published order and over the permuted ones"
    published, permuted = (
        _micro(spread, AGGREGATE, "greedy", orders, "exact_match") for orders in ("published", "permuted")
    )
    models = [model for model in published if model in permuted]
    return ranking_part(statement, [(published[model], permuted[model]) for model in models], "no permuted orders")


def ranking_part(statement: str, pairs: Sequence[tuple[float, float]], missing: str) -> Part:
    """Return whether two rankings agree, by Kendall's tau-b and its exact p-value."""
    if not pairs:
        return not_run(statement, missing)
    found = kendall(pairs)
    if found is None:
        return Part(statement, UNDECIDED, "Kendall's tau-b", n=len(pairs), note="all models have the same score")
    tau, p_value = found
    verdict = UNDECIDED if p_value >= SIGNIFICANT else SUPPORTED if tau > 0 else NOT_SUPPORTED
    note = ""
    if 2 / math.factorial(len(pairs)) >= SIGNIFICANT:
        note = f"{len(pairs)} models are too few: no ranking of them can be significant"
    return Part(statement, verdict, "Kendall's tau-b", tau, p_value=p_value, n=len(pairs), note=note)


def _translations(comet: Mapping[str, Mapping[str, float]], best: str, seed: int) -> list[Part]:
    statement = f"COMET is at most {MARGIN} below that of {best}"
    if best not in comet:
        return [not_run(statement, f"no segments of {best} on the test set of WMT 2024 with COMET")]
    parts = []
    for system, of_system in comet.items():
        if system == best:
            continue
        shared = sorted(of_system.keys() & comet[best].keys())
        if not shared:
            parts.append(not_run(f"{system}: {statement}", "no segment that both have translated"))
            continue
        differences = np.array([of_system[segment] - comet[best][segment] for segment in shared])
        low, high = bootstrap_interval(differences, derived_seed(str(seed), "claim", "comet", system))
        verdict = SUPPORTED if low >= -MARGIN else NOT_SUPPORTED if high < -MARGIN else UNDECIDED
        parts.append(
            Part(
                f"{system}: {statement}",
                verdict,
                "difference in COMET, mean over segments",
                float(differences.mean()),
                low,
                high,
                n=len(shared),
                note="the margin is ours; the paper says comparable",
            )
        )
    return parts or [not_run(statement, "no teacher translated the test set of WMT 2024")]


def _quality(quality: Sequence[Row]) -> list[Part]:
    parts = []
    for row in quality:
        scale = BEST_SCORES[row["kind"]]
        items, high = int(row["items"]), HIGH[scale]
        named = " or ".join(map(str, high))
        statement = f"{row['judge']}: more than half of the {row['kind']} items score {named} of {scale}"
        if not items:
            parts.append(not_run(statement, "no item was judged"))
            continue
        hits = sum(int(row[f"count_{score}"]) for score in high)
        ci_low, ci_high = wilson_interval(hits, items)
        verdict = SUPPORTED if ci_low > 0.5 else NOT_SUPPORTED if ci_high < 0.5 else UNDECIDED
        statistic = "share of the items, Wilson interval"
        parts.append(Part(statement, verdict, statistic, hits / items, ci_low, ci_high, n=items))
    return parts or [not_run("more than half of the synthetic items score high", "no judge scored synthetic items")]


def _judges(tests: Sequence[Row]) -> list[Part]:
    statement = f"{BEST_JUDGE} correlates more with the ratings than another judge"
    parts = []
    for row in tests:
        sides = (row["first"], row["second"])
        if BEST_JUDGE not in sides or {row["first_variant"], row["second_variant"]} != {NO_VARIANT}:
            continue
        sign = 1 if row["first"] == BEST_JUDGE else -1
        other = sides[1] if sign == 1 else sides[0]
        of_pair = f"{BEST_JUDGE} correlates more with the ratings than {other}"
        if not row["p_value"]:
            parts.append(Part(of_pair, UNDECIDED, note=row["undefined"]))
            continue
        difference = sign * (float(row["r_first"]) - float(row["r_second"]))
        parts.append(
            Part(
                of_pair,
                UNDECIDED,
                "difference of Pearson's r, Williams' test",
                difference,
                p_value=float(row["p_value"]),
                n=int(row["n"]),
            )
        )
    return decided(parts) or [not_run(statement, f"no ratings of answers that {BEST_JUDGE} and another judge scored")]


def _length(association: Sequence[Row]) -> list[Part]:
    parts = []
    for row in association:
        if not row["left_out"]:
            statement = f"{row['judge']}: models that write longer answers score neither higher nor lower"
            models = int(row["models"])
            if not row["spearman_rho"]:
                parts.append(Part(statement, UNDECIDED, n=models, note=row["undefined"]))
            else:
                parts.append(no_relation(statement, float(row["spearman_rho"]), float(row["spearman_p"]), models))
    return parts or [not_run("length and judge score are not related", "no judge scored open answers")]


def no_relation(statement: str, rho: float, p_value: float, models: int) -> Part:
    """Return whether a rank correlation is shown to be weak: that none was found shows nothing with few models.

    The interval is Bonett and Wright's (2000, Psychometrika 65, 23-28), which needs four points.
    """
    statistic = "Spearman's rho over models"
    if models < 4:
        return Part(statement, UNDECIDED, statistic, rho, p_value=p_value, n=models, note="fewer than four models")
    half = 1.959964 * math.sqrt((1 + rho**2 / 2) / (models - 3))
    centre = math.atanh(max(-0.999999, min(0.999999, rho)))
    low, high = math.tanh(centre - half), math.tanh(centre + half)
    verdict, note = UNDECIDED, ""
    if p_value < SIGNIFICANT:
        verdict = NOT_SUPPORTED
    elif low > -STRONG and high < STRONG:
        verdict = SUPPORTED
    else:
        note = f"{models} models cannot exclude a rank correlation of {max(-low, high):.2f}"
    return Part(statement, verdict, statistic, rho, low, high, p_value, n=models, note=note)
