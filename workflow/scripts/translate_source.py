"""Translate a shard of a source's English records into French with a teacher (paper section 3.3).

    python workflow/scripts/translate_source.py --input results/demo/normalised/medmcqa.parquet \
        --prompt config/prompts/translate.txt --llm '{"model": "openai/gpt-4o-mini"}' \
        --journal results/demo/journals/translate_source/medmcqa/1-of-1.jsonl \
        --output results/demo/translated/medmcqa/1-of-1.parquet

reads   the records of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import Prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.files import each_record
from medinjection.records.schema import Record
from medinjection.synthesis.one_shard import Made, add_stage_arguments, make_shard
from medinjection.synthesis.translation import translate_records, translation_request


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--any-language", action="store_true", help="keep texts that are not recognised as French")
    add_stage_arguments(parser)
    args = parser.parse_args()

    def translate(records: list[Record], prompt: Prompt, client: Client) -> Made:
        return *translate_records(records, prompt, client, not args.any_language), len(records)

    make_shard(args, each_record, translation_request, translate)


if __name__ == "__main__":
    run_program(main)
