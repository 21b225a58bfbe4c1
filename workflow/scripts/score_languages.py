"""Compare a model's answers to the same questions in French and in English.

    python workflow/scripts/score_languages.py --seed 42 --models base \
        --french results/demo/predictions/base/choice.parquet --english english/base/choice.parquet \
        --output results/demo/scores/languages.csv

reads   predictions/<model>/choice.parquet, and the same of the English originals, under the same record ids
writes  scores/languages.csv   exact match in both languages, the paired difference and its tests, for each model,
                               source and decoding
"""

from medinjection.program import argument_parser, run_program
from medinjection.scoring.files import errors_naming, read_predictions
from medinjection.scoring.rows import write_rows
from medinjection.scoring.slices.languages import LANGUAGE_COLUMNS, language_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--french", required=True, nargs="+", help="parquet files of predictions, one per model")
    parser.add_argument("--english", required=True, nargs="+", help="the same of the English originals, in their order")
    parser.add_argument("--models", required=True, nargs="+", help="what model each pair stands for, in their order")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    rows = []
    both = (read_predictions(files, arguments.models) for files in (arguments.french, arguments.english))
    for path, french, english in zip(arguments.english, *both, strict=True):
        with errors_naming(path):
            rows += language_rows(french, english, arguments.seed)
    write_rows(arguments.output, LANGUAGE_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
