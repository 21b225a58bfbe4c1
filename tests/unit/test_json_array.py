"""A JSON array read piece by piece: the elements that `json.loads` gives, and its words for what is wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medinjection.records.errors import InputError
from medinjection.sources.reading.json_array import array_elements

# Half a surrogate pair, numbers of more than 64 bits and escapes are read as the standard library reads them.
TEXTS = st.text(st.sampled_from('aé€😀\ud83d\u2028"\\\n\x00[]{},:1eE.-'), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.sampled_from([10**30, -0.5e-30, 1e300])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
SETTINGS = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(rows=st.lists(VALUES, max_size=6), chunk=st.integers(1, 40), indent=st.sampled_from([None, 0, 3]))
def test_elements_are_those_of_the_standard_library(tmp_path, rows, chunk, indent):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows, indent=indent), encoding="utf-8")
    assert list(array_elements(path, chunk)) == rows
    try:
        path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8-sig")
    except UnicodeEncodeError:
        return
    assert list(array_elements(path, chunk)) == rows


@SETTINGS
@given(rows=st.lists(VALUES, min_size=1, max_size=3), chunk=st.integers(1, 40), data=st.data())
def test_a_file_that_is_cut_short_is_told_as_by_the_standard_library(tmp_path, rows, chunk, data):
    content = json.dumps(rows).encode()
    content = content[: data.draw(st.integers(1, len(content) - 1))]
    path = tmp_path / "rows.json"
    path.write_bytes(content)
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(content)
    with pytest.raises(InputError) as error:
        list(array_elements(path, chunk))
    told = expected.value
    assert f"not valid JSON at line {told.lineno}, byte {told.pos}: {told.msg}" in str(error.value)


@pytest.mark.parametrize("chunk", [1, 7, 4096])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"é": "é"},\n {"b": 1} {"c": 2}]', "not valid JSON at line 2, byte 25: Expecting ',' delimiter"),
        ('["é", 1] 2', "not valid JSON at line 1, byte 10: Extra data"),
        ("[1, 2,]", "not valid JSON at line 1, byte 6: Expecting value"),
        ("  ", "not valid JSON at line 1, byte 2: Expecting value"),
        ('{"rows": [1]}', "the top level is an object, expected a list of rows"),
        ("17", "the top level is a number, expected a list of rows"),
        (b'["\xc3\xa9", "\xe9"]', "not UTF-8 at byte 8 (0xe9)"),
        (b'["\xc3', "not UTF-8 at byte 2 (0xc3)"),
        ("[" * 100_000, "not valid JSON at line 1, byte 1: a value cannot be read"),
        ("[" + "1" * 5000 + "]", "not valid JSON at line 1, byte 1: a value cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, content, said, chunk):
    path = tmp_path / "rows.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        list(array_elements(path, chunk))
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_elements_before_a_fault_are_there_and_the_file_is_not_read_further(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text("[1, " + " " * 100 + '"' + "x" * 100 + "\n")
    elements = array_elements(path, 10)
    assert next(elements) == 1
    with pytest.raises(InputError, match="Unterminated string|Invalid control character"):
        next(elements)
