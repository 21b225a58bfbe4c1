import functools
import itertools
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.records import open_record, record

from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA, near_duplicates
from medinjection.components.shingles import PERMUTATIONS, digests, shingles, signatures
from medinjection.components.similarity import Sketches, similar_pairs
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
# Letters outside ASCII, capitals, and words that a byte of UTF-8 could split.
WORDS = [f"{stem}{i}" for i in range(60) for stem in ("cœur", "Fièvre", "β-IgA", "élevé", "µg", "m²")]


def asked(name, question, options=(), right=(0,), **fields):
    """Return a record with options, or an open one without."""
    if not options:
        return open_record(name, question=question, answer="Oui.", **fields)
    return record(name, question=question, options=tuple(options), answer_indices=right, task="mcqu", **fields)


@functools.cache
def shingle_set(*fields):
    """The definition, in plain Python."""
    found = set()
    for field in fields:
        words = re.findall(r"[^\W_]+", field.lower())
        if words:
            found |= {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
        elif field.strip():
            found.add(field)
    return found


def jaccard(one, other):
    return len(one & other) / len(one | other)


def similarity(one, other):
    items = [shingle_set(r.question, *r.options) for r in (one, other)]
    right = [[r.options[i] for i in r.answer_indices] or [r.answer] for r in (one, other)]
    cores = [shingle_set(r.question, *fields) for r, fields in zip((one, other), right, strict=True)]
    contexts = [shingle_set(r.context) if r.context is not None else set() for r in (one, other)]
    if (one.context is None) == (other.context is None):
        by_context = jaccard(*contexts) if one.context is not None else 1.0
        return min(max(jaccard(*items), jaccard(*cores)), by_context)
    return jaccard(items[0] | contexts[0], items[1] | contexts[1])


def found_pairs(tmp_path, records, threshold=0.8):
    path = tmp_path / "joined.parquet"
    write_records(path, records)
    return near_duplicates([path], threshold)


def edited(rng, text, edits):
    words = text.split()
    for _ in range(edits):
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words)


def family(rng, name):
    """A record with variants: words changed in the question, an option or the context, options reordered."""
    question = " ".join(rng.choices(WORDS, k=rng.randint(20, 60)))
    options = [" ".join(rng.choices(WORDS, k=rng.randint(1, 6))) for _ in range(rng.choice((0, 4, 5)))]
    context = " ".join(rng.choices(WORDS, k=rng.randint(1, 120))) if rng.random() < 0.5 else None
    for variant in range(4):
        moved = rng.sample(options, len(options))
        if moved and rng.random() < 0.2:
            moved = [moved[0], *(" ".join(rng.choices(WORDS, k=4)) for _ in range(6))]
        if moved and rng.random() < 0.5:
            moved[0] = edited(rng, moved[0], 1)
        its_context = edited(rng, context, rng.randint(0, 2)) if context else None
        stem = edited(rng, question, rng.randint(0, 1))
        if context and rng.random() < 0.3:
            stem, its_context = f"{its_context} {stem}", None
        split = rng.choice(("train", "validation", "test"))
        yield asked(f"{name}-{variant}", stem, moved, context=its_context, split=split)


def test_shingles_follow_their_definition():
    rng = random.Random(7)
    texts = [
        "\x01".join(" ".join(rng.choices(WORDS, k=rng.randint(0, 7))) for _ in range(rng.randint(1, 4)))
        for _ in range(300)
    ]
    texts += ["Un deux\u00a0trois", "L’« IgA » − 5 %", "<\x01>", "\x01\x01", "", "10 m² ≥ 3", "a" * 300_000, "x"]
    values, offsets = shingles(pa.array(texts))
    hash_of = {}
    for text, start, stop in zip(texts, offsets[:-1], offsets[1:], strict=True):
        expected = shingle_set(*text.split("\x01"))
        assert len(set(values[start:stop].tolist())) == len(expected), text
        alone, _ = shingles(pa.array([text]))
        assert alone.tolist() == values[start:stop].tolist()
        for part in text.split("\x01"):
            hash_of.setdefault(frozenset(shingle_set(part)), set()).add(
                frozenset(shingles(pa.array([part]))[0].tolist())
            )
    assert all(len(hashes) == 1 for hashes in hash_of.values())
    assert len({next(iter(hashes)) for hashes in hash_of.values()}) == len(hash_of)


