"""The card of a trained model, in the format of the Hugging Face hub: what it has learnt, how, and how to load it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns, write_text
from medinjection.records.licences import OPEN_LICENCES
from medinjection.records.schema import COMPONENTS
from medinjection.reporting.facts import read_object, read_run
from medinjection.reporting.quantities import (
    NOTHING,
    energy_text,
    memory_text,
    seconds_text,
    thousands,
    truncated_count,
)
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.templates import rendered
from medinjection.sources.registry import Source

# What the card says that every training must have noted.
_RUN_KEYS = (
    "adapter_sha256",
    "base_sha256",
    "data_sha256",
    "examples",
    "hardware",
    "hyperparameters",
    "model",
    "parameters",
    "tokens",
    "trainable_parameters",
    "truncation",
    "versions",
    "wall_seconds",
)
_MIX_KEYS = ("mix", "size", "components", "sources")

# Key of `run.json` -> what the card calls it; values that the run resolved or derived from its hyperparameters.
_RESOLVED = {
    "effective_batch": "examples an optimizer step",
    "processes": "processes",
    "dtype": "number format of the base model",
    "attention": "attention, as used",
    "fused_kernels": "fused kernels, as used",
    "gradient_checkpointing": "gradient checkpointing, as used",
}


@dataclass(frozen=True, slots=True)
class ModelCardInputs:
    """What a card is made from: `run.json` of the model and of its base, the mix's summary, the training log."""

    run: Path
    base: Path
    mix: Path
    training: Path
    registry: Mapping[str, Source]
    run_name: str
    remark: Remark = NO_REMARK


@dataclass(frozen=True, slots=True)
class TrainedSource:
    """One source of the training data: its examples, and how many of them lost how many tokens."""

    source: Source
    examples: int
    truncated: int
    tokens_cut: int


def write_model_card(inputs: ModelCardInputs, output: Path | str) -> None:
    """Write the card to `output`, `README.md` of the model's folder. Raises InputError as `model_card_text`."""
    write_text(output, model_card_text(inputs))


def model_card_text(inputs: ModelCardInputs) -> str:
    """Return the card: the metadata that the hub reads, then the text.

    Raises:
        InputError: a file is missing, lacks a key or is of an unfinished model, a source is not in the registry, or
            the base or the mix is not what the model was trained on.
    """
    run, base, mix = read_run(inputs.run), read_run(inputs.base), read_object(inputs.mix)
    _require(run, _RUN_KEYS, inputs.run)
    _require(mix, _MIX_KEYS, inputs.mix)
    if run["base_sha256"] != base.get("base_sha256"):
        raise InputError(f"{inputs.base}: has other files than the base model of {inputs.run}")
    sources = trained_sources(run, mix, inputs)
    text = rendered(
        "cards/model_card.md.j2",
        {
            "run_name": inputs.run_name,
            "note": str(inputs.remark),
            "run": run,
            "mix": mix,
            "base": base,
            "base_name": base_model_id(base),
            "components": [(name, mix["components"][name]) for name in COMPONENTS if name in mix["components"]],
            "sources": sources,
            "licence": common_licence(sources),
            "truncated": truncated_count(run),
            "tokens_cut": sum(row.tokens_cut for row in sources),
            "hyperparameters": sorted(run["hyperparameters"].items()),
            "resolved": [(title, run[key]) for key, title in _RESOLVED.items() if key in run],
            "checksums": [*sorted(run["adapter_sha256"].items()), (f"{inputs.mix.stem}.parquet", run["data_sha256"])],
            "results": _results(run, _steps(inputs.training)),
            "versions": sorted(run["versions"].items()),
        },
    )
    return f"---\n{_metadata(run, base_model_id(base), sources)}\n---\n\n{text}"


def base_model_id(base: Mapping[str, Any]) -> str:
    """Return what the hub should call the base model: its id there, else the name of its folder."""
    return base.get("model_id") or base.get("path") or base["model"]


