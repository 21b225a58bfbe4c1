"""Text metrics of open answers: BLEU and ROUGE, each as the field's default and, where that fails French, as "fr"."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from medinjection.progress import progress_bar
from medinjection.records.errors import InputError
from medinjection.records.text import is_blank
from medinjection.scoring.open.tokenisers import FrenchTokeniser

TEXT_COLUMNS = ("model", "source", "metric", "variant", "value", "n", "signature")
ROUGE_TYPES = ("rouge1", "rouge2", "rougeL")
ROUGE_VARIANTS = ("default", "fr")


def bleu(outputs: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """Return corpus BLEU (0 to 100) with sacrebleu's defaults, and sacrebleu's own signature."""
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU()
    return metric.corpus_score(list(outputs), [list(references)]).score, str(metric.get_signature())


def rouge(outputs: Sequence[str], references: Sequence[str], variant: str) -> dict[str, list[float]]:
    """Return the F1 (0 to 100) of each output by ROUGE-1, ROUGE-2 and ROUGE-L, without stemming.

    Args:
        variant: "default" for rouge_score's tokenizer, which drops accented letters; "fr" for `FrenchTokeniser`.
    """
    from rouge_score.rouge_scorer import RougeScorer

    tokenizer = FrenchTokeniser() if variant == "fr" else None
    scorer = RougeScorer(list(ROUGE_TYPES), use_stemmer=False, tokenizer=tokenizer)
    pairs = progress_bar(len(outputs), f"ROUGE {variant}", "answers", zip(outputs, references, strict=True))
    scores = [scorer.score(reference, output) for output, reference in pairs]
    return {metric: [100 * score[metric].fmeasure for score in scores] for metric in ROUGE_TYPES}


def rouge_signature(metric: str, variant: str) -> str:
    """Return what identifies a ROUGE score: the metric, its tokenizer and options, and the version of rouge_score."""
    return f"{metric}|measure:f1|average:mean|stem:no|tok:{variant}|rouge_score:{version('rouge_score')}"


def score_open(predictions: pa.Table, references: Mapping[str, str]) -> list[dict[str, object]]:
    """Return rows of TEXT_COLUMNS for the open answers of one model: all sources together ("all"), then each source.

    An empty output scores 0 and counts; metric "empty_outputs" says how many there are, "unfinished_outputs" how many
    reached the limit of tokens. "output_tokens" and "reference_tokens" are mean lengths in the model's own tokens.

    Args:
        predictions: table of OPEN_SCHEMA, one model.
        references: record id -> its reference answer.

    Raises:
        InputError: the predictions are not exactly one for each of `references`, or are of several models.
    """
    rows = predictions.to_pylist()
    model = _only_model(rows)
    _check_complete([row["record_id"] for row in rows], references, model)
    outputs, sources = ([row[name] for row in rows] for name in ("output", "source"))
    expected = [references[row["record_id"]] for row in rows]
    measured = _per_answer(rows, outputs, expected)
    scores = []
    for source in ("all", *sorted(set(sources))):
        chosen = [i for i in range(len(rows)) if source in ("all", sources[i])]
        value, signature = bleu([outputs[i] for i in chosen], [expected[i] for i in chosen])
        of_source = [("bleu", "default", value, signature)]
        for (metric, variant), (values, is_count, signature) in measured.items():
            total = sum(values[i] for i in chosen)
            of_source.append((metric, variant, total if is_count else total / len(chosen), signature))
        for metric, variant, value, signature in of_source:
            row = (model, source, metric, variant, value, len(chosen), signature)
            scores.append(dict(zip(TEXT_COLUMNS, row, strict=True)))
    return scores


def _per_answer(
    rows: Sequence[Mapping[str, Any]], outputs: Sequence[str], references: Sequence[str]
) -> dict[tuple[str, str], tuple[Sequence[float], bool, str]]:
    """Return (metric, variant) -> values of the answers, whether they are counted instead of averaged, signature."""
    measured: dict[tuple[str, str], tuple[Sequence[float], bool, str]] = {}
    for variant in ROUGE_VARIANTS:
        for metric, values in rouge(outputs, references, variant).items():
            measured[metric, variant] = (values, False, rouge_signature(metric, variant))
    for metric in ("output_tokens", "reference_tokens"):
        measured[metric, "-"] = ([float(row[metric]) for row in rows], False, "tokens of the model|average:mean")
    measured["empty_outputs", "-"] = ([int(is_blank(output)) for output in outputs], True, "count")
    measured["unfinished_outputs", "-"] = ([int(not row["finished"]) for row in rows], True, "count")
    return measured


def _only_model(rows: Sequence[Mapping[str, Any]]) -> str:
    models = sorted({row["model"] for row in rows})
    if not models:
        raise InputError("no answers, expected those of one model")
    if len(models) != 1:
        raise InputError(f"predictions of {len(models)} models ({models}), expected one model per file")
    return models[0]


def _check_complete(ids: Sequence[str], references: Mapping[str, str], model: str) -> None:
    if len(set(ids)) != len(ids):
        repeated = next(i for i in sorted(ids) if ids.count(i) > 1)
        raise InputError(f"{model}: record {repeated} is answered more than once")
    if unknown := sorted(set(ids) - set(references)):
        raise InputError(f"{model}: record {unknown[0]} is not among the references ({len(unknown)} such records)")
    if unanswered := sorted(set(references) - set(ids)):
        raise InputError(f"{model}: record {unanswered[0]} has no answer ({len(unanswered)} such records)")
