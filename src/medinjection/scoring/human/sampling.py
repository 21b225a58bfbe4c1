"""Drawing the answers that raters are shown: in proportion to sources, evenly over models."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.records.sampling import keyed_rank, ranked
from medinjection.records.schema import Record
from medinjection.scoring.human.schema import QUESTIONS, SAMPLE_SCHEMA, TRANSLATIONS


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """A model's answer to an open question."""

    model: str
    record_id: str
    source: str
    output: str

    @property
    def key(self) -> str:
        """What sets it apart from every other answer."""
        return f"{self.model}\x00{self.record_id}"


def draw_answers(
    answers: Sequence[OpenAnswer],
    size: int,
    seed: int,
    share_of_translations: float | None = None,
    translation_sources: Collection[str] = (),
) -> list[OpenAnswer]:
    """Draw answers, stratified by source and model, and put them in an order that says nothing of either.

    Each source gets its share of all answers, to the nearest whole number (largest remainders). Within a source each
    model gets as many as any other, or one more; over all sources the extra ones are spread evenly. A question comes
    as few times as possible. What is left open is decided by a keyed hash of seed and answer.

    Args:
        answers: all answers, each model and record once.
        size: maximum number drawn; all answers where there are no more.
        share_of_translations: share of the drawn answers that are of `translation_sources`; None: their share of all.

    Raises:
        InputError: there are too few answers of a kind for the share that is asked for, or none at all.
    """
    if not answers:
        raise InputError("no open answers, expected at least one to draw from")
    size = min(size, len(answers))
    key = f"human review:{seed}"
    drawn: list[OpenAnswer] = []
    for pool, number in pools_of(answers, size, share_of_translations, translation_sources):
        drawn += _stratified(pool, number, key, drawn)
    return ranked(drawn, f"{key}:order", lambda answer: answer.key)


def sample_table(
    drawn: Sequence[OpenAnswer],
    records: Mapping[str, Record],
    translation_sources: Collection[str],
    probabilities: Mapping[OpenAnswer, float] | None = None,
) -> pa.Table:
    """Return the drawn answers with their texts as a table of SAMPLE_SCHEMA.

    Args:
        records: record id -> record, of every answer drawn.
        probabilities: of being drawn, of every answer drawn; None where all of a kind were as likely.

    Raises:
        InputError: an answer is to a record that is not there.
    """
    rows = []
    digits = max(3, len(str(len(drawn))))
    for number, answer in enumerate(drawn, start=1):
        record = records.get(answer.record_id)
        if record is None:
            raise InputError(
                f"model {answer.model}: answer to record {answer.record_id}, which is no evaluation record"
            )
        texts = {
            "case": record.context,
            "question": record.question,
            "reference": record.answer,
            "answer": answer.output,
        }
        rows.append(
            {
                "item": f"item-{number:0{digits}}",
                "record_id": answer.record_id,
                "model": answer.model,
                "source": answer.source,
                "group": TRANSLATIONS if answer.source in translation_sources else QUESTIONS,
                "text_hash": text_hash(texts.values()),
                **texts,
                "probability": probabilities and probabilities[answer],
            }
        )
    return pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA)


def text_hash(texts: Iterable[str | None]) -> str:
    """Return a hash of what a rater is shown. It begins with a letter, so that no spreadsheet takes it for a number."""
    shown = json.dumps(list(texts), ensure_ascii=True).encode("ascii")
    return f"t{hashlib.sha256(shown).hexdigest()[:16]}"


def pools_of(
    answers: Sequence[OpenAnswer], size: int, share: float | None, translation_sources: Collection[str]
) -> list[tuple[list[OpenAnswer], int]]:
    """Return the pools that are drawn from, each with how many are drawn of it; with a share, translations come first.

    Raises:
        InputError: a pool has fewer answers than are to be drawn of it.
    """
    if share is None:
        return [([*answers], size)]
    translations = [answer for answer in answers if answer.source in translation_sources]
    questions = [answer for answer in answers if answer.source not in translation_sources]
    # A half is rounded up.
    wanted = int(Fraction(str(share)) * size + Fraction(1, 2))
    for pool, number, what in ((translations, wanted, "translations"), (questions, size - wanted, "other questions")):
        if len(pool) < number:
            raise InputError(
                f"share_of_translations is {share:g}: of {size} answers {number} would be to {what}, "
                f"found {len(pool)}; expected another share or a smaller size"
            )
    return [(translations, wanted), (questions, size - wanted)]


def _stratified(pool: Sequence[OpenAnswer], number: int, key: str, before: Sequence[OpenAnswer]) -> list[OpenAnswer]:
    """Draw `number` answers; models that have fewer among those drawn `before` come first."""
    by_source = {
        source: list(of_source)
        for source, of_source in groupby(sorted(pool, key=lambda a: a.source), key=lambda a: a.source)
    }
    shares = largest_remainders({source: len(group) for source, group in by_source.items()}, number, key)
    of_model = Counter(answer.model for answer in before)
    drawn: list[OpenAnswer] = []
    for source in ranked(by_source, key, str):
        waiting: dict[str, list[OpenAnswer]] = {}
        for answer in ranked(by_source[source], key, lambda a: a.key):
            waiting.setdefault(answer.model, []).append(answer)
        of_source: Counter[str] = Counter()
        of_record: Counter[str] = Counter()
        for _ in range(shares[source]):
            left = [model for model in waiting if waiting[model]]
            model = min(left, key=lambda m: (of_source[m], of_model[m], keyed_rank(key, f"{source}\x00{m}")))
            answer = min(waiting[model], key=lambda a: of_record[a.record_id])
            waiting[model].remove(answer)
            of_source[model] += 1
            of_model[model] += 1
            of_record[answer.record_id] += 1
            drawn.append(answer)
    return drawn


def largest_remainders(counts: Mapping[str, int], number: int, key: str) -> dict[str, int]:
    """Share `number` out in proportion to `counts` in whole numbers; equal remainders are ranked by a keyed hash."""
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0)
    exact = {name: Fraction(number * count, total) for name, count in counts.items()}
    shares = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(counts, key=lambda name: (shares[name] - exact[name], keyed_rank(key, name)))
    for name in by_remainder[: number - sum(shares.values())]:
        shares[name] += 1
    return shares
