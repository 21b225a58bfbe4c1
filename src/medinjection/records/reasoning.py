"""Answers of models that reason first: what they say once their reasoning has ended.

Two forms are known. HuatuoGPT-o1 writes the heading `## Thinking`, its reasoning, then `## Final Response` (its model
card, huggingface.co/FreedomIntelligence/HuatuoGPT-o1-72B). DeepSeek-R1, Qwen3 and many others write `<think>`, their
reasoning, then `</think>`; the opening mark is missing from the answer where the chat template has put it into the
prompt.
"""

import re

# Each opening mark with its closing one. An opening mark counts at the start of an answer only.
_FORMS = (
    (re.compile(r"\s*<think>"), re.compile(r"</think>")),
    (re.compile(r"\s*##\s*Thinking\b"), re.compile(r"^[ \t]*##\s*Final Response\b[ \t]*:?", re.MULTILINE)),
)


def after_reasoning(text: str) -> str | None:
    """Return what stands after a model's reasoning, without outer white space.

    Text without any reasoning is returned as it is. None where reasoning has begun and not ended, as in an answer that
    was cut off: there is no answer then, whatever the reasoning mentions.
    """
    for opening, closing in _FORMS:
        closings = list(closing.finditer(text))
        if closings:
            return text[closings[-1].end() :].strip()
        if opening.match(text):
            return None
    return text
