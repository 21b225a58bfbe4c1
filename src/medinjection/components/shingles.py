"""Texts as sets of word shingles, and MinHash signatures of them, computed over the UTF-8 bytes of many texts at once.

A word is a run of letters and digits, in lower case: ASCII letters and digits, and every character beyond U+00BF except
punctuation and symbols (U+2000 to U+203F, U+20C0 to U+2FFF). A shingle is three words in a row of one field, or all the
words of a shorter field. So neither the order of fields nor that of options counts. A field without words ("<", "+/-")
is one shingle of its symbols.

A word is hashed by a polynomial of its bytes modulo 2**64, taken from prefix sums, a shingle by mixing the hashes of
its words.
"""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.components.duplicates import FIELD_END, folded_array

# Rows of a signature; `near_duplicates` cuts them into bands.
PERMUTATIONS = 64

_BASE = 0x9E3779B97F4A7C15
_WORD_FACTORS = tuple(np.uint64(f) for f in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93))
# Bytes whose shingles are computed together, and shingles whose signature is: arrays that stay in the cache.
_CHUNK_BYTES = 1 << 18
_CHUNK_SHINGLES = 1 << 15
_ASCII_WORDS = np.zeros(256, bool)
_ASCII_WORDS[[*range(48, 58), *range(65, 91), *range(97, 123), *range(128, 256)]] = True
# Second bytes of C2 xx that belong to words: superscript digits and the micro sign.
_LATIN_WORDS = np.isin(np.arange(256), (0xB2, 0xB3, 0xB5, 0xB9))
# Second bytes of E2 xx xx that belong to words: superscripts and subscripts, U+2040 to U+20BF.
_WIDE_WORDS = np.isin(np.arange(256), (0x81, 0x82))


def shingles(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the shingles of texts whose fields end with FIELD_END (the last one may do without).

    Returns:
        64-bit hashes, those of one text together (a repeated shingle is repeated), and the offsets of the texts in
        them, shape (texts + 1,).
    """
    lower = pc.utf8_lower(pc.binary_join_element_wise(folded_array(texts), "", FIELD_END))
    content, ends = _bytes_of(lower)
    values, offsets = [np.empty(0, np.uint64)], [np.zeros(1, np.int64)]
    first = 0
    while first < len(texts):
        limit = ends[first] + _CHUNK_BYTES
        last = max(first + 1, int(np.searchsorted(ends, limit, side="right")) - 1)
        chunk = content[ends[first] : ends[last]]
        found, counts = _chunk_shingles(chunk, ends[first + 1 : last + 1] - ends[first])
        values.append(found)
        offsets.append(counts + offsets[-1][-1])
        first = last
    return np.concatenate(values), np.concatenate(offsets)


def digests(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return one 64-bit number per text that depends on its shingles alone, with repetitions, not on their order."""
    totals = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(values), dtype=np.uint64)])
    return totals[offsets[1:]] - totals[offsets[:-1]]


