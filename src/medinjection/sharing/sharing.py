"""Writing a shared folder: a run's answers, judgements and scores without a text of the questions."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.records.files import each_record, write_table
from medinjection.records.licences import OPEN_LICENCES
from medinjection.records.schema import Record
from medinjection.sharing.folder import RECORDS, SHARED_RECORD_SCHEMA, new_folder, write_manifest
from medinjection.sharing.sealing import seal_key, text_hash
from medinjection.sharing.tables import CHOICE, JUDGEMENTS, OPEN, share_table


@dataclass(frozen=True, slots=True)
class RunAnswers:
    """Where a run's answers are.

    Attributes:
        records: parquet files of the evaluation records.
        predictions: folder of `<model>/choice.parquet` and `<model>/open.parquet`, of which a model may lack one.
        models: whose answers are shared.
        judgements: judge -> folder of `<model>.parquet`.
        scores: files of scores, which hold numbers and ids only.
    """

    records: Sequence[Path]
    predictions: Path
    models: Sequence[str]
    judgements: Mapping[str, Path]
    scores: Sequence[Path]


def share_answers(answers: RunAnswers, run_name: str, folder: Path) -> None:
    """Write the shared folder, in place of an earlier one; the same answers give the same bytes.

    No record is in it: of each there are id, source, task, licence and the hash of its texts. What a model or a judge
    wrote about a record whose licence is not in OPEN_LICENCES is sealed with a key that only the record's text gives.

    Raises:
        InputError: a file is missing or of another schema, a record occurs twice, an answer is to a record that is not
            there, a model has no answers, or `folder` holds something else.
    """
    with new_folder(folder, replaces_shared=True) as partial:
        _write(answers, run_name, partial)


def _write(answers: RunAnswers, run_name: str, folder: Path) -> None:
    keys: dict[str, bytes | None] = {}
    rows: list[dict[str, object]] = []
    for path in answers.records:
        for record in each_record(path):
            if record.id in keys:
                raise InputError(f"{path}: record {record.id} occurs twice, expected every evaluation record once")
            sealed = record.licence not in OPEN_LICENCES
            keys[record.id] = seal_key(record) if sealed else None
            rows.append(_shared_record(record, sealed))
    write_table(folder / RECORDS, pa.Table.from_pylist(rows, schema=SHARED_RECORD_SCHEMA))
    for model in answers.models:
        found = [kind for kind in (CHOICE, OPEN) if (answers.predictions / model / kind.file_name).is_file()]
        if not found:
            raise InputError(f"{answers.predictions / model}: no choice.parquet and no open.parquet of model {model}")
        for kind in found:
            name = Path(model) / kind.file_name
            share_table(kind, answers.predictions / name, folder / "predictions" / name, keys)
    for judge, judged in answers.judgements.items():
        for path in sorted(judged.glob("*.parquet")):
            if path.stem in answers.models:
                share_table(JUDGEMENTS, path, folder / "judgements" / judge / path.name, keys)
    for path in answers.scores:
        (folder / "scores").mkdir(exist_ok=True)
        shutil.copyfile(path, folder / "scores" / path.name)
    sealed_sources = Counter(f"{row['source']}: {row['licence']}" for row in rows if row["sealed"])
    about = {"run": run_name, "models": list(answers.models), "judges": list(answers.judgements), "records": len(rows)}
    write_manifest(folder, {**about, "records_with_sealed_answers": sealed_sources})


def _shared_record(record: Record, sealed: bool) -> dict[str, object]:
    return {
        "record_id": record.id,
        "source": record.source,
        "task": record.task,
        "licence": record.licence,
        "text_sha256": text_hash(record),
        "sealed": sealed,
    }
