"""Generate choice or open questions from a shard of a source's French documents with a teacher (paper section 3.4).

    python workflow/scripts/generate_items.py --form choice --input results/demo/normalised/morfitt.parquet \
        --prompt config/prompts/generate_morfitt_choice.txt \
        --model scripted/teacher --api-base resources/knowledge_base.yaml \
        --journal results/demo/journals/generate_items/morfitt/choice/1-of-1.jsonl \
        --output results/demo/generated/morfitt/choice/1-of-1.parquet

reads   the documents of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.client.arguments import add_shard_argument, add_teacher_arguments, asker_from_arguments
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_shard
from medinjection.records.files import each_document
from medinjection.synthesis.generation import generate_choice, generate_open


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--form", choices=("choice", "open"), required=True, help="kind of questions to generate")
    parser.add_argument("--input", type=Path, required=True, help="parquet file of documents")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of records to write")
    add_shard_argument(parser)
    add_teacher_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    documents = [document for document in each_document(args.input) if args.shard.holds(document.text)]
    generate = generate_choice if args.form == "choice" else generate_open
    with asker_from_arguments(args) as asker:
        generated = generate(documents, prompt, asker)
    write_shard(args.output, generated.kept, generated.rejects, generated.rows_in)


if __name__ == "__main__":
    run_program(main)
