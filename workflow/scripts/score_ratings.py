"""Check the ratings of all raters against the sample, join them, and say how far raters agree.

    python workflow/scripts/score_ratings.py --sample results/demo/human/sample.parquet \
        --ratings dr-martin=results/demo/human/ratings/dr-martin.csv \
        --output results/demo/human/ratings.parquet --agreement results/demo/scores/human_agreement.csv

reads   human/sample.parquet, a csv per rater
writes  human/ratings.parquet, scores/human_agreement.csv
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_table
from medinjection.scoring.files import files_by_name
from medinjection.scoring.human.agreement import AGREEMENT_COLUMNS, agreement_rows
from medinjection.scoring.human.ratings import ratings_table, read_ratings
from medinjection.scoring.human.schema import SAMPLE_SCHEMA
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--sample", required=True, help="human/sample.parquet")
    parser.add_argument("--ratings", required=True, nargs="+", metavar="RATER=CSV", help="each rater's csv")
    parser.add_argument("--output", required=True, help="parquet file of all ratings to write")
    parser.add_argument("--agreement", required=True, help="CSV file of the raters' agreement to write")
    arguments = parser.parse_args()

    sample = read_table(arguments.sample, SAMPLE_SCHEMA).to_pylist()
    files = files_by_name("--ratings", arguments.ratings)
    rows = {rater: read_ratings(path, rater, sample) for rater, path in files.items()}
    ratings = {
        rater: {f"{row['model']}\x00{row['record_id']}": row["rating"] for row in given}
        for rater, given in rows.items()
    }
    simulated = [rater for rater, given in rows.items() if any(row["simulated"] for row in given)]
    write_table(arguments.output, ratings_table([row for given in rows.values() for row in given]))
    write_rows(arguments.agreement, AGREEMENT_COLUMNS, agreement_rows(ratings, simulated, len(sample)))


if __name__ == "__main__":
    run_program(main)
