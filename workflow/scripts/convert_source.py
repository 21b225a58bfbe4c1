"""Turn a shard of closed French questions into multiple-choice questions with a teacher (paper section 3.2).

    python workflow/scripts/convert_source.py --input results/demo/normalised/frbmedqa.parquet \
        --prompt config/prompts/convert_choice.txt --model scripted/teacher --api-base resources/knowledge_base.yaml \
        --journal results/demo/journals/convert_source/frbmedqa/1-of-1.jsonl \
        --output results/demo/converted/frbmedqa/1-of-1.parquet

reads   the records of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.client.arguments import add_shard_argument, add_teacher_arguments, asker_from_arguments
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_shard
from medinjection.records.files import each_record
from medinjection.synthesis.conversion import conversion_request, convert_records


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="parquet file of closed questions")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of choice records to write")
    add_shard_argument(parser)
    add_teacher_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    records = [record for record in each_record(args.input) if args.shard.holds(conversion_request(record))]
    with asker_from_arguments(args) as asker:
        kept, rejects = convert_records(records, prompt, asker)
    write_shard(args.output, kept, rejects, len(records))


if __name__ == "__main__":
    run_program(main)
