"""Write Table 3, BLEU and COMET of translations, ours beside the published values.

    python workflow/scripts/report_translation_table.py \
        --bleu results/demo/translation_quality/wmt/bleu.csv --comet results/demo/translation_quality/wmt/comet.csv \
        --published-3 resources/published/published_table3.csv --output-folder results/demo/tables

reads   one bleu.csv a test set and, where COMET was computed, the comet.csv of the same ones; the published table
writes  tables/table3.{csv,md,tex}
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.translation_table import (
    METRICS,
    table_3,
    write_translation_table,
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--bleu", nargs="+", required=True, help="bleu.csv of each test set")
    parser.add_argument("--comet", nargs="*", default=[], help="comet.csv of each test set, in the same order")
    parser.add_argument("--published-3", required=True, help="Table 3 of the paper as CSV")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the table to")
    args = parser.parse_args()
    if args.comet and len(args.comet) != len(args.bleu):
        raise InputError(f"--comet names {len(args.comet)} files, expected {len(args.bleu)} as --bleu, or none")
    rows = table_3(args.bleu, args.comet, read_published(args.published_3, tuple(METRICS), "system"))
    write_translation_table(rows, args.output_folder, remark_from(args))


if __name__ == "__main__":
    run_program(main)
