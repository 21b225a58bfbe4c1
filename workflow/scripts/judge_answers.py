"""Have a language model judge the open answers of all models (paper section 4.3.2, Figure 14).

    python workflow/scripts/judge_answers.py --models base NAT \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --records results/demo/evaluation/open.parquet --prompt config/prompts/judge_answer.txt \
        --llm '{"model": "openai/gpt-4.1-mini", "max_tokens": 16}' \
        --journal results/demo/journals/judge_answers/gpt-4.1-mini/all.jsonl \
        --output-folder results/demo/judgements/gpt-4.1-mini

A server of the judge's own starts once, and not at all where the journals have every answer.

reads   the predictions and the open evaluation records; --journal and all journals beside it, whose answers are not
        asked again (earlier versions kept one for each model)
writes  <model>.parquet (record_id, score 0, 1 or null, raw_output), which say in their metadata whether the judge is
        scripted, and --journal as answers arrive
"""

from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from medinjection.llm.client.arguments import add_llm_arguments, open_client
from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.journal.care import journals_beside
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, write_table
from medinjection.records.stand_ins import StandIn, is_scripted, with_stand_ins
from medinjection.scoring.files import outputs_of_models
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA, judge_answers


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", type=Path, required=True, nargs="+", help="a file of open answers per model")
    parser.add_argument("--models", required=True, nargs="+", help="the model that each file stands for")
    parser.add_argument("--records", type=Path, required=True, help="parquet file of the open evaluation records")
    parser.add_argument("--output-folder", type=Path, required=True, help="folder of the judgements to write")
    add_llm_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    outputs = outputs_of_models(args.predictions, args.models)
    records = read_records(args.records)
    with open_client(args, journals_beside(args.journal)) as judge:
        judgements = judge_answers(outputs, records, prompt, judge)
        stand_ins = [StandIn.JUDGE] if is_scripted(judge.llm.name) else []
    for model, found in judgements.items():
        table = pa.Table.from_pylist([asdict(judgement) for judgement in found], schema=JUDGEMENT_SCHEMA)
        write_table(args.output_folder / f"{model}.parquet", with_stand_ins(table, stand_ins))


if __name__ == "__main__":
    run_program(main)