def test_case_form_and_punctuation_do_not_count_but_word_order_does():
    texts = ["Fièvre, toux et dyspnée", "fie\u0300vre\u00a0: TOUX et « dyspnée »", "toux, fièvre et dyspnée"]
    values, offsets = shingles(pa.array(texts))
    first, second, third = (values[a:b].tolist() for a, b in itertools.pairwise(offsets))
    assert first == second != third
    names = digests(*shingles(pa.array(["q a b\x01un\x01deux", "q a b\x01deux\x01un", "q a b\x01un\x01un"])))
    assert names[0] == names[1] != names[2]


def test_signatures_estimate_the_jaccard_index():
    rng = random.Random(3)
    base = rng.choices(range(10_000), k=400)
    for changed in (0, 20, 100, 400):
        other = base[changed:] + rng.choices(range(10_000, 20_000), k=changed)
        texts = [" ".join(map(str, words)) for words in (base, other)]
        values, offsets = shingles(pa.array(texts))
        true = jaccard(*(set(values[a:b].tolist()) for a, b in itertools.pairwise(offsets)))
        rows = signatures(values, offsets)
        assert rows.shape == (2, PERMUTATIONS)
        assert abs((rows[0] == rows[1]).mean() - true) < 0.2
    empty = signatures(*shingles(pa.array([""])))
    assert (empty == np.iinfo(np.uint32).max).all()


def test_pairs_agree_with_comparing_everything(tmp_path):
    rng = random.Random(11)
    records = [r for number in range(70) for r in family(rng, number)]
    pairs = found_pairs(tmp_path, records).to_pylist()
    found = {(p["left_id"], p["right_id"]): p["similarity"] for p in pairs}
    expected = {}
    for one, other in itertools.combinations(sorted(records, key=lambda r: r.id), 2):
        if (value := similarity(one, other)) >= 0.8:
            expected[one.id, other.id] = value
    assert list(found) == sorted(found)
    # Nothing is reported that is not so; records of equal text are all paired with one of them only.
    for pair, value in found.items():
        assert value == pytest.approx(expected[pair])
    linked = {frozenset(pair) for pair in found}
    parent = {r.id: r.id for r in records}
    for left, right in found:
        while parent[left] != left:
            left = parent[left]
        while parent[right] != right:
            right = parent[right]
        parent[right] = left
    assert len(expected) > 100
    for name in reversed(parent):
        while parent[name] != parent[parent[name]]:
            parent[name] = parent[parent[name]]
    assert all(parent[left] == parent[right] for left, right in expected)
    held_out = {r.id: r.split != "train" for r in records}
    for one, other in expected:
        for train, test in ((one, other), (other, one)):
            if not held_out[train] and held_out[test]:
                assert any(train in pair and any(held_out[x] for x in pair) for pair in linked)


def test_one_context_with_many_questions_and_one_question_with_many_contexts(tmp_path):
    rng = random.Random(5)
    case = " ".join(rng.choices(WORDS, k=300))
    questions = [asked(f"q{i}", " ".join(rng.choices(WORDS, k=9)), context=case) for i in range(30)]
    cases = [asked(f"c{i}", "Quel est le diagnostic ?", context=" ".join(rng.choices(WORDS, k=120))) for i in range(30)]
    near = asked("c-near", "Quel est le diagnostic ?", context=edited(rng, cases[4].context, 2), split="test")
    pairs = found_pairs(tmp_path, [*questions, *cases, near]).to_pylist()
    assert [(p["left_id"], p["right_id"], p["right_split"]) for p in pairs] == [
        (*sorted((near.id, cases[4].id)), "train") if near.id < cases[4].id else (cases[4].id, near.id, "test")
    ]


def test_a_case_in_the_question_is_found_beside_one_in_the_context(tmp_path):
    rng = random.Random(6)
    case = " ".join(rng.choices(WORDS, k=60))
    inside = asked("a", f"{case} Quel est le diagnostic ?", ("grippe", "angine"))
    beside = asked("b", "Quel est le diagnostic ?", ("angine", "grippe"), context=case, right=(1,), split="test")
    (pair,) = found_pairs(tmp_path, [inside, beside, replace(beside, id="src:c", context="Autre.")]).to_pylist()
    assert (pair["left_id"], pair["right_id"], pair["kind"], pair["same_answer"]) == ("src:a", "src:b", "near", True)
    assert 0.9 < pair["similarity"] < 1