def signatures(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return MinHash signatures, shape (texts, PERMUTATIONS), uint32.

    The share of equal rows of two signatures estimates the Jaccard similarity of the two sets of shingles. A text
    without shingles has the maximum in every row.
    """
    short = (values >> np.uint64(32)).astype(np.uint32)
    result = np.full((len(offsets) - 1, PERMUTATIONS), np.iinfo(np.uint32).max, np.uint32)
    multipliers, offsets_of = _permutations()
    first = 0
    while first < len(offsets) - 1:
        last = max(first + 1, int(np.searchsorted(offsets, offsets[first] + _CHUNK_SHINGLES, side="right")) - 1)
        chunk = short[offsets[first] : offsets[last]]
        starts = offsets[first:last] - offsets[first]
        filled = offsets[first + 1 : last + 1] > offsets[first:last]
        if filled.any():
            permuted = np.empty_like(chunk)
            minima = np.empty((PERMUTATIONS, int(filled.sum())), np.uint32)
            for row in range(PERMUTATIONS):
                np.multiply(chunk, multipliers[row], out=permuted)
                np.add(permuted, offsets_of[row], out=permuted)
                np.minimum.reduceat(permuted, starts[filled], out=minima[row])
            result[first:last][filled] = minima.T
        first = last
    return result


def _bytes_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the UTF-8 bytes of the texts one after the other, and their offsets, shape (texts + 1,)."""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(content or b"", np.uint8), ends


def _chunk_shingles(content: np.ndarray, text_ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shingles of texts that end at `text_ends` in `content`, and the end of each text in them."""
    field_ends = np.flatnonzero(content == 1)
    is_word = _word_bytes(content)
    starts, stops = _runs(is_word)
    last_words = np.searchsorted(starts, field_ends)
    counts = np.diff(last_words, prepend=0)
    wordless = np.flatnonzero((counts == 0) & (np.diff(field_ends, prepend=-1) > 1))
    if len(wordless):
        for field in wordless:
            begin = field_ends[field - 1] + 1 if field else 0
            is_word[begin : field_ends[field]] = content[begin : field_ends[field]] != 32
        starts, stops = _runs(is_word)
        last_words = np.searchsorted(starts, field_ends)
        counts = np.diff(last_words, prepend=0)
    if not len(starts):
        return np.empty(0, np.uint64), np.zeros(len(text_ends), np.int64)
    values, valid = _field_shingles(_word_hashes(content, starts, stops), counts, last_words)
    totals = np.concatenate([[0], np.cumsum(valid)])
    fields_of_texts = np.searchsorted(field_ends, text_ends)
    return values[valid], totals[last_words[fields_of_texts - 1]]


def _word_bytes(content: np.ndarray) -> np.ndarray:
    """Return whether each byte belongs to a word."""
    is_word = _ASCII_WORDS[content]
    latin = np.flatnonzero(content[:-1] == 0xC2)
    latin = latin[~_LATIN_WORDS[content[latin + 1]]]
    is_word[latin] = is_word[latin + 1] = False
    wide = np.flatnonzero(content[:-2] == 0xE2)
    wide = wide[~_WIDE_WORDS[content[wide + 1]]]
    is_word[wide] = is_word[wide + 1] = is_word[wide + 2] = False
    return is_word


def _runs(is_word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where runs of true values start and stop; the last value is false."""
    changes = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
    if is_word[0]:
        changes = np.concatenate([[0], changes])
    return changes[::2], changes[1::2]


def _word_hashes(content: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    size = 1 << max(18, len(content).bit_length())
    powers, inverses = _powers(size)
    prefix = np.cumsum((content.astype(np.uint64) + np.uint64(1)) * powers[: len(content)])
    before = np.where(starts > 0, prefix[starts - 1], np.uint64(0))
    return _mixed((prefix[stops - 1] - before) * inverses[starts])


def _field_shingles(words: np.ndarray, counts: np.ndarray, last_words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a shingle hash for each word, and whether a shingle starts there."""
    ends = np.repeat(last_words, counts)
    place = np.arange(len(words))
    padded = np.concatenate([words, np.zeros(2, np.uint64)])
    has_second, has_third = place + 1 < ends, place + 2 < ends
    second = np.where(has_second, padded[1:-1], np.uint64(0))
    third = np.where(has_third, padded[2:], np.uint64(0))
    one, two, three = _WORD_FACTORS
    is_first = place == np.repeat(last_words - counts, counts)
    return _mixed(words * one + second * two + third * three), has_third | is_first


def _mixed(values: np.ndarray) -> np.ndarray:
    """Return the values scattered over 64 bits (the finaliser of SplitMix64)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


@cache
def _powers(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return powers of _BASE and of its inverse modulo 2**64."""
    inverse = pow(_BASE, -1, 1 << 64)
    result = []
    for base in (_BASE, inverse):
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        result.append(np.cumprod(factors, dtype=np.uint64))
    return result[0], result[1]


@cache
def _permutations() -> tuple[np.ndarray, np.ndarray]:
    """Return odd multipliers and offsets, uint32, of the permutations x -> a x + b modulo 2**32."""
    numbers = _mixed(np.arange(1, 2 * PERMUTATIONS + 1, dtype=np.uint64) * np.uint64(_BASE))
    halves = (numbers >> np.uint64(32)).astype(np.uint32)
    return halves[:PERMUTATIONS] | np.uint32(1), halves[PERMUTATIONS:]
