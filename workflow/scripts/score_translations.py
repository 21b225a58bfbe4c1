"""Score translations of a test set with BLEU: those of teachers and those that were given.

    python workflow/scripts/score_translations.py --test-set wmt \
        --segments results/demo/translation_quality/wmt/segments.jsonl \
        --translated scripted=results/demo/translation_quality/wmt/translated/scripted.jsonl \
        --output results/demo/translation_quality/wmt/bleu.csv \
        --segment-scores results/demo/translation_quality/wmt/bleu_segments.jsonl

reads   --segments with the outputs given with them, the teachers' translations
writes  --output (test_set, system, n, missing, bleu, signature), --segment-scores (each segment with its texts)
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.scoring.files import files_by_name
from medinjection.scoring.translation.pairs import read_segments, read_translations
from medinjection.scoring.translation.scores import (
    score_systems,
    scores_text,
    write_segment_scores,
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--test-set", required=True, help="name of the test set")
    parser.add_argument("--segments", type=Path, required=True, help="JSON lines of segments")
    parser.add_argument("--translated", nargs="*", default=[], metavar="TEACHER=FILE", help="teachers' translations")
    parser.add_argument("--output", type=Path, required=True, help="CSV file of the systems' scores")
    parser.add_argument("--segment-scores", type=Path, required=True, help="JSON lines of the segments' scores")
    args = parser.parse_args()
    files = files_by_name("--translated", args.translated)
    translated = {teacher: read_translations(path) for teacher, path in files.items()}
    scores, of_segments = score_systems(args.test_set, read_segments(args.segments), translated)
    write_segment_scores(args.segment_scores, of_segments)
    write_text(args.output, scores_text(scores))


if __name__ == "__main__":
    run_program(main)
