"""Add finished evaluations to a leaderboard that several runs and machines share, and lay it out again.

    python workflow/scripts/add_to_leaderboard.py --store results/leaderboard \
        --add results/demo/predictions /mnt/other/results/leaderboard

reads   folders of answers (choice.parquet and run.json), of several models, or another leaderboard
writes  <store>/entries/<model>/, <store>/scores/*.csv, <store>/index.html, <store>/index.fr.html, <store>/board/

What was made on other questions, prompts, orders or by other code is refused, and which of these differ is said; what
else there is to add is added, and the exit status is 1. Adding the same again changes nothing. No model is needed.
"""

import logging
import sys
from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.reporting.leaderboard.shared import write_shared_leaderboard
from medinjection.scoring.leaderboard.store import add_evaluation, evaluations_in
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--store", default="results/leaderboard", help="folder (default: results/leaderboard)")
    parser.add_argument("--add", nargs="*", default=[], help="folders of finished evaluations (default: none)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--registry", default="config/sources.yaml", help="registry that names the data sets")
    parser.add_argument("--published", type=Path, help="what others published (default: not shown)")
    arguments = parser.parse_args()

    refused = sum(_refused(arguments.store, folder) for folder in arguments.add)
    datasets = {name: source.upstream for name, source in load_registry(arguments.registry).items()}
    write_shared_leaderboard(Path(arguments.store), arguments.seed, datasets, arguments.published)
    sys.exit(1 if refused else 0)


def _refused(store: str, folder: str) -> int:
    """Add the evaluations of a folder; return how many were refused, after saying why."""
    refused = 0
    try:
        for evaluation in evaluations_in(folder):
            try:
                logging.info(add_evaluation(store, evaluation))
            except InputError as error:
                logging.error("refused: %s", error)
                refused += 1
    except InputError as error:
        logging.error("refused: %s", error)
        refused += 1
    return refused


if __name__ == "__main__":
    run_program(main)
