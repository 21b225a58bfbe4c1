"""Fine-tune a base model on one mix with a DoRA adapter (paper section 4.2).

    python workflow/scripts/train_mix.py --base results/demo/models/base --mix results/demo/mixes/NAT.parquet \
        --validation results/demo/mixes/validation.parquet \
        --choice-prompt config/prompts/question_choice.txt --open-prompt config/prompts/question_open.txt \
        --checkpoints results/demo/models/NAT.checkpoints --trackers-folder results/demo/trackers \
        --output results/demo/models/NAT --epochs 2 --loss completion

With several GPUs, under torchrun: python -m torch.distributed.run --standalone --nproc-per-node 2 workflow/scripts/...
With several nodes, one torchrun on each: the command that `snakemake -n -p` prints where `training.nodes` is above 1.

reads   models/base/, mixes/<mix>.parquet, mixes/validation.parquet, the prompts; models/<model>.checkpoints/ where an
        earlier job was cut off
writes  models/<model>/: adapter_model.safetensors, adapter_config.json, training.parquet (a row per step, the loss on
        --validation at the end of every epoch); run.json last
"""

from pathlib import Path

import medinjection
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.run import TrainingFiles, train_mix
from medinjection.plan.code.fingerprint import code_fingerprint
from medinjection.program import add_field_flags, argument_parser, run_program
from medinjection.records.question_prompts import read_question_prompts


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--mix", required=True, type=Path, help="parquet file of the mix's records")
    parser.add_argument("--validation", type=Path, help="parquet file of records to validate on (default: none)")
    parser.add_argument("--choice-prompt", required=True, help="template of choice questions")
    parser.add_argument("--open-prompt", required=True, help="template of open questions")
    parser.add_argument("--system-prompt", help="file of the system prompt (default: none)")
    parser.add_argument("--output", required=True, type=Path, help="folder to write the adapter to")
    parser.add_argument("--checkpoints", required=True, type=Path, help="folder of checkpoints; removed in the end")
    parser.add_argument("--trackers-folder", required=True, type=Path, help="folder for the files of trackers")
    add_field_flags(parser, Hyperparameters())

    given = vars(parser.parse_args())
    files = TrainingFiles(**{name: given.pop(name) for name in TrainingFiles.__dataclass_fields__})
    prompts = read_question_prompts(*(given.pop(f"{kind}_prompt") for kind in ("choice", "open", "system")))
    trackers = tuple(given.pop("trackers"))
    code = code_fingerprint(__file__, Path(medinjection.__file__).parent.parent)
    train_mix(files, Hyperparameters(**given, trackers=trackers), prompts, code)


if __name__ == "__main__":
    run_program(main)
