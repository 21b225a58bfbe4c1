"""What a model says of how it was made: versions, hardware, fingerprints of files; and the settings that fix a run."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import medinjection
from medinjection import __version__
from medinjection.records.files import sha256_of, write_text

LIBRARIES = ("torch", "transformers", "tokenizers", "peft", "trl", "accelerate", "datasets")
KERNELS = ("flash-attn", "liger-kernel")

# Files that decide what a model folder computes; README and run.json do not.
MODEL_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)


def library_versions() -> dict[str, str]:
    """Return name -> version of this package, Python and the libraries that train, kernels where they are installed."""
    found = {"medinjection": __version__, "python": platform.python_version()} | {n: version(n) for n in LIBRARIES}
    for name in KERNELS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def deciding_versions() -> dict[str, str]:
    """Return the versions that unfinished work must share with the job that goes on with it.

    A patch of Python and the kernels of attention are left out: they change nothing, or the last bits alone.
    """
    found = {name: value for name, value in library_versions().items() if name not in KERNELS}
    return found | {"python": ".".join(platform.python_version_tuple()[:2])}


def model_fingerprint(folder: Path | str) -> dict[str, str]:
    """Return file name -> SHA-256 of the files that define the model in `folder`, sorted by name."""
    folder = Path(folder)
    names = {name for name in MODEL_FILES if (folder / name).is_file()}
    names |= {file.name for file in folder.glob("*.safetensors")}
    return {name: sha256_of(folder / name) for name in sorted(names)}


def digest(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of `values` written as sorted JSON."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("utf-8")).hexdigest()


def git_state(folder: Path | str | None = None) -> dict[str, Any] | None:
    """Return the commit of the checkout that holds `folder` and whether its tracked files were changed since.

    None where there is no answer: no file of `folder` is tracked (an installed copy), no commit, no git, or one that
    refuses the checkout of another user or takes longer than ten seconds.

    Args:
        folder: this package where none is given.

    Returns:
        {"revision": full commit, "dirty": bool}; untracked and ignored files make nothing dirty.
    """
    folder = Path(folder or Path(medinjection.__file__).parent)
    # An installed copy may lie in a checkout that is not its own, such as in `.venv/` of somebody's project.
    if _git(folder, "ls-files", "--error-unmatch", ".") is None:
        return None
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    lines = (status or "").splitlines()
    revision = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if revision == "(initial)":
        return None
    return {"revision": revision, "dirty": any(not line.startswith("#") for line in lines)}


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints about `folder`, None where it fails."""
    # A hook's variables would point git at another checkout; without optional locks it writes nothing.
    located = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
    environment = {k: v for k, v in os.environ.items() if k not in located} | {"GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        finished = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout.decode("utf-8", "replace")


def hardware(device: str) -> str:
    """Return the processor or GPU behind `device` in words, with what decides how fast it is."""
    import torch

    if device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(device)
        memory = properties.total_memory / 2**30
        return f"{properties.name}, {memory:.0f} GiB, {torch.cuda.device_count()} GPU(s) visible"
    return (
        f"CPU {processor_name()}, {platform.machine()}, {len(os.sched_getaffinity(0))} CPU(s), "
        f"{torch.get_num_threads()} thread(s)"
    )


def processor_name(cpuinfo: Path | str = "/proc/cpuinfo") -> str:
    """Return the model of the processor, "of unknown model" where `cpuinfo` does not tell (some ARM kernels)."""
    try:
        lines = Path(cpuinfo).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2] for line in lines if line.partition(":")[0].strip() == "model name")
    return " ".join(next(named, "").split()) or "of unknown model"


def peak_memory_bytes(device: str) -> int:
    """Return the maximum of memory held so far: of the GPU, or of this process."""
    import resource

    import torch

    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def make_deterministic(seed: int) -> None:
    """Seed every generator and let torch use deterministic algorithms only; on the CPU, one thread."""
    import torch
    from transformers import set_seed

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if not torch.cuda.is_available():
        # Sums are split over threads, so their number decides the last bits.
        torch.set_num_threads(1)
    set_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    # Deterministic mode would fill every new tensor for operations that read what nobody has written: none here does.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def remove_files(files: Iterable[Path]) -> None:
    """Remove `files` where they exist."""
    for file in files:
        file.unlink(missing_ok=True)


def write_run(folder: Path | str, facts: Mapping[str, Any]) -> None:
    """Write `run.json`, the last file of a finished model folder, and let weights be read by whoever may read it."""
    run = Path(folder) / "run.json"
    write_text(run, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    # safetensors makes its files readable by their owner alone, which keeps a group from sharing a run.
    for weights in run.parent.glob("*.safetensors"):
        # A hard link is the user's own file too.
        if weights.stat().st_nlink > 1:
            continue
        weights.chmod(run.stat().st_mode)
