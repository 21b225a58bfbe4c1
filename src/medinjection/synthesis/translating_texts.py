"""English passages to French ones by a teacher, as a translation system would: plain text in, plain text out."""

import re
from collections.abc import Sequence

from medinjection.llm.client import Asker
from medinjection.llm.conversation import Answer, InvalidAnswer, Request
from medinjection.llm.prompts import Prompt
from medinjection.records.conservation import Reject

STAGE = "translate_test_set"

# A shorter text may be the same in both languages: a drug, a gene, "Na+".
_WORDS_THAT_DIFFER = 5
# Frequent words that one of the two languages has and the other has not.
_ENGLISH = "the of and with was were is are for that this which by from to at be has have been not it"
_FRENCH = "le la les des du de et une un dans pour avec est sont par que qui sur au aux ce cette ont été il elle ne l d"
_WORD = re.compile(r"[^\W\d_]+")


def translate_texts(
    texts: Sequence[tuple[str, str]], prompt: Prompt, asker: Asker
) -> tuple[dict[str, str], list[Reject]]:
    """Translate (id, English text), one request each; return id -> French text and the rejects, in the order given.

    An answer is kept as it is, without white space at its ends. Texts without an answer that passes `read_text` at any
    attempt are rejected with the last one.
    """
    requests = (Request(prompt.messages(text), text) for _, text in texts)
    outcomes = asker.ask(requests, read_text, "translating", total=len(texts))
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
        InvalidAnswer: it is empty, or English: the text as it was given, or one with more frequent words of English
            than of French.
    """
    french = answer.strip()
    if not french:
        raise InvalidAnswer("the answer is empty")
    if french == english.strip() and len(english.split()) >= _WORDS_THAT_DIFFER:
        raise InvalidAnswer("the text is not translated")
    words = _WORD.findall(french.lower())
    english_words, french_words = (set(frequent.split()) for frequent in (_ENGLISH, _FRENCH))
    if sum(word in english_words for word in words) > sum(word in french_words for word in words):
        raise InvalidAnswer("the answer is English, expected French")
    return french
