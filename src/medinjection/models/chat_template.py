"""What a chat template puts around a question and its answer, and which tokens end a turn; for training and prediction.

The token that ends a turn is found by rendering a chat: it is what follows the answer. No list could name it for every
model, and a model that learns one token and is stopped at another never stops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medinjection.records.errors import InputError

# Ends of a turn or of a text that prediction also stops at where a vocabulary has them: a base model may write any.
_COMMON_ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>")

_QUESTION = "medinjection-question"
_ANSWER = "medinjection-answer"


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """What a chat template puts around a question and its answer.

    `before_question` + question + `after_question` is the prompt, which ends where the assistant's turn begins;
    `before_answer` (white space or nothing) + answer + `after_answer` is what the model has to write. `end_id` is the
    first token of `after_answer`: the special token that ends the assistant's turn.
    """

    before_question: str
    after_question: str
    before_answer: str
    after_answer: str
    end_id: int


def read_chat_template(tokenizer: Any, system: str | None = None) -> ChatTemplate:
    """Return what the chat template of `tokenizer` puts around a question and its answer.

    Args:
        system: system prompt of the chat, which is then part of `before_question`; None where there is none.

    Raises:
        InputError: the prompt is not the beginning of the answered chat, the template leaves the question or the
            answer out, has the model write text before its answer, doubles the start token, does not end the answer
            with exactly one special token of its own kind, or that token is also the padding.
    """
    name = tokenizer.name_or_path
    said = [{"role": "system", "content": system}] if system is not None else []
    prompt, chat = rendered(tokenizer, [*said, {"role": "user", "content": _QUESTION}], _ANSWER)
    if system is not None and system.strip() not in prompt:
        raise InputError(f"the chat template of {name} leaves the system prompt out: {prompt!r}")
    if not chat.startswith(prompt):
        raise InputError(
            f"the chat template of {name} renders the question differently once it is answered; expected a template "
            f"whose prompt ({prompt!r}) is the beginning of the whole chat ({chat!r})"
        )
    before_question, question, after_question = prompt.partition(_QUESTION)
    before_answer, answer, after_answer = chat[len(prompt) :].partition(_ANSWER)
    if not question or not answer:
        raise InputError(f"the chat template of {name} leaves the {'answer' if question else 'question'} out: {chat!r}")
    if before_answer.strip():
        raise InputError(
            f"the chat template of {name} puts {before_answer!r} between the prompt and the answer: the model would "
            "learn to write it first, and the one token that answers an mcqu question would never be a letter; "
            "expected a template without it (of Qwen3, that of the Instruct-2507 models)"
        )
    end = _first_special(tokenizer, after_answer)
    if end is None:
        raise InputError(
            f"the chat template of {name} ends the answer with {after_answer!r}, expected a special token of the "
            "tokenizer first: without one the model never learns to stop"
        )
    template = ChatTemplate(before_question, after_question, before_answer, after_answer, end)
    _check_tokens(tokenizer, template)
    return template


def prompt_text(tokenizer: Any, asked: Sequence[dict[str, str]], thinking: bool = False) -> str:
    """Return the text that asks `asked`, up to where the assistant writes.

    Args:
        thinking: let a model that can (Qwen3) reason before it answers; without it, what an answer begins with is the
            answer.

    Raises:
        InputError: the chat template cannot render a chat of plain texts, or of a system prompt where there is one.
    """
    return _applied(tokenizer, asked, thinking, add_generation_prompt=True)


def rendered(tokenizer: Any, asked: Sequence[dict[str, str]], answer: str) -> tuple[str, str]:
    """Return the prompt that asks `asked`, as prediction renders it, and the whole chat with `answer`.

    Raises:
        InputError: as `prompt_text`.
    """
    return prompt_text(tokenizer, asked), _applied(tokenizer, [*asked, {"role": "assistant", "content": answer}])


def _applied(tokenizer: Any, chat: Sequence[dict[str, str]], thinking: bool = False, **options: Any) -> str:
    from jinja2 import TemplateError

    try:
        return tokenizer.apply_chat_template(chat, tokenize=False, enable_thinking=thinking, **options)
    except TemplateError as error:
        speakers = " and ".join(f"the {turn['role']}" for turn in chat)
        raise InputError(
            f"the chat template of {tokenizer.name_or_path} cannot render a question and its answer ({error}); "
            f"expected one in which {speakers} write plain text"
        ) from error


def special_tokens(tokenizer: Any) -> dict[int, str]:
    """Return the id and the text of every special token, those of the chat template among them."""
    found = {i: token.content for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    return found | dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))


def stop_token_ids(tokenizer: Any) -> set[int]:
    """Return the ids at which an answer stops: the end of its turn as the chat template renders it, and common ends."""
    vocabulary = tokenizer.get_vocab()
    found = {vocabulary.get(token) for token in _COMMON_ENDS} | {tokenizer.eos_token_id}
    if tokenizer.chat_template:
        _, chat = rendered(tokenizer, [{"role": "user", "content": _QUESTION}], _ANSWER)
        _, answer, after_answer = chat.rpartition(_ANSWER)
        found |= {_first_special(tokenizer, after_answer)} if answer else set()
    return found - {None}


def _first_special(tokenizer: Any, text: str) -> int | None:
    """Return the first token of `text` if it is a special one."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids[0] if ids and ids[0] in special_tokens(tokenizer) else None


def _check_tokens(tokenizer: Any, template: ChatTemplate) -> None:
    """Refuse a template whose own tokens make a model that begins twice or never stops."""
    name = tokenizer.name_or_path
    prompt = tokenizer(f"{template.before_question}{_QUESTION}{template.after_question}", add_special_tokens=False)
    start = prompt["input_ids"][:2]
    if tokenizer.bos_token_id is not None and start == [tokenizer.bos_token_id] * 2:
        raise InputError(f"the chat template of {name} begins with {tokenizer.bos_token!r} twice, expected it once")
    ending = tokenizer(template.after_answer, add_special_tokens=False)["input_ids"]
    end = tokenizer.convert_ids_to_tokens(template.end_id)
    if ending.count(template.end_id) != 1 or not set(ending) <= _endings(tokenizer, ending):
        raise InputError(
            f"the chat template of {name} ends the answer with {template.after_answer!r}, expected {end!r} once and "
            "nothing but ends and white space after it"
        )
    pad = tokenizer.pad_token_id
    if pad is None or pad == tokenizer.eos_token_id or pad in ending:
        raise InputError(
            f"{name}: the padding token is {tokenizer.pad_token!r}, and the answer ends with {template.after_answer!r} "
            f"(end token {tokenizer.eos_token!r}); expected a padding token that ends nothing: a model trained on "
            "this pair never stops"
        )


def _endings(tokenizer: Any, ending: list[int]) -> set[int]:
    """Return the tokens of `ending` that are special or white space."""
    special = special_tokens(tokenizer)
    return {i for i in ending if i in special or not tokenizer.decode([i]).strip()}
