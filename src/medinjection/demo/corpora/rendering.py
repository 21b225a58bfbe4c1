"""The demonstration corpora: a knowledge base written as the upstream corpora, each in its own file format.

Sizes follow the number of FrenchMedMCQA training questions. The same knowledge base, size and seed give the same bytes.
What test questions have in common with training questions is told in `choice_corpora`, what is wrong with some records
in `warts`. Whatever is made from these corpora shows that a workflow works; it says nothing about medicine.
"""

from collections.abc import Iterator
from pathlib import Path

from medinjection.demo.corpora.case_corpora import CASE_FILES, case_files
from medinjection.demo.corpora.choice_corpora import frenchmedmcqa_rows, medmcqa_rows
from medinjection.demo.corpora.english_corpora import ENGLISH_FILES, english_files
from medinjection.demo.corpora.medline_corpora import MEDLINE_FILES, medline_files
from medinjection.demo.corpora.native_corpora import NATIVE_FILES, native_files
from medinjection.demo.corpora.released_corpora import RELEASED_FILES, released_files
from medinjection.demo.corpora.rendered_file import RenderedFile
from medinjection.demo.corpora.text_corpora import MORFITT_HEADER, kqa_rows, morfitt_rows
from medinjection.demo.knowledge.facts import KnowledgeBase
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError

SMALLEST_SIZE = 20
LARGEST_SIZE = 200_000

# What is written, whatever the size: a workflow knows its files before it starts. Nothing heavy is imported for it.
RENDERED_FILES = (
    "frenchmedmcqa/train.json",
    "frenchmedmcqa/dev.json",
    "frenchmedmcqa/test.json",
    "medmcqa/train.json",
    "medmcqa/dev.json",
    "medmcqa/test.json",
    "morfitt/train.tsv",
    "morfitt/dev.tsv",
    "morfitt/test.tsv",
    "k-qa/questions_w_answers.jsonl",
    *NATIVE_FILES,
    *MEDLINE_FILES,
    *ENGLISH_FILES,
    *CASE_FILES,
    *RELEASED_FILES,
)

# Upstream's file names say "dev" for what records call validation.
_SPLITS = {"train": "train", "dev": "validation", "test": "test"}


def render_corpora(knowledge: KnowledgeBase, size: int, seed: int, folder: Path | str) -> None:
    """Write the files of RENDERED_FILES below `folder`, a subfolder per source.

    Args:
        size: FrenchMedMCQA training questions, 20 to 200,000; above some thousands the knowledge base has no more
            unlike questions and they come again with their options in another order.

    Raises:
        InputError: the size is out of range, or the knowledge base has no fact.
    """
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise InputError(f"size is {size}, expected {SMALLEST_SIZE} to {LARGEST_SIZE} training questions")
    if not knowledge.facts:
        raise InputError("the knowledge base has no fact to render")
    files = [
        *_choice_files(knowledge, size, seed),
        *_text_files(knowledge, size, seed),
        *native_files(knowledge, size, seed),
        *medline_files(knowledge, size, seed),
        *english_files(knowledge, size, seed),
        *case_files(knowledge, size, seed),
        *released_files(knowledge, size, seed),
    ]
    with progress_bar(sum(file.size for file in files), "rendering") as bar:
        for file in files:
            file.write(Path(folder))
            bar.update(file.size)


def _choice_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    validation = max(20, size // 8)
    native = {"train": size, "dev": validation, "test": max(20, size // 4)}
    for name, count in native.items():
        rows = frenchmedmcqa_rows(knowledge, _SPLITS[name], count, seed)
        yield RenderedFile(f"frenchmedmcqa/{name}.json", count, rows, "[\n", ",\n", "\n]")
    foreign = {"train": size * 13 // 10, "dev": validation, "test": max(1, size // 10)}
    for name, count in foreign.items():
        yield RenderedFile(f"medmcqa/{name}.json", count, medmcqa_rows(knowledge, _SPLITS[name], count, seed))


def _text_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    few = max(1, size // 20)
    for name, count in {"train": size // 4, "dev": few, "test": few}.items():
        rows = morfitt_rows(knowledge, _SPLITS[name], count, seed)
        yield RenderedFile(f"morfitt/{name}.tsv", count, rows, f"{MORFITT_HEADER}\n")
    count = max(12, size // 6)
    yield RenderedFile("k-qa/questions_w_answers.jsonl", count, kqa_rows(knowledge, count, seed))
