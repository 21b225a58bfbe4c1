"""Write the ledger: our counts by source beside the paper's, and what became of every row of each source.

    python workflow/scripts/report_ledger.py --counts results/demo/statistics/counts.csv \
        --ledger resources/published/ledger.csv --registry config/sources.yaml --raw results/demo/raw \
        --sources frenchmedmcqa morfitt --documents results/demo/normalised/morfitt.parquet \
        --rejects results/demo/records/native/frenchmedmcqa.rejects.parquet \
            results/demo/joined/native.rejects.parquet \
        --stand-ins corpora --output-folder results/demo/tables

reads   statistics/counts.csv, the paper's ledger, the registry, the manifests of the fetched files, rejects, documents
writes  tables/ledger.{csv,md,tex}, tables/ledger_reasons.{csv,md,tex}
"""

from pathlib import Path

from medinjection.components.accounting import account_for
from medinjection.program import argument_parser, run_program
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.dataset_tables import read_counts
from medinjection.reporting.tables.ledger_table import ledger_lines, write_ledger
from medinjection.sources.paper_counts import read_paper_counts
from medinjection.sources.registry import load_registry, pick_source


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="statistics/counts.csv")
    parser.add_argument("--ledger", type=Path, required=True, help="the paper's counts, resources/published/ledger.csv")
    parser.add_argument("--registry", type=Path, required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--raw", type=Path, required=True, help="folder with a folder of fetched files for each source")
    parser.add_argument("--sources", required=True, nargs="+", help="names of the run's sources")
    parser.add_argument("--documents", type=Path, default=[], nargs="*", help="parquet files of documents")
    parser.add_argument(
        "--rejects", type=Path, required=True, nargs="+", help="parquet files of rejects, of all stages"
    )
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write the tables to")
    arguments = parser.parse_args()

    registry = load_registry(arguments.registry)
    sources = [pick_source(registry, name, arguments.registry) for name in arguments.sources]
    counts = read_counts(arguments.counts)
    documents = {path.stem: path for path in arguments.documents}
    accounts = account_for(sources, counts, arguments.raw, arguments.rejects, documents)
    paper = read_paper_counts(arguments.ledger)
    remark = remark_from(arguments)
    lines = ledger_lines(paper, counts, registry, accounts, comparable=not remark.stand_ins)
    write_ledger(lines, accounts, arguments.output_folder, remark)


if __name__ == "__main__":
    run_program(main)
