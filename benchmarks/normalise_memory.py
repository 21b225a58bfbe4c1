"""Measure how much memory normalising takes: a file of the size and form of the released training file.

The translated component of the authors' release has its 366,370 training records in one JSON file of 478 MB. A file
like it is rendered into a temporary folder, chats of questions with four options; one row in a thousand is there twice,
one in a thousand has an answer that no option has. Nothing is downloaded. It is read in two ways, each in a process of
its own:

normalise   `normalise_source`, as the rule does: what is kept and rejected is compared with what was rendered
whole       `json.loads` of the whole file and nothing more, for comparison

Example: python benchmarks/normalise_memory.py
         python benchmarks/normalise_memory.py --smoke

The last line is one JSON object: megabytes, rows, seconds, cpu_seconds, peak_mb, whole_peak_mb. The exit code is 1 when
other records are kept than were rendered, or when the peak is above 800 MB.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from medinjection.program import run_program
from medinjection.records.conservation import read_rejects
from medinjection.records.errors import InputError
from medinjection.records.files import each_record
from medinjection.records.schema import LETTERS
from medinjection.sources.normalise import normalise_source
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "released_translated"
ROWS, SMOKE_ROWS = 366_370, 3_000
# Characters, so that a row has the 1,305 bytes of a released one.
QUESTION, OPTION = 1060, 44
EVERY = 1_000
LIMIT_MB = 800
_TEXT = """
patient fièvre élevée douleur thoracique dyspnée depuis trois jours antécédent cardiaque examen clinique retrouve une
tension artérielle auscultation des bruits du cœur réguliers biologie hémoglobine leucocytes créatinine quel est le
diagnostic plus probable parmi les propositions suivantes traitement par antibiotique pénicilline œdème
"""
WORDS = _TEXT.split()
FAULT = "the answer E is beyond the 4 options"
DUPLICATE = "duplicate of a row with the same id"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of the file (default: {ROWS}, the release's)")
    parser.add_argument("--smoke", action="store_true", help=f"a quick run on {SMOKE_ROWS} rows")
    parser.add_argument("--stage", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        name, folder = arguments.stage
        STAGES[name](Path(folder))
        return
    with tempfile.TemporaryDirectory(prefix="normalise-memory-") as temporary:
        folder = Path(temporary)
        rows = SMOKE_ROWS if arguments.smoke else arguments.rows
        expected = render(released_file(folder), rows)
        wall, cpu, peak = measure("normalise", folder)
        _, _, whole_peak = measure("whole", folder)
        found = outcome(folder)
    print(f"normalise  {wall:7.1f} s  CPU {cpu:7.1f} s  peak {peak:6.0f} MB")
    print(f"whole                              peak {whole_peak:6.0f} MB")
    print(f"kept and rejected as rendered: {'yes' if found == expected else f'NO: {found}, expected {expected}'}")
    figures = {
        "megabytes": round(expected["bytes"] / 1e6, 1),
        "rows": rows,
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": round(peak),
        "whole_peak_mb": round(whole_peak),
    }
    print(json.dumps(figures))
    if found != expected or peak > LIMIT_MB:
        sys.exit(1)


def released_file(folder: Path) -> Path:
    """Return where the file lies in a folder of the release."""
    return folder / "raw/Train/mcqu/mcqu_train.json"


def render(path: Path, rows: int) -> dict[str, object]:
    """Write `rows` rows; return what must come of them, as `outcome` does."""
    draw = random.Random(42)
    kept, digest, reasons = 0, hashlib.sha256(), Counter[str]()
    path.parent.mkdir(parents=True)
    last = ""
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("[\n")
        for number in range(rows):
            question = f"Question {number} : {words(draw, QUESTION)}"
            options = "\n".join(f"({letter}) {words(draw, OPTION)} {letter}" for letter in LETTERS[:4])
            answer = draw.choice(LETTERS[:4])
            chat = row(question, options, answer)
            if number % EVERY == 1:
                chat, answer = row(question, options, "E"), ""
                reasons[FAULT] += 1
            elif number % EVERY == 2 and last:
                chat, answer = last, ""
                reasons[DUPLICATE] += 1
            else:
                kept += 1
                digest.update(f"{question} {answer}\n".encode())
                last = chat
            handle.write(f"{chat},\n" if number < rows - 1 else f"{chat}\n]\n")
    return {"kept": kept, "records": digest.hexdigest(), "reasons": dict(reasons), "bytes": path.stat().st_size}


def words(draw: random.Random, length: int) -> str:
    """Return words of about `length` characters in all."""
    return " ".join(draw.choices(WORDS, k=length // 9))


def row(question: str, options: str, answer: str) -> str:
    """Return a row of the release: a chat."""
    prompt = f"{question}\nUne seule réponse est correcte.\nChoix de réponses :\n{options}"
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}, ensure_ascii=False)


def measure(stage: str, folder: Path) -> tuple[float, float, float]:
    """Run a stage in a process of its own; return wall seconds, CPU seconds and peak megabytes."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, __file__, "--stage", stage, str(folder)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"stage {stage} failed with status {process.returncode}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def normalise_stage(folder: Path) -> None:
    """Normalise the file as the rule does."""
    source = load_registry(ROOT / "config/sources.yaml")[SOURCE]
    specialties = load_specialties(ROOT / "config/specialties.yaml")
    normalise_source(source, folder / "raw", specialties, folder / "records.parquet", max_reject_share=0.05)


def whole_stage(folder: Path) -> None:
    """Hold the whole file."""
    json.loads(released_file(folder).read_bytes())


def outcome(folder: Path) -> dict[str, object]:
    """Return what came of the rows: how many were kept, a digest of them, and the reasons of the rejects."""
    kept, digest = 0, hashlib.sha256()
    for record in each_record(folder / "records.parquet"):
        kept += 1
        digest.update(f"{record.question} {', '.join(record.gold_letters)}\n".encode())
    reasons = Counter(reject.reason for reject in read_rejects(folder / "records.parquet"))
    size = released_file(folder).stat().st_size
    return {"kept": kept, "records": digest.hexdigest(), "reasons": dict(reasons), "bytes": size}


STAGES = {"normalise": normalise_stage, "whole": whole_stage}

if __name__ == "__main__":
    run_program(main)
