"""What models are going to be asked: the evaluation records, or those that may become them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from medinjection.components.evaluation import limit_per_source
from medinjection.prediction.served import prompts_asked
from medinjection.pricing.jobs import Evaluation, ServedPrediction
from medinjection.pricing.requests import ExpectedRequest
from medinjection.records.files import each_record, read_columns
from medinjection.records.question_prompts import QuestionPrompts, read_question_prompts
from medinjection.records.schema import CHOICE_TASKS, RECORD_SCHEMA, Record
from medinjection.scoring.quality.judging import read_items


def prediction_requests(job: ServedPrediction) -> Iterator[ExpectedRequest]:
    """Yield what a model will be asked; answers are taken to be as long as they may be."""
    evaluation = job.evaluation
    selected = bool(evaluation.choice and evaluation.open)
    if evaluation.choice and evaluation.open:
        choice, questions = each_record(evaluation.choice), each_record(evaluation.open)
    else:
        choice = _records_of_split(evaluation, CHOICE_TASKS, evaluation.limit_choice)
        questions = open_records(evaluation) if job.stage == "predict_served" else iter(())
    prompts = read_question_prompts(job.choice_prompt, job.open_prompt, job.system_prompt)
    orders, limit = job.permutations, job.max_new_tokens
    for expected in requests_of_records(choice, questions, orders, evaluation.seed, limit, prompts):
        yield replace(expected, written=selected)


def requests_of_records(
    choice_records: Iterable[Record],
    open_questions: Iterable[Record],
    orders: int,
    seed: int,
    max_new_tokens: int,
    prompts: QuestionPrompts,
) -> Iterator[ExpectedRequest]:
    """Yield the requests of `predict_served_choice` and `predict_served_open`."""
    for prompt in prompts_asked(choice_records, open_questions, orders, seed, max_new_tokens, prompts):
        limit = prompt.max_new_tokens
        yield ExpectedRequest(tuple(prompt.messages), answer_tokens=limit, max_tokens=limit)


def open_records(evaluation: Evaluation) -> Iterator[Record]:
    """Yield the open questions that may be evaluated."""
    return _records_of_split(evaluation, ("oeq",), evaluation.limit_open)


def _records_of_split(evaluation: Evaluation, tasks: Sequence[str], limit: int | None) -> Iterator[Record]:
    """Yield the records of the split and of `tasks`, `limit` per source; some may be left out as duplicates."""
    for path in evaluation.candidates:
        columns = read_columns(path, RECORD_SCHEMA, ("id", "source", "task", "split"))
        rows = zip(columns["task"].to_pylist(), columns["split"].to_pylist(), strict=True)
        places = [place for place, (task, split) in enumerate(rows) if task in tasks and split == evaluation.split]
        chosen = limit_per_source(columns.take(places), limit, evaluation.seed) if places else columns.slice(0, 0)
        yield from read_items(path, chosen["id"].to_pylist())
