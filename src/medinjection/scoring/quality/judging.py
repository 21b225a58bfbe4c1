"""LLM judges of synthetic items (paper section 3.4, Figure 3): how good is a question with its answer in its context?

The system prompts are those of Figures 12 and 13. The layout of the user message is not published; here it is that of
the released judge program, with the context first (see `quality_request`).
"""

import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Request
from medinjection.llm.client.prompts import Prompt
from medinjection.llm.client.shards import Shard
from medinjection.records.chat import user_turn
from medinjection.records.errors import InputError
from medinjection.records.files import read_batches, read_columns
from medinjection.records.sampling import ranked
from medinjection.records.schema import LETTERS, RECORD_SCHEMA, Document, Record, record_from_row
from medinjection.scoring.quality.scales import BEST_SCORES, kind_of, read_quality_score

_logger = logging.getLogger(__name__)

# A document by its source and upstream's id of it, and its text.
DocumentTexts = Mapping[tuple[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Rated:
    """What a judge said of one item: its score, None where its text is no score of the scale; and that text."""

    record_id: str
    task: str
    score: int | None
    raw_output: str


def choose_items(path: Path | str, limit: int | None, seed: int) -> list[str]:
    """Return the ids of the items that are judged, in the order of the file: of each kind at most `limit`.

    They are the first by a keyed hash, so that a smaller limit judges part of what a larger one does.

    Raises:
        InputError: the file of records is missing or not what it should be.
    """
    columns = read_columns(path, RECORD_SCHEMA, ("id", "task"))
    ids = columns["id"].to_pylist()
    if limit is None:
        return ids
    kinds = dict(zip(ids, map(kind_of, columns["task"].to_pylist()), strict=True))
    chosen = set()
    for kind in BEST_SCORES:
        chosen |= set(ranked([i for i in ids if kinds[i] == kind], f"{seed}:quality:{kind}", str)[:limit])
    return [record_id for record_id in ids if record_id in chosen]


def read_items(path: Path | str, chosen: Collection[str]) -> Iterator[Record]:
    """Yield the records of a file whose ids are in `chosen`, in its order, without holding the file in memory."""
    wanted = set(chosen)
    for batch in read_batches(path, RECORD_SCHEMA):
        places = [place for place, record_id in enumerate(batch["id"].to_pylist()) if record_id in wanted]
        yield from map(record_from_row, batch.take(pa.array(places, pa.int64())).to_pylist())


def rate_items(
    items: Iterable[Record],
    documents: DocumentTexts,
    prompts: Mapping[str, Prompt],
    client: Client,
    shard: Shard,
    total: int | None = None,
) -> Iterator[Rated]:
    """Have a judge rate those items whose user message the shard holds, in their order.

    A judge is asked once: text that is no score counts as none and is kept.

    Args:
        documents: as `document_texts` returns them, for items without a context; empty where there are none.
        prompts: system prompt of each kind, `open` and `choice`.
        total: items of all shards, for the progress bar.

    Raises:
        InputError: an item has no context, and its document is not among the documents that are given.
    """
    taken: deque[tuple[str, str]] = deque()

    def requests() -> Iterator[Request]:
        for item in items:
            user = quality_request(item, context_of(item, documents))
            if shard.holds(user):
                taken.append((item.id, item.task))
                yield Request(prompts[kind_of(item.task)].messages(user))

    rated = without = 0
    about = total and -(-total // shard.count)
    # Under a small limit of tokens a score ends at the limit.
    outcomes = client.ask(requests(), lambda text, _: text, "rating", about, attempts=1, accept_cut=True)
    for outcome in outcomes:
        record_id, task = taken.popleft()
        score = read_quality_score(outcome.text, task)
        rated, without = rated + 1, without + (score is None)
        yield Rated(record_id, task, score, outcome.text)
    _logger.info("%s: %d items rated, %d without a score", client.llm.name, rated, without)


def quality_request(item: Record, context: str | None) -> str:
    """Return the user message: the context, the question as a model sees it with its options, and the answer.

    The answer to a choice question is its right options, one per line, with their letters. An item without any context
    (a release may have such) has no line of it.
    """
    lines = [] if context is None else [f"Context: {context}"]
    lines.append(f"Question: {user_turn(replace(item, context=None))}")
    if item.task == "oeq":
        lines.append(f"Answer: {item.answer}")
    else:
        right = [f"({LETTERS[index]}) {item.options[index]}" for index in item.answer_indices]
        lines.append("\n".join(["Answer:", *right]))
    return "\n".join(lines)


def document_texts(documents: Iterable[Document]) -> DocumentTexts:
    """Return the text of each document by its source and upstream's id."""
    return {(document.source, document.provenance.upstream_id): document.text for document in documents}


def context_of(item: Record, documents: DocumentTexts) -> str | None:
    """Return the text that an item was made from: its own context, else its document; None where neither is given.

    A generated item has its document's `upstream_id` in its provenance.

    Raises:
        InputError: there are documents, but the item's is not among them.
    """
    if item.context is not None or not documents:
        return item.context
    upstream_id = item.provenance.upstream_id
    if upstream_id is None or (item.source, upstream_id) not in documents:
        raise InputError(
            f"record {item.id}: it has no context, and no document {upstream_id!r} of {item.source} is given"
        )
    return documents[item.source, upstream_id]


def join_shards(tables: Sequence[pa.Table], chosen: Sequence[str]) -> pa.Table:
    """Return the ratings of all shards in the order of `chosen`.

    Args:
        tables: one table of QUALITY_SCHEMA per shard.

    Raises:
        InputError: an item is rated twice, or not at all, or was not chosen.
    """
    together = pa.concat_tables(tables)
    ids = together["record_id"].to_pylist()
    places = {record_id: place for place, record_id in enumerate(ids)}
    if len(places) < len(ids):
        twice = next(record_id for place, record_id in enumerate(ids) if places[record_id] != place)
        raise InputError(f"ratings: record {twice} is in two shards, expected one rating per item")
    if absent := [record_id for record_id in chosen if record_id not in places]:
        raise InputError(f"ratings: record {absent[0]} is in no shard ({len(absent)} such)")
    if unknown := sorted(set(places) - set(chosen)):
        raise InputError(f"ratings: record {unknown[0]} was not to be judged ({len(unknown)} such)")
    return together.take(pa.array([places[record_id] for record_id in chosen], pa.int64()))
