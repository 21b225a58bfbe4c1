"""Add a trained adapter to its base model in float32 and write the sum as a whole model.

    python workflow/scripts/merge_adapter.py --base results/demo/models/base --adapter results/demo/models/NAT \
        --records results/demo/evaluation/choice.parquet --output results/demo/merged/NAT

reads   models/base/, models/<model>/, evaluation/choice.parquet (some of its questions are asked before and after)
writes  merged/<model>/: safetensors, configuration, tokenizer, chat template; run.json (last)
"""

from pathlib import Path

from medinjection.models.base.merging import merge_adapter
from medinjection.models.device import PRECISIONS
from medinjection.program import argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--adapter", required=True, type=Path, help="folder of the adapter")
    parser.add_argument("--records", required=True, type=Path, help="parquet file of choice questions to compare on")
    parser.add_argument("--prompts", type=int, default=32, help="how many of the questions are asked (default: 32)")
    parser.add_argument("--seed", type=int, default=42, help="seed of their choice (default: 42)")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="weights' format; auto: the base's")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    merge_adapter(**vars(parser.parse_args()))


if __name__ == "__main__":
    run_program(main)
