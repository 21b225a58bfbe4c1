"""Average the judgements of open answers, for each judge and model; compare judges with each other and with themselves.

    python workflow/scripts/score_judgements.py --references results/demo/evaluation/open.parquet \
        --judgements medgemma=results/demo/judgements/medgemma --models base NAT \
        --again medgemma=results/demo/judge_consistency/medgemma.parquet --output-folder results/demo/scores

reads   judgements/<judge>/<model>.parquet, judge_consistency/<judge>.parquet, evaluation/open.parquet
writes  judges.csv             answers; judgements that could be read strictly, their mean and their share of all; the
                               same as the authors' released program reads
        judge_pairs.csv        every two judges: how alike they score the same answers
        judge_consistency.csv  each judge that was asked again: how often it said the same
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, read_table
from medinjection.scoring.agreement.judge_pairs import PAIR_COLUMNS, judge_pair_rows
from medinjection.scoring.agreement.scorers import read_judge
from medinjection.scoring.agreement.self_consistency import CONSISTENCY_COLUMNS, consistency_rows
from medinjection.scoring.files import files_by_name
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS, judge_rows
from medinjection.scoring.open.judged_again import AGAIN_SCHEMA
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--judgements", required=True, nargs="+", metavar="JUDGE=FOLDER", help="each judge's folder")
    parser.add_argument("--models", required=True, nargs="+", help="models that are judged")
    parser.add_argument("--references", required=True, help="parquet file of the open questions, each judged once")
    parser.add_argument(
        "--again", default=[], nargs="*", metavar="JUDGE=FILE", help="what judges said when they were asked again"
    )
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write the CSV files to")
    arguments = parser.parse_args()

    models, answered = arguments.models, [record.id for record in read_records(arguments.references)]
    folders = files_by_name("--judgements", arguments.judgements)
    rows = [row for judge, folder in folders.items() for row in judge_rows(judge, folder, models, set(answered))]
    answers = [(model, record) for model in models for record in answered]
    judges = [read_judge(judge, folder, answers) for judge, folder in folders.items()]
    again = files_by_name("--again", arguments.again)
    consistency = [
        row for judge, path in again.items() for row in consistency_rows(judge, read_table(path, AGAIN_SCHEMA))
    ]
    folder = arguments.output_folder
    write_rows(folder / "judges.csv", JUDGE_COLUMNS, rows)
    write_rows(folder / "judge_pairs.csv", PAIR_COLUMNS, judge_pair_rows(judges, models))
    write_rows(folder / "judge_consistency.csv", CONSISTENCY_COLUMNS, consistency)


if __name__ == "__main__":
    run_program(main)
