"""Correlate judges and text metrics with the ratings, and estimate each model's accuracy from few ratings.

    python workflow/scripts/score_correlations.py --ratings results/demo/human/ratings.parquet \
        --judgements medgemma-27b=results/demo/judgements/medgemma-27b \
        --metrics results/demo/scores/open_answers.parquet --records results/demo/evaluation/open.parquet \
        --models base NAT --translation-sources wmt_biomedical --seed 42 --output-folder results/demo/scores

reads   human/ratings.parquet, judgements/<judge>/<model>.parquet, scores/open_answers.parquet, evaluation/open.parquet
writes  correlations.csv       each scorer's correlation with the ratings
        correlation_tests.csv  every two scorers: Williams' test of their correlations
        rated_accuracy.csv     mean accuracy of each model, from the ratings alone and with each judge's scores
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records
from medinjection.scoring.agreement.correlations import (
    COMPARISON_COLUMNS,
    CORRELATION_COLUMNS,
    comparison_rows,
    correlation_rows,
)
from medinjection.scoring.agreement.rated_accuracy import RATED_COLUMNS, rated_accuracy
from medinjection.scoring.agreement.scorers import read_judge, read_mean_ratings, read_metrics
from medinjection.scoring.files import files_by_name
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--ratings", required=True, help="human/ratings.parquet")
    parser.add_argument("--judgements", nargs="*", default=[], metavar="JUDGE=FOLDER", help="each judge's folder")
    parser.add_argument("--metrics", help="scores/open_answers.parquet (default: no text metrics)")
    parser.add_argument("--records", required=True, help="parquet file of the open questions")
    parser.add_argument("--models", required=True, nargs="+", help="models that are judged")
    parser.add_argument(
        "--translation-sources",
        nargs="*",
        default=[],
        help="sources whose questions are a group of their own, of which ratings were drawn apart (default: none)",
    )
    parser.add_argument("--seed", required=True, type=int, help="seed of the bootstrap")
    parser.add_argument("--output-folder", required=True, help="folder to write the CSV files to")
    arguments = parser.parse_args()

    ratings = read_mean_ratings(arguments.ratings)
    translated = set(arguments.translation_sources)
    groups = {
        record.id: "translations" if record.source in translated else "questions"
        for record in read_records(arguments.records)
    }
    answers = [(model, record) for model in arguments.models for record in groups]
    folders = files_by_name("--judgements", arguments.judgements)
    judges = [read_judge(judge, folder, answers) for judge, folder in folders.items()]
    metrics = read_metrics(arguments.metrics, [*ratings.means]) if arguments.metrics else []
    scorers = [*judges, *metrics]
    folder = Path(arguments.output_folder)
    write_rows(folder / "correlations.csv", CORRELATION_COLUMNS, correlation_rows(ratings, scorers, arguments.seed))
    write_rows(folder / "correlation_tests.csv", COMPARISON_COLUMNS, comparison_rows(ratings, scorers))
    accuracy = rated_accuracy(ratings, judges, groups, arguments.models)
    write_rows(folder / "rated_accuracy.csv", RATED_COLUMNS, accuracy)


if __name__ == "__main__":
    run_program(main)
