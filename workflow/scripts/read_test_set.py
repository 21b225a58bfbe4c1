"""Read an English-French test set, and outputs of systems that are given.

    python workflow/scripts/read_test_set.py --folder results/demo/corpora/wmt24 --layout wmt_abstracts \
        --output results/demo/translation_quality/wmt/segments.jsonl

reads   the files of --folder; the text files of --given, a line a segment
writes  --output, one segment a line (segment_id, source, reference, outputs), and its .rejects.parquet
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_rejects
from medinjection.records.errors import InputError
from medinjection.scoring.translation.pairs import read_test_set, write_segments


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="folder of the test set")
    parser.add_argument(
        "--layout",
        choices=("wmt_abstracts", "wmt_biomedical", "clinical_cases"),
        required=True,
        help="how its files are laid out",
    )
    parser.add_argument("--files", default="*en2fr*", help="pattern of the aligned files to read (default: *en2fr*)")
    parser.add_argument("--given", nargs="*", default=[], metavar="SYSTEM=FILE", help="given outputs")
    parser.add_argument("--limit", type=int, help="most segments (default: all)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the choice of segments (default: 42)")
    parser.add_argument("--max-reject-share", type=float, default=0.05, help="largest share of defects (default: 0.05)")
    parser.add_argument("--output", type=Path, required=True, help="JSON lines to write")
    args = parser.parse_args()
    given = dict(_named(text) for text in args.given)
    segments, rejects = read_test_set(args.folder, args.layout, args.files, given, args.limit, args.seed)
    write_rejects(args.output, len(segments), rejects, len(segments) + len(rejects), args.max_reject_share)
    write_segments(args.output, segments)


def _named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals:
        raise InputError(f"--given {text!r}: expected SYSTEM=FILE")
    return name, Path(path)


if __name__ == "__main__":
    run_program(main)
