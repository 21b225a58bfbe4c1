"""The tokens that answer a choice question: letters, separators and the end of the turn."""

from collections.abc import Sequence
from typing import Any

from medinjection.models.chat_template import rendered
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS

# What the released evaluation lets stand between letters.
_SEPARATORS = (",", ", ", " ", ",\n")
_ASKED = [{"role": "user", "content": "Question ?"}]


def check_letters(name: str, letters: Sequence[str]) -> None:
    """Raise InputError, naming the prompt, unless `letters` are 1 to 26 distinct letters from A to Z."""
    if not 1 <= len(letters) <= len(LETTERS):
        raise InputError(f"{name}: {len(letters)} options, expected 1 to {len(LETTERS)}, one per letter")
    if len(set(letters)) != len(letters) or not all(len(letter) == 1 and letter in LETTERS for letter in letters):
        raise InputError(f"{name}: letters {', '.join(letters)}, expected distinct ones from A to Z")


class LetterTokens:
    """Token ids of letters, with and without a leading space, and of what may stand beside them in an answer.

    A letter must be one token where the assistant's turn begins; with a leading space it counts where that is one
    token there too. All tensors are on `device`; `mask` arguments are bool tensors (rows, letters) that say which
    letters a row has.

    Raises:
        InputError: a letter is not a single token there, or not one of its own.
    """

    def __init__(
        self, tokenizer: Any, letters: Sequence[str], end_ids: Sequence[int], device: Any, ending: str = ""
    ) -> None:
        """Find the tokens.

        Args:
            ending: what ends the reasoning that stands before an answer; nothing where there is none.
        """
        import torch

        prompt, _ = rendered(tokenizer, _ASKED, letters[0])
        prompt += ending
        self._column = {letter: column for column, letter in enumerate(letters)}
        self._forms = [_letter_forms(tokenizer, prompt, letter) for letter in letters]
        _check_distinct(tokenizer, letters, self._forms)
        separators = (_following(tokenizer, prompt + letters[0], text) for text in _SEPARATORS)
        self._shared = set(end_ids).union(*filter(None, separators))
        owner = dict.fromkeys(self._shared, len(letters))
        owner |= {token: column for column, forms in enumerate(self._forms) for token in forms}
        # Ascending, so that of equal logits the token wins that wins over the whole vocabulary.
        self._allowed = torch.tensor(sorted(owner), device=device)
        self._owner = torch.tensor([owner[token] for token in sorted(owner)], device=device)
        self._first = torch.tensor([forms[0] for forms in self._forms], device=device)
        self._last = torch.tensor([forms[-1] for forms in self._forms], device=device)

    def allowed_ids(self, letters: Sequence[str]) -> set[int]:
        """Return the ids that constrained decoding may choose for an item with `letters`."""
        return self._shared.union(*(self._forms[self._column[letter]] for letter in letters))

    def mask(self, letter_sets: Sequence[Sequence[str]]) -> Any:
        """Return the mask of items with `letter_sets`."""
        import torch

        mask = torch.zeros(len(letter_sets), len(self._column), dtype=torch.bool)
        for row, letters in enumerate(letter_sets):
            mask[row, [self._column[letter] for letter in letters]] = True
        return mask.to(self._allowed.device)

    def choose(self, logits: Any, mask: Any) -> Any:
        """Return the likeliest allowed token of each row of `logits` (rows, vocabulary)."""
        import torch

        always = torch.ones_like(mask[:, :1])
        allowed = torch.cat([mask, always], dim=1)[:, self._owner]
        return self._allowed[logits[:, self._allowed].masked_fill(~allowed, float("-inf")).argmax(dim=1)]

    def log_probabilities(self, logits: Any, letter_sets: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return each row's logarithms of the letters' probabilities, normalised over its letters, in their order.

        A letter's probability is that of its token plus that of its token with a leading space.
        """
        import torch

        both = torch.logaddexp(logits[:, self._first], logits[:, self._last])
        summed = torch.where(self._first == self._last, logits[:, self._first], both)
        normalised = summed.masked_fill(~self.mask(letter_sets), float("-inf")).log_softmax(dim=1).tolist()
        return [
            [row[self._column[letter]] for letter in letters]
            for row, letters in zip(normalised, letter_sets, strict=True)
        ]


def _following(tokenizer: Any, before: str, text: str) -> list[int] | None:
    """Return the tokens of `text` where it stands after `before`, None where the two share a token."""
    # Without what a tokenizer puts before any text, such as SentencePiece's space, where there is nothing before.
    given = tokenizer(before, add_special_tokens=False)["input_ids"]
    both = tokenizer(before + text, add_special_tokens=False)["input_ids"]
    return both[len(given) :] if both[: len(given)] == given else None


def _letter_forms(tokenizer: Any, prompt: str, letter: str) -> tuple[int, ...]:
    bare, spaced = (_following(tokenizer, prompt, text) for text in (letter, f" {letter}"))
    if bare is None:
        raise InputError(
            f"{tokenizer.name_or_path}: the tokenizer joins the letter {letter} to the end of the prompt "
            f"({prompt[-20:]!r}), expected a token of its own: what a model says to the letter could not be read"
        )
    if len(bare) != 1:
        raise InputError(
            f"{tokenizer.name_or_path}: after the prompt ({prompt[-20:]!r}) the letter {letter} takes {len(bare)} "
            "tokens, expected one"
        )
    return tuple(sorted({bare[0], *(spaced if spaced and len(spaced) == 1 else ())}))


def _check_distinct(tokenizer: Any, letters: Sequence[str], forms: Sequence[tuple[int, ...]]) -> None:
    """Refuse letters that share a token: the vocabulary has no token for them but the one for unknown text."""
    owner: dict[int, str] = {}
    for letter, tokens in zip(letters, forms, strict=True):
        for token in tokens:
            if token == tokenizer.unk_token_id or owner.setdefault(token, letter) != letter:
                raise InputError(
                    f"{tokenizer.name_or_path}: the letter {letter} is the token "
                    f"{tokenizer.convert_ids_to_tokens(token)!r}, expected one of its own"
                )
