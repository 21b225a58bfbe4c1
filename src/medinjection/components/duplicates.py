"""When two records are the same question, and when they give the same answer."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.schema import Record
from medinjection.records.text import folded

# Between the fields of a text; `records.text.clean` drops control characters, so that no field holds it.
FIELD_END = "\x01"

# What folding could change: white space other than single spaces inside, and any character that is not known to be
# visible and to stand for itself in NFC. The ranges are Latin without the soft hyphen, Greek letters, punctuation,
# currency, arrows and mathematics.
_FOLDABLE = (
    r"^ | $|  | \x01|\x01 |"
    r"[^ -~\x01\x{A1}-\x{AC}\x{AE}-\x{2FF}\x{391}-\x{3A1}\x{3A3}-\x{3C9}\x{2010}-\x{2027}\x{2030}-\x{205E}"
    r"\x{2070}-\x{20CF}\x{2190}-\x{22FF}]"
)


def duplicate_key(record: Record) -> bytes:
    """Return a digest of question, context and options; equal digests are exact duplicates.

    The question alone would not do: stems such as "Parmi les propositions suivantes, laquelle est exacte ?" are shared
    by unrelated questions. The order of the options counts only where an option refers to another by its place.
    """
    options = [folded(option) for option in record.options]
    if record.shufflable:
        options.sort()
    content = [folded(record.question), folded(record.context or ""), options]
    return hashlib.sha256(json.dumps(content).encode()).digest()


def answer_texts(record: Record) -> tuple[str, ...]:
    """Return the folded texts of the right options, sorted; for an open question its folded reference answer."""
    if record.task == "oeq":
        return (folded(record.answer),)
    return tuple(sorted(folded(record.options[i]) for i in record.answer_indices))


def folded_array(texts: pa.Array) -> pa.Array:
    """Fold each text of an Arrow array, nulls as empty texts; FIELD_END parts the fields of a text, each folded alone.

    One scan finds the few texts that folding could change.
    """
    texts = pc.fill_null(texts, "")
    foldable = pc.match_substring_regex(texts, _FOLDABLE)
    if not foldable.true_count:
        return texts
    changed = [FIELD_END.join(map(folded, text.split(FIELD_END))) for text in texts.filter(foldable).to_pylist()]
    return pc.replace_with_mask(texts, foldable, pa.array(changed, pa.string()))


def candidate_hashes(batch: pa.RecordBatch) -> np.ndarray:
    """Return 64-bit hashes of the rows' question, context and unordered options, shape (rows,).

    Records with equal `duplicate_key` have equal hashes; the reverse is likely and must be checked.
    """
    options = batch["options"]
    ends = options.offsets.to_numpy() - options.offsets[0].as_py()
    totals = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_hashes(folded_array(options.flatten())))])
    context = folded_array(batch["context"])
    stems = _hashes(pc.binary_join_element_wise(folded_array(batch["question"]), context, FIELD_END))
    return stems ^ ((totals[ends[1:]] - totals[ends[:-1]]) * np.uint64(0x9E3779B97F4A7C15))


def _hashes(texts: pa.Array) -> np.ndarray:
    import polars as pl

    return pl.Series(texts).hash().to_numpy()
