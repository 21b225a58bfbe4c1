"""Draw the open answers that raters are shown: stratified by source and model, or by disagreement of judges.

    python workflow/scripts/sample_answers.py --predictions results/demo/predictions/base/open.parquet \
        results/demo/predictions/NAT/open.parquet --records results/demo/evaluation/open.parquet \
        --size 100 --seed 42 --output results/demo/human/sample.parquet

reads   predictions/<model>/open.parquet, evaluation/open.parquet; to draw by disagreement also
        judgements/<judge>/<model>.parquet
writes  human/sample.parquet, which answer is which item: not for raters
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import each_record, write_table
from medinjection.scoring.agreement.scorers import read_judge
from medinjection.scoring.files import files_by_name, read_open_predictions
from medinjection.scoring.human.disagreement import disagreement, draw_by_disagreement
from medinjection.scoring.human.sampling import OpenAnswer, draw_answers, sample_table


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", required=True, nargs="+", help="a file of open answers per model")
    parser.add_argument("--records", required=True, help="parquet file of the open questions")
    parser.add_argument("--size", type=int, required=True, help="maximum number of answers drawn")
    parser.add_argument("--seed", type=int, required=True, help="seed of the draw")
    parser.add_argument("--share-of-translations", type=float, help="by default their share of all answers")
    parser.add_argument("--translation-sources", nargs="*", default=[], help="sources that ask for translations")
    parser.add_argument(
        "--judgements",
        nargs="*",
        default=[],
        metavar="JUDGE=FOLDER",
        help="judges by whose disagreement answers are drawn (default: none, the draw is stratified)",
    )
    parser.add_argument("--output", required=True, help="parquet file to write")
    arguments = parser.parse_args()

    columns = ("model", "record_id", "source", "output")
    answers = [
        OpenAnswer(**row)
        for path in arguments.predictions
        for row in read_open_predictions(path).select(columns).to_pylist()
    ]
    size, seed, share = arguments.size, arguments.seed, arguments.share_of_translations
    probabilities: dict[OpenAnswer, float] | None = None
    if arguments.judgements:
        keys = [(answer.model, answer.record_id) for answer in answers]
        folders = files_by_name("--judgements", arguments.judgements)
        judges = [read_judge(judge, folder, keys) for judge, folder in folders.items()]
        differences = {
            answer: disagreement([judge.scores[key] for judge in judges])
            for answer, key in zip(answers, keys, strict=True)
        }
        probabilities = draw_by_disagreement(answers, differences, size, seed, share, arguments.translation_sources)
        drawn = [*probabilities]
    else:
        drawn = draw_answers(answers, size, seed, share, arguments.translation_sources)
    wanted = {answer.record_id for answer in drawn}
    records = {record.id: record for record in each_record(arguments.records) if record.id in wanted}
    write_table(arguments.output, sample_table(drawn, records, arguments.translation_sources, probabilities))


if __name__ == "__main__":
    run_program(main)
