"""Texts that only the holders of a record can read: the key of the seal is made of the record's own text.

A model's answer may quote its question. Where the question may not be given away, the answer is therefore sealed:
whoever holds the record has the key, whoever does not has bytes. The same text of the same record gives the same bytes.

The construction is that of a synthetic initialisation vector (RFC 5297) with functions of the standard library: the tag
is an HMAC-SHA-256 of the text, the text is masked with SHAKE-256 of key and tag, and unmasking checks the tag.
Nothing is hidden from one who can guess the whole record, and the length of a text is not hidden.
"""

import hashlib
import hmac
import json

from medinjection.records.schema import Record

_TAG_BYTES = 32


class WrongKey(ValueError):
    """A sealed text is of another record than the one that the key is made of, or was changed."""


def text_hash(record: Record) -> str:
    """Return the SHA-256 (64 hex digits) of what a record asks and of its reference answer; the key is not in it."""
    return hashlib.sha256(b"hash" + _text_of(record)).hexdigest()


def seal_key(record: Record) -> bytes:
    """Return the 32 bytes of key that only the text of a record gives."""
    return hashlib.sha256(b"seal" + _text_of(record)).digest()


def seal(text: str, key: bytes) -> bytes:
    """Return `text` so that only `open_sealed` with the same key reads it."""
    plain = text.encode("utf-8")
    tag = hmac.digest(key, plain, "sha256")
    return tag + _masked(plain, key, tag)


def open_sealed(sealed: bytes, key: bytes) -> str:
    """Return the text that was sealed. Raises WrongKey where it is not of this key, or was changed since."""
    tag, masked = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
    plain = _masked(masked, key, tag)
    if not hmac.compare_digest(tag, hmac.digest(key, plain, "sha256")):
        raise WrongKey("sealed with another key, or changed")
    return plain.decode("utf-8")


def _masked(content: bytes, key: bytes, tag: bytes) -> bytes:
    """Return `content` with a stream of bytes that only key and tag give laid over it; twice gives it back."""
    stream = hashlib.shake_256(b"mask" + key + tag).digest(len(content))
    return (int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(content), "big")


def _text_of(record: Record) -> bytes:
    """Return everything of a record that decides what a model was asked and what is right."""
    prompt = record.prompt and [record.prompt.system, record.prompt.stem, record.prompt.options, record.prompt.end]
    texts = [record.id, record.task, record.context, record.question, list(record.options)]
    return json.dumps([*texts, list(record.answer_indices), record.answer, prompt], ensure_ascii=False).encode("utf-8")
