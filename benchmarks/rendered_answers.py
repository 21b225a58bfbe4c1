"""Predictions and judgements as a run leaves them, rendered from the knowledge base: for programs that measure.

Nobody answered: each model has a drawn share of right answers, and the files say that they are of a demonstration.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from rendered_records import SOURCES, RecordWriter

from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.knowledge.wording import statement
from medinjection.prediction.orders import option_order
from medinjection.prediction.schema import CHOICE_SCHEMA, DECODINGS, GREEDY, OPEN_SCHEMA
from medinjection.records.files import write_records, write_table
from medinjection.records.schema import LETTERS, Record
from medinjection.records.stand_ins import StandIn, with_stand_ins
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA

KNOWLEDGE_BASE = Path(__file__).resolve().parents[1] / "resources" / "knowledge_base.yaml"
COMPONENTS = ("native", "translated")
UNREADABLE, UNREADABLE_SHARE = "Je ne sais pas.", 0.03
UNREADABLE_JUDGEMENT_SHARE = 0.01
MOST_SENTENCES = 9

Pair = tuple[str, str]


def render_answers(
    folder: Path, models: Sequence[str], judges: Sequence[str], choice: int, open_answers: int, orders: int, seed: int
) -> None:
    """Write `predictions/`, `judgements/` and `evaluation/` to a folder, as docs/rescoring.md lays them out.

    Args:
        choice: choice questions, each of which every model answers in `orders` orders by both decodings.
        open_answers: answers of all models together, each judged by every judge.
    """
    questions = _Questions(_rendered_questions(choice, seed), orders, seed)
    write_records(folder / "evaluation/choice.parquet", questions.records)
    pairs = pairs_of(len(models), open_answers)
    asked = [
        Record(
            id=f"mediqal:open-{number:06}",
            component="native",
            source="mediqal",
            split="test",
            task="oeq",
            question=f"Question {number}",
            answer=reference,
            licence="CC-BY-4.0",
        )
        for number, (_, reference) in enumerate(pairs[0])
    ]
    write_records(folder / "evaluation/open.parquet", asked)
    for model, of_model in zip(models, pairs, strict=True):
        _write(folder / f"predictions/{model}/choice.parquet", _choice_table(questions, model, seed))
        _write(folder / f"predictions/{model}/open.parquet", _open_table(asked, of_model, model))
        for judge in judges:
            _write(folder / f"judgements/{judge}/{model}.parquet", _judgement_table(asked, model, judge, seed))


def pairs_of(models: int, count: int) -> list[list[Pair]]:
    """Return for each model pairs of answer and reference, `count` in all or a few less."""
    facts = load_knowledge_base(KNOWLEDGE_BASE).facts
    sentences = [statement(fact, wording).fr for fact in facts for wording in (0, 1)]
    drawn = random.Random(0)
    references = [
        " ".join(drawn.sample(sentences, drawn.randint(1, MOST_SENTENCES))) for _ in range(max(1, count // models))
    ]
    return [[(_answer(reference, sentences, drawn), reference) for reference in references] for _ in range(models)]


def _answer(reference: str, sentences: Sequence[str], drawn: random.Random) -> str:
    """Return a reference in which a half of the sentences is kept, and others are replaced or dropped."""
    kept = []
    for sentence in reference.split(". "):
        chance = drawn.random()
        kept += [sentence] if chance < 0.5 else [drawn.choice(sentences).rstrip(".")] if chance < 0.9 else []
    return ". ".join(kept) or drawn.choice(sentences)


def _rendered_questions(count: int, seed: int) -> list[Record]:
    writer = RecordWriter(load_knowledge_base(KNOWLEDGE_BASE).facts)
    drawn = random.Random(seed)
    kinds = [(component, source) for component in COMPONENTS for source in SOURCES[component]]
    found: list[Record] = []
    while len(found) < count:
        component, source = kinds[len(found) % len(kinds)]
        record = writer.record(component, source, f"{source}:{len(found):07}", "test", None, drawn)
        if record.options:
            found.append(record)
    return found


@dataclass(frozen=True)
class _Questions:
    """Choice questions in several orders as arrays; W is the largest number of options."""

    records: Sequence[Record]
    orders: int
    seed: int

    @cached_property
    def counts(self) -> np.ndarray:
        """How many options each question has, shape (questions,)."""
        return np.array([len(record.options) for record in self.records])

    @cached_property
    def gold(self) -> np.ndarray:
        """Whether an option is right, by published position, shape (questions, W)."""
        right = np.zeros((len(self.records), self.counts.max()), dtype=bool)
        for row, record in enumerate(self.records):
            right[row, list(record.answer_indices)] = True
        return right

    @cached_property
    def shown(self) -> np.ndarray:
        """Published position of the option at each place, 0 beyond the last, shape (questions, orders, W)."""
        shown = np.zeros((len(self.records), self.orders, self.counts.max()), dtype=np.int64)
        for row, record in enumerate(self.records):
            for order in range(self.orders):
                places = option_order(record.id, len(record.options), order, self.seed, record.shufflable)
                shown[row, order, : len(places)] = places
        return shown


def _choice_table(questions: _Questions, model: str, seed: int) -> pa.Table:
    """Return a table of CHOICE_SCHEMA: by question, order and decoding."""
    drawn = np.random.default_rng([seed, *model.encode()])
    width, each = questions.gold.shape[1], questions.orders * len(DECODINGS)
    question = np.repeat(np.arange(len(questions.records)), each)
    order = np.tile(np.repeat(np.arange(questions.orders), len(DECODINGS)), len(questions.records))
    decoding = np.tile(DECODINGS, len(question) // len(DECODINGS))
    there = np.arange(width) < questions.counts[question][:, None]
    shown, gold = questions.shown[question, order], questions.gold[question]
    logprobs = np.log(drawn.gamma(0.5, size=there.shape) + 1e-6)
    logprobs = np.where(there, logprobs, -np.inf)
    logprobs -= np.log(np.exp(logprobs).sum(axis=1, keepdims=True))
    one = np.arange(width) == logprobs.argmax(axis=1)[:, None]
    is_one = np.array([record.task == "mcqu" for record in questions.records])[question]
    wrong = one | (there & (drawn.random(there.shape) < 0.3) & ~is_one[:, None])
    right = np.take_along_axis(gold, shown, axis=1) & there
    named = np.where(drawn.random(len(question))[:, None] < drawn.uniform(0.2, 0.8), right, wrong)
    named[(decoding == GREEDY) & (drawn.random(len(question)) < UNREADABLE_SHARE)] = False
    predicted = np.zeros_like(named)
    rows, places = np.nonzero(named)
    predicted[rows, shown[rows, places]] = True
    texts = [
        ", ".join(LETTERS[place] for place in range(width) if bits >> place & 1) or UNREADABLE
        for bits in range(2**width)
    ]
    columns = {
        "model": pa.repeat(model, len(question)),
        **{
            name: pa.array([getattr(record, field) for record in questions.records]).take(pa.array(question))
            for name, field in (("record_id", "id"), ("source", "source"), ("task", "task"))
        },
        "order": pa.array(order, pa.int8()),
        "decoding": pa.array(decoding),
        "option_order": _lists(shown, there, pa.int8()),
        "raw_output": pa.array(texts).take(pa.array(named @ (1 << np.arange(width)))),
        "predicted_indices": _positions(predicted),
        "letter_logprobs": _lists(logprobs, there, pa.float32()),
        "gold_indices": _positions(gold),
    }
    return pa.table(columns, CHOICE_SCHEMA)


def _positions(chosen: np.ndarray) -> pa.Array:
    """Return the columns that are true in each row, as lists."""
    return _lists(np.broadcast_to(np.arange(chosen.shape[1]), chosen.shape), chosen, pa.int8())


def _lists(values: np.ndarray, there: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Return the values of each row that are there, as lists."""
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values[there]).cast(kind, safe=False))


