"""What a run holds that another run of the same inputs must hold too: everything but what was measured of the job."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import sha256_of


def content_of_run(run: Path) -> dict[str, Any]:
    """Return the content of each table of numbers and each file of weights below a run's folder, by path."""
    files = [path for path in run.rglob("*") if path.suffix in (".parquet", ".csv", ".safetensors") and path.is_file()]
    return {path.relative_to(run).as_posix(): content_of(path) for path in files}


def content_of(path: Path) -> Any:
    """Return the checksum of a file or, of a training's log and the leaderboard, all columns but seconds and energy."""
    if path.name == "training.parquet":
        return [_lasting(row) for row in pq.read_table(path).to_pylist()]
    if path.parent.name == "leaderboard" and path.suffix == ".csv":
        return [_lasting(row) for row in read_rows(path, ["seconds", "energy_joules"])]
    return sha256_of(path)


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("seconds", "energy_joules")}
