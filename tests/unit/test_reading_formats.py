"""Low-level reading of CSV files and of files that are one JSON object."""

import pytest

from medinjection.records.errors import InputError
from medinjection.sources.reading.file_formats import Row, read_csv, read_json_object, require_keys


def test_json_object_keeps_a_key_that_comes_twice(tmp_path):
    (tmp_path / "x.json").write_text('{"1": {"a": 1}, "1": {"a": {"b": 2}}, "2": 3}')
    rows = [row.values for row in read_json_object(tmp_path / "x.json", "id")]
    assert rows == [{"a": 1, "id": "1"}, {"a": {"b": 2}, "id": "1"}, {"value": 3, "id": "2"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "the top level is a list, expected an object with one member a row"),
        ("{}", "the object has no rows"),
        ('{"1": {"a": 1}, "2', "not valid JSON at line 1, byte 16"),
    ],
)
def test_json_object_that_is_none(tmp_path, content, message):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_json_object(tmp_path / "x.json", "id"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a,"b\nc', "not valid CSV at line 2: unexpected end of data; is the file cut short"),
        ('a,"b"c\n', "not valid CSV at line 1: "),
        ("\n\n", "the file has no rows"),
        ("a,b,c\nd\n", "no row has the 2 fields expected: x, y"),
    ],
)
def test_csv_file_that_is_broken(tmp_path, content, message):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_csv(tmp_path / "x.csv", ("x", "y"), has_header=False))


def test_csv_row_of_another_length_is_a_list(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfa,b\n\nc\n")
    rows = list(read_csv(tmp_path / "x.csv", ("x", "y"), has_header=False))
    assert [(row.number, row.values) for row in rows] == [(1, {"x": "a", "y": "b"}), (2, ["c"])]


def test_keys_are_required_of_some_row_not_of_each(tmp_path):
    rows = [Row("x", 1, {"a": 1}), Row("x", 2, ["no object"]), Row("x", 3, {"b": 2})]
    assert list(require_keys(tmp_path / "x", rows, ("a", "b"))) == rows
    with pytest.raises(InputError, match="x: no row has the key.s. c; found a, b, expected a, c"):
        list(require_keys(tmp_path / "x", rows, ("a", "c")))
