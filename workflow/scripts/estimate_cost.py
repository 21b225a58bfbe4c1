"""Price what a configured run asks of its language models, before anything is spent.

    python workflow/scripts/estimate_cost.py --output results/demo/cost_estimate.csv --job '{
        "stage": "convert_source", "source": "frbmedqa", "llm_name": "scripted", "llm": {"model": "openai/gpt-4o"},
        "journals": "results/demo/journals/convert_source/frbmedqa",
        "records": "results/demo/normalised/frbmedqa.parquet", "prompt": "config/prompts/convert_choice.txt"}'

One line for each stage, source and language model. Money is empty where a price is unknown.

reads   the files of each job; the journals, whose answers are not asked again
writes  --output
"""

from pathlib import Path

from medinjection.llm.client.tokens import token_counter
from medinjection.pricing.estimation import SAMPLE, estimate
from medinjection.pricing.jobs import read_job
from medinjection.pricing.table import estimates_csv, summary
from medinjection.pricing.work import work_of
from medinjection.program import argument_parser, run_program
from medinjection.progress import progress_bar
from medinjection.records.files import write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--job", action="append", default=[], metavar="JSON", help="work to price: pricing/jobs.py")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"prompts to measure of each (default: {SAMPLE})")
    parser.add_argument("--output", type=Path, required=True, help="CSV file to write")
    args = parser.parse_args()
    tokens = token_counter()
    jobs = [read_job(text) for text in args.job]
    bar = progress_bar(len(jobs), "pricing", "stages", map(work_of, jobs))
    estimates = [estimate(work, tokens, args.sample) for work in bar]
    write_text(args.output, estimates_csv(estimates))
    print(summary(estimates))


if __name__ == "__main__":
    run_program(main)
