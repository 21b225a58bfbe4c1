import csv
import math
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection.components.statistics import RecordCount
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.audit import (
    NO_INTERVAL,
    NOT_COMPUTED,
    OUTSIDE,
    RANKING,
    WITHIN,
    Differences,
    audit_counts,
    audit_folders,
    audit_table,
    audit_text,
)
from medinjection.reporting.tables.dataset_tables import (
    TABLE_1,
    TABLE_2,
    read_published_counts,
    table_1,
    table_2,
    write_count_table,
)
from medinjection.reporting.tables.layouts import LAYOUTS, TABLE_5
from medinjection.reporting.tables.table import ResultTable, Row
from medinjection.reporting.tables.writing import write_result
from medinjection.scoring.rankings import kendall

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def published(number=5):
    return read_published(PUBLISHED / f"published_table{number}.csv", LAYOUTS[number].published_keys)


def table(number=5, models=("base", "NAT"), **ours):
    extra = tuple(key for key in ours if key.endswith(("_ci_low", "_ci_high")))
    rows = tuple(Row(model, {key: value[i] for key, value in ours.items()}, {}) for i, model in enumerate(models))
    return ResultTable(LAYOUTS[number], rows, extra)


def cell(rows, model, column):
    return next(row for row in rows if (row.model, row.column) == (model, column))


def test_every_published_cell_has_one_row(tmp_path):
    for number in (5, 6, 7):
        write_result(table(number), tmp_path)
    rows = audit_folders(tmp_path, PUBLISHED)
    found = {(row.table, row.model, row.column): row.published for row in rows if row.model != RANKING}
    expected = {}
    for number in (5, 6, 7):
        with open(PUBLISHED / f"published_table{number}.csv", newline="") as handle:
            for line in csv.DictReader(handle):
                model = line.pop("model")
                expected |= {(f"table{number}", model, column): value for column, value in line.items()}
    assert found == expected
    assert len(expected) == 8 * 8 + 8 * 5 + 8 * 16
    assert len([row for row in rows if row.model != RANKING]) == len(expected)


def test_only_the_tables_that_exist_are_audited(tmp_path):
    with pytest.raises(InputError, match="no table to audit"):
        audit_folders(tmp_path, PUBLISHED)
    write_result(table(6), tmp_path)
    assert {row.table for row in audit_folders(tmp_path, PUBLISHED)} == {"table6"}


def count_tables():
    counts = [
        RecordCount("native", "s", "train", "mcqu", "", False, 57563),
        RecordCount("translated", "t", "test", "oeq", "", True, 13300),
    ]
    published = {
        layout.number: read_published_counts(PUBLISHED / f"published_table{layout.number}.csv", layout)
        for layout in (TABLE_1, TABLE_2)
    }
    return table_1(counts, published[1]), table_2(counts, published[2]), published


def test_counts_are_audited_too(tmp_path):
    first, second, published = count_tables()
    rows = audit_counts(first, published[1])
    equal = cell(rows, "native", "train")
    assert (equal.ours, equal.published, equal.difference, equal.verdict) == ("57563", "57563", "0", NO_INTERVAL)
    assert cell(rows, "translated", "test").difference == "7"
    assert cell(rows, "total", "total").difference == str(57563 + 13300 - 571436)
    # what the paper does not print is no published cell
    assert not [row for row in rows if (row.model, row.column) == ("synthetic", "test")]
    differing = audit_counts(second, published[2], "not comparable: without the source x")
    assert {row.verdict for row in differing} == {"not comparable: without the source x"}
    assert [row.ours for row in differing] == [row.ours for row in audit_counts(second, published[2])]
    for table in (first, second):
        write_count_table(table, tmp_path)
    audited = audit_folders(tmp_path, PUBLISHED)
    assert audited == [*rows, *audit_counts(second, published[2])]
    assert len(audited) == 14 + 3


