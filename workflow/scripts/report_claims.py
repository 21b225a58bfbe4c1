"""Test the paper's claims on this run's numbers and on the published ones, and recompute the paper's own sums.

    python workflow/scripts/report_claims.py --scores results/paper/scores --published resources/published \
        --ledger resources/published/ledger.csv --comet results/paper/translation_quality/wmt24/comet_segments.jsonl \
        --seed 42 --output-folder results/paper/tables

reads   scores/{paired_all,decoding_gaps,choice_spread,quality,correlation_tests,length_association}.csv, as far as they
        are there; COMET of the segments of WMT 2024, where given; the published tables and ledger
writes  tables/claims.{csv,md,tex}, tables/claims_parts.{md,tex}, tables/slips.{csv,md,tex}
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.claims_table import write_claims, write_slips
from medinjection.scoring.claims.of_paper import claims_of_paper
from medinjection.scoring.claims.of_run import claims_of_run
from medinjection.scoring.claims.reading import read_evidence, read_paper_numbers
from medinjection.scoring.claims.slips import slip_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="folder of scores")
    parser.add_argument("--published", type=Path, required=True, help="folder of the published tables")
    parser.add_argument("--ledger", type=Path, required=True, help="the paper's counts, resources/published/ledger.csv")
    parser.add_argument("--comet", type=Path, help="JSON lines of COMET by segment, of the test set of WMT 2024")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write the tables to")
    arguments = parser.parse_args()

    remark = remark_from(arguments)
    evidence = read_evidence(arguments.scores, arguments.comet)
    numbers = read_paper_numbers(arguments.published, arguments.ledger)
    claims = claims_of_run(evidence, arguments.seed, remark.stand_ins) + claims_of_paper(numbers)
    write_claims(claims, arguments.output_folder, remark)
    write_slips(slip_rows(numbers), arguments.output_folder)


if __name__ == "__main__":
    run_program(main)
