"""COMET of translations. It runs in the environment of COMET, which lacks most of what the other modules import."""

import csv
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError

_CHECKPOINT = Path("checkpoints") / "model.ckpt"
_HPARAMS = "hparams.yaml"


def read_scored(path: Path) -> list[dict[str, str]]:
    """Read the JSON lines of segments with system, segment_id, source, reference and output.

    Raises:
        InputError: the file is missing or empty, or a line is no object with these keys.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    rows = []
    with open(path, encoding="utf-8") as handle:
        for number, line in enumerate(handle, start=1):
            try:
                row = json.loads(line)
                rows.append({key: row[key] for key in ("system", "segment_id", "source", "reference", "output")})
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}: line {number} is no segment with a translation ({error!r})") from error
    if not rows:
        raise InputError(f"{path}: the file is empty, expected translations")
    return rows


def load_local(path: Path) -> tuple[Any, str]:
    """Return the model of a checkpoint file, or of a folder with checkpoints/model.ckpt, and what signs its scores.

    Beside `checkpoints` lies hparams.yaml; the encoder that it names is looked for on this machine alone.

    Raises:
        InputError: there is no checkpoint or no hparams.yaml, or COMET cannot load it.
    """
    checkpoint = path / _CHECKPOINT if path.is_dir() else path
    if not checkpoint.is_file():
        raise InputError(f"{path}: no COMET checkpoint, expected a file or a folder with {_CHECKPOINT}")
    if not (hparams := checkpoint.parents[1] / _HPARAMS).is_file():
        raise InputError(f"{hparams}: no such file, expected the settings of the COMET checkpoint {checkpoint}")
    with open(checkpoint, "rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:16]
    return _load(checkpoint, local=True), f"model:{checkpoint.parents[1].name}|sha256:{digest}|{_versions()}"


def load_from_hub(model_id: str, revision: str) -> tuple[Any, str]:
    """Return a model of the Hugging Face hub at a commit, from the hub's cache where it is, and what signs its scores.

    Raises:
        InputError: the hub cannot be reached, has no such model or commit, or COMET cannot load it.
    """
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(model_id, revision=revision)
    except (OSError, ValueError) as error:  # the hub's errors are of these kinds
        raise InputError(
            f"{model_id} at {revision}: cannot be downloaded ({_first_line(error)}); a folder with the checkpoint can "
            "be named as translation_quality.comet.path instead"
        ) from error
    return _load(Path(folder) / _CHECKPOINT, local=False), f"model:{model_id}@{revision}|{_versions()}"


def comet_scores(model: Any, rows: Sequence[Mapping[str, str]], batch_size: int) -> list[float]:
    """Return the COMET score of each row, in the order given, on the GPU where there is one.

    Raises:
        InputError: the model needs other inputs, or fails on these.
    """
    import torch

    samples = [{"src": row["source"], "mt": row["output"], "ref": row["reference"]} for row in rows]
    gpus = 1 if torch.cuda.is_available() else 0
    try:
        found = model.predict(samples, batch_size=batch_size, gpus=gpus, num_workers=0, progress_bar=False)
    except (KeyError, ValueError, RuntimeError, IndexError) as error:
        raise InputError(f"COMET failed on {len(rows)} segments: {_first_line(error)}") from error
    return [float(score) for score in found.scores]


def write_scores(
    system_file: Path, segment_file: Path, rows: Sequence[Mapping[str, str]], scores: Sequence[float], signature: str
) -> None:
    """Write the mean score of each system as CSV, and every score as JSON lines, both atomically."""
    by_system: dict[str, list[float]] = {}
    for row, score in zip(rows, scores, strict=True):
        by_system.setdefault(row["system"], []).append(score)
    with _written(segment_file) as handle:
        for row, score in zip(rows, scores, strict=True):
            line = {"system": row["system"], "segment_id": row["segment_id"], "comet": score}
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
    with _written(system_file) as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["system", "n", "comet", "signature"])
        for system, values in by_system.items():
            writer.writerow([system, len(values), sum(values) / len(values), signature])


@contextmanager
def _written(path: Path) -> Any:
    """Give a text file to write that takes the name `path` at the end; records.files needs pyarrow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "w", encoding="utf-8", newline="\n") as handle:
            yield handle
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _load(checkpoint: Path, local: bool) -> Any:
    from comet import load_from_checkpoint

    try:
        return load_from_checkpoint(str(checkpoint), local_files_only=local)
    except Exception as error:  # COMET raises bare exceptions, torch and the hub many kinds
        raise InputError(f"{checkpoint}: COMET cannot load it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _versions() -> str:
    return f"unbabel-comet:{version('unbabel-comet')}"
