"""Write the card of a trained model, in the format of the Hugging Face hub.

    python workflow/scripts/report_model_card.py --run results/demo/models/NAT/run.json \
        --base results/demo/models/base/run.json --mix results/demo/mixes/NAT.json \
        --training results/demo/models/NAT/training.parquet --registry config/sources.yaml --run-name demo \
        --output results/demo/models/NAT/README.md

reads   models/<model>/run.json and training.parquet, models/<base>/run.json, mixes/<mix>.json, the registry
writes  models/<model>/README.md
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.cards.model_card import ModelCardInputs, write_model_card
from medinjection.reporting.remark import add_remark_arguments, taken_remark
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--run", required=True, type=Path, help="run.json of the model")
    parser.add_argument("--base", required=True, type=Path, help="run.json of its base model")
    parser.add_argument("--mix", required=True, type=Path, help="JSON summary of the mix that it has learnt")
    parser.add_argument("--training", required=True, type=Path, help="training.parquet of the model")
    parser.add_argument("--registry", required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--run-name", required=True, help="name of the run")
    add_remark_arguments(parser)
    parser.add_argument("--output", required=True, help="Markdown file to write")
    arguments = vars(parser.parse_args())

    output = arguments.pop("output")
    arguments["registry"] = load_registry(arguments["registry"])
    write_model_card(ModelCardInputs(remark=taken_remark(arguments), **arguments), output)


if __name__ == "__main__":
    run_program(main)
