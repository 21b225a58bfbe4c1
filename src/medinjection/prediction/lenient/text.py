"""An answer as the lenient reading takes it: without reasoning, decoration and differences that nobody sees."""

import re
import unicodedata

from medinjection.records.reasoning import after_reasoning

# What is put in a box or between tags of its own is meant as the last word.
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}|<(?:answer|r[ée]ponse)>(.*?)</(?:answer|r[ée]ponse)>", re.S)
_LATEX = re.compile(r"\\(?:boxed|text|textbf|textit|textrm|mathbf|mathrm|mathsf|quad|qquad)\b|\\[()\[\],;!: ]")
_STRUCK_OUT = re.compile(r"~~.*?~~", re.DOTALL)
_TICKED, _UNTICKED = re.compile(r"[ \t]*\[[xX✓✔]\]"), re.compile(r"[ \t]*\[ ?\]")
_BULLET = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+|(?:[-•‣◦·*+]|\d{1,2}[.)])[ \t]+)?(?:[-•‣◦·*+][ \t]+)?", re.MULTILINE)
_DECORATION = re.compile(r"</?[A-Za-z]+[^<>\n]*>|[*`$_{}\[\]\"«»“”„\\]")
_SPACES, _QUOTED_LETTER = re.compile(r"[ \t]+"), re.compile(r"(?<!\w)'([A-Za-z])'(?!\w)")
_OUTER_SPACES = re.compile(r"^ | $", re.MULTILINE)
_ARROW = re.compile(r"[-=]{1,2}>")
_PADDED_LETTER = re.compile(r"\([ \t]*([A-Za-z])[ \t]*\)")
_ENDING = re.compile(r"(?<=[a-zé])\((s|e|es)\)")
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]|<br ?/?>")
_SAME = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("’‘ʼ´", "'") | {"、": ",", "。": ".", "⇒": "→"})
MARKS = "✅✔✓☑❌✗✘✖☒"
# Capital letters of the Greek and Cyrillic alphabets that look like Latin ones, standing alone.
_LOOKALIKE = re.compile(r"(?<!\w)[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕЅІЈКМНОРСТУХ](?!\w)")


def answer_text(raw_output: str) -> str | None:
    """Return what of an answer is read; None where it has reasoning alone, or a letter that only looks Latin.

    Compatibility forms (full width, circled), invisible characters, kinds of line ends, dashes and apostrophes are
    folded; emphasis, quotation marks, bullets, brackets of LaTeX and pictures are dropped. A boxed answer becomes
    "Réponse finale : B".
    """
    answer = after_reasoning(raw_output)
    if answer is None:
        return None
    text = unicodedata.normalize("NFKC", _LINE_ENDS.sub("\n", answer))
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" and c != "\ufe0f").translate(_SAME)
    if _LOOKALIKE.search(text):
        return None
    text = _BOXED.sub(lambda found: f" Réponse finale : {(found[1] or found[2] or '').strip()}\n", text)
    text = _ARROW.sub("→", _LATEX.sub(" ", _STRUCK_OUT.sub(" ", text)))
    text = _BULLET.sub("", text)
    text = _UNTICKED.sub("❌", _TICKED.sub("✅", text))
    text = _PADDED_LETTER.sub(r"(\1)", _DECORATION.sub(" ", _ENDING.sub(r"\1", text)))
    text = _QUOTED_LETTER.sub(r"\1", text)
    pictures = "".join(c if c in MARKS or unicodedata.category(c) != "So" else " " for c in text)
    return _OUTER_SPACES.sub("", _SPACES.sub(" ", pictures)).strip()
