"""The scripted teacher: an answering machine that speaks through litellm like any provider. It is no language model.

It looks facts up in a knowledge base and fills in templates, so that the whole workflow runs, and can be tested,
without network, key, GPU or cost. What it knows is what the demonstration corpora are rendered from. Text that it does
not know it cannot translate or understand: it returns the text with a mark ("[pseudo-traduction] ...", "[item scripté]
..."). Its judgements compare words. Nothing it says is evidence about a real teacher or judge.

`provider` puts it behind litellm: model names are "scripted/<anything>", `api_base` is the path of a knowledge base
file. The kind of a request is told by its system prompt: translation, conversion of closed questions, open or choice
items (paper Figures 7 to 11), quality scores (Figures 12 and 13), equivalence to a reference (Figure 14, or a prompt in
other words that names `Candidate_answer`). Faults are asked for with `extra_body={"faults": {"prose": 0.02, ...}}`,
see `faults`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.teacher.faults import TeacherFaults, spoiled
from medinjection.demo.teacher.items import ItemWriter
from medinjection.demo.teacher.judging import equivalence_score, quality_score
from medinjection.demo.teacher.phrase_book import Lookup
from medinjection.demo.teacher.translation import Translator
from medinjection.records.errors import InputError

_CANNOT_ANSWER = (
    "This is a scripted stand-in, not a language model; it only translates, converts closed questions, writes items "
    "from French texts and judges answers under the prompts of this workflow, and cannot answer this request."
)


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """What the scripted teacher returns: its id and tokens are derived from the request, so they never change."""

    id: str
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


class ScriptedTeacher:
    """The answering machine without litellm around it; remembers only which requests it has put off."""

    def __init__(self) -> None:
        self._faults = TeacherFaults()

    def answer(
        self,
        model: str,
        messages: Sequence[Mapping[str, str]],
        knowledge: str | None,
        fault_rates: Mapping[str, float],
    ) -> ScriptedAnswer:
        """Answer a chat.

        Args:
            model: name after "scripted/"; two judges of different names differ slightly in strictness.
            knowledge: path of the knowledge base file; judges need none.
            fault_rates: share of requests for each kind of fault.

        Raises:
            RateLimited: the fault of that name, once for each request.
            InputError: the knowledge base is missing or invalid, or a fault or its rate makes no sense.
        """
        digest = hashlib.sha256(json.dumps([model, list(messages)], ensure_ascii=False).encode()).hexdigest()
        fault = self._faults.fault_of(digest, fault_rates)
        text, finish_reason = spoiled(_reply(model, messages, knowledge), fault)
        return ScriptedAnswer(
            id=f"scripted-{digest[:24]}",
            text=text,
            finish_reason=finish_reason,
            prompt_tokens=sum(len(message["content"].split()) for message in messages),
            completion_tokens=len(text.split()),
        )


def _reply(model: str, messages: Sequence[Mapping[str, str]], knowledge: str | None) -> str:
    """Return the answer to the first user message: what follows it are requests to answer once more."""
    system = next((message["content"] for message in messages if message["role"] == "system"), "")
    user = next((message["content"] for message in messages if message["role"] == "user"), "")
    if "equivalent to the ground truth" in system:
        return equivalence_score(user, model)
    if "Candidate_answer" in system:
        return equivalence_score(user, f"{model}, in other words")
    if "question-answer pairs within a given context" in system:
        return quality_score(user, model, 3 if "multiple-choice" in system else 5)
    if "instruction-output pairs" in system:
        return _writer(knowledge).open_items(system, user)
    if "MCQAs" in system:
        return _writer(knowledge).choice_items(system, user)
    if "Convert" in system and "multiple-choice" in system:
        return _writer(knowledge).converted(user) or _CANNOT_ANSWER
    if "Translate" in system and "French" in system:
        translator = Translator(_lookup(knowledge).book)
        if "plain text" in system:
            return translator.translate_text(user)
        return translator.translate(user) or _CANNOT_ANSWER
    return _CANNOT_ANSWER


@cache
def _writer(knowledge: str | None) -> ItemWriter:
    return ItemWriter(_lookup(knowledge))


@cache
def _lookup(knowledge: str | None) -> Lookup:
    if knowledge is None:
        raise InputError("the scripted teacher has no knowledge base; set api_base to the path of one")
    return Lookup(load_knowledge_base(knowledge))