def _open_table(asked: Sequence[Record], pairs: Sequence[Pair], model: str) -> pa.Table:
    outputs = [output for output, _ in pairs]
    columns = {
        "model": [model] * len(asked),
        "record_id": [record.id for record in asked],
        "source": [record.source for record in asked],
        "output": outputs,
        "output_tokens": [2 * len(output.split()) for output in outputs],
        "reference_tokens": [2 * len(record.answer.split()) for record in asked],
        "finished": [True] * len(asked),
    }
    return pa.table(columns, OPEN_SCHEMA)


def _judgement_table(asked: Sequence[Record], model: str, judge: str, seed: int) -> pa.Table:
    drawn = np.random.default_rng([seed, *f"{judge} {model}".encode()])
    likes = drawn.random(len(asked)) < drawn.uniform(0.2, 0.8)
    read = drawn.random(len(asked)) >= UNREADABLE_JUDGEMENT_SHARE
    scores = [int(like) if is_read else None for like, is_read in zip(likes, read, strict=True)]
    columns = {
        "record_id": [record.id for record in asked],
        "score": scores,
        "raw_output": [UNREADABLE if score is None else str(score) for score in scores],
    }
    return pa.table(columns, JUDGEMENT_SCHEMA)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, with_stand_ins(table, [StandIn.MODEL, StandIn.JUDGE, StandIn.CORPORA]))
