"""An evaluation small enough for the tiny base model, and the whole prediction of it in a folder of its own."""

from dataclasses import replace
from pathlib import Path

from medinjection.prediction.run import Prediction, PredictionFiles, predict_evaluation
from medinjection.records.files import write_records
from support.prompts import PROMPTS
from support.tiny_training import choice_record

CHOICE = [replace(choice_record(n, (n % 4,) if n % 2 else (0, 1 + n % 3)), source="r") for n in range(100, 130)]
# Three clinical cases of ten questions each, that stand in turns.
CASES = [f"Cas {n} : " + f"le patient {n} prend le médicament {n}, " * 3 for n in range(3)]
OPEN = [
    replace(CHOICE[n], id=f"r:{n}", task="oeq", options=(), answer_indices=(), context=CASES[n % 3]) for n in range(30)
]
QUICK = Prediction("tiny", permutations=2, batch_size=4, max_new_tokens=24, device="cpu", precision="float32")


def write_evaluation(folder: Path) -> None:
    write_records(folder / "choice.parquet", CHOICE)
    write_records(folder / "open.parquet", OPEN)


def files_of(folder: Path, name: str, adapter: Path | None = None) -> PredictionFiles:
    """Return the files of a prediction `name` with the base model and the evaluation in `folder`."""
    return PredictionFiles(
        base=folder / "base",
        adapter=adapter,
        choice=folder / "choice.parquet",
        open=folder / "open.parquet",
        chunks=folder / f"{name}.chunks",
        output_choice=folder / name / "choice.parquet",
        output_open=folder / name / "open.parquet",
        output_reasoning=folder / name / "reasoning.parquet",
        output_run=folder / name / "run.json",
    )


def predict(files: PredictionFiles, chosen: Prediction = QUICK, chunk: int = 8, code: str = "test") -> None:
    """Predict in this process, with chunks of `chunk` answers and `code` as the program's fingerprint."""
    predict_evaluation(files, chosen, PROMPTS, code, chunk)


def predict_noting(files: PredictionFiles, notes: Path, chosen: Prediction = QUICK) -> None:
    """Predict, and append to `notes` how many prompts each batch reads, as it begins."""
    from medinjection.prediction.batch import PromptBatch

    read = PromptBatch.__init__

    def noted(self, model, prompts, *rest):
        with open(notes, "a", encoding="utf-8") as file:
            file.write(f"{len(prompts)}\n")
        read(self, model, prompts, *rest)

    PromptBatch.__init__ = noted
    predict(files, chosen)
