"""Records for `data_plane.py`: rendered from the knowledge base at the paper's sizes, with planted copies.

Component sizes and splits are those of the paper's Table 1, the tasks come near its Table 2. A record has about 900
bytes: short questions of about 200, questions with a vignette, and items that share an abstract of 1 to 2 kB.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from medinjection.demo.knowledge.facts import Fact, load_knowledge_base
from medinjection.demo.knowledge.wording import (
    COURSE_WORDINGS,
    QUESTION_WORDINGS,
    STATEMENT_WORDINGS,
    choice_question,
    open_question,
    option,
    statement,
)
from medinjection.records.files import batches_written
from medinjection.records.schema import RECORD_SCHEMA, Provenance, Record, records_to_table

# Table 1: train, validation and test of each component.
SIZES = {"native": (57_563, 5_055, 14_629), "synthetic": (76_506, 0, 0), "translated": (366_370, 38_011, 13_293)}
SOURCES = {
    "native": ("mediqal", "frbmedqa", "medical_mcqa_fr", "frenchmedmcqa"),
    "synthetic": ("morfitt", "deft2021", "diamed"),
    "translated": ("medmcqa", "medqa", "mmlu_pro", "pubmedqa"),
}
# Shares of open questions and of questions with several right answers.
TASK_SHARES = {"native": (0.25, 0.5), "synthetic": (0.35, 0.05), "translated": (0.03, 0.16)}
ITEMS_OF_A_DOCUMENT = 12
# Planted among all records: copies with options moved, copies with another answer, copies with words changed.
EQUAL_SHARE, CONTRADICTION_SHARE, NEAR_SHARE = 0.01, 0.002, 1450 / 571_436

_ROWS_AT_ONCE = 4096
_FILLER = ("souvent", "parfois", "également", "notamment", "habituellement", "surtout")


@dataclass
class Planted:
    """Pairs of ids (original, copy) by kind."""

    equal: list[tuple[str, str]] = field(default_factory=list)
    contradiction: list[tuple[str, str]] = field(default_factory=list)
    near: list[tuple[str, str]] = field(default_factory=list)


def render(folder: Path, knowledge_base: Path, total: int, seed: int) -> None:
    """Write `total` records to `folder`: a parquet and a JSON lines file a source, and `planted.json`."""
    writer = RecordWriter(load_knowledge_base(knowledge_base).facts)
    planted = Planted()
    for component, sizes in SIZES.items():
        scale = total / sum(map(sum, SIZES.values()))
        splits = [
            split
            for split, size in zip(("train", "validation", "test"), sizes, strict=True)
            for _ in range(round(size * scale))
        ]
        rng = random.Random(f"{seed}:{component}")
        rng.shuffle(splits)
        names = SOURCES[component]
        share = -(-len(splits) // len(names))
        for number, source in enumerate(names):
            part = splits[number * share : (number + 1) * share]
            _write(folder / component / source, writer.records(component, source, part, rng, planted))
    (folder / "planted.json").write_text(json.dumps(asdict(planted)), encoding="utf-8")


def _write(path: Path, records: Iterator[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting: list[Record] = []
    with (
        batches_written(path.with_suffix(".parquet"), RECORD_SCHEMA) as write,
        open(path.with_suffix(".jsonl"), "w", encoding="utf-8") as lines,
    ):

        def flush() -> None:
            for batch in records_to_table(waiting).to_batches():
                write(batch)
            lines.writelines(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in waiting)
            waiting.clear()

        for record in records:
            waiting.append(record)
            if len(waiting) == _ROWS_AT_ONCE:
                flush()
        flush()


class RecordWriter:
    """Draws records from facts whose sentences, questions and options are put into words once."""

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        self.facts = facts
        self.sentences = [statement(fact, wording).fr for fact in facts for wording in range(STATEMENT_WORDINGS)]
        self.open = [[open_question(fact, wording).fr for wording in COURSE_WORDINGS] for fact in facts]
        self.choice = [
            [[choice_question(fact, w, several).fr for w in range(QUESTION_WORDINGS)] for several in (False, True)]
            for fact in facts
        ]
        self.right = [[option(term).fr for term in fact.objects] for fact in facts]
        self.wrong = [[option(term).fr for term in fact.false] for fact in facts]

    def records(
        self, component: str, source: str, splits: list[str], rng: random.Random, planted: Planted
    ) -> Iterator[Record]:
        """Yield a record a split; a share of them are copies of earlier records of the source."""
        context = None
        earlier: list[Record] = []
        for number, split in enumerate(splits):
            name = f"{source}:{number:07}"
            if component == "synthetic" and number % ITEMS_OF_A_DOCUMENT == 0:
                context = self.text(rng, 15, 20)
            drawn = rng.random()
            if earlier and drawn < EQUAL_SHARE + CONTRADICTION_SHARE + NEAR_SHARE:
                original = rng.choice(earlier)
                copy, kind = self.copied(original, drawn, rng)
                planted_pairs: list[tuple[str, str]] = getattr(planted, kind)
                planted_pairs.append((original.id, name))
                yield replace(copy, id=name, split=split)
                continue
            record = self.record(component, source, name, split, context, rng)
            if number % 7 == 0 and len(earlier) < 5000:
                earlier.append(record)
            yield record

    def text(self, rng: random.Random, fewest: int, most: int) -> str:
        """Return a paragraph of statements."""
        return " ".join(rng.choices(self.sentences, k=rng.randint(fewest, most)))

    def record(
        self, component: str, source: str, name: str, split: str, context: str | None, rng: random.Random
    ) -> Record:
        """Return one record; a native or translated one in four has a context of its own, most others a vignette."""
        fact = rng.randrange(len(self.facts))
        lead = self.text(rng, 1, 2)
        if component != "synthetic":
            kind = rng.random()
            if kind < 0.25:
                context = self.text(rng, 8, 15)
            elif kind < 0.65:
                lead = self.text(rng, 4, 7)
        open_share, several_share = TASK_SHARES[component]
        drawn = rng.random()
        several = drawn > 1 - several_share and len(self.right[fact]) > 1
        base = {
            "id": name,
            "component": component,
            "source": source,
            "split": split,
            "context": context,
            "licence": "CC-BY-4.0",
            "specialty": self.facts[fact].specialty,
            "provenance": Provenance(source, "0" * 40, name),
        }
        if drawn < open_share:
            question = f"{lead} {rng.choice(self.open[fact])}"
            return Record(task="oeq", question=question, answer=", ".join(self.right[fact]), **base)
        right = rng.sample(self.right[fact], rng.randint(2, min(4, len(self.right[fact]))) if several else 1)
        options = right + rng.sample(self.wrong[fact], min(len(self.wrong[fact]), 5 - len(right)))
        rng.shuffle(options)
        indices = tuple(i for i, text in enumerate(options) if text in right)
        question = f"{lead} {rng.choice(self.choice[fact][several])}"
        answer = ", ".join(options[i] for i in indices)
        task = "mcq" if several else "mcqu"
        return Record(
            task=task, question=question, options=tuple(options), answer_indices=indices, answer=answer, **base
        )

    def copied(self, record: Record, drawn: float, rng: random.Random) -> tuple[Record, str]:
        """Return a copy of `record` and its kind: equal, contradiction or near."""
        if drawn < NEAR_SHARE:
            words = record.question.split(" ")
            for _ in range(1 + len(words) // 60):
                words[rng.randrange(len(words))] = rng.choice(_FILLER)
            return replace(record, question=" ".join(words)), "near"
        if drawn < NEAR_SHARE + CONTRADICTION_SHARE:
            if record.task == "oeq":
                return replace(record, answer=f"{record.answer}, entre autres"), "contradiction"
            wrong = next(i for i in range(len(record.options)) if i not in record.answer_indices)
            return replace(record, task="mcqu", answer_indices=(wrong,), answer=record.options[wrong]), "contradiction"
        order = rng.sample(range(len(record.options)), len(record.options))
        indices = tuple(sorted(order.index(i) for i in record.answer_indices))
        question = record.question.replace(" ", "\u00a0", 1)
        options = tuple(record.options[i] for i in order)
        return replace(record, question=question, options=options, answer_indices=indices), "equal"
