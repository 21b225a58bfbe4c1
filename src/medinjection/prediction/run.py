"""One model's answers to an evaluation: loaded once, resumed where an earlier job was cut off, with a run.json."""

import json
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.llm.lock_files import locked
from medinjection.models.base.loading import load_compared
from medinjection.models.device import Device, Precision, resolve_device, resolve_dtype
from medinjection.models.energy import EnergyMeter, gpu_uuids
from medinjection.models.files.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, is_adapter
from medinjection.models.files.run_facts import (
    deciding_versions,
    hardware,
    library_versions,
    model_fingerprint,
    remove_files,
)
from medinjection.models.files.stamps import open_stamped, remove_stamped
from medinjection.prediction.batch import unapplied_settings
from medinjection.prediction.choice import predict_choice
from medinjection.prediction.chunks import CHUNK_ANSWERS, Chunks
from medinjection.prediction.open import predict_open
from medinjection.prediction.schema import CHOICE_SCHEMA, GREEDY, OPEN_SCHEMA, REASONING_SCHEMA
from medinjection.prediction.thinking.forms import marks_of
from medinjection.prediction.thinking.reasoning import Reasoner
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, sha256_of, write_table, write_text
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.sampling import ranked
from medinjection.records.schema import InvalidRecord, Record, validate_record
from medinjection.records.stand_ins import StandIn, in_order, with_stand_ins

# Choice questions on which the merged model is compared with the unmerged one.
_COMPARED = 32
# A job that was cancelled has half a minute to end.
_LOCK_SECONDS = 60.0
_BUSY = "another process has this model answer; wait for it or stop it, then run again"
# What is kept while it is worked off.
_PARTS = ("choice", "open", "choice_reasoning", "open_reasoning")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PredictionFiles:
    """What a prediction reads and writes.

    `base` is the folder of a model, `adapter` that of an adapter of it or of a whole model in its place. `chunks` is a
    folder that survives a killed job and is removed in the end.
    """

    base: Path
    adapter: Path | None
    choice: Path
    open: Path
    chunks: Path
    output_choice: Path
    output_open: Path
    output_reasoning: Path
    output_run: Path


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a model, called `model` in the tables, is asked; defaults are the paper's where it names any."""

    model: str
    permutations: Annotated[int, "Random permutations of the options, asked besides the published order."] = 3
    seed: Annotated[int, "Seed of the permutations."] = 42
    batch_size: Annotated[int, "Prompts per forward pass."] = 32
    max_new_tokens: Annotated[int, "Maximum number of tokens of an open answer."] = 512
    device: Annotated[Device, "Where the model runs; `auto`: on a GPU where there is one."] = "auto"
    precision: Annotated[
        Precision, "Number format of the weights; `auto`: bfloat16 on a GPU that has it, otherwise float32."
    ] = "auto"
    max_over_length_share: Annotated[
        float,
        "Maximum share of the records that are too long for a model's context: they count as unanswered. More is an "
        "error.",
    ] = 0.0
    thinking: Annotated[
        Literal["off", "auto", "tags", "channels", "headings"],
        "Let the model reason before it answers, in the form named; `auto`: the one whose marks its vocabulary has.",
    ] = "off"
    reasoning_tokens: Annotated[int, "Maximum number of tokens of the reasoning before an answer."] = 2048


def predict_evaluation(
    files: PredictionFiles,
    chosen: Prediction,
    prompts: QuestionPrompts,
    code: str,
    chunk_answers: int = CHUNK_ANSWERS,
    stand_ins: Sequence[StandIn] = (),
) -> None:
    """Write a model's answers to choice and open questions, and last of all run.json.

    Answers are kept chunk by chunk in `files.chunks`, stamped with all that decides them: model, records, prompts,
    permutations, seed, number format, libraries and code. Batch size and hardware are no part of the stamp: they change
    rounding only (in bfloat16 that may change an answer, see `answer_choice_prompts`), so that a job may go on with a
    smaller batch or on another machine. run.json states both for each part of the work.

    Args:
        prompts: how a question is put.
        code: fingerprint of the program.
        chunk_answers: answers of a chunk.
        stand_ins: what had a part in the model or in the questions; the files say it.

    Raises:
        InputError: records that nobody can be asked, a model that cannot be used, or too many prompts too long for it.
            Or another process writes the same answers.
    """
    device = resolve_device(chosen.device)
    cards = gpu_uuids() if device.startswith("cuda") else ()
    with locked(files.chunks, _LOCK_SECONDS, _BUSY), EnergyMeter(device, cards) as meter:
        _predict(files, chosen, prompts, code, chunk_answers, stand_ins, meter)


