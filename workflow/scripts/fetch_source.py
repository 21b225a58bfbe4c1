"""Bring the upstream files of one source into a folder, with a manifest of their checksums.

Example: python workflow/scripts/fetch_source.py --registry config/sources.yaml --source frenchmedmcqa \
             --path data/frenchmedmcqa --output results/sample/raw/frenchmedmcqa

reads   the registry; the files in --path or, without it, those at upstream's addresses
writes  <output>/<upstream files>, <output>/manifest.json last; nothing outside <output>
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.schema import SPLITS
from medinjection.sources.fetching.fetch import fetch_from_folder, fetch_from_upstream
from medinjection.sources.registry import load_registry, pick_source


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--registry", type=Path, required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--source", required=True, help="name of the source in the registry")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the files and the manifest to")
    parser.add_argument("--path", type=Path, help="local folder with upstream's files; downloaded without it")
    parser.add_argument(
        "--split", choices=SPLITS, help="download files of this split, or of none, alone (default: all)"
    )
    arguments = parser.parse_args()
    source = pick_source(load_registry(arguments.registry), arguments.source, arguments.registry)
    if arguments.path is not None:
        fetch_from_folder(source, arguments.path, arguments.output)
    else:
        fetch_from_upstream(source, arguments.output, split=arguments.split)


if __name__ == "__main__":
    run_program(main)
