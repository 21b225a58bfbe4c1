"""Write what the language models of a run were asked and what they cost, from the journals.

    python workflow/scripts/report_cost.py --journals results/demo/journals --output results/demo/cost.csv

One line for each stage, model and shard. Money is empty where the price is unknown.

reads   the journals below --journals
writes  --output
"""

import logging
from pathlib import Path

from medinjection.pricing.ledger import costs_csv, read_costs
from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--journals", type=Path, required=True, help="folder of all journals of the run")
    parser.add_argument("--output", type=Path, required=True, help="CSV file to write")
    args = parser.parse_args()
    costs = read_costs(args.journals)
    write_text(args.output, costs_csv(costs))
    known = [cost.money for cost in costs if cost.money is not None]
    without = sum(cost.requests_without_price for cost in costs)
    spent = f"{sum(known):.4f}" if known or not costs else "unknown"
    logging.info("%d answers cost %s; %d of unknown price", sum(cost.requests for cost in costs), spent, without)


if __name__ == "__main__":
    run_program(main)