def _predict(
    files: PredictionFiles,
    chosen: Prediction,
    prompts: QuestionPrompts,
    code: str,
    chunk_answers: int,
    stand_ins: Sequence[StandIn],
    meter: EnergyMeter,
) -> None:
    """Do what `predict_evaluation` says, while nobody else does it."""
    started = time.monotonic()
    choice_records, open_records = _checked(files.choice), _checked(files.open)
    remove_files([files.output_run])
    definition = _definition(files, chosen, prompts, code)
    folder = open_stamped(files.chunks, definition, "answers")
    device = hardware(resolve_device(chosen.device))
    kept = {name: Chunks(folder / f"{name}.jsonl", device, chunk_answers, meter.sample) for name in _PARTS}
    choice, answers, change, unapplied = CHOICE_SCHEMA.empty_table(), OPEN_SCHEMA.empty_table(), None, {}
    reasoners: dict[str, Reasoner] = {}
    if choice_records or open_records:
        compared = ranked(choice_records, f"merge:{chosen.seed}", lambda record: record.id)[:_COMPARED]
        model, tokenizer, change = load_compared(files.base, files.adapter, chosen.device, chosen.precision, compared)
        unapplied = _unapplied(model)
        reasoners = _reasoners(model, tokenizer, chosen, kept)
        choice = predict_choice(
            model, tokenizer, choice_records, chosen.model, chosen.permutations, chosen.seed, chosen.batch_size,
            kept["choice"], chosen.max_over_length_share, prompts=prompts, reasoner=reasoners.get("choice"),
        )  # fmt: skip
        answers = predict_open(
            model, tokenizer, open_records, chosen.model, chosen.max_new_tokens, chosen.batch_size,
            kept["open"], chosen.max_over_length_share, prompts=prompts, reasoner=reasoners.get("open"),
        )  # fmt: skip
    write_table(files.output_choice, with_stand_ins(choice, stand_ins))
    write_table(files.output_open, with_stand_ins(answers, stand_ins))
    reasoning = pa.concat_tables([REASONING_SCHEMA.empty_table(), *(one.table() for one in reasoners.values())])
    write_table(files.output_reasoning, with_stand_ins(reasoning, stand_ins))
    meter.sample()
    facts = {
        "status": "finished",
        "model": chosen.model,
        "stand_ins": list(in_order(stand_ins)),
        **definition,
        "versions": library_versions(),
        "batch_size": chosen.batch_size,
        "largest_logit_change": change,
        "generation_settings_not_applied": unapplied,
        "choice": _choice_facts(choice_records, choice, kept["choice"]),
        "open": _open_facts(answers, kept["open"]),
        **({"reasoning": _reasoning_facts(reasoning)} if reasoners else {}),
        "wall_seconds": round(time.monotonic() - started, 1),
        "energy_joules": meter.joules,
        "energy_source": meter.source,
    }
    write_text(files.output_run, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    remove_stamped(folder)


def _reasoners(model: Any, tokenizer: Any, chosen: Prediction, kept: Mapping[str, Chunks]) -> dict[str, Reasoner]:
    """Return kind of questions -> what lets the model reason about them; nothing where it does not."""
    if chosen.thinking == "off":
        return {}
    marks = marks_of(tokenizer, chosen.thinking)
    return {
        kind: Reasoner(
            model, tokenizer, chosen.model, marks, chosen.reasoning_tokens, chosen.batch_size, kept[f"{kind}_reasoning"]
        )
        for kind in ("choice", "open")
    }


def _reasoning_facts(table: pa.Table) -> dict[str, Any]:
    tokens = pc.sum(table["reasoning_tokens"]).as_py() or 0
    ended = pc.sum(table["finished"]).as_py() or 0
    return {"prompts": table.num_rows, "tokens": tokens, "ended_for_the_model": table.num_rows - ended}


def _unapplied(model: Any) -> dict[str, Any]:
    """Return what the model's generation_config asks for and greedy answers do without; say so."""
    settings = unapplied_settings(model)
    if settings:
        _logger.warning(
            "the model's generation_config has settings that are not applied: %s; answers are the likeliest tokens",
            ", ".join(f"{name} {value}" for name, value in settings.items()),
        )
    return settings


def _checked(path: Path) -> list[Record]:
    """Return the records of a file, all of which can be asked; that there are none is logged.

    Raises:
        InputError: a record breaks the schema's rules, or ids repeat.
    """
    records = read_records(path)
    if not records:
        _logger.warning("%s: no record, so nothing is asked", path)
    problems = []
    for record in records:
        try:
            validate_record(record)
        except InvalidRecord as problem:
            problems.append(f"{record.id}: {problem}")
    times = Counter(record.id for record in records)
    problems += [f"{record_id}: {count} records have this id" for record_id, count in times.items() if count > 1]
    if problems:
        raise InputError(
            f"{path}: {len(problems)} of {len(records)} records break the rules of a record: "
            f"{'; '.join(problems[:3])}{'; ...' if len(problems) > 3 else ''}"
        )
    return records


def _definition(files: PredictionFiles, chosen: Prediction, prompts: QuestionPrompts, code: str) -> dict[str, Any]:
    """Return all that decides the answers, up to rounding."""
    adapter = files.adapter if files.adapter is not None and is_adapter(files.adapter) else None
    whole = files.adapter if files.adapter is not None and adapter is None else files.base
    digests = None
    if adapter is not None:
        files_there = [name for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS) if (adapter / name).is_file()]
        digests = {name: sha256_of(adapter / name) for name in files_there}
    dtype = resolve_dtype(chosen.precision, resolve_device(chosen.device))
    return {
        "model_sha256": model_fingerprint(whole),
        "adapter_sha256": digests,
        "choice_sha256": sha256_of(files.choice),
        "open_sha256": sha256_of(files.open),
        "prompts_sha256": prompts.sha256,
        "permutations": chosen.permutations,
        "seed": chosen.seed,
        "max_new_tokens": chosen.max_new_tokens,
        "thinking": chosen.thinking,
        **({"reasoning_tokens": chosen.reasoning_tokens} if chosen.thinking != "off" else {}),
        "dtype": str(dtype).removeprefix("torch."),
        "versions": deciding_versions(),
        "code": code,
    }


