"""Test the paper's claims on this run's numbers and on the published ones, and recompute the paper's own sums.

    python workflow/scripts/report_claims.py --scores results/paper/scores --published resources/published \
        --ledger resources/published/ledger.csv --comet results/paper/translation_quality/wmt24/comet_segments.jsonl \
        --seed 42 --output-folder results/paper/tables

reads   scores/{paired_all,decoding_gaps,choice_spread,quality,correlation_tests,length_association}.csv, as far as they
        are there; COMET of the segments of WMT 2024, where given; the published tables and ledger
writes  tables/claims.{csv,md,tex}, tables/claims_parts.{md,tex}, tables/slips.{csv,md,tex}
"""

import json
from pathlib import Path
from typing import Any

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.reporting.reading import read_rows
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.claims_table import write_claims, write_slips
from medinjection.scoring.agreement.correlations import COMPARISON_COLUMNS
from medinjection.scoring.choice.decoding_gap import GAP_COLUMNS
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.choice.spread import SPREAD_COLUMNS
from medinjection.scoring.claims.of_paper import PaperNumbers, claims_of_paper, numbers_of
from medinjection.scoring.claims.of_run import Evidence, claims_of_run
from medinjection.scoring.claims.slips import slip_rows
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS
from medinjection.scoring.quality.scores import QUALITY_COLUMNS
from medinjection.sources.paper_counts import read_paper_counts

EVIDENCE = {
    "pairs": ("paired_all", ALL_PAIR_COLUMNS),
    "gaps": ("decoding_gaps", GAP_COLUMNS),
    "spread": ("choice_spread", SPREAD_COLUMNS),
    "quality": ("quality", QUALITY_COLUMNS),
    "correlation_tests": ("correlation_tests", COMPARISON_COLUMNS),
    "association": ("length_association", ASSOCIATION_COLUMNS),
}


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
    files = {key: (arguments.scores / f"{name}.csv", columns) for key, (name, columns) in EVIDENCE.items()}
    rows: dict[str, Any] = {key: read_rows(path, columns) for key, (path, columns) in files.items() if path.is_file()}
    evidence = Evidence(**rows, comet=comet_by_segment(arguments.comet) if arguments.comet else {})
    ledger = read_paper_counts(arguments.ledger)
    tables = {number: read_rows(arguments.published / f"published_table{number}.csv", ()) for number in range(1, 8)}
    majorities = read_rows(arguments.published / "published_figure3.csv", ("kind", "judge", "majority"))
    numbers = PaperNumbers(
        table3=numbers_of(tables[3], "system"),
        table4=numbers_of([row for row in tables[4] if row["kind"] == "judge"], "scorer"),
        table5=numbers_of(tables[5], "model"),
        table7=numbers_of(tables[7], "model"),
        majority={row["judge"]: int(row["majority"]) for row in majorities if row["majority"]},
        tested={
            task: sum(one.count for one in ledger if one.split == "test" and one.task == task)
            for task in ("mcq", "mcqu")
        },
    )
    of_run = claims_of_run(evidence, arguments.seed, remark.stand_ins)
    write_claims(of_run + claims_of_paper(numbers), arguments.output_folder, remark)
    slips = slip_rows(
        numbers_of(tables[1], "component"),
        numbers_of(tables[2], "task"),
        tables[4],
        numbers.table5,
        numbers_of(tables[6], "model"),
        numbers.table7,
        ledger,
    )
    write_slips(slips, arguments.output_folder)


def comet_by_segment(path: Path) -> dict[str, dict[str, float]]:
    """Return system -> segment id -> COMET."""
    found: dict[str, dict[str, float]] = {}
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            found.setdefault(row["system"], {})[row["segment_id"]] = float(row["comet"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: line {place} is no segment with a score ({error!r})") from error
    return found


if __name__ == "__main__":
    run_program(main)
