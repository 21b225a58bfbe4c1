import re

from support.result_tables import lines_of, published, score, spreads

from medinjection.reporting.latex import latex_escape
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.choice_tables import (
    table_5,
    table_7,
)
from medinjection.reporting.tables.layouts import TABLE_5, TABLE_7
from medinjection.reporting.tables.table import (
    ResultTable,
    Row,
    csv_header,
    extra_column,
    header_levels,
    marks,
    printed,
    printed_lines,
    read_result,
    table_csv,
)
from medinjection.reporting.tables.writing import result_latex, result_markdown, write_result


def test_marks_with_ties_and_gaps():
    assert marks([1.0, 3.0, 2.0]) == ["", "best", "second"]
    assert marks([3.0, 3.0, 2.0, 2.0, 1.0]) == ["best", "best", "second", "second", ""]
    assert marks([2.001, 2.0, None, 1.0]) == ["best", "best", "", "second"]  # equal as printed
    assert marks([5.0, 5.0]) == ["best", "best"]
    assert marks([None, None]) == ["", ""]


def test_published_marks_are_those_of_the_paper():
    models = list(published(5))
    rows = tuple(Row(model, {}, published(5)[model]) for model in models)
    shown = dict(zip(models, lines_of(ResultTable(TABLE_5, rows), "published"), strict=True))
    keys = TABLE_5.published_keys
    second = {key: [m for m in models if shown[m].cells[place].mark == "second"] for place, key in enumerate(keys)}
    assert second == {
        "mcq_greedy_em": ["ALL"],
        "mcq_greedy_hamming": ["NAT-TRAD"],
        "mcq_constrained_em": ["ALL"],
        "mcq_constrained_hamming": ["NAT-TRAD"],
        "mcqu_greedy_em": ["ALL"],
        "mcqu_constrained_em": ["base"],
        "aggregate_greedy_em": ["ALL"],
        "aggregate_constrained_em": ["ALL"],
    }
    best = [m for m in models if shown[m].cells[0].mark == "best"]
    assert best == ["NAT"]


def test_markdown_marks_best_and_second_best_and_escapes():
    scores = [score(model="a|b", em=0.5), score(model="c*", em=0.25)]
    text = result_markdown(table_5(spreads(scores), {}, {}, ["a|b", "c*"]), "Qwen_3", Remark(note="a <b> note"))
    assert r"| a\|b " in text
    assert "**50.00**" in text
    assert r"25.00\*" in text
    assert r"Base model: Qwen\_3." in text
    assert r"a \<b\> note" in text
    widths = {len(re.sub(r"\\\|", "__", line)) for line in text.splitlines() if line.startswith("| ")}
    assert len(widths) == 1


def test_captions_say_what_hamming_is_and_carry_the_note():
    for text in (
        result_markdown(table_5(spreads([score()]), {}, {}, ["base"]), "", "A demonstration."),
        result_latex(table_7(spreads([score(order=1)]), {}, {}, ["base"]), "", "A demonstration."),
    ):
        assert "intersection over union" in text
        assert "A demonstration." in text


def test_latex_escapes_every_special():
    assert latex_escape(r"50% & a_b #1 $x$ {y} ~ ^ \z") == (
        r"50\% \& a\_b \#1 \$x\$ \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    text = result_latex(table_5(spreads([score(model="a_b&c")]), {}, {}, ["a_b&c"]), "", "100 % _tiny_")
    assert r"a\_b\&c & " in text
    assert r"100 \% \_tiny\_" in text
    assert not re.search(r"(?<!\\)%(?! needs)", text)


def test_latex_cells_of_a_line_are_as_many_as_columns():
    text = result_latex(table_7(spreads([score(order=1), score(order=2)]), {}, published(7), ["base"]), "", "")
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", text).group(1))
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert len(body) == 2
    assert {line.count(" & ") + 1 for line in body} == {columns}
    assert r"\textit{\textbf{10.76}\textsuperscript{4.43}}" in text


def test_header_spans():
    top, middle, bottom = header_levels(TABLE_5.columns)
    assert top == [("MCQ", 4), ("MCQU", 2), ("Aggregate", 2)]
    assert [count for _, count in middle] == [2, 2, 1, 1, 1, 1]
    assert [text for text, _ in bottom] == ["EM", "Hamming", "EM", "Hamming", "EM", "EM", "EM", "EM"]
    assert header_levels([extra_column("other")]) == [[("other", 1)]], "a line without text is left out"


def test_printed_has_no_negative_zero():
    assert printed(-1e-9) == "0.00"
    assert printed(None) == ""


def test_a_result_read_back_is_the_same(tmp_path):
    table = table_7(spreads([score(order=1, em=0.25), score(order=2, em=0.5)]), {}, published(7), ["base"])
    write_result(table, tmp_path)
    back = read_result(tmp_path / "table7.csv", TABLE_7)
    assert csv_header(back) == csv_header(table)
    assert table_csv(back) == table_csv(table)
    assert printed_lines(back) == printed_lines(table)