def test_verdicts_of_a_comparable_run():
    ours = {
        "mcq_greedy_em": (15.0, 20.0),
        "mcq_greedy_em_ci_low": (15.92, 18.0),
        "mcq_greedy_em_ci_high": (17.0, 22.0),
        "mcqu_greedy_em": (50.0, None),
    }
    rows = audit_table(table(**ours), published())
    at_the_edge = cell(rows, "base", "mcq_greedy_em")
    assert (at_the_edge.ours, at_the_edge.published, at_the_edge.difference) == ("15.00", "15.92", "-0.92")
    assert at_the_edge.verdict == WITHIN
    assert cell(rows, "NAT", "mcq_greedy_em").verdict == OUTSIDE
    assert cell(rows, "base", "mcqu_greedy_em").verdict == NO_INTERVAL
    missing = cell(rows, "NAT", "mcqu_greedy_em")
    assert (missing.ours, missing.published, missing.difference, missing.verdict) == ("", "53.49", "", NOT_COMPUTED)
    assert cell(rows, "ALL", "mcq_greedy_em").verdict == NOT_COMPUTED


OURS = {"mcq_greedy_em": (15.0, 20.0), "mcq_greedy_em_ci_low": (1.0, 1.0), "mcq_greedy_em_ci_high": (99.0, 99.0)}
DEMONSTRATION = Remark((StandIn.TEACHER, StandIn.BASE))


def test_a_real_run_that_differs_is_told_why_and_keeps_its_numbers(tmp_path):
    first, second, _ = count_tables()
    for one in (first, second):
        write_count_table(one, tmp_path)
    write_result(table(**OURS), tmp_path)
    write_result(table(6, bleu=(1.0, 2.0), llm_judge=(0.5, 0.6)), tmp_path)
    differences = Differences(data=("without the source x",), models=("base model y",), judge=("judge z",))
    rows = audit_folders(tmp_path, PUBLISHED, differences)
    of_data = "not comparable: without the source x"
    assert cell(rows, "native", "train").verdict == of_data
    em = cell(rows, "base", "mcq_greedy_em")
    assert (em.ours, em.difference, em.verdict) == ("15.00", "-0.92", f"{of_data}; base model y")
    assert cell(rows, RANKING, "mcq_greedy_em").verdict == f"{of_data}; base model y"
    assert cell(rows, RANKING, "mcq_greedy_em").ours == "1.00"
    assert cell(rows, "base", "bleu").verdict == f"{of_data}; base model y"
    assert cell(rows, "base", "llm_judge").verdict == f"{of_data}; base model y; judge z"
    assert cell(rows, "ALL", "mcq_greedy_em").verdict == NOT_COMPUTED
    only_the_judge = audit_folders(tmp_path, PUBLISHED, Differences(judge=("judge z",)))
    assert cell(only_the_judge, "base", "llm_judge").verdict == "not comparable: judge z"
    assert cell(only_the_judge, "base", "bleu").verdict == NO_INTERVAL


def test_a_demonstration_is_never_compared(tmp_path):
    first, second, _ = count_tables()
    for one in (first, second):
        write_count_table(one, tmp_path, DEMONSTRATION)
    write_result(table(**OURS), tmp_path, remark=DEMONSTRATION)
    rows = audit_folders(tmp_path, PUBLISHED, Differences(data=("another size",)))
    reason = "not run: scripted teacher, base model pre-trained by the workflow"
    assert {row.verdict for row in rows} == {reason, NOT_COMPUTED}
    assert cell(rows, "base", "mcq_greedy_em").verdict == cell(rows, RANKING, "mcq_greedy_em").verdict == reason
    assert cell(rows, "native", "train").verdict == reason
    assert {(row.ours, row.difference) for row in rows} == {("", "")}, "no number of ours beside the paper's"


def test_kendall_by_hand():
    # three models, one of the three pairs turned round: (2 - 1) / 3
    assert kendall([(1, 10), (2, 30), (3, 20)])[0] == pytest.approx(1 / 3)
    assert kendall([(1, 10), (2, 20), (3, 30)])[0] == pytest.approx(1.0)
    assert kendall([(1, 10)]) is None
    assert kendall([(1, 10), (1, 20)]) is None


