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
_LETTER_OF = {"\b": "b", "\f": "f", "\r": "r", "\n": "n", "\t": "t"}
_NEVER_WRITTEN = re.compile(r"[\b\f]([A-Za-z]*)|\r(?!\n)([A-Za-z]*)")
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


def taken_backslash(text: str, source: str = "") -> tuple[str, str] | None:
    r"""Return the first command of a decoded text whose backslash JSON has taken, and the character put for it.

    Args:
        source: what the text was made from; its commands are sought too, besides frequent ones.

    Returns:
        such as ("\beta", "\b"), where the text holds a backspace and "eta"; None where there is none.
    """
    if never := _NEVER_WRITTEN.search(text):
        return f"\\{_LETTER_OF[never[0][0]]}{never[0][1:]}", never[0][0]
    for character, frequent in _RESTS.items():
        rests = {command[2:] for command in commands(source) if command[1] == _LETTER_OF[character]} - {""}
        named = [rest + ("" if len(rest) >= _LONG_REST else _END) for rest in sorted(rests)]
        if found := re.search(f"{character}(?:{'|'.join([f'(?:{frequent}){_END}', *named])})", text):
            return f"\\{_LETTER_OF[character]}{found[0][1:]}", character
    return None
