"""WMT biomedical: English passages with their French translations, as instructions to translate.

Three layouts of the registry's files, told apart by `subset`:
- passages: abstracts of PubMed. `pmids` is the organisers' list for training (trainWmt22.zip), `pmids of test sets`
  their list of what must not be trained on, `citations` the XML that `sources.pubmed` downloaded. A passage is the
  English abstract, its translation the French one. The organisers' own program takes them from the same elements, tells
  languages by their looks and leaves the labels of parts out.
- sentences, in two forms. `sentences` (github.com/fyvo/WMT-Biomed-Test): test sets of WMT 2016 to 2020, one sentence
  per line, `<set>.en` beside `<set>.fr`. A set's name tells in which direction its authors translated; here English is
  always the passage and French the answer. `cases` (ClinicalCasesWithEval.zip of the organisers): five clinical cases
  of 2022, abstract (AB) and full text (FT). Their two sides have other lines, so that each is paired as a whole.
- official (the shared task's Medline test sets): `medline_<direction>_<language>.txt` with three TAB columns,
  document, number and sentence; `<direction>_align_validation.tsv` with four, status, document, and the numbers of the
  source and of the target sentences, joined by commas; where `<direction>_mapping.txt` is there, it gives for each
  document of the alignment its name in the texts.

Many lines of the last two are the marks of sections ("Abstract", "METHODS"), and a few pairs are not translations of
each other.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, convert, files_to_read, open_record, text_of
from medinjection.sources.pubmed.abstract_pairs import abstract_pairs, is_of_pubmed
from medinjection.sources.reading.wmt_files import ALIGNED, grouped, pairs
from medinjection.sources.registry import Source, SourceFile

# A record shows its context, the English passage, before its question.
QUESTION = "Traduisez en français ce passage biomédical rédigé en anglais."

# Maximum number of words of a pair without a full stop that is taken for a heading or a section's mark.
_MARK_WORDS = 4
_SENTENCE_ENDS = (".", "?", "!", "…")
# French length by English length, in characters: outside these bounds a pair is misaligned; too short ones may be.
_RATIOS = (0.4, 2.5)
_RATIO_CHARACTERS = 20


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each pair, or PMID of a list, that makes none."""
    present = files_to_read(folder, source)
    if is_of_pubmed(present):
        for file, rows in abstract_pairs(folder, present):
            yield from convert(source, rows, partial(_passage, source, file), "pmid")
        return
    file_of = {path: file for file, path in present}
    groups = grouped(folder, [(file.subset, path) for file, path in present])
    for (form, key), group in groups.items():
        file = file_of[next(iter(group.values()))]
        yield from convert(source, pairs(form, group), partial(_record, source, file, key), None)


def _passage(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    if row["left_out"]:
        raise InvalidRecord(row["left_out"])
    english, french = text_of(row, "English"), text_of(row, "French")
    if _differ_in_length(english, french):
        raise InvalidRecord("not sampled (the lengths of the two abstracts differ too much for a translation)")
    return open_record(source, file, row["pmid"], QUESTION, french, context=english)


def _record(source: Source, file: SourceFile, key: str, row: Mapping[str, Any]) -> Record:
    status = row.get("status", ALIGNED)
    if status != ALIGNED:
        raise InvalidRecord(f"not sampled: upstream marks the alignment as {status[:40]}")
    english, french = text_of(row, "English"), text_of(row, "French")
    if _differ_in_length(english, french):
        raise InvalidRecord("misaligned: the lengths of the two sides differ too much for a translation")
    if _is_mark(english) and _is_mark(french):
        raise InvalidRecord("not sampled: mark of a section or heading, no sentence")
    upstream_id = f"{key}:{row['id']}" if "id" in row else key
    return open_record(source, file, upstream_id, QUESTION, french, context=english)


def _differ_in_length(english: str, french: str) -> bool:
    longer = max(len(english), len(french))
    return longer > _RATIO_CHARACTERS and not _RATIOS[0] <= len(french) / len(english) <= _RATIOS[1]


def _is_mark(text: str) -> bool:
    return len(text.split()) <= _MARK_WORDS and not text.endswith(_SENTENCE_ENDS)
