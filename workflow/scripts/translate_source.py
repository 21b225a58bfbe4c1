"""Translate a shard of a source's English records into French with a teacher (paper section 3.3).

    python workflow/scripts/translate_source.py --input results/demo/normalised/medmcqa.parquet \
        --prompt config/prompts/translate.txt --model scripted/teacher --api-base resources/knowledge_base.yaml \
        --journal results/demo/journals/translate_source/medmcqa/1-of-1.jsonl \
        --output results/demo/translated/medmcqa/1-of-1.parquet

reads   the records of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.client.arguments import add_shard_argument, add_teacher_arguments, asker_from_arguments
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_shard
from medinjection.records.files import each_record
from medinjection.synthesis.translation import translate_records, translation_request


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="parquet file of English records")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of French records to write")
    parser.add_argument("--any-language", action="store_true", help="keep texts that are not recognised as French")
    add_shard_argument(parser)
    add_teacher_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    records = [record for record in each_record(args.input) if args.shard.holds(translation_request(record))]
    with asker_from_arguments(args) as asker:
        kept, rejects = translate_records(records, prompt, asker, not args.any_language)
    write_shard(args.output, kept, rejects, len(records))


if __name__ == "__main__":
    run_program(main)
