"""What teachers are going to cost, before anything is spent: requests counted, prompts measured, answers assumed.

The messages are those that the stages send. What a journal answers already is known and not to be paid again. Answers
that are asked again, because one was cut off or fails its check, come on top.
"""

import heapq
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from pydantic import BaseModel

from medinjection.llm.client.keys import key_maker
from medinjection.llm.client.prompts import Prompt
from medinjection.llm.journal.care import each_line, journals_in
from medinjection.llm.journal.journal import short_key
from medinjection.llm.language_model import LanguageModel
from medinjection.records.schema import Document, Record
from medinjection.synthesis.answers import ChoiceItem, ChoiceItems, OpenItems, Translation
from medinjection.synthesis.conversion import conversion_request
from medinjection.synthesis.generation import open_request
from medinjection.synthesis.translation import translation_request

# Prompts of so many requests are measured; the others are taken to be as long on average.
SAMPLE = 2000
# Tokens of a French translation for each token of English, o200k_base: 1.27 over the 551 cases of CasiMedicos-Arg, 1.24
# and 1.40 over full texts and abstracts of WMT's ClinicalCasesWithEval (cl100k_base, an older encoding: 1.42).
TRANSLATION_GROWTH = 1.3
# Tokens of one item in the prompts' JSON, o200k_base: choice questions of FrenchMedMCQA written so take 132 on average,
# those of MediQAl 121; its open questions with their answers 77, and their JSON about 25. Teachers write longer ones.
ITEM_TOKENS = {"choice": 160, "open": 160}
# Items that are asked for where a prompt does not say "generate 15 ...": the most that the paper's prompts ask for.
_MOST_ITEMS = 16
_ITEMS = re.compile(r"\bgenerate (\d+)\b", re.IGNORECASE)
# What a system and a user message take beside their texts, as OpenAI counts: 3 tokens and the role for each, 3 for the
# answer's beginning (https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken).
_CHAT_TOKENS = 11
_ENCODING = "o200k_base"


@dataclass(frozen=True, slots=True)
class Expected:
    """One request that a stage is going to send, or several of which the texts are not written yet.

    Attributes:
        growth: tokens of the answer for each token of the user message.
        answer_tokens: tokens of the answer beside those.
        times: how many such requests; other than 1 only where `written` is false.
        written: whether `messages` are exactly those that will be sent.
        unwritten_tokens: tokens of the prompt that are not written yet.
        max_tokens: most tokens of its answer, where that is not the teacher's limit.
    """

    messages: tuple[dict[str, str], ...]
    growth: float = 0.0
    answer_tokens: float = 0.0
    times: float = 1.0
    written: bool = True
    unwritten_tokens: float = 0.0
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What one stage is going to ask one teacher on one source.

    Attributes:
        source: name of the source or of the test set, `all` for judges, who see many.
        name: what the configuration calls the teacher.
        basis: what is assumed, in words.
        journals: folder of the journals in which answers may be already.
        schema: sent along to a teacher that is `structured`.
    """

    stage: str
    source: str
    name: str
    teacher: LanguageModel
    requests: Iterable[Expected]
    basis: str
    journals: Path
    schema: type[BaseModel] | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What some work costs. Equal requests are one.

    Attributes:
        answered: requests that a journal answers already; their tokens and money are known.
        counted: prompts that were measured, of those to come; the others are taken to be as long.
        prompt_tokens, completion_tokens: of answered requests and of those to come.
        money: paid and to be paid; None where either is unknown.
        paid: what the answers to these requests have cost; None where an answer's price is unknown.
        to_pay: what those to come will cost; None where the teacher's prices are unknown.
    """

    stage: str
    source: str
    teacher: str
    model: str
    mode: str
    requests: int
    answered: int
    counted: int
    prompt_tokens: int
    completion_tokens: int
    money: float | None
    paid: float | None
    to_pay: float | None
    basis: str


def estimate(work: Work, tokens: Callable[[str], int], sample: int = SAMPLE) -> Estimate:
    """Price some work.

    Args:
        tokens: counts the tokens of a text.
        sample: most requests whose prompts are measured: those first by the hash of what they send.
    """
    teacher = work.teacher
    answered_before = _keys_in(work.journals)
    seen: set[bytes] = set()
    matched: set[bytes] = set()
    to_come = 0.0
    # A heap of the largest negated ranks holds the smallest ranks; the number decides between equal ranks.
    chosen: list[tuple[int, int, Expected]] = []
    numbers = count()
    key_of_limit: dict[int, Callable[..., str]] = {}
    for expected in work.requests:
        limit = expected.max_tokens or teacher.max_tokens
        if limit not in key_of_limit:
            key_of_limit[limit] = key_maker(teacher.with_max_tokens(limit), work.schema)
        key = short_key(key_of_limit[limit](expected.messages))
        if expected.written:
            if key in seen:
                continue
            seen.add(key)
            if key in answered_before:
                matched.add(key)
                continue
        to_come += expected.times
        heapq.heappush(chosen, (-int.from_bytes(key), next(numbers), expected))
        if len(chosen) > sample:
            heapq.heappop(chosen)
    prompt, answer = _mean_tokens((expected for _, _, expected in chosen), work, tokens)
    prompt_to_come, answer_to_come = round(prompt * to_come), round(answer * to_come)
    known_prompt, known_answer, paid = _answered(work.journals, matched)
    to_pay = teacher.cost(prompt_to_come, answer_to_come) if to_come else 0.0
    return Estimate(
        stage=work.stage,
        source=work.source,
        teacher=work.name,
        model=teacher.name,
        mode=teacher.mode,
        requests=len(matched) + round(to_come),
        answered=len(matched),
        counted=len(chosen),
        prompt_tokens=known_prompt + prompt_to_come,
        completion_tokens=known_answer + answer_to_come,
        money=None if None in (paid, to_pay) else paid + to_pay,
        paid=paid,
        to_pay=to_pay,
        basis=work.basis,
    )


