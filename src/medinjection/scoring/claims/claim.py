"""What a claim is, what was found about it, and how the findings of its parts become one verdict."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from medinjection.scoring.choice.paired import holm

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
UNDECIDED = "undecided"
# Numbers without the answers behind them can be compared, not tested.
HOLDS = "holds, not tested"
FAILS = "does not hold, not tested"
NOT_RUN = "not run"

THIS_RUN = "this run"
PUBLISHED = "published numbers"
SIGNIFICANT = 0.05

CLAIM_COLUMNS = (
    "claim",
    "key",
    "basis",
    "part",
    "decides",
    "verdict",
    "statistic",
    "value",
    "ci_low",
    "ci_high",
    "p_value",
    "p_corrected",
    "correction",
    "n",
    "note",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the paper: its number here, a short name, one sentence, and where the paper says it."""

    number: int
    key: str
    sentence: str
    place: str


CLAIMS = (
    Claim(1, "native_best_alone", "Of the three sources alone, native records train the best model.", "abstract, 5.1"),
    Claim(2, "native_translated_best", "Native and translated records together train the best model of all.", "5.1"),
    Claim(
        3,
        "synthetic_weak_alone",
        "Synthetic records alone train the weakest model of the three sources, but help beside native ones.",
        "abstract, 5.1",
    ),
    Claim(4, "gap_closes", "Tuning closes the gap between constrained and greedy decoding.", "5.1"),
    Claim(5, "hamming_above_exact", "Hamming scores lie above exact match.", "5.1"),
    Claim(6, "ranking_stable", "The ranking of the models stays when options are shown in other orders.", "appendix"),
    Claim(
        7,
        "translation_near_best",
        "The teachers translate about as well as the best system of WMT 2024.",
        "3.3, Table 3",
    ),
    Claim(8, "synthetic_scores_high", "Most synthetic items get high scores from the judges.", "3.4, Figure 3"),
    Claim(9, "medgemma_best_judge", "MedGemma-27B agrees best with the physicians' ratings.", "4.3, Table 4"),
    Claim(
        10, "no_length_effect", "There is no monotone relation between answer length and judge score.", "5.2, Figure 5"
    ),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One statement that is tested.

    Attributes:
        statement: what would be true if the claim holds.
        verdict: one of the constants above; `NOT_RUN` with the reason behind a colon.
        statistic: what `value` is, with its unit.
        p_value: two-sided.
        correction: over which tests `p_corrected` is corrected, and how.
        n: items that the statistic is over.
        decides: False where a part is shown beside the claim, which says something weaker or else.
    """

    statement: str
    verdict: str
    statistic: str = ""
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    p_corrected: float | None = None
    correction: str = ""
    n: int | None = None
    note: str = ""
    decides: bool = True


def not_run(statement: str, reason: str) -> Part:
    """Return a part that could not be looked at, with the reason."""
    return Part(statement, f"{NOT_RUN}: {reason}")


def decided(parts: Sequence[Part]) -> list[Part]:
    """Return parts, whose `value` should be above 0, with Holm's correction over all and the verdict that follows.

    Parts without a p-value stay as they are.
    """
    tested = [part for part in parts if part.p_value is not None]
    corrected = dict(
        zip(map(id, tested), holm([part.p_value for part in tested if part.p_value is not None]), strict=True)
    )
    name = f"Holm over {len(tested)} tests of this claim" if len(tested) > 1 else ""
    found = []
    for part in parts:
        if (p_value := corrected.get(id(part))) is None or part.value is None:
            found.append(part)
            continue
        direction = SUPPORTED if part.value > 0 else NOT_SUPPORTED
        verdict = direction if p_value < SIGNIFICANT and part.value else UNDECIDED
        found.append(replace(part, verdict=verdict, p_corrected=p_value, correction=name))
    return found


def overall(parts: Sequence[Part]) -> str:
    """Return the verdict of a claim: supported where all deciding parts are, not supported where one is not."""
    verdicts = [part.verdict for part in parts if part.decides]
    for verdict in verdicts:
        if verdict.startswith(NOT_RUN):
            return verdict
    for verdict in (NOT_SUPPORTED, FAILS):
        if verdict in verdicts:
            return verdict
    if verdicts and set(verdicts) <= {SUPPORTED, HOLDS}:
        return HOLDS if HOLDS in verdicts else SUPPORTED
    return UNDECIDED


def claim_rows(claim: Claim, basis: str, parts: Sequence[Part]) -> list[dict[str, object]]:
    """Return rows of CLAIM_COLUMNS: the claim as a whole, then each part."""
    key: dict[str, object] = {"claim": claim.number, "key": claim.key, "basis": basis}
    whole = dict.fromkeys(CLAIM_COLUMNS, "") | key | {"verdict": overall(parts)}
    rows = [whole]
    for part in parts:
        cells = {name: "" if value is None else value for name, value in asdict(part).items() if name != "statement"}
        cells |= {"part": part.statement, "decides": "yes" if part.decides else "no"}
        rows.append(dict.fromkeys(CLAIM_COLUMNS, "") | key | cells)
    return rows
