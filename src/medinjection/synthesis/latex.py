r"""LaTeX commands in teachers' answers: JSON takes the backslash of "\frac" where it is not written twice.

Of "\frac", "\beta" and "\rightarrow" JSON makes a form feed, a backspace and a carriage return with the rest of the
name behind it, of "\times" and "\nu" a tab and a line feed. "\alpha" is no JSON at all.
"""

import re
from collections import Counter

# Upstream's texts have words right behind these ("\AAngstrom", "\textquotedblleftspoil" in MMLU-Pro). A backslash
# behind a word may be a slash ("brown\gold"), which a translation changes: it counts where JSON could take it.
_COMMAND = re.compile(
    r"\\(?:textquotedbl(?:left|right)|AA|[bfnrtu][A-Za-z]*|(?<![A-Za-z]{3}\\)[A-Za-z]+|[\\{}])",
)
# What a teacher is told whose backslashes are lost.
WRITE_TWICE = "in JSON, write each backslash twice"

_LETTERS = {"\b": "b", "\f": "f", "\r": "r", "\n": "n", "\t": "t"}
_NAMES = {"\b": "a backspace", "\f": "a form feed", "\r": "a carriage return", "\n": "a line feed", "\t": "a tab"}
_NEVER_WRITTEN = re.compile(r"(?:[\b\f]|\r(?!\n))[A-Za-z]*")
# The rests of frequent commands that begin no French word; shorter rests count only where a formula begins.
_RESTS = {
    "\n": "abla|eq|otin|leq|geq|earrow|warrow|(?<=[$({^_]\n)u",
    "\t": "imes|heta|ext(?:bf|it|rm)?|extquotedbl(?:left|right)|ilde|riangle|frac|(?<=[$({^_]\t)au",
}
# A shorter rest may be the beginning of a word.
_LONG_REST = 6
_END = "(?![A-Za-z])"


def commands(text: str) -> list[str]:
    r"""Return the LaTeX commands of a text ("\frac", and "\\", "\{", "\}"), in its order."""
    return _COMMAND.findall(text)


def lost_commands(source: str, text: str) -> list[str]:
    """Return the commands that `source` has more often than `text`, each once."""
    return list(Counter(commands(source)) - Counter(commands(text)))


def added_commands(source: str, text: str) -> list[str]:
    """Return the commands of `text` that `source` has nowhere, each once; to say one again is no fault."""
    known = commands(source)
    return list(dict.fromkeys(command for command in commands(text) if command not in known))


def taken_backslash(text: str, source: str = "") -> str | None:
    r"""Say of a decoded text which of its commands has become another character, None where none has.

    A backspace, a form feed and a lone carriage return are such a character wherever they stand.

    Args:
        source: what the text was made from; its commands are sought too, besides frequent ones.
    """
    found = _NEVER_WRITTEN.search(text)
    for character, frequent in _RESTS.items():
        if found:
            break
        rests = {command[2:] for command in commands(source) if command[1] == _LETTERS[character]} - {""}
        named = [rest + ("" if len(rest) >= _LONG_REST else _END) for rest in sorted(rests)]
        found = re.search(f"{character}(?:{'|'.join([f'(?:{frequent}){_END}', *named])})", text)
    if not found:
        return None
    character, rest = found[0][0], found[0][1:]
    return f"\\{_LETTERS[character]}{rest} with one backslash is {_NAMES[character]} and {rest!r}"
