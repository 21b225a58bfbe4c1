"""What judges are going to be asked, and the pricing of all work that a configuration describes."""

import argparse
import csv
import io
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from medinjection.components.evaluation import limit_per_source
from medinjection.llm.client.arguments import add_llm_arguments, llm_from_arguments
from medinjection.llm.client.prompts import Prompt, read_prompt
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.prediction.served import prompts_asked
from medinjection.pricing.estimation import (
    ANSWERS,
    ITEM_TOKENS,
    Estimate,
    Expected,
    Work,
    expected_conversions,
    expected_items,
    expected_texts,
    expected_translations,
    items_asked,
)
from medinjection.pricing.ledger import money_text
from medinjection.records.errors import InputError
from medinjection.records.files import (
    count_rows,
    each_document,
    each_record,
    read_columns,
    read_documents,
    read_records,
    read_table,
)
from medinjection.records.schema import CHOICE_TASKS, DOCUMENT_SCHEMA, RECORD_SCHEMA, Record
from medinjection.scoring.open.judges import judge_request
from medinjection.scoring.quality.judging import choose_items, context_of, document_texts, quality_request, read_items
from medinjection.scoring.quality.scales import kind_of
from medinjection.scoring.translation.pairs import read_segments

COLUMNS = tuple(field.name for field in fields(Estimate))
# A judge answers with one figure, and perhaps the token that ends its turn.
_SCORE_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One stage's work as the configuration describes it; paths are files.

    Attributes:
        source: name of the source or the test set, `all` for judges.
        teacher: what the configuration calls it; `flags` describe it as they do to the stage's script.
        inputs: records, documents or segments; for `judge_answers` the records of each source with open questions, for
            `predict_served` those of each source that is evaluated.
        prompts: the stage's prompt; for `judge_quality` those of both kinds, `open` and `choice`.
        generation: for `judge_quality`, prompts of each kind by file of documents (its place in `inputs`).
        items: for `judge_quality`, the synthetic items where they exist; without them they are expected of `inputs`.
        predictions: for `judge_answers`, open answers by model where they exist; `models` are all models.
        evaluation: the open evaluation records, where they exist; `evaluation_choice` are the choice questions.
        limit: most items, or open questions of a source; `limit_choice` is that of its choice questions.
        orders: permuted orders of each choice question.
    """

    stage: str
    source: str
    teacher: str
    flags: str
    journals: str
    inputs: Sequence[str]
    prompts: Mapping[str, str]
    form: str | None = None
    generation: Sequence[Mapping[str, str]] = ()
    items: str | None = None
    limit: int | None = None
    seed: int = 42
    split: str = "test"
    models: Sequence[str] = ()
    predictions: Mapping[str, str] = field(default_factory=dict)
    evaluation: str | None = None
    max_new_tokens: int = 0
    evaluation_choice: str | None = None
    limit_choice: int | None = None
    orders: int = 0


def read_job(values: Mapping[str, Any]) -> Job:
    """Return the job that a JSON object describes. Raises InputError where it describes none."""
    try:
        return Job(**values)
    except TypeError as error:
        raise InputError(f"--job: {error}") from None


def work_of(job: Job) -> Work:
    """Return the work of a job: its requests are read from its files as they are needed.

    Raises:
        InputError: the stage asks nobody, or the flags describe no teacher.
    """
    prompts = {kind: read_prompt(path) for kind, path in job.prompts.items()}
    schema, basis = ANSWERS.get(job.form or job.stage, (None, f"answers of {_SCORE_TOKENS} tokens"))
    if job.stage == "translate_source":
        requests = expected_translations(_each(each_record, job.inputs), prompts["prompt"])
    elif job.stage == "translate_test_set":
        texts = (segment.source for segment in _each(read_segments, job.inputs))
        requests = expected_texts(texts, prompts["prompt"])
    elif job.stage == "convert_source":
        requests = expected_conversions(_each(each_record, job.inputs), prompts["prompt"])
    elif job.stage == "generate_items":
        requests = expected_items(_each(each_document, job.inputs), job.form, prompts["prompt"])
        basis = basis.format(items=items_asked(prompts["prompt"].text))
    elif job.stage == "judge_quality" and job.items:
        requests = _expected_ratings(job, prompts)
    elif job.stage == "judge_quality":
        requests = _expected_ratings_of_documents(job, prompts)
        basis += f"; items not written yet: as many as the prompts ask for, of {ITEM_TOKENS['open']} tokens"
    elif job.stage == "judge_answers":
        requests = _expected_judgements(job, prompts["prompt"])
        if absent := len(job.models) - len(job.predictions):
            basis += f"; open answers of {absent} models not written yet: {job.max_new_tokens} tokens"
    elif job.stage == "predict_served":
        requests = _expected_predictions(job)
        basis = "answers as long as they may be"
        if not job.evaluation:
            basis += "; evaluation not selected yet: as many questions of the split, in their own language"
    else:
        raise InputError(f"--job: no stage {job.stage!r} asks a language model")
    teacher = _teacher(job)
    return Work(job.stage, job.source, job.teacher, teacher, requests, basis, Path(job.journals), schema)


def estimates_csv(estimates: Sequence[Estimate]) -> str:
    """Return the estimates as CSV; an unknown sum of money is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in estimates:
        money = {name: money_text(getattr(one, name)) for name in ("money", "paid", "to_pay")}
        writer.writerow(asdict(one) | money)
    return text.getvalue()


