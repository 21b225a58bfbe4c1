"""Have a language model judge synthetic items (paper section 3.4, Figures 12 and 13).

    python workflow/scripts/judge_quality.py --records results/demo/joined/synthetic.parquet \
        --documents results/demo/normalised/morfitt.parquet results/demo/normalised/diamed.parquet \
        --prompt config/prompts/judge_open_quality.txt --choice-prompt config/prompts/judge_choice_quality.txt \
        --limit 100 --shard 1-of-1 --llm '{"model": "openai/gpt-4.1-mini", "max_tokens": 16}' \
        --journal results/demo/journals/judge_quality/gpt-4.1-mini/1-of-1.jsonl \
        --output results/demo/quality/gpt-4.1-mini/1-of-1.parquet

Each item is judged once, in the text that it was made from. --prompt is that of open items.

reads   the records and the documents; --journal, whose answers are not asked again
writes  --output (record_id, task, score or null, raw_output), and --journal as answers arrive
"""

from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from medinjection.llm.client.arguments import add_llm_arguments, add_shard_argument, open_client
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_documents, write_table
from medinjection.scoring.quality.judging import choose_items, document_texts, rate_items, read_items
from medinjection.scoring.quality.scales import QUALITY_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="parquet file of the synthetic records")
    parser.add_argument("--documents", type=Path, default=[], nargs="*", help="parquet files of their documents")
    parser.add_argument("--choice-prompt", type=Path, required=True, help="system prompt file for choice items")
    parser.add_argument("--limit", type=int, help="maximum of items of each kind (default: all)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the choice of items (default: 42)")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of scores to write")
    add_shard_argument(parser)
    add_llm_arguments(parser)
    args = parser.parse_args()

    prompts = {"open": read_prompt(args.prompt), "choice": read_prompt(args.choice_prompt)}
    documents = document_texts(document for path in args.documents for document in read_documents(path))
    chosen = choose_items(args.records, args.limit, args.seed)
    with open_client(args) as client:
        items = read_items(args.records, chosen)
        rows = [asdict(rated) for rated in rate_items(items, documents, prompts, client, args.shard, len(chosen))]
    write_table(args.output, pa.Table.from_pylist(rows, schema=QUALITY_SCHEMA))


if __name__ == "__main__":
    run_program(main)
