"""Have a language model judge one model's open answers (paper section 4.3.2, Figure 14).

    python workflow/scripts/judge_answers.py --predictions results/demo/predictions/NAT/open.parquet \
        --records results/demo/evaluation/open.parquet --prompt config/prompts/judge_answer.txt \
        --llm '{"model": "openai/gpt-4.1-mini", "max_tokens": 16}' \
        --journal results/demo/journals/judge_answers/gpt-4.1-mini/NAT.jsonl \
        --output results/demo/judgements/gpt-4.1-mini/NAT.parquet

reads   the predictions and the open evaluation records; --journal, whose answers are not asked again
writes  --output (record_id, score 0, 1 or null, raw_output), which says in its metadata whether the judge is scripted,
        and --journal as answers arrive
"""

from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from medinjection.llm.client.arguments import add_llm_arguments, open_client
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, write_table
from medinjection.records.stand_ins import StandIn, is_scripted, with_stand_ins
from medinjection.scoring.files import read_open_predictions
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA, judge_answers


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", type=Path, required=True, help="parquet file of the model's open answers")
    parser.add_argument("--records", type=Path, required=True, help="parquet file of the open evaluation records")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of judgements to write")
    add_llm_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    predictions = read_open_predictions(args.predictions).to_pylist()
    outputs = [(row["record_id"], row["output"]) for row in predictions]
    records = read_records(args.records)
    with open_client(args) as judge:
        judgements = judge_answers(outputs, records, prompt, judge)
        stand_ins = [StandIn.JUDGE] if is_scripted(judge.llm.name) else []
    table = pa.Table.from_pylist([asdict(judgement) for judgement in judgements], schema=JUDGEMENT_SCHEMA)
    write_table(args.output, with_stand_ins(table, stand_ins))


if __name__ == "__main__":
    run_program(main)
