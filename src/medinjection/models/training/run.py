"""Fine-tune a base model on one mix with an adapter (paper section 4.2): resume, train, write what is kept."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medinjection.llm.lock_files import locked
from medinjection.models.base.loading import load_model, load_tokenizer
from medinjection.models.device import resolve_device, resolve_dtype
from medinjection.models.energy import EnergyMeter, gpu_uuids
from medinjection.models.files.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medinjection.models.files.run_facts import (
    deciding_versions,
    git_state,
    hardware,
    library_versions,
    make_deterministic,
    model_fingerprint,
    peak_memory_bytes,
    remove_files,
    write_run,
)
from medinjection.models.memory import OutOfMemory, free_memory
from medinjection.models.training.checkpoints import (
    checkpoint_keeper,
    note_part,
    open_checkpoints,
    parts_of,
    remove_checkpoints,
    step_of,
)
from medinjection.models.training.examples import IGNORED, Example, make_examples, marked_text, truncation_counts
from medinjection.models.training.faults import faults_explained
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.log import energy_of, log_table, training_watch
from medinjection.models.training.trackers import report_to, without_telemetry
from medinjection.models.training.trainer import (
    accumulation_of_a_process,
    filler_count,
    load_finished,
    node_count,
    process_count,
    resolve_attention,
    resolve_kernels,
    sft_trainer,
)
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, sha256_of, write_table, write_text
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import Record
from medinjection.records.stand_ins import StandIn, in_order, is_scripted, stand_ins_of_model

# They change what a run costs, how often it is saved, who watches and what is refused, not what it learns. Kernels
# change the last bits of sums.
_NOT_LEARNT_FROM = (
    "gradient_checkpointing", "save_steps", "trackers", "max_truncated_share", "attention", "fused_kernels",
)  # fmt: skip
_ADAPTER_FILES = (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
# A job that was cancelled has half a minute to end.
_LOCK_SECONDS = 60.0
_BUSY = "another process trains this model; wait for it or stop it, then run again"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """What a training reads and writes.

    `base` is the folder of a model, `mix` and `validation` are files of records; the latter, where there are any, are
    not learnt. `output` is the folder of the adapter. The folder `checkpoints` survives a failed job and is removed in
    the end; `trackers_folder` is for the files of trackers.
    """

    base: Path
    mix: Path
    validation: Path | None
    output: Path
    checkpoints: Path
    trackers_folder: Path


def train_mix(files: TrainingFiles, hyperparameters: Hyperparameters, prompts: QuestionPrompts, code: str = "") -> None:
    """Write an adapter of the base model that has learnt the records of a mix, with its training log and run.json.

    An interrupted training goes on from its checkpoints and, on a CPU in float32, gives the same adapter as one in a
    single run. Started by torchrun, it shares the work out between its processes.

    Args:
        prompts: how a question is put.
        code: fingerprint of the program that trains; checkpoints of another program are not resumed from.

    Raises:
        InputError: the base model or the mix cannot be used (see `load_tokenizer`, `make_examples`), memory or disk
            are too small, or the loss is no number; nothing but checkpoints is written then. Or another process trains
            into the same folder.
    """
    # Before huggingface_hub is imported: TRL would tell its makers of every training.
    without_telemetry()
    # The first of several processes holds the lock for all.
    with locked(files.output, _LOCK_SECONDS, _BUSY) if _is_main_process() else nullcontext():
        run = _Run(files, hyperparameters, prompts, code)
        with run.main_process_first():
            resumed = open_checkpoints(files.checkpoints, run.identity)
            if run.is_main:
                note_part(files.checkpoints, step_of(resumed), {"hardware": hardware(run.device), **run.kernels})
                files.output.mkdir(parents=True, exist_ok=True)
                remove_files([files.output / "run.json"])
        trainer, checkpointing = run.train(resumed)
        if run.is_main:
            run.write(trainer, checkpointing, resumed)
            remove_checkpoints(files.checkpoints)
        run.end()


class _Run:
    """One training: what defines it, what it is doing, and what it writes."""

    def __init__(
        self, files: TrainingFiles, hyperparameters: Hyperparameters, prompts: QuestionPrompts, code: str
    ) -> None:
        self.files = files
        self.hyperparameters = hyperparameters
        self.device = resolve_device("auto")
        if (files.output / "config.json").is_file():
            raise InputError(
                f"{files.output}: holds a whole model, which an adapter cannot lie beside: remove it first"
            )
        _one_device_per_process()
        accumulation_of_a_process(hyperparameters)
        # What trackers call the trainings of a run of the workflow together.
        self.project = f"medinjection-fr-{files.trackers_folder.parent.name}"
        self.is_main = _is_main_process()
        self.tokenizer = load_tokenizer(files.base, padding_side="right")
        records = read_records(files.mix)
        scripted = any(is_scripted(record.provenance.teacher or "") for record in records)
        self.stand_ins = in_order([*([StandIn.TEACHER] if scripted else []), *stand_ins_of_model(files.base)])
        self.examples = self._examples_of(files.mix, records, prompts)
        self.validation: list[Example] = []
        if files.validation:
            self.validation = self._examples_of(files.validation, read_records(files.validation), prompts)
        self.longest = max(len(example.input_ids) for example in (*self.examples, *self.validation))
        _check_context(files.base, self.longest)
        self._show_first_example()
        self.dtype = resolve_dtype(hyperparameters.precision, self.device)
        self.kernels = {
            "attention": resolve_attention(hyperparameters.attention, self.device, self.dtype),
            "fused_kernels": resolve_kernels(hyperparameters.fused_kernels, self.device),
        }
        learnt = {key: value for key, value in asdict(hyperparameters).items() if key not in _NOT_LEARNT_FROM}
        self.identity = {
            "data_sha256": sha256_of(files.mix),
            "validation_sha256": sha256_of(files.validation) if files.validation else None,
            "prompts_sha256": prompts.sha256,
            "base_sha256": model_fingerprint(files.base),
            "hyperparameters": learnt,
            "versions": deciding_versions(),
            "dtype": str(self.dtype).removeprefix("torch."),
            "processes": process_count(),
            "code": code,
        }

    def _examples_of(self, path: Path, records: Sequence[Record], prompts: QuestionPrompts) -> list[Example]:
        chosen = self.hyperparameters
        try:
            return make_examples(
                records,
                self.tokenizer,
                chosen.loss,
                chosen.max_length,
                chosen.max_truncated_share,
                prompts=prompts,
            )
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    def main_process_first(self) -> Any:
        """Return a context that the first process passes before the others; it sets up their connection."""
        from accelerate import PartialState

        if process_count() == 1:
            return PartialState(cpu=self.device == "cpu").main_process_first()
        backend = "gloo" if self.device == "cpu" else None
        return PartialState(cpu=self.device == "cpu", backend=backend).main_process_first()

    def train(self, resumed: Path | None) -> tuple[Any, bool]:
        """Return the trainer once it is done, and whether it needed gradient checkpointing."""
        chosen = self.hyperparameters.gradient_checkpointing
        # Processes that fail one by one cannot agree on another try.
        tries = {"always": [True], "never": [False]}.get(chosen, [False, True] if process_count() == 1 else [False])
        for checkpointing in tries:
            try:
                return self._train_once(resumed, checkpointing), checkpointing
            except OutOfMemory as error:
                if checkpointing == tries[-1]:
                    raise
                _logger.info("%s; trying with gradient checkpointing", error)
            free_memory()
            resumed = open_checkpoints(self.files.checkpoints, self.identity)
        raise AssertionError("every try returns or raises")

    def _train_once(self, resumed: Path | None, checkpointing: bool) -> Any:
        files, chosen = self.files, self.hyperparameters
        # Here, because the adapter's first weights are drawn anew in every try.
        make_deterministic(chosen.seed)
        with faults_explained(files.checkpoints, chosen.per_device_batch_size, self.longest):
            trainer = sft_trainer(
                load_model(files.base, self.dtype),
                self.tokenizer,
                self.examples,
                files.checkpoints,
                chosen,
                self.device,
                checkpointing,
                report_to(chosen.trackers, files.trackers_folder, files.output.name, self.project),
                self.project,
                self.validation,
            )
            nodes = node_count()
            gpus = gpu_uuids(process_count() // nodes) if self.device == "cuda" else ()
            with EnergyMeter(self.device, gpus, nodes) as meter:
                fillers = filler_count(len(self.examples), chosen)
                trainer.add_callback(training_watch(files.checkpoints, meter, self.is_main, fillers))
                trainer.add_callback(checkpoint_keeper(files.checkpoints, self.is_main))
                if not load_finished(trainer, resumed):
                    trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
        return trainer

    def write(self, trainer: Any, checkpointing: bool, resumed: Path | None) -> None:
        """Write the adapter, the log and, last, run.json."""
        output, examples = self.files.output, self.examples
        log = log_table(trainer.state.log_history)
        rows = log.to_pylist()
        with faults_explained(output, self.hyperparameters.per_device_batch_size, self.longest):
            _write_adapter(trainer.model, self.files)
            write_table(output / "training.parquet", log)
        trainable, total = trainer.model.get_nb_trainable_parameters()
        chosen = self.hyperparameters
        facts = {
            "status": "finished",
            "model": output.name,
            "base_model": self.files.base.name,
            "stand_ins": list(self.stand_ins),
            **self.identity,
            "versions": library_versions(),
            "hyperparameters": asdict(chosen),
            **self.kernels,
            "gradient_checkpointing": checkpointing,
            "adapter_sha256": {name: sha256_of(output / name) for name in _ADAPTER_FILES},
            "git": git_state(Path(__file__).parent),
            "hardware": hardware(self.device),
            "seed": chosen.seed,
            "device": self.device,
            "nodes": node_count(),
            "effective_batch": chosen.per_device_batch_size * chosen.gradient_accumulation_steps,
            "examples": len(examples),
            "truncation": truncation_counts(examples),
            "supervised_tokens_per_epoch": _supervised_tokens(examples),
            "steps": trainer.state.global_step,
            "tokens": rows[-1]["tokens"],
            "first_loss": rows[0]["loss"],
            "last_loss": rows[-1]["loss"],
            "validation_examples": len(self.validation),
            "last_validation_loss": rows[-1]["validation_loss"],
            "trainable_parameters": trainable,
            "parameters": total,
            "resumed_from_step": step_of(resumed) or None,
            "parts": parts_of(self.files.checkpoints),
            "peak_memory_bytes": peak_memory_bytes(self.device),
            "wall_seconds": round(rows[-1]["seconds"], 1),
            "energy_joules": energy_of(trainer.state.log_history),
        }
        write_run(output, facts)

    def end(self) -> None:
        """Close the connection between the processes, where there are several."""
        import torch.distributed

        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()

    def _show_first_example(self) -> None:
        if self.is_main:
            text = marked_text(self.examples[0], self.tokenizer, colour=sys.stderr.isatty())
            _logger.info("%d examples; the first, learnt tokens marked:\n%s", len(self.examples), text)


def _is_main_process() -> bool:
    """Return whether this is the first of the processes that train together, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _one_device_per_process() -> None:
    """Refuse several GPUs for one process, which would multiply the batch by their number, and fewer than processes."""
    import torch

    together = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if torch.cuda.is_available() and together > torch.cuda.device_count():
        raise InputError(
            f"{together} processes, but {torch.cuda.device_count()} GPU(s) are visible: ask for as many GPUs as "
            "training.processes says"
        )
    if torch.cuda.device_count() > 1 and process_count() == 1:
        raise InputError(
            f"{torch.cuda.device_count()} GPUs are visible to one process. Set training.processes to their number, or "
            "CUDA_VISIBLE_DEVICES to one of them"
        )


