"""What the tiny base model is pre-trained on: plain text, and naming the letter of the option that is a given word.

Pointing is the elementary skill that a pretrained instruct model brings along; nothing in it is medical knowledge. The
options are words of the corpus, drawn blindly: which options of a record are right is never looked at.
"""

import re
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from medinjection.models.training.examples import IGNORED
from medinjection.records.chat import assistant_turn, user_turn
from medinjection.records.schema import LETTERS, Document, Record

MAX_OPTIONS = 5
_QUESTIONS = (
    "Laquelle des propositions suivantes est « {} » ?",
    "Parmi les propositions suivantes, où lit-on {} ?",
    "À quelle lettre correspond {} ?",
    "Quelle proposition parle de {} ?",
)
_WORD = re.compile(r"[^\W\d_]{5,}")
_MAX_OPTION_LENGTH = 40
# Task and number of options asked for, each of these equally often.
_FIRST_TURNS = (("mcqu", 1), ("mcqu", 1), ("mcq", 1), ("mcq", 2))

# Tokens of one sequence and its labels.
TokenRow = tuple[list[int], list[int]]


def corpus_texts(documents: Iterable[Document], records: Iterable[Record]) -> list[str]:
    """Return the texts that the base model may read: training documents, and training questions without answers."""
    texts = [document.text for document in documents if document.split == "train"]
    return texts + [user_turn(record) for record in records if record.split == "train"]


def corpus_options(documents: Iterable[Document], records: Iterable[Record]) -> list[str]:
    """Return what exercises offer as options: sorted words of training documents and short options of records."""
    words = {w for document in documents if document.split == "train" for w in _WORD.findall(document.text)}
    shown = {o for record in records if record.split == "train" for o in record.options if len(o) <= _MAX_OPTION_LENGTH}
    return sorted(words | shown)


class PretrainingData:
    """Draws token rows from a seeded generator: the same sequence of rows for the same arguments."""

    def __init__(self, tokenizer: Any, texts: Sequence[str], options: Sequence[str], seed: int) -> None:
        self._tokenizer = tokenizer
        self._options = options
        self._random = Random(seed)
        self._stream = [i for text in texts for i in (*self._ids(text), tokenizer.pad_token_id)]
        self._letters = [self._ids(letter) for letter in LETTERS[:MAX_OPTIONS]]

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]

    def text(self, length: int) -> TokenRow:
        """Return `length` tokens of the corpus, all learnt."""
        start = self._random.randrange(max(1, len(self._stream) - length))
        ids = self._stream[start : start + length]
        return ids, list(ids)

    def listing(self, questions: int) -> TokenRow:
        """Return a list of lettered options, then some of them each followed by its letter: the bare skill."""
        options = self._draw()
        ids = self._ids("\n".join(f"({LETTERS[i]}) {option}" for i, option in enumerate(options)) + "\n")
        labels = [IGNORED] * len(ids)
        for _ in range(questions):
            place = self._random.randrange(len(options))
            asked = self._ids(f" {options[place]}")
            ids += asked + self._letters[place]
            labels += [IGNORED] * len(asked) + self._letters[place]
        return ids, labels

    def chat(self, questions: int = 1) -> TokenRow:
        """Return a chat that asks for options by their text, in the words of a record; then for others of the list.

        The first turn asks for one option, or, where the task allows several, now and then for two: the form of both
        answers is known, and the task does not tell which it is.
        """
        options = self._draw()
        ids: list[int] = []
        labels: list[int] = []
        for turn in range(questions):
            task, count = self._random.choice(_FIRST_TURNS) if turn == 0 else ("mcqu", 1)
            places = sorted(self._random.sample(range(len(options)), count))
            question = self._random.choice(_QUESTIONS).format(" et ".join(options[place] for place in places))
            record = _pointing_record(task, question, options, places)
            if turn == 0:
                question = user_turn(record)
            asked = self._ids(
                self._tokenizer.apply_chat_template(
                    [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
                )
            )
            answer = self._ids(f"{assistant_turn(record)}<|im_end|>\n")
            ids += asked + answer
            labels += [IGNORED] * len(asked) + answer
        return ids, labels

    def _draw(self) -> list[str]:
        return self._random.sample(self._options, self._random.randint(2, MAX_OPTIONS))


def _pointing_record(task: str, question: str, options: Sequence[str], places: Sequence[int]) -> Record:
    return Record(
        id="exercise:0",
        component="native",
        source="exercise",
        split="train",
        task=task,
        question=question,
        answer=", ".join(options[place] for place in places),
        licence="",
        options=tuple(options),
        answer_indices=tuple(places),
    )
