"""Join the shards of one judge's scores of synthetic items.

    python workflow/scripts/join_quality.py --records results/demo/joined/synthetic.parquet --limit 100 \
        --shards results/demo/quality/scripted-judge-a/1-of-1.parquet \
        --output results/demo/quality/scripted-judge-a.parquet

The output can filter the records of a mix: mixes.recipes.<mix>.parts[].scores.

reads   the records, for which items were to be judged; the shards
writes  --output (record_id, task, score or null, raw_output), in the order of the records, each item once
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_table
from medinjection.scoring.quality.judging import choose_items, join_shards
from medinjection.scoring.quality.scales import QUALITY_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="parquet file of the synthetic records")
    parser.add_argument("--shards", type=Path, required=True, nargs="+", help="parquet files of the shards' scores")
    parser.add_argument("--limit", type=int, help="maximum of items of each kind that were judged (default: all)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the choice of items (default: 42)")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of scores to write")
    args = parser.parse_args()

    tables = [read_table(path, QUALITY_SCHEMA) for path in args.shards]
    write_table(args.output, join_shards(tables, choose_items(args.records, args.limit, args.seed)))


if __name__ == "__main__":
    run_program(main)
