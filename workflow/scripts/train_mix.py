"""Fine-tune a base model on one mix with a DoRA adapter (paper section 4.2).

    python workflow/scripts/train_mix.py --base results/demo/models/base --mix results/demo/mixes/NAT.parquet \
        --checkpoints results/demo/models/NAT.checkpoints --trackers-folder results/demo/trackers \
        --output results/demo/models/NAT --epochs 2 --loss completion

With several GPUs, under torchrun: python -m torch.distributed.run --standalone --nproc-per-node 2 workflow/scripts/...

reads   models/base/, mixes/<mix>.parquet; models/<model>.checkpoints/ where an earlier job was cut off
writes  models/<model>/: adapter_model.safetensors, adapter_config.json, training.parquet (a row a step); run.json last
"""

from pathlib import Path

import medinjection
from medinjection.models.base.loading import PRECISIONS
from medinjection.models.training.examples import LOSSES
from medinjection.models.training.trackers import TRACKERS
from medinjection.models.training.trainer import (
    ADAPTERS,
    ATTENTIONS,
    BATCHINGS,
    CHECKPOINTINGS,
    KERNELS,
    SCHEDULES,
    Hyperparameters,
)
from medinjection.models.training.training import TrainingFolders, train_mix
from medinjection.plan.fingerprint import code_fingerprint
from medinjection.program import argument_parser, run_program


def _true_or_false(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def main() -> None:
    paper = Hyperparameters()
    parser = argument_parser(__doc__)
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--mix", required=True, type=Path, help="parquet file of the mix's records")
    parser.add_argument("--output", required=True, type=Path, help="folder to write the adapter to")
    parser.add_argument("--checkpoints", required=True, type=Path, help="folder of checkpoints; removed in the end")
    parser.add_argument("--trackers-folder", required=True, type=Path, help="folder for the files of trackers")

    def add(flag: str, help_text: str, **options: object) -> None:
        default = getattr(paper, flag.replace("-", "_"))
        options.setdefault("type", type(default))
        parser.add_argument(f"--{flag}", default=default, help=f"{help_text} (default: {default})", **options)

    add("adapter", "kind of adapter", choices=ADAPTERS)
    add("rank", "rank of the adapter")
    add("alpha", "scaling factor of the adapter")
    add("dropout", "dropout on the adapter's input")
    add("epochs", "passes over the mix", type=float)
    add("batch-size", "chats a forward pass of one process")
    add("accumulation", "forward passes an optimizer step, over all processes")
    add("learning-rate", "peak learning rate")
    add("warmup", "share of the steps that warm up")
    add("schedule", "learning rate schedule", choices=SCHEDULES)
    add("seed", "seed of the adapter, the order of examples and dropout")
    add("loss", "learn the whole chat, as the authors released it, or the answer only", choices=LOSSES)
    add("max-length", "most tokens of a chat; a longer one loses the beginning of its user's text")
    add("max-truncated-share", "share of the chats that may be cut; more is an error")
    add("batching", "chats of like length in a batch, any, or without padding", choices=BATCHINGS)
    add("gradient-checkpointing", "trade time for memory; auto: after a batch did not fit", choices=CHECKPOINTINGS)
    add("attention", "attention kernel; auto: FlashAttention where installed, else sdpa", choices=ATTENTIONS)
    add("fused-kernels", "Liger's kernels; auto: on a GPU where installed", choices=KERNELS)
    add("cached-norms", "DoRA's weight norm once a step", type=_true_or_false)
    add("save-steps", "optimizer steps between checkpoints")
    add("precision", "number format; auto is bfloat16 where a GPU has it", choices=PRECISIONS)
    add("trackers", "trackers that follow the training", type=str, nargs="*", choices=TRACKERS)
    add("max-steps", "stop after this many optimizer steps", type=int)

    given = vars(parser.parse_args())
    folders = TrainingFolders(
        **{name: given.pop(name) for name in ("base", "output", "checkpoints")}, trackers=given.pop("trackers_folder")
    )
    mix, trackers = given.pop("mix"), tuple(given.pop("trackers"))
    code = code_fingerprint(__file__, Path(medinjection.__file__).parent.parent)
    train_mix(mix, folders, Hyperparameters(**given, trackers=trackers), code)


if __name__ == "__main__":
    run_program(main)