def _choice_facts(records: Sequence[Record], table: pa.Table, chunks: Chunks) -> dict[str, Any]:
    greedy = table.filter(pc.equal(table["decoding"], GREEDY))
    ids = greedy["record_id"].to_pylist()
    shown = set(zip(ids, map(tuple, greedy["option_order"].to_pylist()), strict=True))
    lengths = pc.list_value_length(greedy["letter_logprobs"]).to_pylist()
    return {
        "records": len(records),
        "unshufflable_records": sum(not record.shufflable for record in records),
        "orders_shown_already": len(ids) - len(shown),
        **_asked(chunks),
        "over_length_records": sorted({i for i, length in zip(ids, lengths, strict=True) if length == 0}),
    }


def _open_facts(table: pa.Table, chunks: Chunks) -> dict[str, Any]:
    unfinished = table.filter(pc.invert(table["finished"]))
    over_length = unfinished.filter(pc.equal(unfinished["output_tokens"], 0))["record_id"].to_pylist()
    return {
        "records": table.num_rows,
        "cut_answers": unfinished.num_rows - len(over_length),
        **_asked(chunks),
        "over_length_records": sorted(over_length),
    }


def _asked(chunks: Chunks) -> dict[str, Any]:
    return {"prompts": len(chunks.answers), "resumed_prompts": chunks.resumed, "parts": chunks.parts()}