def summary(estimates: Sequence[Estimate]) -> str:
    """Say in one sentence what is to be paid, and of which teachers that cannot be told."""
    requests, answered = (sum(getattr(one, name) for one in estimates) for name in ("requests", "answered"))
    known = [one.to_pay for one in estimates if one.to_pay is not None]
    unknown = [one for one in estimates if one.to_pay is None]
    text = f"{requests:,} requests, {answered:,} of them answered already; "
    if known or not unknown:
        text += f"about {sum(known):,.2f} to pay"
    if unknown:
        left = sum(one.requests - one.answered for one in unknown)
        names = ", ".join(sorted({one.teacher for one in unknown}))
        text += f"{', and ' if known else ''}an unknown sum for {left:,} requests to {names} (no price is given)"
    return f"{text}. Answers that have to be asked again come on top."


def _each(read: Any, paths: Sequence[str]) -> Iterator[Any]:
    return (item for path in paths for item in read(path))


def _teacher(job: Job) -> Any:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_llm_arguments(parser)
    # The two paths are required of a stage's script and have no part in what a teacher is.
    try:
        args = parser.parse_args([*shlex.split(job.flags), "--prompt", "-", "--journal", "-"])
        return llm_from_arguments(args)
    except (argparse.ArgumentError, InputError) as error:
        raise InputError(f"--job: flags of {job.teacher}: {error}") from None


def _expected_ratings(job: Job, prompts: Mapping[str, Prompt]) -> Iterator[Expected]:
    documents = document_texts(document for path in job.inputs for document in read_documents(path))
    for item in read_items(job.items, choose_items(job.items, job.limit, job.seed)):
        user = quality_request(item, context_of(item, documents))
        yield Expected(prompts[kind_of(item.task)].messages(user), answer_tokens=_SCORE_TOKENS)


def _expected_ratings_of_documents(job: Job, prompts: Mapping[str, Prompt]) -> Iterator[Expected]:
    """Yield what a judge will be asked of items that are not written yet: of each document those that are asked for."""
    sizes = [count_rows(path, DOCUMENT_SCHEMA) for path in job.inputs]
    for kind, prompt in prompts.items():
        asked = [items_asked(read_prompt(by_kind[kind]).text) for by_kind in job.generation]
        total = sum(size * items for size, items in zip(sizes, asked, strict=True))
        share = min(1.0, job.limit / total) if job.limit and total else 1.0
        for path, items in zip(job.inputs, asked, strict=True):
            for document in each_document(path):
                yield Expected(
                    prompt.messages(f"Context: {document.text}"),
                    answer_tokens=_SCORE_TOKENS,
                    times=items * share,
                    written=False,
                    unwritten_tokens=ITEM_TOKENS[kind],
                )


def _expected_judgements(job: Job, prompt: Prompt) -> Iterator[Expected]:
    """Yield what a judge will be asked of open answers: those of some models may exist, the others are expected."""
    if job.predictions:
        records = {record.id: record for record in read_records(job.evaluation)}
        for path in job.predictions.values():
            for row in read_table(path, OPEN_SCHEMA).to_pylist():
                user = judge_request(records[row["record_id"]], row["output"])
                yield Expected(prompt.messages(user), answer_tokens=_SCORE_TOKENS)
    absent = len(job.models) - len(job.predictions)
    for record in _records_of_split(job, ("oeq",), job.limit) if absent else ():
        yield Expected(
            prompt.messages(judge_request(record, "")),
            answer_tokens=_SCORE_TOKENS,
            times=absent,
            written=False,
            unwritten_tokens=job.max_new_tokens,
        )


def _expected_predictions(job: Job) -> Iterator[Expected]:
    """Yield what a served model will be asked: the evaluation records, or those that may become them."""
    if job.evaluation and job.evaluation_choice:
        choice, questions = each_record(job.evaluation_choice), each_record(job.evaluation)
    else:
        choice = _records_of_split(job, CHOICE_TASKS, job.limit_choice)
        questions = _records_of_split(job, ("oeq",), job.limit)
    for expected in expected_answers(choice, questions, job.orders, job.seed, job.max_new_tokens):
        yield replace(expected, written=bool(job.evaluation))


def expected_answers(
    choice_records: Iterable[Record], open_records: Iterable[Record], orders: int, seed: int, max_new_tokens: int
) -> Iterator[Expected]:
    """Yield the requests that an evaluated model is sent: answers as long as they may be."""
    for prompt in prompts_asked(choice_records, open_records, orders, seed, max_new_tokens):
        limit = prompt.max_new_tokens
        yield Expected(tuple(prompt.messages), answer_tokens=limit, max_tokens=limit)


def _records_of_split(job: Job, tasks: Sequence[str], limit: int | None) -> Iterator[Record]:
    """Yield the records of the split and of `tasks`, at most `limit` a source; some may be left out as duplicates."""
    for path in job.inputs:
        columns = read_columns(path, RECORD_SCHEMA, ("id", "source", "task", "split"))
        rows = zip(columns["task"].to_pylist(), columns["split"].to_pylist(), strict=True)
        places = [place for place, (task, split) in enumerate(rows) if task in tasks and split == job.split]
        chosen = limit_per_source(columns.take(places), limit, job.seed) if places else columns.slice(0, 0)
        yield from read_items(path, chosen["id"].to_pylist())
