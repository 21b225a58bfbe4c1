"""Turn closed French questions into multiple-choice questions with a language model.

    python workflow/scripts/convert_source.py --input results/demo/normalised/frbmedqa.parquet \
        --prompt config/prompts/convert_choice.txt --model scripted/teacher --api-base resources/knowledge_base.yaml \
        --journal results/demo/journals/convert_source/frbmedqa.jsonl \
        --output results/demo/records/native/frbmedqa.parquet

reads   the records of --input; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.arguments import add_teacher_arguments, teacher_from_arguments
from medinjection.llm.journal import Journal
from medinjection.llm.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_stage
from medinjection.records.files import read_records
from medinjection.synthesis.conversion import convert_records


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="parquet file of closed questions")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of choice records to write")
    add_teacher_arguments(parser)
    args = parser.parse_args()
    teacher = teacher_from_arguments(args)
    prompt = read_prompt(args.prompt)
    records = read_records(args.input)
    with Journal(args.journal) as journal:
        kept, rejects = convert_records(records, prompt, teacher, journal, args.attempts)
    write_stage(args.output, kept, rejects, len(records), args.max_reject_share)


if __name__ == "__main__":
    run_program(main)
