"""Write the dataset as a folder that can be published on the Hugging Face hub: a card, and the records.

    python workflow/scripts/report_data_card.py --components results/demo/components/native.parquet \
        --rejects results/demo/components/native.rejects.parquet \
        --near-duplicates results/demo/components/near_duplicates.parquet --registry config/sources.yaml \
        --run-name demo --decontamination on --output-folder results/demo/dataset

reads   components/<component>.parquet, rejects, components/near_duplicates.parquet, the registry
writes  dataset/data/<component>/<split>.parquet, dataset/README.md
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.cards.data_card import CardInputs, write_dataset
from medinjection.reporting.remark import add_remark_arguments, taken_remark
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--components", required=True, type=Path, nargs="+", help="parquet files of the components")
    parser.add_argument("--rejects", default=[], type=Path, nargs="*", help="parquet files of rejects")
    parser.add_argument("--near-duplicates", required=True, type=Path, help="parquet file of near duplicates")
    parser.add_argument("--registry", required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--run-name", required=True, help="name of the run")
    add_remark_arguments(parser)
    parser.add_argument(
        "--decontamination",
        required=True,
        choices=("on", "off"),
        help="on: training records too close to validation or test were set aside",
    )
    parser.add_argument("--output-folder", required=True, help="folder to write")
    arguments = vars(parser.parse_args())

    folder = arguments.pop("output_folder")
    arguments["registry"] = load_registry(arguments["registry"])
    arguments["decontamination"] = arguments["decontamination"] == "on"
    write_dataset(CardInputs(remark=taken_remark(arguments), **arguments), folder)


if __name__ == "__main__":
    run_program(main)
