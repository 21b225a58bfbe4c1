"""LaTeX: how a text is escaped and how a table is laid out, for all tables."""

from collections.abc import Sequence

_SPECIALS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "±": r"$\pm$",
    "“": "``",
    "”": "''",
    "\n": " ",
}


def latex_escape(text: str) -> str:
    """Return `text` so that LaTeX prints it as it is."""
    return "".join(_SPECIALS.get(character, character) for character in text)


def latex_line(cells: Sequence[str]) -> str:
    """Return a line of a table; the cells are LaTeX already."""
    return " & ".join(cells) + r" \\"


def latex_table(
    header: Sequence[str], body: Sequence[str], columns: int, caption: str, label: str, left: int = 1
) -> str:
    r"""Return a `table*` for the package booktabs.

    Args:
        header: lines as `latex_line` returns them, as are those of `body`.
        columns: how many there are, of which `left` stand to the left and the others to the right.
        caption: a text that is not escaped yet.
        label: name of the table; `\ref` finds it as `tab:<label>`.
    """
    return "\n".join(
        [
            r"\begin{table*}[t]",
            r"\centering\scriptsize\setlength{\tabcolsep}{3pt}",
            rf"\begin{{tabular}}{{{'l' * left}{'r' * (columns - left)}}}",
            r"\toprule",
            *header,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\caption{{{latex_escape(caption)}}}",
            rf"\label{{tab:{label}}}",
            r"\end{table*}",
            "",
        ]
    )


def latex_file(*tables: str) -> str:
    """Return a file with tables, headed by the package that they need."""
    return "\n".join([r"% needs \usepackage{booktabs}", *tables])
