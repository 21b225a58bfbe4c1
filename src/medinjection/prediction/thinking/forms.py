"""The forms in which models reason before they answer, and the text that ends their reasoning."""

from dataclasses import dataclass
from typing import Any, Literal

from medinjection.records.errors import InputError

ThinkingForm = Literal["tags", "channels", "headings"]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands around a model's reasoning.

    Attributes:
        closing: what the model itself ends its reasoning with.
        ending: what stands between reasoning that was cut off and the answer; it begins with `closing`.
    """

    closing: str
    ending: str


# As the models' chat templates and cards write them: `records.reasoning` names them.
MARKS: dict[str, Marks] = {
    "tags": Marks("</think>", "</think>\n\n"),
    "channels": Marks("<|end|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "headings": Marks("## Final Response", "## Final Response\n\n"),
}
# Tokens of a vocabulary that tell the form.
_TELLING = {"tags": ("<think>", "</think>"), "channels": ("<|channel|>", "<|message|>")}


def marks_of(tokenizer: Any, form: ThinkingForm | Literal["auto"]) -> Marks:
    """Return what stands around the reasoning of a model.

    Args:
        form: the form of its reasoning; "auto": the one whose marks are tokens of its vocabulary.

    Raises:
        InputError: the vocabulary has the marks of no form.
    """
    if form != "auto":
        return MARKS[form]
    vocabulary = tokenizer.get_vocab()
    for name, tokens in _TELLING.items():
        if all(token in vocabulary for token in tokens):
            return MARKS[name]
    raise InputError(
        f"{tokenizer.name_or_path}: thinking is on, but no token of its vocabulary marks reasoning "
        f"({', '.join(token for tokens in _TELLING.values() for token in tokens)}); name its form, "
        f"thinking: {', '.join(MARKS)}, or leave thinking off"
    )
