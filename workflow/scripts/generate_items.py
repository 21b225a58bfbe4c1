"""Generate choice or open questions from a shard of a source's French documents with a teacher (paper section 3.4).

    python workflow/scripts/generate_items.py --form choice --task mcq --input results/demo/normalised/morfitt.parquet \
        --prompt config/prompts/generate_morfitt_choice.txt --llm '{"model": "openai/gpt-4o-mini"}' \
        --journal results/demo/journals/generate_items/morfitt/choice/1-of-1.jsonl \
        --output results/demo/generated/morfitt/choice/1-of-1.parquet

reads   the documents of --input that belong to --shard; --journal, whose answers are not asked again
writes  --output (records), its .rejects.parquet, and --journal as answers arrive
"""

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import Prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.records.files import each_document
from medinjection.records.schema import STATED_TASKS, Document
from medinjection.synthesis.generation import generate_choice, generate_open
from medinjection.synthesis.one_shard import Made, add_stage_arguments, make_shard


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--form", choices=("choice", "open"), required=True, help="kind of questions to generate")
    parser.add_argument("--task", choices=STATED_TASKS, help="task of the choice questions; needed with --form choice")
    add_stage_arguments(parser)
    args = parser.parse_args()
    if args.form == "choice" and args.task is None:
        raise InputError(f"--task: missing, expected one of {', '.join(STATED_TASKS)} with --form choice")

    def generate(documents: list[Document], prompt: Prompt, client: Client) -> Made:
        if args.form == "choice":
            made = generate_choice(documents, prompt, client, args.task)
        else:
            made = generate_open(documents, prompt, client)
        return made.kept, made.rejects, made.rows_in

    make_shard(args, each_document, lambda document: document.text, generate)


if __name__ == "__main__":
    run_program(main)
