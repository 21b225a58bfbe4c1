"""What models reasoned before they answered: excerpts, for whole reasoning would make the folder many times larger."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import REASONING_SCHEMA
from medinjection.records.files import count_rows, read_batches
from medinjection.records.schema import LETTERS
from medinjection.reporting.explorer.packs import Packs
from medinjection.reporting.explorer.questions import PART, Questions
from medinjection.scoring.files import check_model, errors_naming

# Characters that are kept: of one reasoning at most and, where there are many, at least; of all of them together.
LONGEST, SHORTEST = 1500, 150
BUDGET = 15_000_000

# Of one prompt: letters of the options as they were shown, the beginning, how many characters are left out, the end,
# tokens, and whether the model ended it.
_Excerpt = tuple[str, str, int, str, int | None, bool]


def write_reasoning(
    files: Mapping[str, Path], numbers: Mapping[str, int], kind: str, kept: int, questions: Questions, packs: Packs
) -> list[int]:
    """Write `<kind>/reasoned-<number>-<part>.js` for models that reasoned about such questions; return their numbers.

    A file has for each question what the model reasoned about it, a row for each order in which options were shown.

    Args:
        kept: characters of a reasoning that are kept (`characters_kept`).
        files: model -> its reasoning, of REASONING_SCHEMA.
        numbers: model -> its number in names of files.
        kind: choice or open.

    Raises:
        InputError: a file is missing, of another schema or of another model, or a record is not among the questions.
    """
    reasoned = []
    for model, path in files.items():
        with errors_naming(path):
            found = _excerpts(path, model, kind, kept, questions)
        if not found:
            continue
        reasoned.append(numbers[model])
        for part, first in enumerate(range(0, len(questions), PART)):
            places = range(first, min(first + PART, len(questions)))
            packs.write_json(f"{kind}/reasoned-{numbers[model]}-{part}", [found.get(place) for place in places])
    return reasoned


def _excerpts(path: Path, model: str, kind: str, kept: int, questions: Questions) -> dict[int, list[_Excerpt]]:
    found: dict[int, list[_Excerpt]] = {}
    for rows in _rows_of(path, model, kind):
        for place, row in zip(questions.places(rows["record_id"]).tolist(), rows.to_pylist(), strict=True):
            letters = "".join(LETTERS[position] for position in row["option_order"])
            excerpt = excerpt_of(row["reasoning"], kept)
            found.setdefault(place, []).append((letters, *excerpt, row["reasoning_tokens"], row["finished"]))
    return found


def _rows_of(path: Path, model: str, kind: str) -> Iterator[pa.Table]:
    for batch in read_batches(path, REASONING_SCHEMA):
        table = pa.Table.from_batches([batch])
        check_model(table, model)
        yield table.filter(pc.equal(table["kind"], kind))


def characters_kept(paths: Iterable[Path]) -> int:
    """Return how many characters are kept of each reasoning of a run: fewer where there are more than fit BUDGET.

    Raises:
        InputError: as `count_rows`.
    """
    count = sum(count_rows(path, REASONING_SCHEMA) for path in paths)
    return max(SHORTEST, min(LONGEST, BUDGET // max(1, count)))


def excerpt_of(text: str, kept: int) -> tuple[str, int, str]:
    """Return the beginning of a text, how many characters are left out behind it, and its end.

    Of a text that is longer than `kept` a third is its beginning; the end, where the answer is found, is worth more.
    Another is all beginning.
    """
    if len(text) <= kept:
        return text, 0, ""
    end = kept - kept // 3
    return text[: kept // 3], len(text) - kept, text[-end:]
