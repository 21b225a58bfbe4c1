"""Count and average the judges' scores of synthetic items, and say whether the judges agree.

    python workflow/scripts/score_quality.py --scores scripted-judge-a=results/demo/quality/scripted-judge-a.parquet \
        --output results/demo/scores/quality.csv --agreement results/demo/scores/quality_agreement.csv

reads   quality/<judge>.parquet
writes  scores/quality.csv            for each kind and judge: items of each score, mean, score of the majority
        scores/quality_agreement.csv  for each kind and two judges: whether they agree
"""

from medinjection.program import argument_parser, run_program
from medinjection.scoring.files import files_by_name
from medinjection.scoring.quality.scores import AGREEMENT_COLUMNS, QUALITY_COLUMNS, quality_rows
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", required=True, nargs="+", metavar="JUDGE=FILE", help="each judge's parquet file")
    parser.add_argument("--output", required=True, help="CSV file of the judges' scores to write")
    parser.add_argument("--agreement", required=True, help="CSV file of the judges' agreement to write")
    arguments = parser.parse_args()

    rows, pairs = quality_rows(files_by_name("--scores", arguments.scores))
    write_rows(arguments.output, QUALITY_COLUMNS, rows)
    write_rows(arguments.agreement, AGREEMENT_COLUMNS, pairs)


if __name__ == "__main__":
    run_program(main)
