"""The page `docs/sources.md`: the registry as a table."""

from collections.abc import Mapping

from medinjection.sources.fetching.fetch import citations_to_download, files_to_download
from medinjection.sources.registry import ALL_COMPONENTS, Source, SourceFile

_LANGUAGES = {"fr": "French", "en": "English"}
_INTRODUCTION = """# Sources

Generated from `config/sources.yaml` by `workflow/scripts/report_sources.py`. What each key means is in
[add-a-source.md](add-a-source.md). Upstream is pinned at the commit shown, and a download is checked by its
sha256 where one is known. What a run really read is in `results/<run>/raw/<source>/manifest.json`.

"Choice task" is how choice questions are put: `mcq` (one or several options may be right) or `mcqu` (exactly one is),
whatever their answers; `by file` or `by row` where upstream tells its tasks apart so, nothing where all questions are
open.

"In the paper" is how many records the paper says that it took from the source, where it says so. A file that is not
downloaded can be given by hand: name the folder that has it as `sources.<name>.path`; files that are there are read,
whether the registry could download them or not. Where a source has several layouts of the same data, the folder may
hold one of them. A `*` in a name stands for any text; the fetched files are then listed in the manifest.
"""


def sources_page(registry: Mapping[str, Source]) -> str:
    """Return a Markdown page with a table of the sources, and for each its notes and a table of its files."""
    lines = [_INTRODUCTION]
    lines += ["| name | title | component | holds | choice task | in the paper | licence | upstream, commit |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [_source_row(source) for source in registry.values()]
    for source in registry.values():
        lines += ["", f"## {_text(source.title)}", "", f"`{source.name}`. {_text(source.citation)}", ""]
        if source.notes:
            lines += [_text(source.notes), ""]
        lines += [_downloads(source) + _kept(source), ""]
        lines += ["| file | layout | split | task | rows | download | sha256 |", "|---|---|---|---|---|---|---|"]
        lines += [_file_row(file, source) for file in source.files]
    return "\n".join(lines) + "\n"


def _source_row(source: Source) -> str:
    revision = f" `{source.revision[:12]}`" if source.revision else ", no commit"
    by_file = any(file.choice_task for file in source.files)
    stated = "by row" if source.component == ALL_COMPONENTS else "by file" if by_file else ""
    task = f"`{source.choice_task}`" if source.choice_task else stated
    paper = f"{source.paper_records:,}" if source.paper_records else ""
    return (
        f"| `{source.name}` | [{_cell(source.title)}]({source.homepage}) | {source.component} "
        f"| {_LANGUAGES[source.language]} {source.kind} | {task} | {paper} | {_cell(source.licence)} "
        f"| `{source.upstream}`{revision} |"
    )


def _kept(source: Source) -> str:
    """Say what is kept of rows or of items, for a forecast; nothing where the registry does not say."""
    said = [
        f"{one.kept:,} of {one.of:,} {form if form == 'records' else f'{form} items asked for'} ({one.evidence})"
        for form, one in (source.yields or {}).items()
    ]
    return f" Kept: {', '.join(said)}." if said else ""


def _downloads(source: Source) -> str:
    """Say what fetching brings when no folder is given, and how items without a split get one."""
    files = files_to_download(source)
    if not files:
        said = "Nothing can be downloaded: give the files by hand."
    else:
        layout = f" of the layout {files[0].layout}" if files[0].layout else ""
        said = f"Downloaded without a folder: {len(files)} file{'s' if len(files) > 1 else ''}{layout}"
        for file in citations_to_download(source):
            said += f", and from PubMed the citations that `{file.pubmed}` lists"
        said += "."
    if source.split_shares:
        shares = ", ".join(f"{split} {share:g}" for split, share in source.split_shares.items())
        said += f" Shares of the splits where upstream gives none: {shares}."
    return said


def _file_row(file: SourceFile, source: Source) -> str:
    where = f", in a zip or tar file, as `{file.archive.member}`" if file.archive else ""
    chosen = "yes" if file in files_to_download(source) else "by hand, here"
    download = f"[{chosen}]({file.url}){where}" if file.url else "by hand"
    if file in citations_to_download(source):
        download = f"yes, from PubMed, by `{file.pubmed}`"
    digest = f"`{file.sha256[:12]}`" if file.sha256 else "unknown"
    rows = f"{file.records:,}" if file.records else "unknown"
    parts = f"{_cell(file.layout or '')} | {file.split or 'none'} | {file.choice_task or ''}"
    return f"| `{file.name}` | {parts} | {rows} | {download} | {digest} |"


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _text(text: str) -> str:
    """Return text of the registry as Markdown shows it literally."""
    return text.replace("<", "&lt;").replace("*", "\\*").strip()
