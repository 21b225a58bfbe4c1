"""What the scripted teacher can look up: the phrase book, and the facts stated in a French text."""

import re
from collections.abc import Sequence

from medinjection.demo.corpora.warts import readable
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.wording import STATEMENT_WORDINGS, phrase_book, statement

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Lookup:
    """A knowledge base prepared for looking texts up, whatever warts they have."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.facts = knowledge.facts
        self.book = {readable(english): french for english, french in phrase_book(knowledge).items()}
        self._statements = {
            readable(statement(fact, wording).fr): fact for fact in self.facts for wording in range(STATEMENT_WORDINGS)
        }

    def facts_in(self, text: str) -> list[Fact]:
        """Return the facts that a French text states, in the order of their first statement."""
        return list({fact.id: fact for fact, _ in self.statements_in(text)}.values())

    def statements_in(self, text: str) -> list[tuple[Fact, str]]:
        """Return the known statements of a French text in its order, each with its fact."""
        plain = readable(text)
        found = [(plain.find(sentence), fact, sentence) for sentence, fact in self._statements.items()]
        return [(fact, sentence) for place, fact, sentence in sorted(found, key=lambda f: f[0]) if place >= 0]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: pieces that end in a full stop, question or exclamation mark."""
    return [piece for piece in _SENTENCE_END.split(readable(text)) if piece]


def merged(pieces: Sequence[str], known: dict[str, str]) -> list[str] | None:
    """Return the values of `known` for a text cut into `pieces`, joining neighbours where a sentence was cut in two.

    None where a piece is in no known text.
    """
    values = []
    start = 0
    while start < len(pieces):
        for end in range(len(pieces), start, -1):
            value = known.get(" ".join(pieces[start:end]))
            if value is not None:
                values.append(value)
                start = end
                break
        else:
            return None
    return values
