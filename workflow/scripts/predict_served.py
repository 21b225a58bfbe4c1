"""Have a model behind an OpenAI-compatible endpoint answer the evaluation records, as predict_answers.py does greedily.

    python workflow/scripts/predict_served.py --name qwen3-32b \
        --llm '{"model": "openai/qwen3-32b", "api_base": "http://127.0.0.1:8000/v1"}' \
        --choice results/demo/evaluation/choice.parquet --open results/demo/evaluation/open.parquet \
        --permutations 3 --seed 42 --max-new-tokens 512 \
        --choice-prompt config/prompts/question_choice.txt --open-prompt config/prompts/question_open.txt \
        --journal results/demo/journals/predict_served/qwen3-32b/answers.jsonl \
        --output-choice results/demo/predictions/qwen3-32b/choice.parquet \
        --output-open results/demo/predictions/qwen3-32b/open.parquet \
        --output-reasoning results/demo/predictions/qwen3-32b/reasoning.parquet

The limits of tokens are those of the tasks, not the model's `max_tokens`, and every question is put once, not
`attempts` times.

reads   evaluation/choice.parquet, evaluation/open.parquet (either may have no row); the prompts; --journal, whose
        answers are not asked again
writes  predictions/<model>/choice.parquet (greedy rows only), predictions/<model>/open.parquet and reasoning.parquet,
        and --journal as answers arrive
"""

from typing import Any

from medinjection.llm.client.arguments import add_llm_arguments, open_client
from medinjection.llm.client.tokens import token_counter
from medinjection.prediction.schema import REASONING_SCHEMA
from medinjection.prediction.served import predict_served_choice, predict_served_open
from medinjection.prediction.thinking.served import ServedReasoning
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, write_table
from medinjection.records.question_prompts import read_question_prompts
from medinjection.records.stand_ins import StandIn, add_stand_ins_argument, is_scripted, with_stand_ins


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--name", required=True, help="name of the model in the predictions")
    parser.add_argument("--choice", required=True, help="parquet file of mcq and mcqu records")
    parser.add_argument("--open", required=True, help="parquet file of oeq records")
    parser.add_argument("--permutations", type=int, default=3, help="orders besides the published (default: 3)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the permutations (default: 42)")
    parser.add_argument(
        "--max-new-tokens", type=int, default=512, help="maximum tokens of an open answer (default: 512)"
    )
    parser.add_argument("--choice-prompt", required=True, help="template of choice questions")
    parser.add_argument("--open-prompt", required=True, help="template of open questions")
    parser.add_argument("--system-prompt", help="file of the system prompt (default: none)")
    parser.add_argument("--output-choice", required=True, help="parquet file of choice predictions to write")
    parser.add_argument("--output-open", required=True, help="parquet file of open predictions to write")
    parser.add_argument("--output-reasoning", required=True, help="parquet file of what the model reasoned, to write")
    parser.add_argument("--thinking", default="off", help="anything but off: the model reasons before it answers")
    parser.add_argument(
        "--reasoning-tokens", type=int, default=2048, help="tokens that it may use for that (default: 2048)"
    )
    add_stand_ins_argument(parser)
    add_llm_arguments(parser, prompt=False)
    args = parser.parse_args()
    choice_records, open_records = read_records(args.choice), read_records(args.open)
    prompts = read_question_prompts(args.choice_prompt, args.open_prompt, args.system_prompt)
    asked, limit = (args.permutations, args.seed), args.max_new_tokens
    reasoning = None if args.thinking == "off" else ServedReasoning(args.name, args.reasoning_tokens)
    how: Any = {"prompts": prompts, "reasoning": reasoning}
    with open_client(args) as client:
        choice = predict_served_choice(client, choice_records, args.name, *asked, **how)
        answers = predict_served_open(client, open_records, args.name, limit, token_counter(), **how)
        stand_ins = [*args.stand_ins, *([StandIn.MODEL] if is_scripted(client.llm.name) else [])]
    write_table(args.output_choice, with_stand_ins(choice, stand_ins))
    write_table(args.output_open, with_stand_ins(answers, stand_ins))
    reasoned = reasoning.table() if reasoning else REASONING_SCHEMA.empty_table()
    write_table(args.output_reasoning, with_stand_ins(reasoned, stand_ins))


if __name__ == "__main__":
    run_program(main)
