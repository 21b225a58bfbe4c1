"""Turn a shard of closed French questions into multiple-choice questions with a teacher (paper section 3.2).

    python workflow/scripts/convert_source.py --input results/demo/normalised/frbmedqa.parquet \
        --prompt config/prompts/convert_choice.txt --llm '{"model": "openai/gpt-4o-mini"}' \
        --journal results/demo/journals/convert_source/frbmedqa/1-of-1.jsonl \
        --output results/demo/converted/frbmedqa/1-of-1.parquet

reads   the records of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import Prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.files import each_record
from medinjection.records.schema import Record
from medinjection.synthesis.conversion import conversion_request, convert_records
from medinjection.synthesis.one_shard import Made, add_stage_arguments, make_shard


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--drop-context", action="store_true", help="converted questions stand alone, without passage")
    add_stage_arguments(parser)
    args = parser.parse_args()

    def convert(records: list[Record], prompt: Prompt, client: Client) -> Made:
        return *convert_records(records, prompt, client, not args.drop_context), len(records)

    make_shard(args, each_record, conversion_request, convert)


if __name__ == "__main__":
    run_program(main)
