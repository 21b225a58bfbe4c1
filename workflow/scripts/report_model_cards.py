"""Write the cards of trained models, in the format of the Hugging Face hub, each beside the model's run.json.

    python workflow/scripts/report_model_cards.py --runs results/demo/models/{NAT,ALL}/run.json \
        --bases results/demo/models/base/run.json results/demo/models/base/run.json \
        --mixes results/demo/mixes/{NAT,ALL}.json --trainings results/demo/models/{NAT,ALL}/training.parquet \
        --registry config/sources.yaml --run-name demo

reads   of each model models/<model>/run.json and training.parquet, models/<base>/run.json, mixes/<mix>.json; the
        registry
writes  models/<model>/README.md
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.reporting.cards.model_card import ModelCardInputs, write_model_card
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.sources.registry import load_registry

_OF_EACH = {
    "runs": "run.json of each model",
    "bases": "run.json of each model's base model",
    "mixes": "JSON summary of the mix that each model has learnt",
    "trainings": "training.parquet of each model",
}


def main() -> None:
    parser = argument_parser(__doc__)
    for name, meaning in _OF_EACH.items():
        parser.add_argument(f"--{name}", required=True, nargs="+", type=Path, help=meaning)
    parser.add_argument("--registry", required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--run-name", required=True, help="name of the run")
    add_remark_arguments(parser)
    arguments = parser.parse_args()

    given: dict[str, list[Path]] = {name: getattr(arguments, name) for name in _OF_EACH}
    for name, files in given.items():
        if len(files) != len(arguments.runs):
            expected = f"one for each of the {len(arguments.runs)} --runs"
            raise InputError(f"--{name}: found {len(files)} files, expected {expected}")
    registry, remark = load_registry(arguments.registry), remark_from(arguments)
    for run, base, mix, training in zip(*given.values(), strict=True):
        inputs = ModelCardInputs(run, base, mix, training, registry, arguments.run_name, remark)
        write_model_card(inputs, run.with_name("README.md"))


if __name__ == "__main__":
    run_program(main)
