"""The elements of a file that is one JSON array, one after the other: neither its text nor its rows are held at once.

The released training file of the translated component has 478 MB. Elements are decoded by the standard library, so that
they are what `json.loads` gives. ijson 3.6 is no faster on such rows, writes "?" for half a surrogate pair without a
word, and refuses a whole file for one number of more than 64 bits.
"""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError

CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
# An error so near the end of what was read may come from a value that goes on there; the longest is -Infinity.
_CUT_CHARACTERS = 12
_OTHER_VALUES = {"{": "an object", '"': "a text", "t": "true or false", "f": "true or false", "n": "null"}
_OTHER_VALUES |= dict.fromkeys("-0123456789", "a number")


def array_elements(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Any]:
    """Yield the elements of the JSON array in `path`, which is read as it is asked for.

    Args:
        chunk_bytes: minimum number of bytes that are read at a time; more where one element is longer.

    Raises:
        InputError: not UTF-8 (names the byte), not JSON or cut short (names line and byte), or no array. What comes
            after the elements that were yielded may still be at fault.
    """
    with _Reading(path, chunk_bytes) as reading:
        first = reading.next_mark()
        if first in _OTHER_VALUES:
            raise InputError(f"{path}: the top level is {_OTHER_VALUES[first]}, expected a list of rows")
        if first != "[":
            raise reading.error("Expecting value", reading.position)
        reading.position += 1
        mark = reading.next_mark()
        while mark != "]":
            yield reading.value()
            mark = reading.next_mark()
            if mark == ",":
                reading.position += 1
                reading.next_mark()
            elif mark != "]":
                raise reading.error("Expecting ',' delimiter", reading.position)
        reading.position += 1
        if reading.next_mark():
            raise reading.error("Extra data", reading.position)


class _Reading:
    """The part of a file that is in memory, from the element that is read now."""

    def __init__(self, path: Path, chunk_bytes: int) -> None:
        self.position = 0
        self._path = path
        self._chunk_bytes = chunk_bytes
        self._decode = json.JSONDecoder().raw_decode
        self._characters = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._ended = False
        # Where the text begins in the file, and how far the file is read.
        self._line, self._byte, self._bytes_read = 1, 0, 0

    def __enter__(self) -> "_Reading":
        self._handle = open(self._path, "rb")
        if self._handle.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK:
            self._byte = self._bytes_read = len(_BYTE_ORDER_MARK)
        else:
            self._handle.seek(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def next_mark(self) -> str:
        """Move to the next character that is no white space and return it; "" at the end of the file."""
        while True:
            match = _WHITE_SPACE.match(self._text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self._text):
                return self._text[self.position]
            if not self._read_on():
                return ""

    def value(self) -> Any:
        """Return the value that begins here, and move behind it."""
        while True:
            try:
                value, end = self._decode(self._text, self.position)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - _CUT_CHARACTERS or error.msg.startswith("Unterminated string")
                if cut and self._read_on():
                    continue
                raise self.error(error.msg, error.pos) from error
            except (RecursionError, ValueError) as error:
                # Lists in lists without end, or a number of thousands of digits.
                raise self.error(f"a value cannot be read ({error})", self.position) from error
            if isinstance(value, int | float) and end >= len(self._text) - _CUT_CHARACTERS and self._read_on():
                # 1 may be the beginning of 12, or of 1.5e-7.
                continue
            self.position = end
            return value

    def error(self, reason: str, position: int) -> InputError:
        """Return what says what is wrong at a position of the text."""
        before = self._text[:position]
        return InputError(
            f"{self._path}: not valid JSON at line {self._line + before.count(chr(10))}, "
            f"byte {self._byte + len(before.encode('utf-8'))}: {reason}; is the file cut short?"
        )

    def _read_on(self) -> bool:
        """Drop what is behind and read on, at least as much as there is; return False at the end of the file."""
        if self._ended:
            return False
        done, self._text = self._text[: self.position], self._text[self.position :]
        self._line += done.count("\n")
        self._byte += len(done.encode("utf-8"))
        self.position = 0
        content = self._handle.read(max(self._chunk_bytes, len(self._text)))
        self._ended = not content
        pending = len(self._characters.getstate()[0])
        try:
            self._text += self._characters.decode(content, final=self._ended)
        except UnicodeDecodeError as error:
            byte = self._bytes_read - pending + error.start
            raise InputError(f"{self._path}: not UTF-8 at byte {byte} (0x{error.object[error.start]:02x})") from error
        self._bytes_read += len(content)
        return True