def _check_context(base: Path, longest: int) -> None:
    """Refuse chats that are longer than what the model can read."""
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    context = config.get("max_position_embeddings")
    if context is not None and longest > context:
        raise InputError(
            f"{base}: reads {context} tokens (max_position_embeddings), but the longest chat has {longest}: set "
            f"training.max_length to {context} at most"
        )


def _supervised_tokens(examples: Sequence[Example]) -> int:
    # The first token of a chat follows nothing, so nothing predicts it.
    return sum(label != IGNORED for example in examples for label in example.labels[1:])


def _write_adapter(model: Any, files: TrainingFiles) -> None:
    """Write the adapter's weights and configuration without what PEFT adds of this machine, each file in one move."""
    configuration = model.peft_config["default"]
    # The base model lies beside the adapter; its path here means nothing elsewhere.
    configuration.base_model_name_or_path = files.base.name
    written = files.checkpoints / "adapter"
    model.save_pretrained(written, save_embedding_layers=False)
    # Sets come in any order: written again, sorted.
    saved = json.loads((written / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    for key, value in saved.items():
        if isinstance(value, list):
            saved[key] = sorted(value)
    write_text(written / ADAPTER_CONFIG, json.dumps(saved, indent=2, sort_keys=True) + "\n")
    for name in _ADAPTER_FILES:
        os.replace(written / name, files.output / name)
