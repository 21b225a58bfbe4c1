"""Write the report: an HTML page that needs no other file, in English and in French.

    python workflow/scripts/report_page.py --run-name demo --tables results/demo/tables \
        --figures results/demo/figures --figure-numbers 1 2 3 4 5 6 --scores results/demo/scores \
        --components results/demo/components/native.parquet --rejects results/demo/components/native.rejects.parquet \
        --near-duplicates results/demo/components/near_duplicates.parquet \
        --mixes results/demo/mixes/NAT.json --runs results/demo/models/base/run.json results/demo/models/NAT/run.json \
        --trainings results/demo/models/NAT/training.parquet --audit results/demo/audit.csv \
        --cost results/demo/cost.csv --command "snakemake --configfile config/demo.yaml" \
        --files results/demo/tables/table5.csv --output-folder results/demo

reads   tables/, figures/, scores/, audit.csv, cost.csv, components, rejects, near duplicates, mixes, run.json and
        training log of the models; where there are raters, scores/human_agreement.csv
writes  report.html, report.fr.html
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.reporting.page.page import PageInputs, page_texts
from medinjection.reporting.remark import add_remark_arguments, taken_remark


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--run-name", required=True, help="name of the run")
    add_remark_arguments(parser)
    parser.add_argument("--base-model", default="", help="what the models were fine-tuned from, for the captions")
    parser.add_argument("--tables", required=True, type=Path, help="folder of the tables")
    parser.add_argument("--figures", required=True, type=Path, help="folder of the figures")
    parser.add_argument(
        "--figure-numbers", default=[1, 2, 4], type=int, nargs="*", choices=range(1, 7), help="figures to show"
    )
    parser.add_argument("--scores", required=True, type=Path, help="folder of the scores")
    parser.add_argument("--components", default=[], type=Path, nargs="*", help="parquet files of the components")
    parser.add_argument("--rejects", default=[], type=Path, nargs="*", help="parquet files of rejects")
    parser.add_argument("--near-duplicates", nargs="?", type=Path, help="parquet file of near duplicates")
    parser.add_argument("--mixes", default=[], type=Path, nargs="*", help="JSON summaries of the mixes")
    parser.add_argument("--runs", default=[], type=Path, nargs="*", help="run.json of every model")
    parser.add_argument("--trainings", default=[], type=Path, nargs="*", help="training.parquet of every trained model")
    parser.add_argument("--audit", type=Path, help="the audit as CSV, where the run is compared with the paper")
    parser.add_argument("--left-out", default="", help="sentence on what the run does not make, and why")
    parser.add_argument("--cost", type=Path, help="what the language models cost, as CSV")
    parser.add_argument("--agreement", type=Path, help="how far raters of the human review agree, as CSV")
    parser.add_argument("--explorer", default="", help="address of the run's explorer, to link to (default: no link)")
    parser.add_argument(
        "--leaderboard", default="", help="address of the run's leaderboard, to link to (default: no link)"
    )
    parser.add_argument("--command", required=True, help="command that makes the run again")
    parser.add_argument(
        "--files", default=[], type=Path, nargs="*", help="files whose checksum and command the page gives"
    )
    parser.add_argument("--output-folder", required=True, type=Path, help="folder to write the page to")
    arguments = vars(parser.parse_args())

    folder = arguments.pop("output_folder")
    for name, text in page_texts(PageInputs(remark=taken_remark(arguments), **arguments)).items():
        write_text(folder / name, text)


if __name__ == "__main__":
    run_program(main)
