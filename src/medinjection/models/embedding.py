"""Embeddings of instructions by a sentence-transformers model, for the map of Figure 4 (paper section 4.1)."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.models.base.quiet import quiet_libraries
from medinjection.models.files.run_facts import make_deterministic
from medinjection.records.errors import InputError
from medinjection.records.files import read_batches
from medinjection.records.sampling import keyed_rank
from medinjection.records.schema import RECORD_SCHEMA

# Key of the table's metadata that names the model.
MODEL_KEY = b"embedding_model"

_PACKAGE_FOLDER = "model"
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Instruction:
    """What is embedded of a record: its question, without context and options."""

    id: str
    component: str
    source: str
    text: str


def package_model(package: str) -> Path:
    """Return the folder `model` of an installed Python package, without importing the package.

    Raises:
        InputError: there is no such package, or it has no such folder.
    """
    spec = find_spec(package) if package.isidentifier() else None
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if (folder := Path(location) / _PACKAGE_FOLDER).is_dir():
            return folder
    found = "a package without it" if spec else "no such package"
    raise InputError(f"package {package}: found {found}, expected an installed package with a folder {_PACKAGE_FOLDER}")


def sample_instructions(path: Path | str, count: int, seed: int) -> list[Instruction]:
    """Return `count` records of a component, or all if there are fewer, in the order of the keyed hash of their ids.

    Raises:
        InputError: the file is missing, has another schema, or has no record.
    """
    key = f"embedding:{seed}"
    names = (name for batch in read_batches(path, RECORD_SCHEMA, ["id"]) for name in batch["id"].to_pylist())
    chosen = heapq.nsmallest(count, ((keyed_rank(key, name), name) for name in names))
    if not chosen:
        raise InputError(f"{path}: no record, expected at least one to embed")
    wanted = pa.array([name for _, name in chosen])
    found = {}
    for batch in read_batches(path, RECORD_SCHEMA, ("id", "component", "source", "question")):
        for row in batch.filter(pc.is_in(batch["id"], value_set=wanted)).to_pylist():
            found[row["id"]] = Instruction(row["id"], row["component"], row["source"], row["question"])
    return [found[name] for _, name in chosen]


def embed_texts(texts: Sequence[str], model_folder: Path | str) -> np.ndarray:
    """Return one vector of length 1 per text, float32 of shape (texts, dimensions), on the CPU with one thread.

    Raises:
        InputError: the folder holds no sentence-transformers model.
    """
    from sentence_transformers import SentenceTransformer

    folder = Path(model_folder)
    if not (folder / "modules.json").is_file():
        raise InputError(f"{folder}: no modules.json, expected the folder of a sentence-transformers model")
    quiet_libraries()
    make_deterministic(seed=0)
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
    vectors = model.encode(
        list(texts),
        batch_size=_BATCH,
        show_progress_bar=False,
        convert_to_numpy=True,
        normalize_embeddings=True,
    )
    return vectors.astype(np.float32)


def embeddings_table(instructions: Sequence[Instruction], vectors: np.ndarray, model: str) -> pa.Table:
    """Return a table with id, component, source and embedding, a list of fixed length; its metadata names the model."""
    columns = {name: [getattr(row, name) for row in instructions] for name in ("id", "component", "source")}
    flat = pa.array(vectors.reshape(-1), pa.float32())
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    return pa.table(columns).replace_schema_metadata({MODEL_KEY: model.encode()})
