"""Descriptions of the tasks for lm-evaluation-harness, for Inspect and EuroEval, and for the Hub's `datasets`.

Read in the sources of lm-eval 0.4.13 (module `task` of its `api`), inspect_ai 0.3.285 (module `hf` of its tasks) and
EuroEval (module `yaml_config`), and on the Hub's page on `eval.yaml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

GROUP = "medinjection_fr"
# Tokens of an answer with several letters: our own models get two for each option.
_TOKENS_PER_OPTION = 2
_OPTIONS = 26


@dataclass(frozen=True, slots=True)
class ExportedTask:
    """The questions of one source and task.

    Attributes:
        name: name of its file, without suffix, and of its configuration.
        several: whether several options may be right (mcq).
        questions: how many there are.
        licences: licences of the questions, sorted.
    """

    name: str
    several: bool
    questions: int
    licences: tuple[str, ...]

    @property
    def file(self) -> str:
        """Path of its rows below the folder of the export."""
        return f"data/{self.name}.jsonl"


def harness_task(task: ExportedTask) -> str:
    """Return a task of lm-evaluation-harness as YAML; its rows are found from the folder of the export.

    One right option: the letters are scored as continuations of our prompt, as our constrained decoding does. Several:
    the model writes letters, which are compared without what may stand between them.
    """
    common: dict[str, Any] = {
        "task": f"{GROUP}_{task.name}",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": task.file}},
        "test_split": "test",
        # Names of columns, so that no text of a question is read as a template.
        "description": "system",
        "doc_to_text": "prompt",
        "target_delimiter": "",
        "num_fewshot": 0,
    }
    if task.several:
        how: dict[str, Any] = {
            "output_type": "generate_until",
            "doc_to_target": "answer",
            "generation_kwargs": {"until": ["\n\n"], "do_sample": False, "max_gen_toks": _TOKENS_PER_OPTION * _OPTIONS},
            "metric_list": [
                {
                    "metric": "exact_match",
                    "aggregation": "mean",
                    "higher_is_better": True,
                    "regexes_to_ignore": [r"[\s,;/|+.():]"],
                }
            ],
        }
    else:
        how = {
            "output_type": "multiple_choice",
            "doc_to_choice": "letters",
            "doc_to_target": "target",
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        }
    return _yaml({**common, **how, "metadata": {"version": 1.0}})


def harness_group(tasks: Sequence[ExportedTask]) -> str:
    """Return the group of all tasks as YAML."""
    return _yaml({"group": GROUP, "task": [f"{GROUP}_{task.name}" for task in tasks], "metadata": {"version": 1.0}})


def eval_yaml(name: str, tasks: Sequence[ExportedTask]) -> str:
    """Return the `eval.yaml` that Inspect and EuroEval read from a data set's folder.

    Inspect lays out the options itself, in its own words and in English. EuroEval reads the first task, or the one that
    is asked for, and only tasks with one right option: they come first.
    """
    return _yaml(
        {
            "name": name,
            "description": "French medical choice questions in their published order.",
            "evaluation_framework": "inspect-ai",
            "tasks": [
                {
                    "id": task.name,
                    "config": task.name,
                    "split": "test",
                    "field_spec": {
                        "input": "input",
                        "target": "answer",
                        "choices": "options",
                        "metadata": ["id", "source", "task", "specialty"],
                    },
                    "solvers": [{"name": "multiple_choice", "args": {"multiple_correct": task.several}}],
                    "scorers": [{"name": "choice"}],
                }
                for task in _one_right_first(tasks)
            ],
            "task": "multiple-choice",
            "languages": ["fr"],
        }
    )


def hub_metadata(tasks: Sequence[ExportedTask]) -> str:
    """Return the head of the data set's card, from which `datasets.load_dataset` finds the files."""
    configs = [{"config_name": task.name, "data_files": [{"split": "test", "path": task.file}]} for task in tasks]
    facts = {"language": ["fr"], "task_categories": ["multiple-choice", "question-answering"], "configs": configs}
    return f"---\n{_yaml(facts)}---\n"


def _one_right_first(tasks: Sequence[ExportedTask]) -> list[ExportedTask]:
    return sorted(tasks, key=lambda task: task.several)


def _yaml(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)
