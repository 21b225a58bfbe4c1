"""The screen over open answers: a line per answer with what became of each statement, and shares per model."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.scoring.faithfulness.comparison import compare
from medinjection.scoring.faithfulness.findings import (
    ADDED,
    CHANGED,
    DROPPED,
    FATES,
    KEPT,
    KINDS,
    NEGATION,
    UNCLEAR,
    Finding,
)
from medinjection.scoring.open.averages import ALL, GROUPS, QUESTIONS, TRANSLATIONS
from medinjection.scoring.proportions import wilson_interval

NUMBERS, NEGATIONS = STATED = ("numbers", "negations")
FAITHFULNESS_COLUMNS = (
    "model",
    "answers",
    "stated",
    "n",
    "kept_all",
    "share",
    "ci_low",
    "ci_high",
    "changed",
    "dropped",
    "added",
    "unclear",
    "signature",
)
_TEXTS = pa.struct([pa.field(name, pa.string(), nullable=False) for name in ("kind", "fate", "reference", "answer")])
_COUNTS = tuple(f"{kind}_{fate}" for kind in KINDS for fate in FATES)
FAITHFULNESS_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        # A number, unit or negation is changed, or a negation added.
        pa.field("flagged", pa.bool_(), nullable=False),
        *(pa.field(name, pa.int32(), nullable=False) for name in _COUNTS),
        # Whatever is not kept, with the words of both texts.
        pa.field("findings", pa.list_(pa.field("item", _TEXTS, nullable=False)), nullable=False),
    ]
)


def answer_findings(predictions: pa.Table, references: Mapping[str, str]) -> pa.Table:
    """Return a table of FAITHFULNESS_SCHEMA, a row per answer in the order of `predictions`.

    Args:
        predictions: table of OPEN_SCHEMA.
        references: record id -> its reference answer.

    Raises:
        InputError: the predictions are not exactly one for each of `references`.
    """
    rows = predictions.select(["model", "record_id", "source", "output"]).to_pylist()
    if sorted(row["record_id"] for row in rows) != sorted(references):
        raise InputError(f"{len(rows)} answers, expected exactly one to each of the {len(references)} open questions")
    found = []
    for row in rows:
        findings = compare(references[row["record_id"]], row.pop("output"))
        counts = Counter(f"{one.kind}_{one.fate}" for one in findings)
        texts = [
            {"kind": one.kind, "fate": one.fate, "reference": one.reference, "answer": one.answer}
            for one in findings
            if one.fate != KEPT
        ]
        found.append(
            {
                **row,
                "flagged": any(map(contradicts, findings)),
                **{name: counts[name] for name in _COUNTS},
                "findings": texts,
            }
        )
    return pa.Table.from_pylist(found, schema=FAITHFULNESS_SCHEMA)


def contradicts(finding: Finding) -> bool:
    """Tell whether an answer says something else than its reference, rather than less or more."""
    return finding.fate == CHANGED or (finding.kind, finding.fate) == (NEGATION, ADDED)


def faithfulness_rows(found: pa.Table, translations: Collection[str] = ()) -> list[dict[str, object]]:
    """Return rows of FAITHFULNESS_COLUMNS for the answers of one model: numbers, then negations, of each group.

    `n` answers have a reference that states such a thing; `kept_all` of them keep each one, with their share and its
    Wilson interval (95 %). `changed`, `dropped`, `added` and `unclear` count the answers with at least one.

    Args:
        found: table of FAITHFULNESS_SCHEMA.
        translations: the sources that ask for translations of passages.
    """
    rows = found.to_pylist()
    groups = {
        ALL: rows,
        QUESTIONS: [row for row in rows if row["source"] not in translations],
        TRANSLATIONS: [row for row in rows if row["source"] in translations],
    }
    signature = f"faithfulness|stems:snowball french, nltk:{version('nltk')}|interval:wilson, scipy:{version('scipy')}"
    lines = []
    for group in (group for group in GROUPS if groups[group]):
        for stated in STATED:
            cells = _counts(groups[group], [k for k in KINDS if (k == NEGATION) == (stated == NEGATIONS)])
            values = (rows[0]["model"], group, stated, *cells, signature)
            lines.append(dict(zip(FAITHFULNESS_COLUMNS, values, strict=True)))
    return lines


def _counts(rows: Sequence[Mapping[str, int]], kinds: Sequence[str]) -> tuple[object, ...]:
    totals = [{fate: sum(row[f"{kind}_{fate}"] for kind in kinds) for fate in FATES} for row in rows]
    stating = [total for total in totals if any(total[fate] for fate in (KEPT, CHANGED, DROPPED, UNCLEAR))]
    kept = sum(not any(total[fate] for fate in (CHANGED, DROPPED, UNCLEAR)) for total in stating)
    n = len(stating)
    shares = ("", "", "") if n == 0 else (kept / n, *wilson_interval(kept, n))
    return n, kept, *shares, *(sum(total[fate] > 0 for total in totals) for fate in (CHANGED, DROPPED, ADDED, UNCLEAR))
