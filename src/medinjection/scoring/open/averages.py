"""Open answers of one model: scores of each, and their averages over all, over groups and over each source."""

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.records.text import is_blank
from medinjection.scoring.open.answer_scores import VARIANTS, answer_scores
from medinjection.scoring.open.text import AnswerBleu, answer_bleu, lexical_scores

TEXT_COLUMNS = ("model", "source", "metric", "variant", "average", "value", "n", "signature")
ALL, QUESTIONS, TRANSLATIONS = GROUPS = ("all", "questions", "translations")
# BLEU of all answers as one text; mean over answers; mean of the sources' values; neither, for counts.
CORPUS, ANSWERS, SOURCES, COUNT = "corpus", "answers", "sources", "-"
_COUNTS = ("empty_outputs", "unfinished_outputs")


def shown_average(metric: str) -> str:
    """Return the average of a metric that stands beside the paper's: what its package returns for a list of texts."""
    return CORPUS if metric == "bleu" else COUNT if metric in _COUNTS else ANSWERS


def score_open(
    predictions: pa.Table,
    references: Mapping[str, str],
    translations: Collection[str] = (),
    scored: pa.Table | None = None,
) -> tuple[list[dict[str, object]], pa.Table]:
    """Return rows of TEXT_COLUMNS for the open answers of one model, and a table of ANSWER_SCORES_SCHEMA.

    The rows are of all answers (source "all"), of the "questions", of the "translations", and of each source. An empty
    output scores 0 and counts; metric "empty_outputs" says how many there are, "unfinished_outputs" how many reached
    the limit of tokens. "output_tokens" and "reference_tokens" are mean lengths in the model's own tokens.

    Args:
        predictions: table of OPEN_SCHEMA, one model.
        references: record id -> its reference answer.
        translations: the sources that ask for translations of passages.
        scored: further scores of these answers, of ANSWER_SCORES_SCHEMA.

    Raises:
        InputError: the predictions are not exactly one for each of `references`, or are of several models, a source has
            the name of a group, or `scored` are not exactly of these answers.
    """
    rows = predictions.to_pylist()
    model = _only_model(rows)
    _check_complete([row["record_id"] for row in rows], references, model)
    outputs = ["" if is_blank(row["output"]) else row["output"] for row in rows]
    expected = [references[row["record_id"]] for row in rows]
    bleus = {variant: answer_bleu(outputs, expected, variant) for variant in VARIANTS}
    of_answers = answer_scores(predictions, lexical_scores(outputs, expected, bleus))
    if scored is not None:
        of_answers = pa.concat_tables([of_answers, _scores_of(rows, scored, model)])
    scores = []
    for source, chosen in _groups(rows, translations).items():
        values = [
            *_corpus_rows(chosen, rows, bleus),
            *_mean_rows(chosen, rows, of_answers),
            *_facts(chosen, rows, outputs),
        ]
        if source not in GROUPS:
            values = [value for value in values if value[2] != SOURCES]
        for metric, variant, average, value, signature in values:
            row = (model, source, metric, variant, average, value, len(chosen), signature)
            scores.append(dict(zip(TEXT_COLUMNS, row, strict=True)))
    return scores, of_answers


_Value = tuple[str, str, str, float, str]
_Rows = Sequence[Mapping[str, Any]]


def _groups(rows: _Rows, translations: Collection[str]) -> dict[str, list[int]]:
    """Return the places of the answers of each group that has some, then of each source."""
    sources: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        sources.setdefault(row["source"], []).append(place)
    if taken := sorted(set(sources) & set(GROUPS)):
        raise InputError(f"predictions: a source is called {taken[0]!r}, which is the name of a group of sources")
    passages = [place for place, row in enumerate(rows) if row["source"] in translations]
    questions = [place for place, row in enumerate(rows) if row["source"] not in translations]
    groups = {ALL: list(range(len(rows))), QUESTIONS: questions, TRANSLATIONS: passages}
    return {name: places for name, places in groups.items() if places} | dict(sorted(sources.items()))


def _by_source(chosen: Sequence[int], rows: _Rows) -> list[list[int]]:
    parts: dict[str, list[int]] = {}
    for place in chosen:
        parts.setdefault(rows[place]["source"], []).append(place)
    return list(parts.values())


def _corpus_rows(chosen: Sequence[int], rows: _Rows, bleus: Mapping[str, AnswerBleu]) -> list[_Value]:
    """Return BLEU of the answers as one text, and the mean of the sources' BLEU."""
    found = []
    parts = _by_source(chosen, rows)
    for variant, of_answers in bleus.items():
        signature = of_answers.corpus_signature
        found.append(("bleu", variant, CORPUS, of_answers.of_corpus(chosen), signature))
        found.append(("bleu", variant, SOURCES, fmean(map(of_answers.of_corpus, parts)), signature))
    return found


def _mean_rows(chosen: Sequence[int], rows: _Rows, of_answers: pa.Table) -> list[_Value]:
    """Return the mean over the answers of each metric, and but for BLEU the mean of the sources' means."""
    found = []
    for start in range(0, len(of_answers), len(rows)):
        part = of_answers.slice(start, len(rows))
        metric, variant, signature = (part[name][0].as_py() for name in ("metric", "variant", "signature"))
        values = part["score"].to_numpy()
        found.append((metric, variant, ANSWERS, float(values[list(chosen)].mean()), signature))
        if metric != "bleu":
            means = [float(values[places].mean()) for places in _by_source(chosen, rows)]
            found.append((metric, variant, SOURCES, fmean(means), signature))
    return found


def _facts(chosen: Sequence[int], rows: _Rows, outputs: Sequence[str]) -> list[_Value]:
    tokens: list[_Value] = [
        (metric, "-", ANSWERS, fmean(rows[i][metric] for i in chosen), "tokens of the model")
        for metric in ("output_tokens", "reference_tokens")
    ]
    empty = sum(not outputs[i] for i in chosen)
    unfinished = sum(not rows[i]["finished"] for i in chosen)
    counts = zip(_COUNTS, (empty, unfinished), strict=True)
    return [*tokens, *((metric, "-", COUNT, float(count), "count") for metric, count in counts)]


def _scores_of(rows: _Rows, scored: pa.Table, model: str) -> pa.Table:
    """Return further scores, metric by metric, each in the order of `rows`.

    Raises:
        InputError: a metric is not of exactly these answers.
    """
    order = {row["record_id"]: place for place, row in enumerate(rows)}
    found: dict[tuple[str, str], dict[int, int]] = {}
    for place, row in enumerate(scored.select(["record_id", "metric", "variant"]).to_pylist()):
        key = (row["metric"], row["variant"])
        if row["record_id"] not in order:
            raise InputError(f"{model}: {', '.join(key)} of record {row['record_id']}, which is not among the answers")
        found.setdefault(key, {})[order[row["record_id"]]] = place
    for key, places in found.items():
        if len(places) != len(rows):
            raise InputError(
                f"{model}: {', '.join(key)} of {len(places)} answers, expected one for each of the {len(rows)}"
            )
    return scored.take([places[i] for places in found.values() for i in range(len(rows))])


def _only_model(rows: _Rows) -> str:
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
