"""Export the choice questions of an evaluation for lm-evaluation-harness, lighteval, Inspect and EuroEval.

    python workflow/scripts/export_evaluation.py --questions results/demo/evaluation/choice.parquet \
        --choice-prompt config/prompts/question_choice.txt --open-prompt config/prompts/question_open.txt \
        --name demo --output results/demo/export

reads   evaluation/choice.parquet, the wording of the questions
writes  export/data/<source>_<task>.jsonl, lm_eval/*.yaml, eval.yaml, lighteval_tasks.py, tasks.json, README.md
"""

import logging

from medinjection.export.folder import export_questions
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records
from medinjection.records.question_prompts import read_question_prompts
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--questions", required=True, help="parquet file of the choice questions")
    parser.add_argument("--choice-prompt", required=True, help="template of a choice question")
    parser.add_argument("--open-prompt", required=True, help="template of an open question")
    parser.add_argument("--system-prompt", help="file of the system prompt (default: none)")
    parser.add_argument("--name", required=True, help="what the export is called, the name of the run")
    add_remark_arguments(parser)
    parser.add_argument("--output", required=True, help="folder to write")
    arguments = parser.parse_args()

    prompts = read_question_prompts(arguments.choice_prompt, arguments.open_prompt, arguments.system_prompt)
    remark = str(remark_from(arguments))
    tasks = export_questions(read_records(arguments.questions), prompts, arguments.name, arguments.output, remark)
    logging.info("%d questions in %d tasks", sum(task.questions for task in tasks), len(tasks))


if __name__ == "__main__":
    run_program(main)
