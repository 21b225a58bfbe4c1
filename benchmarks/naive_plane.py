"""The exact part of the data plane in plain Python on lists of dictionaries read from JSON lines.

What `data_plane.py` holds the library against: the same records kept, the same counts and the same mixes.
"""

import hashlib
import json
import unicodedata
from collections import Counter
from pathlib import Path

from rendered_records import SOURCES

PRIORITY = {"test": 0, "validation": 1, "train": 2}


def run(folder: Path, output: Path, mixes: dict[str, list[str]], size: int, seed: int) -> None:
    """De-duplicate each component, count the records, draw the mixes; write all of it under `output`."""
    components = {}
    for component, sources in SOURCES.items():
        records = []
        for source in sources:
            with open(folder / component / f"{source}.jsonl", encoding="utf-8") as lines:
                records += [json.loads(line) for line in lines]
        components[component] = unique(records)
        write(output / f"{component}.jsonl", components[component])
    counts = Counter(
        (r["component"], r["source"], r["split"], r["task"], r["specialty"] or "", r["context"] is not None)
        for records in components.values()
        for r in records
    )
    (output / "counts.json").write_text(json.dumps(sorted([*key, n] for key, n in counts.items())), encoding="utf-8")
    for mix, names in mixes.items():
        share, odd = divmod(size, len(names))
        drawn = []
        for number, name in enumerate(names):
            usable = [r for r in components[name] if r["split"] == "train" and r["task"] != "oeq"]
            drawn += ranked(usable, f"{seed}:{name}")[: share + (number < odd)]
        write(output / f"{mix}.jsonl", ranked(drawn, f"{seed}:{mix}"))


def unique(records: list[dict]) -> list[dict]:
    """Return the records without exact duplicates and without those that contradict each other."""
    groups: dict[tuple, list[dict]] = {}
    for record in records:
        options = [folded(text) for text in record["options"]]
        if record["shufflable"]:
            options.sort()
        key = (folded(record["question"]), folded(record["context"] or ""), tuple(options))
        groups.setdefault(key, []).append(record)
    kept = set()
    for group in groups.values():
        if len({answers(record) for record in group}) == 1:
            kept.add(min(group, key=lambda r: (PRIORITY[r["split"]], r["id"]))["id"])
    return [record for record in records if record["id"] in kept]


def answers(record: dict) -> tuple[str, ...]:
    """Return the right answers as folded texts."""
    if record["task"] == "oeq":
        return (folded(record["answer"]),)
    return tuple(sorted(folded(record["options"][i]) for i in record["answer_indices"]))


def folded(text: str) -> str:
    """Return `text` in NFC with runs of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def ranked(records: list[dict], key: str) -> list[dict]:
    """Return the records in the order of a keyed hash of their ids."""
    return sorted(records, key=lambda r: hashlib.sha256(f"{key}\x00{r['id']}".encode()).digest())


def write(path: Path, records: list[dict]) -> None:
    """Write records as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
