"""Put the shards of a teacher's work on one source into one file.

    python workflow/scripts/join_records.py \
        --inputs results/demo/translated/medmcqa/1-of-2.parquet results/demo/translated/medmcqa/2-of-2.parquet \
        --output results/demo/records/translated/medmcqa.parquet

reads   the records of --inputs, whose ids must be distinct, and their .rejects.parquet
writes  --output (records) and its .rejects.parquet, both in the order of their ids, however the work was cut
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_stage
from medinjection.synthesis.joining import join_shards


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--inputs", type=Path, nargs="+", required=True, help="parquet files of records")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of records to write")
    parser.add_argument(
        "--max-reject-share",
        type=float,
        default=0.05,
        help="maximum share of rows that may be rejected (default: 0.05)",
    )
    args = parser.parse_args()
    records, rejects = join_shards(args.inputs)
    write_stage(args.output, records, rejects, len(records) + len(rejects), args.max_reject_share)


if __name__ == "__main__":
    run_program(main)