def trained_sources(run: Mapping[str, Any], mix: Mapping[str, Any], inputs: ModelCardInputs) -> list[TrainedSource]:
    """Return one line per source of the training data, in the order of the mix's summary.

    Raises:
        InputError: the registry does not know a source, or mix and training count different examples.
    """
    learnt = {name: counts["examples"] for name, counts in run["truncation"].items()}
    if learnt != mix["sources"]:
        raise InputError(
            f"{inputs.run}: learnt {_counts_text(learnt)}, but {inputs.mix} has {_counts_text(mix['sources'])}"
        )
    lines = []
    for name, examples in mix["sources"].items():
        if name not in inputs.registry:
            raise InputError(f"source {name}: not in the registry, expected one of {', '.join(inputs.registry)}")
        counts = run["truncation"][name]
        lines.append(TrainedSource(inputs.registry[name], examples, counts["truncated"], counts["tokens_cut"]))
    return lines


def common_licence(sources: Sequence[TrainedSource]) -> str | None:
    """Return the open licence that all sources have, None where they differ or one has another."""
    licences = {row.source.licence for row in sources}
    return licences.pop() if len(licences) == 1 and licences <= OPEN_LICENCES else None


def _counts_text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"


def _metadata(run: Mapping[str, Any], base_name: str, sources: Sequence[TrainedSource]) -> str:
    from huggingface_hub import ModelCardData

    licence = common_licence(sources)
    card = ModelCardData(
        language=["fr"],
        license=licence.lower() if licence else "other",
        license_name=None if licence else "one-licence-per-source",
        license_link=None if licence else "README.md#licence",
        library_name="peft",
        base_model=base_name,
        pipeline_tag="text-generation",
        tags=["medical", "french", "instruction-tuning", run["hyperparameters"]["adapter"]],
    )
    return card.to_yaml(line_break="\n").strip()


def _results(run: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return name and value of what the training came to."""
    first, last = steps[0], steps[-1]
    parts = run.get("parts") or []
    interrupted = len(parts) > 1
    # A training that went on elsewhere names each machine once.
    machines = dict.fromkeys([*(part["hardware"] for part in parts), run["hardware"]])
    rows = [
        ("Optimizer steps", f"{last['step']:,}"),
        ("Epochs", f"{last['epoch']:g}"),
        ("Tokens, without padding", f"{run['tokens']:,}"),
        ("Tokens learnt from an epoch", thousands(run.get("supervised_tokens_per_epoch"))),
        ("Loss of the first step", f"{first['loss']:.4f}"),
        ("Loss of the last step", f"{last['loss']:.4f}"),
        *_validation(steps),
        ("Trained parameters", f"{run['trainable_parameters']:,} of {run['parameters']:,}"),
        ("Time", seconds_text(run["wall_seconds"])),
        ("Energy, by the driver's counters", energy_text(run.get("energy_joules"))),
        ("Peak memory" + (", of the last part" if interrupted else ""), memory_text(run.get("peak_memory_bytes"))),
        ("Hardware", "; ".join(machines)),
    ]
    if interrupted:
        began = ", ".join(f"{part['after_step']:,}" for part in parts[1:])
        rows.append(("Interrupted", f"trained in {len(parts)} parts; went on after step {began}"))
    return [(name, value) for name, value in rows if value != NOTHING]


def _validation(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return name and value of the last validation loss, and of the lowest where that is another one."""
    losses = [(row["validation_loss"], row["epoch"]) for row in steps if row["validation_loss"] is not None]
    if not losses:
        return []
    (last, _), (lowest, epoch) = losses[-1], min(losses)
    rows = [("Validation loss after the last step", f"{last:.4f}")]
    return rows if lowest == last else [*rows, ("Lowest validation loss", f"{lowest:.4f}, after epoch {epoch:g}")]


def _steps(path: Path) -> list[dict[str, Any]]:
    rows = read_columns(path, None, ("step", "epoch", "loss", "validation_loss")).sort_by("step").to_pylist()
    if not rows:
        raise InputError(f"{path}: no step, expected at least one")
    return rows


def _require(found: Mapping[str, Any], keys: Sequence[str], path: Path) -> None:
    if missing := [key for key in keys if key not in found]:
        raise InputError(f"{path}: no key {', '.join(missing)}; found: {', '.join(found) or 'none'}")
