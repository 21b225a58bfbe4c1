"""Compare what training costs with the authors' settings and with ours, on the same chats.

    python benchmarks/train_throughput.py [--data FOLDER]
    python benchmarks/train_throughput.py --shape qwen3-4b --device cuda
    python benchmarks/train_throughput.py --shape tiny --device cpu

reads   chats of FrenchMedMCQA under --data (by default the folder in MEDINJECTION_DATA) where it is there; else tokens
        are random, with lengths of the same distribution. No network
prints  a table, and as its last line one JSON object; status 1 when the losses of ours and of PEFT differ at dropout 0

Without --shape: a Qwen3 of random weights with the proportions of Qwen3-4B, in float32 on one thread of the CPU, just
wide enough that products dominate as they do there. Every variant trains on the same chats through the workflow's own
trainer, in turns, --rounds times in one process; CPU time is taken between the beginning and the end of each optimizer
step. `released` is a transcription of the authors' settings, with 2 micro-batches of 12 chats per step where they
have 8: a norm computed once per step is shared by fewer. Products with a frozen weight are counted over one step, in
multiples of one product of every weight with every token of the batch.

With --shape: one table of variants, each `ours` with one difference; on a GPU wall time and peak memory. `tiny` shows
that every variant runs. Model-FLOPs utilisation counts forward and the backward of inputs, without recomputation,
against --peak-tflops.
"""

import argparse
import gc
import json
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, get_args

import training_variants as variants
from product_counter import ProductCounter
from training_variants import Measured, Shape, Variant

from medinjection.models.training.hyperparameters import Batching, Hyperparameters
from medinjection.records.errors import InputError

MICRO_BATCH = 12
RELEASED = Variant("released", released=True)
OURS = Variant("ours")
OURS_0 = Variant("ours dropout 0", {"dropout": 0.0})
PEFT_0 = Variant("PEFT dropout 0", {"dropout": 0.0, "cached_norms": False})
LORA_0 = Variant("LoRA dropout 0", {"dropout": 0.0, "adapter": "lora"})
COMPARED = (RELEASED, OURS, OURS_0, PEFT_0, LORA_0)
LARGEST_DIFFERENCE = 1e-4

