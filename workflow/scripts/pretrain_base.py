"""Pre-train the tiny base model of the demonstration on the run's own text. It is not a medical model.

    python workflow/scripts/pretrain_base.py --documents results/demo/normalised/morfitt.parquet \
        --records results/demo/components/native.parquet results/demo/components/translated.parquet \
        --output results/demo/models/base

reads   documents and records: the text of the split train, and no answers
writes  models/base/: a Hugging Face model folder with tokenizer, chat template and README.md; run.json (last)
"""

from pathlib import Path

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.program import add_field_flags, argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--documents", required=True, nargs="*", type=Path, help="parquet files of documents")
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="parquet files of records")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    add_field_flags(parser, Pretraining())
    given = vars(parser.parse_args())
    paths = {name: given.pop(name) for name in ("documents", "records", "output")}
    pretrain_base(**paths, settings=Pretraining(**given))


if __name__ == "__main__":
    run_program(main)
