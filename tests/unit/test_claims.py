"""The paper's claims: verdicts by hand, on made-up runs and on the published numbers; the paper's own slips."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from support.choice_predictions import answered, prediction, table
from support.preloaded import run_program

from medinjection.records.errors import InputError
from medinjection.scoring.agreement.williams import williams
from medinjection.scoring.choice.decoding_gap import GAP_COLUMNS, decoding_gap_rows
from medinjection.scoring.choice.paired import all_pair_tests
from medinjection.scoring.choice.scores import item_scores, score_choice
from medinjection.scoring.choice.spread import spread_rows
from medinjection.scoring.claims.claim import (
    CLAIM_COLUMNS,
    CLAIMS,
    FAILS,
    HOLDS,
    NOT_SUPPORTED,
    PUBLISHED,
    SUPPORTED,
    THIS_RUN,
    UNDECIDED,
    Part,
    decided,
    overall,
)
from medinjection.scoring.claims.of_run import Evidence, claims_of_run, no_relation
from medinjection.scoring.claims.reading import comet_by_segment

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "workflow/scripts/report_claims.py"


def texts(rows):
    """Return rows as a CSV file gives them back."""
    return [{key: str(value) for key, value in row.items()} for row in rows]


def verdicts(rows, basis=THIS_RUN):
    return {row["key"]: row["verdict"] for row in rows if not row["part"] and row["basis"] == basis}


def part_of(rows, key, start):
    (found,) = [row for row in rows if row["key"] == key and str(row["part"]).startswith(start)]
    return found


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([SUPPORTED, UNDECIDED], UNDECIDED),
        ([SUPPORTED, UNDECIDED, NOT_SUPPORTED], NOT_SUPPORTED),
        ([HOLDS, SUPPORTED], HOLDS),
        ([HOLDS, FAILS], FAILS),
        (["not run: no judge", NOT_SUPPORTED], "not run: no judge"),
        ([], UNDECIDED),
    ],
)
def test_the_verdict_of_a_claim_is_that_of_its_parts(parts, verdict):
    assert overall([Part("", one) for one in parts]) == verdict
    # A part beside the claim decides nothing.
    assert overall([*(Part("", one) for one in parts), Part("", NOT_SUPPORTED, decides=False)]) == verdict


def test_parts_are_corrected_together_by_hand():
    plain = [0.03, 0.01, 0.2]
    parts = [Part("", "", value=value, p_value=p) for value, p in zip((1.0, -1.0, 1.0), plain, strict=True)]
    found = decided([*parts, Part("no test", HOLDS)])
    # Holm: 3 x 0.01, 2 x 0.03, 1 x 0.2
    assert [part.p_corrected for part in found] == [pytest.approx(0.06), pytest.approx(0.03), pytest.approx(0.2), None]
    assert [part.verdict for part in found] == [UNDECIDED, NOT_SUPPORTED, UNDECIDED, HOLDS]
    assert found[0].correction == "Holm over 3 tests of this claim"


RIGHT = {
    "base": 0.2,
    "SYN": 0.1,
    "TRAD": 0.35,
    "TRAD-SYN": 0.4,
    "NAT": 0.5,
    "NAT-SYN": 0.52,
    "ALL": 0.6,
    "NAT-TRAD": 0.9,
}


@pytest.fixture(scope="module")
def run_of_models():
    """Eight models over 400 questions: the share of right answers is given, each model has a prefix of them right."""
    rows = [
        row
        for model, share in RIGHT.items()
        for row in answered(model, [[int(place < share * 400)] * 2 for place in range(400)], (0, 1))
    ]
    items = item_scores(table(rows))
    return Evidence(pairs=texts(all_pair_tests(items, 3)), spread=texts(spread_rows(score_choice(items, 3))))


def test_claims_about_models_follow_their_scores(run_of_models):
    rows = claims_of_run(run_of_models, seed=3)
    assert [tuple(row) for row in rows] == [CLAIM_COLUMNS] * len(rows)
    found = verdicts(rows)
    assert list(found) == [claim.key for claim in CLAIMS]
    assert found["native_best_alone"] == found["native_translated_best"] == SUPPORTED
    assert found["synthetic_weak_alone"] == SUPPORTED
    assert found["medgemma_best_judge"].startswith("not run: no ratings")
    best = part_of(rows, "native_translated_best", "NAT-TRAD is better than ALL")
    assert (best["value"], best["n"], best["decides"]) == (pytest.approx(30), 400, "yes")
    assert best["ci_low"] < 30 < best["ci_high"]
    # 8 of 400 questions more than NAT: shown beside the claim, decides nothing.
    helped = part_of(rows, "synthetic_weak_alone", "NAT-SYN is better than NAT")
    assert (helped["value"], helped["decides"]) == (pytest.approx(2), "no")


def test_the_other_way_round_is_not_supported(run_of_models):
    renamed = {"NAT-TRAD": "SYN", "SYN": "NAT-TRAD", "NAT": "TRAD", "TRAD": "NAT"}
    pairs = [
        row | {side: renamed.get(row[side], row[side]) for side in ("model", "other")} for row in run_of_models.pairs
    ]
    found = verdicts(claims_of_run(Evidence(pairs=pairs), seed=3))
    assert found["native_best_alone"] == found["native_translated_best"] == NOT_SUPPORTED
    assert found["synthetic_weak_alone"] == NOT_SUPPORTED


def test_a_demonstration_tests_no_claim(run_of_models):
    rows = claims_of_run(run_of_models, seed=3, stand_ins=("scripted teacher",))
    assert {row["verdict"] for row in rows} == {"not run: scripted teacher"}
    assert {row["value"] for row in rows} == {""}


def test_gaps_by_hand():
    def answers(model, greedy, constrained):
        pairs = (("greedy", greedy), ("constrained", constrained))
        return [
            prediction(place, [0] if right else [1], [0], model, decoding=decoding)
            for decoding, hits in pairs
            for place, right in enumerate(hits)
        ]

    # The base gains 6 of 10 by constrained decoding, the tuned model 1.
    rows = answers("base", [0] * 10, [1] * 6 + [0] * 4) + answers("NAT", [0] + [1] * 9, [1] * 10)
    rows += answers("SYN", [1] * 10, [1] * 10)
    found = decoding_gap_rows(item_scores(table(rows)), {"NAT": "base", "base": "base"}, seed=1)
    assert [tuple(row) for row in found] == [GAP_COLUMNS]
    (row,) = found
    assert (row["gap"], row["gap_base"], row["difference"]) == pytest.approx((0.1, 0.6, -0.5))
    # Differences: -1 on five questions (q1 to q5), 0 on the others: 2 of 32 sign patterns are as far from 0.
    assert row["p_value"] == pytest.approx(2 / 32, abs=0.01)
    assert row["ci_low"] < -0.5 < row["ci_high"]
    claim = part_of(claims_of_run(Evidence(gaps=texts(found)), 1), "gap_closes", "NAT gains less")
    assert (claim["value"], claim["verdict"]) == (pytest.approx(50), UNDECIDED)


def comet(values):
    return {f"s{place}": value for place, value in enumerate(values)}


def test_translations_near_the_best_within_the_margin():
    rng = np.random.default_rng(0)
    best = rng.normal(0.87, 0.02, 300)
    systems = {
        "wmt24-best": comet(best),
        "same": comet(best + rng.normal(0.0, 0.005, 300)),
        "worse": comet(best - 0.03),
        "noisy": comet(best + rng.normal(-0.01, 0.2, 300)),
    }
    rows = claims_of_run(Evidence(comet=systems), seed=1)
    assert [part_of(rows, "translation_near_best", name)["verdict"] for name in ("same", "worse", "noisy")] == [
        SUPPORTED,
        NOT_SUPPORTED,
        UNDECIDED,
    ]


def test_shares_of_high_scores_have_wilson_intervals():
    def row(kind, counts):
        cells = {f"count_{score}": "" for score in range(1, 6)} | {f"count_{s}": n for s, n in counts.items()}
        return {"kind": kind, "judge": "j", "items": sum(counts.values()), **cells}

    rows = claims_of_run(
        Evidence(quality=texts([row("open", {3: 20, 4: 50, 5: 30}), row("choice", {1: 48, 3: 52})])), 1
    )
    high = part_of(rows, "synthetic_scores_high", "j: more than half of the open")
    z, p, n = 1.959964, 0.8, 100
    centre, half = (
        (p + z * z / 2 / n) / (1 + z * z / n),
        z * math.sqrt(p * (1 - p) / n + (z / 2 / n) ** 2) / (1 + z * z / n),
    )
    assert (high["value"], high["ci_low"], high["ci_high"]) == pytest.approx((0.8, centre - half, centre + half))
    assert high["verdict"] == SUPPORTED
    assert part_of(rows, "synthetic_scores_high", "j: more than half of the choice")["verdict"] == UNDECIDED


@given(st.floats(-1, 1), st.integers(4, 400))
def test_no_relation_is_supported_only_by_a_narrow_interval(rho, models):
    part = no_relation("", rho, 1.0, models)
    assert part.ci_low <= rho <= part.ci_high or abs(rho) > 0.9999
    assert part.verdict == (SUPPORTED if part.ci_low > -0.5 and part.ci_high < 0.5 else UNDECIDED)


def test_eight_models_cannot_show_that_there_is_no_relation():
    assert no_relation("", 0.0, 1.0, 8).verdict == UNDECIDED
    assert no_relation("", 0.95, 0.001, 8).verdict == NOT_SUPPORTED
    assert no_relation("", 0.0, 1.0, 60).verdict == SUPPORTED


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    published = ROOT / "resources/published"
    arguments = ["--scores", folder / "none", "--published", published, "--ledger", published / "ledger.csv"]
    result = run_program([SCRIPT, *arguments, "--output-folder", folder])
    assert result.returncode == 0, result.stderr
    return folder


def test_the_published_numbers_alone(paper):
    rows = list(csv.DictReader((paper / "claims.csv").open()))
    assert verdicts(rows, PUBLISHED) == {
        "native_best_alone": SUPPORTED,
        "native_translated_best": UNDECIDED,
        "synthetic_weak_alone": SUPPORTED,
        "gap_closes": HOLDS,
        "hamming_above_exact": SUPPORTED,
        "ranking_stable": SUPPORTED,
        "translation_near_best": HOLDS,
        "synthetic_scores_high": HOLDS,
        "medgemma_best_judge": UNDECIDED,
        "no_length_effect": UNDECIDED,
    }
    of_paper = [row for row in rows if row["basis"] == PUBLISHED]
    # 41.29 against 40.86 over 4,006 mcq (25.65, 25.95) and 17,638 mcqu questions (56.94, 55.78), by hand.
    beside_all = part_of(of_paper, "native_translated_best", "NAT-TRAD is better than ALL")
    variance = (0.2565 * 0.7435 + 0.2595 * 0.7405) / 4006 / 4 + (0.5694 * 0.4306 + 0.5578 * 0.4422) / 17638 / 4
    difference = (0.2565 - 0.2595 + 0.5694 - 0.5578) / 2
    assert float(beside_all["value"]) == pytest.approx(100 * difference, abs=1e-4)
    assert float(beside_all["p_value"]) == pytest.approx(2 * stats.norm.sf(difference / variance**0.5), rel=1e-4)
    assert part_of(of_paper, "synthetic_weak_alone", "NAT-SYN is better than NAT")["verdict"] == NOT_SUPPORTED
    beside = part_of(of_paper, "medgemma_best_judge", "medgemma-27b correlates more with the ratings than gpt-4.1-mini")
    assert "0.72 or more" in beside["note"]
    assert williams(0.61, 0.49, 0.70, 100).p_value > 0.05 > williams(0.61, 0.49, 0.73, 100).p_value


def test_the_papers_own_numbers(paper):
    rows = {row["where"]: row for row in csv.DictReader((paper / "slips.csv").open())}
    assert rows["Table 1, total of test"]["recomputed"] == f"{14629 + 13293:,}"
    assert rows["Table 1, total of test"]["verdict"] == rows["Table 1, total of total"]["verdict"] == "differs"
    assert rows["Table 1, total of train"]["verdict"] == rows["Table 2, sum"]["verdict"] == "agrees"
    assert rows["Section 5.1, TRAD-SYN beside TRAD, constrained"]["recomputed"] == "36.18"
    assert rows["Table 7, deviations of the aggregate"]["recomputed"].startswith("16 of 16")
    assert rows["Section 4.3, p of medgemma-27b"]["how"].startswith(
        "r = 0.61 rounded, n = 100: from 9.94e-12 to 2.62e-11"
    )
    assert rows["Table 6, second best judge score"]["recomputed"] == "NAT-SYN (0.34)"


def test_a_segment_without_a_score_is_named(tmp_path):
    (tmp_path / "comet.jsonl").write_text('{"system": "a", "segment_id": "1", "comet": 0.8}\n{"system": "a"}\n')
    with pytest.raises(InputError, match="line 2 is no segment"):
        comet_by_segment(tmp_path / "comet.jsonl")
