"""Answers of models that reason first: what they say once their reasoning has ended.

The forms, as the models' cards and chat templates write them:
- `<think>`, their reasoning, then `</think>` (DeepSeek-R1, Qwen3 and many others); the opening mark is missing from the
  answer where the chat template has put it into the prompt. So too `<thought>` (EXAONE), `<seed:think>`, `[THINK]`
  (Magistral), `◁think▷` (Kimi), `<|START_THINKING|>` (Command A), `<|begin_of_thought|>` (OpenThinker) and
  `<unused94>`, `<unused95>` (MedGemma).
- channels (gpt-oss): the answer stands in the channel `final`. "analysis…assistantfinal…" is what is left of them where
  special tokens were dropped.
- the heading `## Thinking`, their reasoning, then `## Final Response` (HuatuoGPT-o1; its model card,
  huggingface.co/FreedomIntelligence/HuatuoGPT-o1-72B).
"""

import re

_NAME = r"(?:think(?:ing)?|thoughts?|reasoning)"
# Each opening mark with its closing one. An opening mark counts at the start of an answer or behind reasoning.
_FORMS = (
    (re.compile(r"\s*<\|channel\|>"), re.compile(r"<\|channel\|>\s*final\b(?:(?!<\|message\|>).)*<\|message\|>", re.S)),
    (re.compile(r"\s*analysis(?=[^\s.,:;]|\Z)"), re.compile(r"(?<=\S)assistantfinal")),
    (
        re.compile(
            rf"\s*(?:<(?:\w+:)?{_NAME}>|\[{_NAME}\]|◁think▷|<\|(?:start_thinking|begin_of_thought)\|>|<unused94>)", re.I
        ),
        re.compile(
            rf"</(?:\w+:)?{_NAME}>|\[/{_NAME}\]|◁/think▷|<\|(?:end_thinking|end_of_thought)\|>|<unused95>", re.I
        ),
    ),
    (re.compile(r"\s*##\s*Thinking\b"), re.compile(r"^[ \t]*##\s*Final Response\b[ \t]*:?", re.MULTILINE)),
)
# What may open the turn of an answer.
_TURN = re.compile(
    r"(?:\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|im_start\|>assistant|<\|start_header_id\|>assistant<\|end_header_id\|>|"
    r"<\|start\|>assistant|<start_of_turn>model|<\|assistant\|>|<\|(?:start_response|begin_of_solution)\|>))+",
    re.IGNORECASE,
)
# What ends it: whatever a model writes behind that is another turn.
_END = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|end_of_text|endoftext|return|end|call|eos|start|start_header_id|user|system|"
    r"end_response|end_of_solution|end_of_turn_token)\|>|<(?:end|start)_of_turn>|<eos>|<pad>|</?s>|\[/?INST\]|"
    r"<[|\uff5c]end[\u2581_ ]of[\u2581_ ]sentence[|\uff5c]>",
    re.IGNORECASE,
)


def after_reasoning(text: str) -> str | None:
    """Return what stands after a model's reasoning, without outer white space and the tokens that end a turn.

    Text without reasoning and such tokens is returned as it is. None where reasoning has begun and not ended, as in an
    answer that was cut off: there is no answer then, whatever the reasoning mentions.
    """
    return split_reasoning(text)[1]


def split_reasoning(text: str) -> tuple[str, str | None]:
    """Return what stands before a model's answer, its marks included, and the answer as `after_reasoning` does."""
    answer = text
    if turn := _TURN.match(answer):
        answer = answer[turn.end() :]
    for opening, closing in _FORMS:
        if closings := list(closing.finditer(answer)):
            answer = answer[closings[-1].end() :].lstrip()
        if opening.match(answer):
            return text, None
    if turn := _TURN.match(answer):
        answer = answer[turn.end() :]
    before = text[: len(text) - len(answer)]
    whole = _END.split(answer, maxsplit=1)[0]
    return before, text if whole == text else whole.strip()
