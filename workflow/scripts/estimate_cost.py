"""Price what a configured run asks of its language models, before anything is spent.

    python workflow/scripts/estimate_cost.py --output results/demo/cost_estimate.csv --job '{
        "stage": "convert_source", "source": "frbmedqa", "teacher": "scripted", "flags": "--llm {...}",
        "journals": "results/demo/journals/convert_source/frbmedqa",
        "inputs": ["results/demo/normalised/frbmedqa.parquet"],
        "prompts": {"prompt": "config/prompts/convert_choice.txt"}}'

One line for each stage, source and teacher. Money is empty where a price is unknown.

reads   the files of each job; the journals, whose answers are not asked again
writes  --output
"""

import argparse
import json
from pathlib import Path

from medinjection.pricing.estimation import SAMPLE, estimate, token_counter
from medinjection.pricing.jobs import estimates_csv, read_job, summary, work_of
from medinjection.program import argument_parser, run_program
from medinjection.progress import progress_bar
from medinjection.records.files import write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--job", type=json_object, action="append", default=[], metavar="JSON", help="work to price")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"prompts to measure of each (default: {SAMPLE})")
    parser.add_argument("--output", type=Path, required=True, help="CSV file to write")
    args = parser.parse_args()
    tokens = token_counter()
    works = (work_of(read_job(values)) for values in args.job)
    bar = progress_bar(len(args.job), "pricing", "stages", works)
    estimates = [estimate(work, tokens, args.sample) for work in bar]
    write_text(args.output, estimates_csv(estimates))
    print(summary(estimates))


def json_object(text: str) -> dict:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("expected a JSON object")
    return value


if __name__ == "__main__":
    run_program(main)
