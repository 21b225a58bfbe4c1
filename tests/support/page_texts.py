"""What a reader of a page reads: its texts, those of its attributes, and the cells of its tables."""

import re
from html.parser import HTMLParser
from pathlib import Path

# Elements whose text is for programs, and attributes that readers hear or see.
_NOT_READ = {"script", "style", "code", "pre"}
_READ = ("alt", "aria-label", "title", "placeholder")
_NO_END = {"meta", "br", "link", "img", "input", "hr"}


class Texts(HTMLParser):
    """The texts of a page, and its cells that hold numbers, with their texts joined."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.english: list[str] = []
        self.cells: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in _NO_END:
            self._open.append((tag, attributes))
        if tag == "td" and "text" not in (attributes.get("class") or "").split():
            self.cells.append("")
        self.texts += [attributes[name] for name in attributes if name in _READ or name.startswith("data-")]

    def handle_endtag(self, tag):
        self._open.pop()

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        if not data.strip() or _NOT_READ & set(tags):
            return
        self.texts.append(" ".join(data.split()))
        if any(attributes.get("lang") == "en" and tag != "a" for tag, attributes in self._open):
            self.english.append(self.texts[-1])
        if "td" in tags and "text" not in (self._open[tags.index("td")][1].get("class") or "").split():
            self.cells[-1] += f" {data}"

    def sentences(self) -> set[str]:
        """Return sentences and clauses of at least four words; a word is of letters alone."""
        clauses = {clause for text in self.texts for clause in re.split(r"(?<=[.”:;]) ", text)}
        return {clause for clause in clauses if len(words(clause)) >= 4}


def words(text: str) -> list[str]:
    """Return the words of a text, of letters alone."""
    return [word for word in text.split() if re.fullmatch(r"[^\W\d_]+", word.strip(".,;:()“”«»'’%"))]