def test_other_wrong_options_hide_nothing_but_an_answer_that_names_others_says_nothing(tmp_path):
    stem = "Une carence en vitamine C provoque :"
    few = asked("a", stem, ("le scorbut", "la goutte"))
    many = asked("b", stem, ("le rachitisme", "le scorbut", "la pellagre", "le goitre", "le béribéri"), right=(1,))
    (pair,) = found_pairs(tmp_path, [few, many]).to_pylist()
    assert (pair["similarity"], pair["kind"], pair["same_answer"]) == (1.0, "near", True)
    assert not len(found_pairs(tmp_path, [few, replace(many, answer_indices=(0,), answer="le rachitisme")]))
    all_of_them = [
        replace(asked(name, "Que dire ?", (*options, "Toutes les réponses"), right=(2,)), shufflable=False)
        for name, options in (("a", ("le scorbut est rare", "il fait saigner")), ("b", ("la goutte", "elle fait mal")))
    ]
    assert not len(found_pairs(tmp_path, all_of_them))


def test_kinds_answers_and_who_is_paired_with_whom(tmp_path):
    stem = "Quelle formule est la bonne parmi celles-ci ?"
    records = [
        asked("z", stem, ("pH < pI", "aucune"), split="test"),
        asked("a", stem, ("pH < pI", "aucune")),
        asked("b", stem, ("aucune", "pH < pI"), right=(0,)),
        asked("c", stem, ("pH > pI", "aucune"), component="translated"),
    ]
    pairs = found_pairs(tmp_path, records).to_pylist()
    shown = [(p["left_id"], p["right_id"], p["similarity"], p["kind"], p["same_answer"]) for p in pairs]
    assert shown == [
        ("src:a", "src:b", 1.0, "exact", False),
        ("src:a", "src:z", 1.0, "exact", True),
        ("src:b", "src:c", 1.0, "near", False),
        ("src:b", "src:z", 1.0, "exact", False),
        ("src:c", "src:z", 1.0, "near", False),
    ]
    assert tuple(pairs[4][name] for name in ("left_component", "left_split", "right_split")) == (
        "translated",
        "train",
        "test",
    )


def test_each_record_of_near_texts_is_paired_with_the_first_of_the_other(tmp_path):
    words = " ".join(f"mot{i}" for i in range(50))
    records = [asked(name, words) for name in "ab"] + [asked(name, f"{words} plus") for name in "cd"]
    records[3] = replace(records[3], split="test")
    pairs = found_pairs(tmp_path, records).to_pylist()
    assert [(p["left_id"][-1], p["right_id"][-1]) for p in pairs] == [
        ("a", "b"),
        ("a", "c"),
        ("a", "d"),
        ("b", "d"),
        ("c", "d"),
    ]
    assert [p["similarity"] for p in pairs] == [1.0, 49 / 50, 49 / 50, 49 / 50, 1.0]


def test_large_buckets_are_cut_and_their_pairs_found():
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 2**32, (3000, PERMUTATIONS), np.uint32)
    rows[:, :4] = 7
    rows[2500:2600] = rows[:100]
    rows[2500:2600, 60:] = 1
    sketches = Sketches.empty(len(rows))
    sketches.put(0, rows)
    expected = {(i, 2500 + i) for i in range(100)}
    assert expected == {tuple(pair) for pair in similar_pairs(sketches, 0.8).tolist()}
    assert not len(similar_pairs(Sketches.empty(0), 0.8))
    crossing = similar_pairs(sketches, 0.8, np.arange(3000) >= 2550)
    assert {tuple(pair) for pair in crossing.tolist()} == {(i, 2500 + i) for i in range(50, 100)}


def test_errors_and_the_program(tmp_path):
    path = tmp_path / "a.parquet"
    write_records(path, [asked("a", "Une question ?"), asked("b", "Une autre ?")])
    with pytest.raises(InputError, match="record id src:a occurs more than once"):
        near_duplicates([path, path], 0.8)
    with pytest.raises(InputError, match="threshold of 0"):
        near_duplicates([path], 0)
    command = [sys.executable, SCRIPTS / "find_near_duplicates.py", "--threshold", "0.8", "--output", "p.parquet"]
    result = subprocess.run([*command, "--inputs", "a.parquet"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert len(read_table(tmp_path / "p.parquet", NEAR_DUPLICATE_SCHEMA)) == 0


def test_files_without_records_or_without_contexts_have_no_pairs(tmp_path):
    assert found_pairs(tmp_path, []).schema.equals(NEAR_DUPLICATE_SCHEMA)
    alone = asked("a", "Quel est le diagnostic ?", context="Une toux sèche depuis huit jours.")
    assert not len(found_pairs(tmp_path, [alone]))
    assert not len(found_pairs(tmp_path, [replace(alone, context=None)]))