def test_kendall_with_ties_by_hand():
    # 1 < 2 = 2 against 1 < 2 < 3: two of three pairs concordant, one tied: 2 / sqrt(2 x 3)
    tau, p_value = kendall([(1, 1), (2, 2), (2, 3)])
    assert tau == pytest.approx(2 / math.sqrt(6))
    # Concordant less discordant pairs are 2, 0 and -2, each for two of the six ways to pair the values.
    assert p_value == pytest.approx(4 / 6)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=5))
def test_kendall_counts_all_pairings(pairs):
    from scipy.stats import kendalltau

    found = kendall(pairs)
    first, second = zip(*pairs, strict=True)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
        return
    tau, p_value = found
    assert tau == pytest.approx(kendalltau(first, second).statistic)
    others = [abs(kendalltau(first, order).statistic) for order in permutations(second)]
    assert p_value == pytest.approx(sum(other >= abs(tau) - 1e-9 for other in others) / len(others))


def test_kendall_is_scipys_exact_one_without_ties():
    from scipy.stats import kendalltau

    for second in ([3, 1, 2, 5, 4, 8, 7, 6], [8, 7, 6, 5, 4, 3, 1, 2]):
        expected = kendalltau(range(8), second, method="exact")
        assert kendall(list(zip(range(8), second, strict=True))) == pytest.approx(tuple(expected))
    long = [(i, (i * 7) % 12) for i in range(12)]
    assert kendall(long) == pytest.approx(tuple(kendalltau(*zip(*long, strict=True))))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (range(8), "rankings agree"),
        (range(8, 0, -1), "rankings opposed"),
        ((1, 5, 2, 8, 3, 7, 4, 6), "agreement not shown"),
    ],
)
def test_verdict_on_a_ranking(values, verdict):
    ranked = sorted(published(), key=lambda model: float(published()[model]["mcqu_greedy_em"]))
    ours = {"mcqu_greedy_em": tuple(float(value) for value in values)}
    rows = audit_table(table(models=tuple(ranked), **ours), published())
    assert cell(rows, RANKING, "mcqu_greedy_em").verdict.startswith(f"{verdict} (Kendall tau-b, 8 models, p = ")


def test_table_7_is_audited_with_its_intervals():
    ours = {
        "mcq_greedy_em": (10.0, 10.0),
        "mcq_greedy_em_ci_low": (9.0, 9.0),
        "mcq_greedy_em_ci_high": (11.0, 11.0),
        "mcq_greedy_em_sd": (4.0, 4.0),
    }
    rows = audit_table(table(7, **ours), published(7))
    assert [cell(rows, model, "mcq_greedy_em").verdict for model in ("base", "NAT")] == [WITHIN, OUTSIDE]
    assert cell(rows, "base", "mcq_greedy_em_sd").verdict == NO_INTERVAL


def test_one_ranking_a_column_of_values():
    models = tuple(published())
    ours = {"mcq_greedy_em": tuple(float(row["mcq_greedy_em"]) for row in published().values())}
    rows = audit_table(table(models=models, **ours), published())
    rankings = [row for row in rows if row.model == RANKING]
    assert [row.column for row in rankings] == [column.key for column in TABLE_5.columns]
    assert rankings[0].ours == "1.00"
    assert rankings[0].verdict == "rankings agree (Kendall tau-b, 8 models, p = 0.000)"
    assert rankings[1].verdict == NOT_COMPUTED
    assert not any("_sd" in row.column for row in audit_table(table(7), published(7)) if row.model == RANKING)


def test_audit_text_is_csv_with_the_agreed_columns():
    text = audit_text(audit_table(table(), published()))
    assert text.splitlines()[0] == "table,model,column,ours,published,difference,verdict"
    assert text == audit_text(audit_table(table(), published()))
