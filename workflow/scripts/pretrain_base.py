"""Pre-train the tiny base model of the demonstration on the run's own text. It is not a medical model.

    python workflow/scripts/pretrain_base.py --documents results/demo/normalised/morfitt.parquet \
        --records results/demo/components/native.parquet results/demo/components/translated.parquet \
        --output results/demo/models/base

reads   documents and records: the text of the split train, and no answers
writes  models/base/: a Hugging Face model folder with tokenizer, chat template and README.md; run.json (last)
"""

from pathlib import Path

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.program import argument_parser, run_program

HELP = {
    "vocabulary": "entries of the byte-level BPE vocabulary",
    "hidden": "width of the hidden states",
    "layers": "transformer layers",
    "heads": "attention heads",
    "kv_heads": "key-value heads",
    "context": "longest input in tokens",
    "steps": "optimizer steps",
    "batch_size": "sequences a step",
    "learning_rate": "peak learning rate",
    "seed": "seed of the weights and of the lessons",
}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--documents", required=True, nargs="*", type=Path, help="parquet files of documents")
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="parquet files of records")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    defaults = Pretraining()
    for name, text in HELP.items():
        default = getattr(defaults, name)
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(default), default=default, help=f"{text} (default: {default})")
    given = vars(parser.parse_args())
    paths = {name: given.pop(name) for name in ("documents", "records", "output")}
    pretrain_base(**paths, settings=Pretraining(**given))


if __name__ == "__main__":
    run_program(main)
