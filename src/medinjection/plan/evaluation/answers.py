"""The answers from which scores and tables are made: files of this run, or precomputed ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from medinjection.plan.models import ModelPlan


@dataclass(frozen=True, slots=True)
class Answers:
    """Folders of predictions and judgements, and whose they are.

    Attributes:
        predictions: the folder; `<model>/choice.parquet` and `<model>/open.parquet` lie in it.
        choice_models: models that answered the choice questions, in the order of the tables' lines.
        open_models: those that answered the open questions; none where their reference answers are missing.
        questions: file of the choice questions, which scores by part of the questions need; None where it is missing.
        references: file of the open questions with their reference answers; None where it is missing.
        judgements: the folder of judgements, None where there is none; `<judge>/<model>.parquet` lie in it.
        judges: those in it, the first of whom is Table 6's.
        reasoned: models of which there is a file of what they reasoned before they answered.
    """

    predictions: str
    choice_models: tuple[str, ...]
    open_models: tuple[str, ...]
    questions: str | None
    references: str | None
    judgements: str | None
    judges: tuple[str, ...]
    reasoned: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Every model, in the order of the tables' lines."""
        return tuple(dict.fromkeys(self.choice_models + self.open_models))

    def prediction_files(self, kind: Literal["choice", "open"]) -> list[str]:
        """Return the files of the models' answers to questions of one kind."""
        models = self.choice_models if kind == "choice" else self.open_models
        return [f"{self.predictions}/{model}/{kind}.parquet" for model in models]

    def reasoning_files(self) -> dict[str, str]:
        """Return model -> file of what it reasoned before it answered."""
        return {model: f"{self.predictions}/{model}/reasoning.parquet" for model in self.reasoned}

    @property
    def english(self) -> str:
        """Folder of the same models' answers to the English originals; `<model>/choice.parquet` lie in it."""
        return f"{self.predictions}_english"

    def english_files(self) -> list[str]:
        """Return the files of the models' answers to the English originals of choice questions."""
        return [f"{self.english}/{model}/choice.parquet" for model in self.choice_models]

    def judgement_folders(self) -> dict[str, str]:
        """Return judge -> folder of the judge's judgements."""
        return {judge: f"{self.judgements}/{judge}" for judge in self.judges}

    def judgement_files(self) -> list[str]:
        """Return the files of all judges' judgements of all models."""
        return [
            f"{folder}/{model}.parquet" for folder in self.judgement_folders().values() for model in self.open_models
        ]

    def tested_pairs(self, plans: Mapping[str, ModelPlan], kind: Literal["choice", "open"] = "choice") -> str:
        """Return words `model=base`: the base that each model is tested against.

        It is the model's own base, or for a model that has none `base`.
        """
        found = self.choice_models if kind == "choice" else self.open_models
        bases = {model: plans[model].base if model in plans else None for model in found}
        pairs = [(model, base or "base") for model, base in bases.items()]
        return " ".join(f"{model}={base}" for model, base in pairs if base in found and model != base)


def answers_of_run(run_folder: str, models: Sequence[str], judges: Sequence[str], has_open: bool = True) -> Answers:
    """Return the answers that a run makes itself.

    Args:
        has_open: whether its sources may have open questions; without, nobody is judged.
    """
    return Answers(
        predictions=f"{run_folder}/predictions",
        choice_models=tuple(models),
        open_models=tuple(models) if has_open else (),
        questions=f"{run_folder}/evaluation/choice.parquet",
        references=f"{run_folder}/evaluation/open.parquet" if has_open else None,
        judgements=f"{run_folder}/judgements",
        judges=tuple(judges) if has_open else (),
        reasoned=tuple(models),
    )
