"""Requests for the benchmarks of the client: translations put to the scripted server over the loopback interface."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from medinjection.demo.teacher.translation import PSEUDO_TRANSLATION
from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer, Request
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.sampling import unit_interval

KNOWLEDGE_BASE = Path(__file__).resolve().parent.parent / "resources" / "knowledge_base.yaml"
MODEL = "openai/teacher"

_SYSTEM = (
    "Translate the values of this JSON object from English into French. Answer with a JSON object of the same keys."
)
_VIGNETTE = "A patient of {} years has had symptom {} for {} days, and no other complaint. Which finding comes next?"

# The client asks for a key; the server does not read it.
os.environ.setdefault("OPENAI_API_KEY", "loopback")


def questions(count: int, name: str = "question") -> Iterator[Request]:
    """Yield `count` different requests, none equal to one of another name, each with its question as its subject."""
    for number in range(count):
        age, days = (int(90 * unit_interval(f"{name} {what}", str(number))) for what in ("age", "days"))
        question = f"{name} {number}. {_VIGNETTE.format(age, number, days)}"
        user = json.dumps({"question": question})
        yield Request(({"role": "system", "content": _SYSTEM}, {"role": "user", "content": user}), question)


def translated(text: str, question: str) -> str:
    """Return the scripted teacher's translation; raise InvalidAnswer unless it is one of this very question."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise InvalidAnswer(f"no JSON ({error})") from None
    if answer != {"question": f"{PSEUDO_TRANSLATION} {question}"}:
        raise InvalidAnswer("not the translation of the question")
    return answer["question"]


def as_it_is(text: str, _: str) -> str:
    """Return an answer of the server's echo."""
    return text


def open_client(url: str, journal: Journal, concurrency: int, timeout: float = 60.0, mode: str = "requests") -> Client:
    """Return the client as the workflow's stages use it, put before a scripted server."""
    llm = LanguageModel(model=MODEL, api_base=url, mode=mode, concurrency=concurrency, timeout=timeout)
    return Client(llm, journal, patience=Patience(first_wait=0.1, longest_wait=1.0))
