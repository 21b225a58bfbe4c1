"""English passages to French ones by a teacher, as a translation system would: plain text in, plain text out."""

from collections.abc import Sequence

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, InvalidAnswer, Request
from medinjection.llm.client.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.text import is_blank, visible
from medinjection.synthesis.latex import lost_commands, taken_backslash
from medinjection.synthesis.translation_checks import not_translated

STAGE = "translate_test_set"


def translate_texts(
    texts: Sequence[tuple[str, str]], prompt: Prompt, client: Client
) -> tuple[dict[str, str], list[Reject]]:
    """Translate (id, English text), one request each; return id -> French text and the rejects, in the order given.

    An answer is kept as it is, without white space at its ends. Texts without an answer that passes `read_text` at any
    attempt are rejected with the last one.
    """
    requests = (Request(prompt.messages(text), text) for _, text in texts)
    outcomes = client.ask(requests, read_text, "translating", total=len(texts))
    french, rejects = {}, []
    for (text_id, text), outcome in zip(texts, outcomes, strict=True):
        if isinstance(outcome, Answer):
            french[text_id] = outcome.parsed
        else:
            rejects.append(Reject(text_id, STAGE, outcome.reason, outcome.text or text))
    return french, rejects


def read_text(answer: str, english: str) -> str:
    """Return the French text in a teacher's answer.

    Raises:
        InvalidAnswer: it is empty, lacks LaTeX commands of the English text, or is English
            (`translation_checks.not_translated`).
    """
    french = answer.strip()
    if is_blank(french):
        raise InvalidAnswer("the answer is empty")
    if taken := taken_backslash(french, english):
        raise InvalidAnswer(taken)
    if lost := lost_commands(english, french):
        raise InvalidAnswer(f"LaTeX commands are missing: {', '.join(lost)}")
    if not_translated(visible(english).strip(), visible(french)):
        raise InvalidAnswer("the text is not translated")
    return french
