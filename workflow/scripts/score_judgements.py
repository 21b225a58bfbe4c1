"""Average the judgements of open answers, for each judge and model.

    python workflow/scripts/score_judgements.py --references results/demo/evaluation/open.parquet \
        --judgements medgemma=results/demo/judgements/medgemma --models base NAT --output results/demo/scores/judges.csv

reads   judgements/<judge>/<model>.parquet, evaluation/open.parquet
writes  scores/judges.csv  answers; judgements that could be read strictly, their mean and their share of all; the same
        as the authors' released program reads
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records
from medinjection.scoring.files import files_by_name
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS, judge_rows
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--judgements", required=True, nargs="+", metavar="JUDGE=FOLDER", help="each judge's folder")
    parser.add_argument("--models", required=True, nargs="+", help="models that are judged")
    parser.add_argument("--references", required=True, help="parquet file of the open questions, each judged once")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    answered = {record.id for record in read_records(arguments.references)}
    folders = files_by_name("--judgements", arguments.judgements)
    rows = [row for judge, folder in folders.items() for row in judge_rows(judge, folder, arguments.models, answered)]
    write_rows(arguments.output, JUDGE_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