def token_counter() -> Callable[[str], int]:
    """Return what counts the tokens of a text: OpenAI's encoding o200k_base, whatever the teacher.

    It is exact for GPT-4o and its successors and near for others. litellm ships its file, so that none is downloaded.
    """
    import tiktoken

    (litellm,) = find_spec("litellm").submodule_search_locations
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm) / "litellm_core_utils" / "tokenizers")
    encoding = tiktoken.get_encoding(_ENCODING)
    return lambda text: len(encoding.encode_ordinary(text))


def items_asked(prompt: str) -> int:
    """Return how many items a prompt asks for ("generate 15 ..."), the most that the paper's prompts do otherwise."""
    found = _ITEMS.search(prompt)
    return int(found[1]) if found else _MOST_ITEMS


def expected_translations(records: Iterable[Record], prompt: Prompt) -> Iterator[Expected]:
    """Yield the requests of `translate_records`."""
    for record in records:
        yield Expected(prompt.messages(translation_request(record)), growth=TRANSLATION_GROWTH)


def expected_texts(texts: Iterable[str], prompt: Prompt) -> Iterator[Expected]:
    """Yield the requests of `translate_texts`."""
    for text in texts:
        yield Expected(prompt.messages(text), growth=TRANSLATION_GROWTH)


def expected_conversions(records: Iterable[Record], prompt: Prompt) -> Iterator[Expected]:
    """Yield the requests of `convert_records`."""
    for record in records:
        yield Expected(prompt.messages(conversion_request(record)), answer_tokens=ITEM_TOKENS["choice"])


def expected_items(documents: Iterable[Document], form: str, prompt: Prompt) -> Iterator[Expected]:
    """Yield the requests of `generate_choice` or `generate_open`, as `form` says."""
    answer = items_asked(prompt.text) * ITEM_TOKENS[form]
    for document in documents:
        user = document.text if form == "choice" else open_request(document)
        yield Expected(prompt.messages(user), answer_tokens=answer)


ANSWERS = {
    "translate_source": (Translation, f"answers of {TRANSLATION_GROWTH} tokens a token of the user message"),
    "translate_test_set": (None, f"answers of {TRANSLATION_GROWTH} tokens a token of the user message"),
    "convert_source": (ChoiceItem, f"answers of {ITEM_TOKENS['choice']} tokens"),
    "choice": (ChoiceItems, "{items} items of " + f"{ITEM_TOKENS['choice']} tokens a document"),
    "open": (OpenItems, "{items} items of " + f"{ITEM_TOKENS['open']} tokens a document"),
}


def _mean_tokens(sample: Iterable[Expected], work: Work, tokens: Callable[[str], int]) -> tuple[float, float]:
    """Return the mean tokens of the prompts and of the answers of a sample."""
    fixed: dict[str, int] = {}
    form = work.teacher.parameters(work.schema).get("response_format")
    overhead = _CHAT_TOKENS + (tokens(json.dumps(form)) if form else 0)
    weight = prompt = answer = 0.0
    for expected in sample:
        *before, user = (message["content"] for message in expected.messages)
        for text in before:
            if text not in fixed:
                fixed[text] = tokens(text)
        in_user = tokens(user)
        in_prompt = overhead + sum(fixed[text] for text in before) + in_user + expected.unwritten_tokens
        limit = expected.max_tokens or work.teacher.max_tokens
        in_answer = min(expected.growth * in_user + expected.answer_tokens, limit)
        weight += expected.times
        prompt += expected.times * in_prompt
        answer += expected.times * in_answer
    return (prompt / weight, answer / weight) if weight else (0.0, 0.0)


def _keys_in(folder: Path) -> set[bytes]:
    return {short_key(line.entry.key) for path in _journals(folder) for line in each_line(path) if line.entry}


def _answered(folder: Path, keys: set[bytes]) -> tuple[int, int, float | None]:
    """Return the prompt tokens, the answer tokens and the money of all answers to `keys`."""
    prompt = answer = 0
    paid: float | None = 0.0
    for path in _journals(folder) if keys else ():
        for line in each_line(path):
            if line.entry and short_key(line.entry.key) in keys:
                prompt += line.entry.prompt_tokens or 0
                answer += line.entry.completion_tokens or 0
                paid = None if paid is None or line.entry.cost is None else paid + line.entry.cost
    return prompt, answer, paid


def _journals(folder: Path) -> list[Path]:
    return journals_in(folder) if folder.is_dir() else []
