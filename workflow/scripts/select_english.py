"""Select the English originals of the translated choice questions that every model answers.

    python workflow/scripts/select_english.py --evaluated results/demo/evaluation/choice.parquet \
        --normalised results/demo/normalised/medqa.parquet results/demo/normalised/medmcqa.parquet \
        --output-choice results/demo/evaluation_english/choice.parquet \
        --output-open results/demo/evaluation_english/open.parquet

reads   evaluation/choice.parquet, normalised/<source>.parquet of the sources that are translated
writes  evaluation_english/choice.parquet, and open.parquet, which has no row: open answers are compared in French only
"""

import logging

from medinjection.components.originals import english_originals
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_table
from medinjection.records.schema import RECORD_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--evaluated", required=True, help="parquet file of the choice questions that are evaluated")
    parser.add_argument(
        "--normalised", required=True, nargs="+", help="parquet files of the records before translation"
    )
    parser.add_argument("--output-choice", required=True, help="parquet file of the originals to write")
    parser.add_argument("--output-open", required=True, help="parquet file without rows to write")
    arguments = parser.parse_args()

    normalised = [(name, read_table(name, RECORD_SCHEMA)) for name in arguments.normalised]
    originals = english_originals(read_table(arguments.evaluated, RECORD_SCHEMA), normalised)
    logging.info("%d choice questions have English originals", len(originals))
    write_table(arguments.output_choice, originals)
    write_table(arguments.output_open, originals.slice(0, 0))


if __name__ == "__main__":
    run_program(main)
