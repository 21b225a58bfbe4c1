"""Joining a shared folder with a site's own copy of the records: predictions and judgements to score again."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import read_batches, read_table, write_table
from medinjection.records.schema import RECORD_SCHEMA, record_from_row
from medinjection.sharing.folder import RECORDS, SHARED_RECORD_SCHEMA, check_manifest, new_folder
from medinjection.sharing.sealing import seal_key, text_hash
from medinjection.sharing.tables import CHOICE, JUDGEMENTS, OPEN, join_table

_SHOWN = 5


def join_shared(shared: Path, records: Sequence[Path], folder: Path) -> None:
    """Write `predictions/`, `judgements/` and `evaluation/open.parquet` as the run had them into a new folder.

    Args:
        shared: the folder that `share_answers` wrote.
        records: parquet files of the site's own records, in which those of the shared folder are found by id.

    Raises:
        InputError: `folder` is not empty, the shared folder is incomplete or changed, or a record is missing among
            `records` or has other texts than the one that was answered; nothing is written then.
    """
    files = check_manifest(shared)["files"]
    listed = read_table(shared / RECORDS, SHARED_RECORD_SCHEMA)
    keys, references = _own_records(shared / RECORDS, listed, records)
    with new_folder(folder, replaces_shared=False) as partial:
        for name in files:
            folders = name.split("/")
            if folders[0] == "predictions":
                kind = CHOICE if folders[-1] == CHOICE.file_name else OPEN
                join_table(kind, shared / name, partial / name, keys)
            elif folders[0] == "judgements":
                join_table(JUDGEMENTS, shared / name, partial / name, keys)
        write_table(partial / "evaluation" / "open.parquet", references)


def _own_records(source: Path, listed: pa.Table, paths: Sequence[Path]) -> tuple[dict[str, bytes], pa.Table]:
    """Return the key of each record that is listed, and the open ones among them as a table, in the order listed."""
    expected = dict(zip(listed["record_id"].to_pylist(), listed["text_sha256"].to_pylist(), strict=True))
    wanted = pa.array(list(expected), pa.string())
    keys: dict[str, bytes] = {}
    open_rows = [RECORD_SCHEMA.empty_table()]
    differing: dict[str, Path] = {}
    for path in paths:
        for batch in read_batches(path, RECORD_SCHEMA):
            found = pa.Table.from_batches([batch]).filter(pc.is_in(batch["id"], wanted))
            for record in map(record_from_row, found.to_pylist()):
                if record.id in keys:
                    raise InputError(f"{path}: record {record.id} occurs twice in the records given, expected it once")
                keys[record.id] = seal_key(record)
                if text_hash(record) != expected[record.id]:
                    differing[record.id] = path
            open_rows.append(found.filter(pc.equal(found["task"], "oeq")))
    if differing:
        raise InputError(
            f"{next(iter(differing.values()))}: {_named(differing)}: question, context, options, right answer, prompt "
            f"or task differ from those that were answered; expected the texts whose hashes are in {source}"
        )
    if missing := [record_id for record_id in expected if record_id not in keys]:
        raise InputError(f"{source}: {_named(missing)}: not in {', '.join(map(str, paths))}, expected a copy of each")
    references = pa.concat_tables(open_rows)
    places = {record_id: place for place, record_id in enumerate(references["id"].to_pylist())}
    order = [places[record_id] for record_id in expected if record_id in places]
    return keys, references.take(pa.array(order, pa.int64())).combine_chunks()


def _named(record_ids: Sequence[str] | dict[str, Path]) -> str:
    """Return the first few ids, and how many there are."""
    ids = list(record_ids)
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"record{'s' if len(ids) > 1 else ''} {', '.join(ids[:_SHOWN])}{more}"
