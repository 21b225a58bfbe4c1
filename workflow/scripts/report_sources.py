"""Write the page of the sources from the registry.

Example: python workflow/scripts/report_sources.py --registry config/sources.yaml --page docs/sources.md

reads   the registry
writes  <page>
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.sources.reference_page import sources_page
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--registry", type=Path, required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--page", type=Path, required=True, help="Markdown page to write")
    arguments = parser.parse_args()
    write_text(arguments.page, sources_page(load_registry(arguments.registry)))


if __name__ == "__main__":
    run_program(main)
