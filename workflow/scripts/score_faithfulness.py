"""Screen stored open answers for numbers, units and negations of the reference that they change or drop.

    python workflow/scripts/score_faithfulness.py --references results/demo/evaluation/open.parquet \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --models base NAT --translations wmt_biomedical \
        --output results/demo/scores/faithfulness.csv --answers results/demo/scores/faithfulness.parquet

reads   predictions/<model>/open.parquet, evaluation/open.parquet
writes  scores/faithfulness.csv      for each model the share of answers that keep all numbers, and all negations
        scores/faithfulness.parquet  for each answer what became of each, with the words of both texts (docs/scores.md)
"""

import pyarrow as pa

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, write_table
from medinjection.scoring.faithfulness.scores import (
    FAITHFULNESS_COLUMNS,
    FAITHFULNESS_SCHEMA,
    answer_findings,
    faithfulness_rows,
)
from medinjection.scoring.files import add_prediction_arguments, errors_naming, open_predictions_of
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser, "answers")
    parser.add_argument("--references", required=True, help="parquet file of the open questions with their answers")
    parser.add_argument(
        "--translations", nargs="*", default=[], help="sources that ask for translations of passages (default: none)"
    )
    parser.add_argument("--output", required=True, help="CSV file to write")
    parser.add_argument("--answers", required=True, help="parquet file of the findings of single answers to write")
    arguments = parser.parse_args()

    references = {record.id: record.answer for record in read_records(arguments.references)}
    rows, tables = [], [FAITHFULNESS_SCHEMA.empty_table()]
    for path, predictions in open_predictions_of(arguments.predictions, arguments.models):
        with errors_naming(path):
            found = answer_findings(predictions, references)
        tables.append(found)
        rows += faithfulness_rows(found, arguments.translations) if len(found) else []
    write_table(arguments.answers, pa.concat_tables(tables))
    write_rows(arguments.output, FAITHFULNESS_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