ON_A_GPU = (
    RELEASED,
    OURS,
    Variant("ours, norms of PEFT", {"cached_norms": False}),
    Variant("ours, checkpointing", checkpointing=True),
    *(Variant(f"ours, {name}", {"batching": name}) for name in ("random", "padding_free", "packed")),
    *(Variant(f"ours, {name}", {"attention": name}) for name in ("sdpa", "flash_attention_2", "flex_attention")),
    Variant("ours, no fused kernels", {"fused_kernels": "never"}),
    Variant("ours, fused kernels", {"fused_kernels": "auto"}),
    Variant("ours, compiled layers", compiled=True),
    Variant("ours, LoRA", {"adapter": "lora"}),
    OURS_0,
    Variant("ours dropout 0, padding_free", {"dropout": 0.0, "batching": "padding_free"}),
    Variant("ours dropout 0, compiled layers", {"dropout": 0.0}, compiled=True),
    PEFT_0,
    LORA_0,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("MEDINJECTION_DATA")
    parser.add_argument("--data", type=Path, default=data, help="folder of upstream's files (MEDINJECTION_DATA)")
    parser.add_argument("--lengths", action="store_true", help="print the lengths of the chats under --data and stop")
    parser.add_argument("--rounds", type=int, default=2, help="trainings of each variant on the CPU (default 2)")
    parser.add_argument("--steps", type=int, default=2, help="optimizer steps of a training that count (default 2)")
    parser.add_argument(
        "--gradient-accumulation-steps", type=int, default=2, help="micro-batches of 12 chats per step (default 2)"
    )
    parser.add_argument("--hidden", type=int, default=320, help="width of the CPU's model (default 320)")
    parser.add_argument("--layers", type=int, default=8, help="layers of the CPU's model (default 8)")
    parser.add_argument("--shape", choices=("qwen3-4b", "tiny"), help="print the table of variants for a GPU")
    parser.add_argument("--variants", nargs="+", choices=[v.name for v in ON_A_GPU], help="rows of that table")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where --shape runs (default cpu)")
    parser.add_argument("--peak-tflops", type=float, default=790, help="of the GPU, for utilisation (default 790)")
    arguments = parser.parse_args()
    quiet()
    if arguments.lengths:
        return print_lengths(arguments.data)
    if arguments.shape:
        shape = variants.QWEN3_4B if arguments.shape == "qwen3-4b" else variants.TINY
        chosen = [variant for variant in ON_A_GPU if variant.name in (arguments.variants or [variant.name])]
        return table_of_variants(
            chosen,
            shape,
            arguments.device,
            arguments.steps,
            arguments.gradient_accumulation_steps,
            arguments.peak_tflops,
        )
    return compare(arguments)


def quiet() -> None:
    """Leave out progress bars and deprecations of the libraries."""
    import datasets
    import transformers

    warnings.simplefilter("ignore", FutureWarning)
    datasets.disable_progress_bars()
    transformers.utils.logging.set_verbosity_error()


def print_lengths(data: Path | None) -> int:
    """Print the lengths at 0, 5, ... 100 % of the real chats."""
    import numpy as np

    if data is None:
        print("--lengths: no folder, expected --data or MEDINJECTION_DATA", file=sys.stderr)
        return 2
    lengths = [len(chat.input_ids) for chat in variants.real_chats(data)[0]]
    quantiles = [round(float(value)) for value in np.quantile(lengths, np.linspace(0, 1, 21))]
    print(json.dumps({"chats": len(lengths), "mean": round(float(np.mean(lengths)), 1), "quantiles": quantiles}))
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """Train each variant in turns on the CPU; print the table and the figures."""
    import torch

    torch.set_num_threads(1)
    shape = variants.proportioned(arguments.hidden, arguments.layers)
    # Without warm-up, so that the loss of the second step tells whether the first one's update was the same.
    settings = Hyperparameters(
        epochs=1,
        per_device_batch_size=MICRO_BATCH,
        gradient_accumulation_steps=arguments.gradient_accumulation_steps,
        warmup_ratio=0.0,
        save_steps=10**6,
    )
    wanted = MICRO_BATCH * arguments.gradient_accumulation_steps * arguments.steps
    real = arguments.data is not None and (arguments.data / variants.SOURCE).is_dir()
    chats, tokenizer = variants.real_chats(arguments.data) if real else variants.drawn_chats(2400, shape.vocabulary)
    print(f"{'chats of FrenchMedMCQA' if real else 'random chats of its lengths'}, {wanted} a training; {shape}")
    counters = {variant.name: count_products(variant, shape, tokenizer, chats, settings) for variant in COMPARED}
    rounds: dict[str, list[Measured]] = {variant.name: [] for variant in COMPARED}
    for _ in range(arguments.rounds):
        for variant in COMPARED:
            model = variants.new_model(shape, torch.float32, "cpu")
            rounds[variant.name].append(variants.train(variant, model, tokenizer, chats[:wanted], settings))
    figures = figures_of(rounds, counters)
    figures["padding_at_full_size"] = padding_at_full_size([len(chat.input_ids) for chat in chats])
    figures |= {
        "real_chats": real,
        "gradient_accumulation_steps": arguments.gradient_accumulation_steps,
        "steps": arguments.steps,
    }
    print_comparison(rounds, figures)
    print(json.dumps(figures))
    return 0 if figures["loss_difference_dropout0"] <= LARGEST_DIFFERENCE else 1


def count_products(
    variant: Variant, shape: Shape, tokenizer: Any, chats: Sequence[Any], settings: Hyperparameters
) -> dict[str, float]:
    """Return the base products a token and the norms computed in one optimizer step, of 2 chats a micro-batch."""
    import torch

    counters = []

    def around(model: Any) -> ProductCounter:
        counters.append(ProductCounter(model))
        return counters[0]

    model = variants.new_model(shape, torch.float32, "cpu")
    few = replace(settings, per_device_batch_size=2)
    measured = variants.train(
        variant, model, tokenizer, chats[: 2 * few.gradient_accumulation_steps], few, around=around
    )
    return {
        "base_products_per_token": round(counters[0].multiply_adds / (shape.matrices() * measured.padded), 3),
        "norms_per_step": counters[0].norms / measured.steps,
        "norms_per_layer_and_step": counters[0].norms / measured.steps / (7 * shape.layers),
    }


def figures_of(rounds: dict[str, list[Measured]], counters: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the ratios: the median over the rounds, of variants that ran beside each other."""

    def seconds_a_token(name: str) -> list[float]:
        return [measured.seconds / measured.supervised for measured in rounds[name]]

    def ratio(slower: Variant, faster: Variant) -> float:
        pairs = zip(seconds_a_token(slower.name), seconds_a_token(faster.name), strict=True)
        return round(median(one / other for one, other in pairs), 3)

    ours, peft = rounds[OURS_0.name][-1].losses, rounds[PEFT_0.name][-1].losses
    padding = {name: round(of[0].padded / of[0].real, 3) for name, of in rounds.items()}
    figures = {
        "speedup": ratio(RELEASED, OURS),
        "speedup_dropout0": ratio(RELEASED, OURS_0),
        "dora_over_lora": ratio(OURS_0, LORA_0),
        "peft_over_ours_dropout0": ratio(PEFT_0, OURS_0),
        "loss_difference_dropout0": max(abs(one - other) for one, other in zip(ours, peft, strict=True)),
        "padding": padding,
    }
    for key in ("base_products_per_token", "norms_per_step", "norms_per_layer_and_step"):
        figures[key] = {name: counter[key] for name, counter in counters.items()}
    return figures


def padding_at_full_size(lengths: Sequence[int]) -> dict[str, float]:
    """Return padded over real tokens of one epoch of all chats in the paper's batches, as transformers groups them."""
    from transformers.trainer_pt_utils import get_length_grouped_indices

    padding = {}
    grouped = get_length_grouped_indices(lengths, MICRO_BATCH * Hyperparameters().gradient_accumulation_steps)
    # The chats come in a drawn order.
    for batching, order in (("random", range(len(lengths))), ("grouped", grouped)):
        batches = [order[start : start + MICRO_BATCH] for start in range(0, len(order), MICRO_BATCH)]
        padded = sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)
        padding[batching] = round(padded / sum(lengths), 3)
    return padding


def print_comparison(rounds: dict[str, list[Measured]], figures: dict[str, Any]) -> None:
    print(f"{'variant':16}{'tokens/CPU s':>13}{'padding':>9}{'products/token':>16}{'norms/layer':>13}{'last loss':>11}")
    for name, of in rounds.items():
        speed = median(measured.supervised / measured.seconds for measured in of)
        products, norms = figures["base_products_per_token"][name], figures["norms_per_layer_and_step"][name]
        print(
            f"{name:16}{speed:13.0f}{figures['padding'][name]:9.3f}{products:16.2f}{norms:13.1f}{of[-1].losses[-1]:11.5f}"
        )
    goals = (("speedup", ">= 1.4"), ("speedup_dropout0", ">= 2.3"), ("dora_over_lora", "<= 1.10"))
    for key, goal in goals:
        print(f"{key}: {figures[key]} (goal {goal})")


def table_of_variants(
    chosen: Sequence[Variant], shape: Shape, device: str, steps: int, accumulation: int, peak_tflops: float
) -> int:
    """Train each of the chosen variants and print a row of it; one that cannot run says why."""
    import torch

    cuda = device == "cuda"
    if cuda and not torch.cuda.is_available():
        print("--device cuda: no GPU is visible", file=sys.stderr)
        return 2
    settings = Hyperparameters(
        epochs=1, per_device_batch_size=MICRO_BATCH, gradient_accumulation_steps=accumulation, save_steps=10**6
    )
    warm_up = 2
    count = MICRO_BATCH * accumulation * (steps + warm_up)
    chats, tokenizer = variants.drawn_chats(count, shape.vocabulary)
    flops = shape.flops_of_a_token(sum(len(chat.input_ids) for chat in chats) / count)
    print(f"{shape} on {torch.cuda.get_device_name() if cuda else 'the CPU'}, {flops / 1e9:.3g} GFLOP a token")
    print(f"{'variant':34}{'tokens/s':>10}{'utilisation':>13}{'peak GiB':>10}{'padding':>9}{'x released':>12}")
    rows: dict[str, dict[str, Any]] = {}
    for variant in chosen:
        reason = missing(variant, device)
        row = {"skipped": reason} if reason else _row(variant, shape, device, tokenizer, chats, settings, warm_up)
        if "skipped" in row:
            print(f"{variant.name:34}skipped: {row['skipped']}")
        else:
            row["utilisation"] = round(row["tokens_per_second"] * flops / peak_tflops / 1e12, 4)
            beside = row["tokens_per_second"] / rows.get(RELEASED.name, row).get("tokens_per_second", float("nan"))
            print(
                f"{variant.name:34}{row['tokens_per_second']:10.0f}{row['utilisation']:13.1%}{row['peak_gib']:10.1f}"
                f"{row['padding']:9.3f}{beside:12.2f}",
                flush=True,
            )
        rows[variant.name] = row
    print(json.dumps({"device": device, "steps": steps, "gradient_accumulation_steps": accumulation, "variants": rows}))
    return 0


def missing(variant: Variant, device: str) -> str | None:
    """Return why `variant` cannot run here, None where it can."""
    if variant.changes.get("batching", "grouped") not in get_args(Batching):
        return f"the trainer has no batching {variant.changes['batching']!r}"
    if variant.changes.get("attention") == "flash_attention_2" and find_spec("flash_attn") is None:
        return "flash-attn is not installed"
    if variant.changes.get("fused_kernels") == "auto" and find_spec("liger_kernel") is None:
        return "liger-kernel is not installed"
    if variant.changes.get("attention") == "flex_attention" and device == "cpu":
        return "flex_attention has no backward on the CPU"
    return None


def _row(
    variant: Variant,
    shape: Shape,
    device: str,
    tokenizer: Any,
    chats: Sequence[Any],
    settings: Hyperparameters,
    warm_up: int,
) -> dict[str, Any]:
    import torch

    cuda = device == "cuda"
    if cuda:
        # What the variant before leaves lies in cycles of trainer and model.
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        model = variants.new_model(shape, torch.bfloat16 if cuda else torch.float32, device)
        measured = variants.train(variant, model, tokenizer, chats, settings, warm_up)
    except (InputError, ImportError, RuntimeError) as error:
        # Out of memory, a kernel that cannot compile: a row of the table, and the next variant.
        return {"skipped": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}
    return {
        "tokens_per_second": round(measured.real / measured.seconds, 1),
        "padding": round(measured.padded / measured.real, 3),
        "peak_gib": round(measured.peak_bytes / 2**30, 1),
        "losses": [round(loss, 5) for loss in measured.losses],
    }


if __name__ == "__main__":
    sys.exit(main())
