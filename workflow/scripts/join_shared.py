"""Join a shared folder of answers with your own copy of the records: predictions and judgements to score again.

    python workflow/scripts/join_shared.py --shared shared --output-folder given \
        --records results/mine/components/native.parquet results/mine/components/translated.parquet

reads   the folder that share_answers.py wrote, parquet files of records
writes  a new folder with predictions/, judgements/ and evaluation/open.parquet, laid out as docs/rescoring.md needs it;
        nothing where a record is missing or has other texts
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.sharing.joining import join_shared


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="the shared folder")
    parser.add_argument("--records", type=Path, required=True, nargs="+", help="parquet files of your own records")
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write, which must be new or empty")
    arguments = parser.parse_args()
    join_shared(arguments.shared, arguments.records, arguments.output_folder)


if __name__ == "__main__":
    run_program(main)
