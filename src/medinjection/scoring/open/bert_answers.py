"""BERTScore of open answers as scores of single answers: raw and rescaled, of texts as written and for French."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.scoring.open.answer_scores import VARIANTS, answer_scores
from medinjection.scoring.open.bertscore import BertScorer, bertscore_signature, french_baseline, rescaled
from medinjection.scoring.open.tokenisers import french_text


def bertscore_answers(
    predictions: pa.Table,
    references: Mapping[str, str],
    scorer: BertScorer,
    model: str,
    layer: int,
    baseline: str | None = None,
) -> pa.Table:
    """Return a table of ANSWER_SCORES_SCHEMA with the F1 of each answer, and with a baseline the rescaled F1.

    Args:
        predictions: table of OPEN_SCHEMA, of any number of models; all are scored in one go.
        references: record id -> its reference answer.
        model: name of the scorer's model, for the signature.
        layer: the scorer's layer.
        baseline: name of one of bert_score's French baselines.

    Raises:
        InputError: an answered record is not among the references, or bert_score has no such baseline.
    """
    floor = french_baseline(baseline, layer) if baseline else None
    ids = predictions["record_id"].to_pylist()
    if unknown := sorted(set(ids) - set(references)):
        raise InputError(f"record {unknown[0]} is not among the references ({len(unknown)} such records)")
    written = [(output, references[name]) for name, output in zip(ids, predictions["output"].to_pylist(), strict=True)]
    read = {"default": written, "fr": [(french_text(output), french_text(reference)) for output, reference in written]}
    found = scorer.f1([pair for variant in VARIANTS for pair in read[variant]])
    scores: dict[tuple[str, str], tuple[Sequence[float], str]] = {}
    for place, variant in enumerate(VARIANTS):
        raw = found[place * len(ids) : (place + 1) * len(ids)]
        scores["bertscore_f1", variant] = (_hundreds(raw), bertscore_signature(model, layer, variant, None))
        if floor is not None:
            signature = bertscore_signature(model, layer, variant, baseline)
            scores["bertscore_f1_rescaled", variant] = (_hundreds(rescaled(raw, floor)), signature)
    return answer_scores(predictions, scores)


def _hundreds(values: Sequence[float]) -> list[float]:
    # Rounded beyond what is compared: the last bits depend on the texts that share a batch.
    return [round(100 * value, 3) + 0.0 for value in values]
