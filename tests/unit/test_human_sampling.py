"""Which answers raters are shown: exact shares by source and model, the same for the same seed, blind to the model."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import open_record

from medinjection.records.errors import InputError
from medinjection.scoring.human.sampling import OpenAnswer, draw_answers, largest_remainders, sample_table, text_hash

MODELS = ("base", "NAT", "TRAD", "ALL")


def answers_of(counts, models=MODELS):
    """Every model's answers to `counts[source]` questions of each source."""
    return [
        OpenAnswer(model, f"{source}:{n}", source, f"{model} says {n}")
        for model in models
        for source, count in counts.items()
        for n in range(count)
    ]


def test_sources_get_their_share_and_models_the_same():
    answers = answers_of({"mediqal": 60, "kqa": 30, "wmt": 10})
    drawn = draw_answers(answers, 40, seed=1)
    assert Counter(a.source for a in drawn) == {"mediqal": 24, "kqa": 12, "wmt": 4}
    assert Counter(a.model for a in drawn) == dict.fromkeys(MODELS, 10)
    assert Counter((a.source, a.model) for a in drawn) == {
        (source, model): count for source, count in (("mediqal", 6), ("kqa", 3), ("wmt", 1)) for model in MODELS
    }


def test_largest_remainders_by_hand():
    """Of 10 by 47, 16, 15, 22: quotas 4.7, 1.6, 1.5, 2.2; whole 4, 1, 1, 2; the two left go to .7 and .6."""
    assert largest_remainders({"a": 47, "b": 16, "c": 15, "d": 22}, 10, "k") == {"a": 5, "b": 2, "c": 1, "d": 2}


@given(
    st.dictionaries(st.sampled_from(["s1", "s2", "s3", "s4", "s5"]), st.integers(1, 9), min_size=1),
    st.integers(1, 5),
    st.integers(1, 60),
    st.integers(0, 3),
)
def test_any_sample_is_of_its_size_balanced_and_without_repeats(counts, models, size, seed):
    answers = answers_of(counts, [f"m{i}" for i in range(models)])
    drawn = draw_answers(answers, size, seed)
    assert len(drawn) == len(set(drawn)) == min(size, len(answers))
    assert set(drawn) <= set(answers)
    of_model = Counter(a.model for a in drawn)
    assert max(of_model.values()) - min(of_model[f"m{i}"] for i in range(models)) <= 1
    for source, count in counts.items():
        exact = len(drawn) * count / sum(counts.values())
        assert abs(sum(a.source == source for a in drawn) - exact) < 1
    assert draw_answers(answers[::-1], size, seed) == drawn, "the order of the answers does not matter"


def test_another_seed_draws_others_in_another_order():
    answers = answers_of({"mediqal": 50})
    first, second = draw_answers(answers, 20, 1), draw_answers(answers, 20, 2)
    assert set(first) != set(second)
    models = [a.model for a in first]
    assert models != sorted(models), "items of one model do not stand together"


def test_questions_repeat_only_where_there_are_too_few():
    drawn = draw_answers(answers_of({"mediqal": 30}), 20, seed=3)
    assert max(Counter(a.record_id for a in drawn).values()) == 1
    drawn = draw_answers(answers_of({"mediqal": 5}), 20, seed=3)
    assert set(Counter(a.record_id for a in drawn).values()) == {4}


@pytest.mark.parametrize(("share", "translations"), [(0, 0), (0.25, 5), (1, 20), (0.125, 3)])
def test_the_share_of_translations_is_kept(share, translations):
    answers = answers_of({"mediqal": 10, "kqa": 5, "wmt": 40})
    drawn = draw_answers(answers, 20, 1, share, ["wmt"])
    assert sum(a.source == "wmt" for a in drawn) == translations
    of_model = Counter(a.model for a in drawn)
    assert set(of_model.values()) == {5}


def test_a_share_that_cannot_be_had_is_refused():
    with pytest.raises(
        InputError, match=r"share_of_translations is 0.5: of 40 answers 20 would be to translations, found 8"
    ):
        draw_answers(answers_of({"mediqal": 50, "wmt": 2}), 40, 1, 0.5, ["wmt"])
    with pytest.raises(InputError, match="no open answers"):
        draw_answers([], 40, 1)


def test_the_table_has_texts_groups_and_hashes():
    records = {r.id: r for r in (open_record(1, context="Un cas."), open_record(2, source="wmt"))}
    drawn = [OpenAnswer("NAT", "src:1", "src", "Oui"), OpenAnswer("ALL", "wmt:2", "wmt", "")]
    rows = sample_table(drawn, records, ["wmt"]).to_pylist()
    assert [(r["item"], r["model"], r["group"], r["case"], r["answer"]) for r in rows] == [
        ("item-001", "NAT", "questions", "Un cas.", "Oui"),
        ("item-002", "ALL", "translations", None, ""),
    ]
    assert rows[0]["text_hash"] == text_hash(["Un cas.", "Question 1 ?", "Réponse 1.", "Oui"])
    with pytest.raises(InputError, match="model NAT: answer to record src:9, which is no evaluation record"):
        sample_table([OpenAnswer("NAT", "src:9", "src", "Oui")], records, [])


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=2, max_size=2), st.integers(0, 1))
def test_any_change_of_a_text_changes_the_hash(texts, place):
    changed = [*texts]
    changed[place] = (texts[place] or "") + " "
    assert text_hash(texts) != text_hash(changed)
    assert text_hash(texts).startswith("t")
