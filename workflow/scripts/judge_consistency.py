"""Ask a judge of open answers again, in another way, about a sample of the answers that it has judged.

    python workflow/scripts/judge_consistency.py --models base NAT \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --judgements results/demo/judgements/gpt-4.1-mini --records results/demo/evaluation/open.parquet \
        --prompt config/prompts/judge_answer.txt --paraphrase config/prompts/judge_answer_paraphrased.txt \
        --size 100 --seed 42 --llm '{"model": "openai/gpt-4.1-mini", "max_tokens": 16}' \
        --journal results/demo/journals/judge_consistency/gpt-4.1-mini/all.jsonl \
        --output results/demo/judge_consistency/gpt-4.1-mini.parquet

Twice an answer: under a paraphrase of the prompt, and with reference and candidate in the other order. Every judge is
asked about the same answers.

reads   the predictions, the judge's judgements and the open evaluation records; --journal, whose answers are not asked
        again
writes  --output (model, record_id, way, first_score, score, raw_output), which says in its metadata whether the judge
        is scripted, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.client.arguments import add_llm_arguments, open_client
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, read_table, write_table
from medinjection.records.stand_ins import StandIn, is_scripted, with_stand_ins
from medinjection.scoring.files import outputs_of_models
from medinjection.scoring.open.judged_again import draw_again, judge_again
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", type=Path, required=True, nargs="+", help="a file of open answers per model")
    parser.add_argument("--models", required=True, nargs="+", help="the model that each file stands for")
    parser.add_argument("--judgements", type=Path, required=True, help="folder of the judge's judgements")
    parser.add_argument("--records", type=Path, required=True, help="parquet file of the open evaluation records")
    parser.add_argument("--paraphrase", type=Path, required=True, help="system prompt file in other words")
    parser.add_argument("--size", type=int, required=True, help="maximum number of answers")
    parser.add_argument("--seed", type=int, required=True, help="seed of the draw")
    parser.add_argument("--output", type=Path, required=True, help="parquet file to write")
    add_llm_arguments(parser)
    args = parser.parse_args()
    prompt, paraphrase = read_prompt(args.prompt), read_prompt(args.paraphrase)
    outputs = outputs_of_models(args.predictions, args.models)
    first_scores = {
        (model, row["record_id"]): row["score"]
        for model in args.models
        for row in read_table(args.judgements / f"{model}.parquet", JUDGEMENT_SCHEMA).to_pylist()
    }
    drawn = draw_again(outputs, args.size, args.seed)
    with open_client(args) as judge:
        table = judge_again(drawn, first_scores, read_records(args.records), prompt, paraphrase, judge)
        stand_ins = [StandIn.JUDGE] if is_scripted(judge.llm.name) else []
    write_table(args.output, with_stand_ins(table, stand_ins))


if __name__ == "__main__":
    run_program(main)
