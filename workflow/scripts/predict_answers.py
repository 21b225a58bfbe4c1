"""Have one model answer the evaluation records: choice questions in every order and decoding, and open questions.

    python workflow/scripts/predict_answers.py --model NAT --base results/demo/models/base \
        --adapter results/demo/models/NAT --choice results/demo/evaluation/choice.parquet \
        --open results/demo/evaluation/open.parquet --permutations 3 --seed 42 --max-new-tokens 512 \
        --choice-prompt config/prompts/question_choice.txt --open-prompt config/prompts/question_open.txt \
        --chunks results/demo/predictions/NAT.chunks --output-choice results/demo/predictions/NAT/choice.parquet \
        --output-open results/demo/predictions/NAT/open.parquet \
        --output-reasoning results/demo/predictions/NAT/reasoning.parquet \
        --output-run results/demo/predictions/NAT/run.json

reads   models/base/, models/<model>/, evaluation/choice.parquet, evaluation/open.parquet (either may have no row);
        the prompts; predictions/<model>.chunks/ where an earlier job was cut off
writes  predictions/<model>/choice.parquet, open.parquet and reasoning.parquet (no row where the model does not reason);
        predictions/<model>/run.json last
"""

from pathlib import Path

import medinjection
from medinjection.plan.code.fingerprint import code_fingerprint
from medinjection.prediction.run import Prediction, PredictionFiles, predict_evaluation
from medinjection.program import add_field_flags, argument_parser, run_program
from medinjection.records.question_prompts import read_question_prompts
from medinjection.records.stand_ins import add_stand_ins_argument


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="name of the model in the predictions, such as base or NAT")
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model (fetch_model.py brings one)")
    parser.add_argument("--adapter", type=Path, help="folder of an adapter of it, or of a whole model in its place")
    parser.add_argument("--choice", required=True, type=Path, help="parquet file of mcq and mcqu records")
    parser.add_argument("--open", required=True, type=Path, help="parquet file of oeq records")
    parser.add_argument("--choice-prompt", required=True, help="template of choice questions")
    parser.add_argument("--open-prompt", required=True, help="template of open questions")
    parser.add_argument("--system-prompt", help="file of the system prompt (default: none)")
    parser.add_argument("--chunks", required=True, type=Path, help="folder of answers so far; removed in the end")
    parser.add_argument("--output-choice", required=True, type=Path, help="parquet file of choice predictions to write")
    parser.add_argument("--output-open", required=True, type=Path, help="parquet file of open predictions to write")
    parser.add_argument(
        "--output-reasoning", required=True, type=Path, help="parquet file of what the model reasoned, to write"
    )
    parser.add_argument("--output-run", required=True, type=Path, help="JSON file to write last: how it was done")
    add_stand_ins_argument(parser)
    add_field_flags(parser, Prediction(model=""))

    given = vars(parser.parse_args())
    stand_ins = given.pop("stand_ins")
    files = PredictionFiles(**{name: given.pop(name) for name in PredictionFiles.__dataclass_fields__})
    prompts = read_question_prompts(*(given.pop(f"{kind}_prompt") for kind in ("choice", "open", "system")))
    code = code_fingerprint(__file__, Path(medinjection.__file__).parent.parent)
    predict_evaluation(files, Prediction(**given), prompts, code, stand_ins=stand_ins)


if __name__ == "__main__":
    run_program(main)
