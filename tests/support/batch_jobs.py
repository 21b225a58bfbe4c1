"""Requests put to a batch endpoint of the tests, and what came of them."""

import asyncio
import gc
import json
import os

from medinjection.llm.batch.runner import BatchLimits, collect_batches
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal, request_key
from medinjection.llm.language_model import LanguageModel
from support.waiting import PATIENCE_SECONDS

KEY = "sk-loopback-0123456789abcdef"
HASTE = Patience(tries=3, tries_when_busy=3, first_wait=0.01, longest_wait=0.02)
POLL = 0.02
LIMITS = BatchLimits()


def a_key(monkeypatch):
    """Set the key of the provider; a fixture."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def swift_collection():
    """Keep the objects of litellm out of the garbage collections that each call ends with; a fixture."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm  # noqa: F401

    gc.freeze()
    yield
    gc.unfreeze()


def teacher(endpoint, **changes):
    return LanguageModel(
        **{"model": "openai/x", "api_base": endpoint.url, "mode": "batch", "timeout": PATIENCE_SECONDS, **changes}
    )


def ask_for(*questions):
    messages = {question: [{"role": "user", "content": question}] for question in questions}
    return {request_key("openai/x", None, content, {}): content for content in messages.values()}


def numbered(count):
    return ask_for(*(f"q{n}" for n in range(count)))


def collect(endpoint, wanted, path, limits=LIMITS, progress=None, answer_schema=None, **changes):
    """Ask what the journal at `path` does not hold; return the reasons and the texts by question."""
    with Journal(path) as journal:
        missing = {key: messages for key, messages in wanted.items() if journal.get(key) is None}
        reasons = asyncio.run(
            collect_batches(
                teacher(endpoint, **changes), journal, missing, HASTE, POLL, progress, limits, answer_schema
            )
        )
        entries = {messages[-1]["content"]: journal.get(key) for key, messages in wanted.items()}
    texts = {question: entry.text for question, entry in entries.items() if entry}
    return {wanted[key][-1]["content"]: reason for key, reason in reasons.items()}, texts


def question(request):
    return request["body"]["messages"][-1]["content"]


def upper(count):
    return {f"q{n}": f"Q{n}" for n in range(count)}


def log_of(path):
    return [json.loads(line) for line in path.with_name(f"{path.name}.batches.jsonl").read_text().splitlines()]
