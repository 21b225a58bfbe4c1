"""Whether a run is a demonstration follows from what it used, and its files say it wherever they are."""

import argparse
import json
import shlex

import pyarrow as pa
import pytest
import yaml
from support.plans import ROOT, plan_of

from medinjection.config.reading import check_settings
from medinjection.plan.notices.differences import (
    data_differences,
    difference_flags,
    judge_differences,
    model_differences,
)
from medinjection.plan.notices.stand_ins import (
    remark_flags,
    stand_ins_flag,
    stand_ins_of_answers,
    stand_ins_of_run,
    unknown_stand_ins,
)
from medinjection.plan.run import plan_run
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_table
from medinjection.records.stand_ins import (
    StandIn,
    add_stand_ins_argument,
    demonstration_text,
    in_order,
    is_scripted,
    read_stand_ins,
    with_stand_ins,
)
from medinjection.reporting.remark import (
    NO_REMARK,
    Remark,
    add_remark_arguments,
    marked_csv,
    remark_from,
    stand_ins_in,
)
from medinjection.sources.paper_counts import read_paper_counts

QWEN = [{"model_id": "Qwen/Qwen3-4B-Instruct-2507", "revision": "abc"}]


def real_plan(**changes):
    """Return the plan of a run that has a scripted model at hand and uses none; a changed section is joined."""
    values = {
        "run": "real",
        "registry": str(ROOT / "config/sources.yaml"),
        "sources": {
            "medical_cases_fr": {"path": "x"},
            "kqa": {"path": "x", "teacher": "real"},
            "morfitt": {"path": "x", "teacher": "real", "prompts": {"choice": "c", "open": "o"}},
        },
        "llms": {
            "real": {"model": "openai/x"},
            "scripted": {"model": "scripted/teacher", "provider": "any.module:Name"},
        },
        "base_models": QWEN,
        "quality": {"judges": ["real"]},
        "judging": {"judges": ["real"]},
        "embedding": {"model_id": "a/b", "revision": "c"},
    }
    for key, change in changes.items():
        values[key] = values.get(key, {}) | change if isinstance(change, dict) else change
    return plan_run(check_settings(values, "my.yaml"), None)


def of_all_answers(plan):
    return in_order(kind for model in plan.models for kind in stand_ins_of_answers(plan, model))


def test_the_demonstration_uses_all_but_scripted_models_that_are_evaluated():
    plan = plan_of()
    assert stand_ins_of_run(plan) == (StandIn.TEACHER, StandIn.JUDGE, StandIn.BASE, StandIn.CORPORA)
    assert of_all_answers(plan) == (StandIn.TEACHER, StandIn.BASE, StandIn.CORPORA)
    with_model = plan_of(prediction={"api_models": ["scripted"]})
    assert StandIn.MODEL in stand_ins_of_run(with_model) and StandIn.MODEL not in of_all_answers(with_model)


def test_a_run_without_stand_ins_is_none_whatever_its_note_says():
    plan = real_plan(note="Demonstration: a scripted teacher.")
    assert stand_ins_of_run(plan) == of_all_answers(plan) == ()
    assert remark_flags(plan) == "--note 'Demonstration: a scripted teacher.'"
    assert remark_flags(real_plan()) == ""


SCRIPTED_KQA = {"kqa": {"path": "x", "teacher": "scripted"}}


@pytest.mark.parametrize(
    ("changes", "found", "of_models"),
    [
        ({"sources": SCRIPTED_KQA}, StandIn.TEACHER, True),
        ({"quality": {"judges": ["scripted"]}}, StandIn.JUDGE, False),
        ({"judging": {"judges": ["scripted"]}}, StandIn.JUDGE, False),
        ({"prediction": {"api_models": ["scripted"]}}, StandIn.MODEL, False),
        ({"base_models": [*QWEN, {"name": "tiny", "pretraining": {}}]}, StandIn.BASE, True),
        ({"sources": {"medical_cases_fr": {"path": "{run_folder}/corpora/x"}}}, StandIn.CORPORA, True),
        (
            {
                "translation_quality": {
                    "test_sets": {"wmt": {"folder": "x", "layout": "wmt_biomedical"}},
                    "teachers": ["scripted"],
                }
            },
            StandIn.TEACHER,
            False,
        ),
    ],
)
def test_one_stand_in_is_enough(changes, found, of_models):
    plan = real_plan(**changes)
    assert stand_ins_of_run(plan) == (found,)
    assert of_all_answers(plan) == ((found,) if of_models else ())


def test_a_second_model_says_nothing_of_the_answers_of_the_first(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"stand_ins": [StandIn.BASE]}))
    (tmp_path / "config.json").write_text("{}")
    plan = real_plan(model=[{"model": "owner/first"}, {"model": str(tmp_path), "name": "second"}], base_models=[])
    assert stand_ins_of_answers(plan, "first") == ()
    assert stand_ins_of_answers(plan, "second") == (StandIn.BASE,)


@pytest.mark.parametrize(
    "models",
    [
        lambda folder: {"base_models": [{"path": folder}]},
        lambda folder: {
            "models": {"origin": "released", "released": {"NAT": {"path": folder}}},
            "mixes": {"recipes": {"NAT": ["native"]}},
        },
    ],
)
def test_a_model_given_as_a_folder_says_it_in_its_run_json(tmp_path, models):
    changes = models(str(tmp_path))
    for text in ("", '{"status": "finished"}', '{"stand_ins": []}'):
        (tmp_path / "run.json").write_text(text)
        assert stand_ins_of_run(real_plan(**changes)) == ()
    (tmp_path / "run.json").write_text(json.dumps({"stand_ins": [StandIn.BASE, StandIn.TEACHER]}))
    assert stand_ins_of_run(real_plan(**changes)) == (StandIn.TEACHER, StandIn.BASE)
    assert of_all_answers(real_plan(**changes)) == (StandIn.TEACHER, StandIn.BASE)


def given(folder, name, kinds):
    path = folder / name
    table = pa.table({"x": [1]})
    write_table(path, table if kinds is None else with_stand_ins(table, kinds))
    return path


def precomputed_plan(folder, **changes):
    folders = {"predictions": str(folder / "predictions"), "judgements": str(folder / "judgements")}
    return real_plan(run="again", **folders, **changes)


def test_precomputed_files_say_it_themselves(tmp_path):
    for model in ("base", "NAT"):
        given(tmp_path, f"predictions/{model}/choice.parquet", [StandIn.BASE, StandIn.TEACHER])
        given(tmp_path, f"predictions/{model}/open.parquet", [StandIn.BASE])
        given(tmp_path, f"judgements/real/{model}.parquet", [])
    given(tmp_path, "evaluation/open.parquet", None)
    plan = precomputed_plan(tmp_path)
    assert stand_ins_of_run(plan) == (StandIn.TEACHER, StandIn.BASE)
    assert unknown_stand_ins(plan) == ""
    given(tmp_path, "judgements/real/NAT.parquet", [StandIn.JUDGE])
    assert stand_ins_of_run(plan) == (StandIn.TEACHER, StandIn.JUDGE, StandIn.BASE)
    # What the configuration would use has no part in what is given.
    assert stand_ins_of_run(precomputed_plan(tmp_path, sources=SCRIPTED_KQA)) == stand_ins_of_run(plan)


def test_what_precomputed_files_do_not_say_is_not_known(tmp_path):
    for model, kinds in (("base", []), ("NAT", None)):
        given(tmp_path, f"predictions/{model}/choice.parquet", kinds)
        given(tmp_path, f"predictions/{model}/open.parquet", kinds)
        given(tmp_path, f"judgements/real/{model}.parquet", [])
    given(tmp_path, "evaluation/open.parquet", None)
    plan = precomputed_plan(tmp_path)
    assert stand_ins_of_run(plan) == ()
    said = unknown_stand_ins(plan)
    assert said.startswith("It is not known whether a scripted language model or a base model pre-trained")
    assert said.endswith("predictions/NAT/choice.parquet and 1 more files do not say.")
    parser = argparse.ArgumentParser()
    add_remark_arguments(parser)
    assert str(remark_from(parser.parse_args(shlex.split(remark_flags(plan))))) == said


def test_files_say_it_in_their_metadata_and_keep_their_columns(tmp_path):
    plain = pa.table({"x": [1, 2]})
    path = given(tmp_path, "a.parquet", [StandIn.CORPORA, StandIn.TEACHER, StandIn.TEACHER])
    assert read_stand_ins(path) == (StandIn.TEACHER, StandIn.CORPORA)
    assert read_table(path, plain.schema).num_columns == 1
    assert read_stand_ins(given(tmp_path, "b.parquet", [])) == ()
    (tmp_path / "c.parquet").write_text("no parquet")
    for silent in (given(tmp_path, "d.parquet", None), tmp_path / "c.parquet", tmp_path / "absent.parquet"):
        assert read_stand_ins(silent) is None


def test_flags_name_stand_ins(capsys):
    parser = argparse.ArgumentParser()
    add_stand_ins_argument(parser)
    words = shlex.split(stand_ins_flag([StandIn.TEACHER, StandIn.BASE]))
    assert parser.parse_args(words).stand_ins == [StandIn.TEACHER, StandIn.BASE]
    assert stand_ins_flag(()) == "" and parser.parse_args([]).stand_ins == []
    with pytest.raises(SystemExit):
        parser.parse_args(["--stand-ins", "parrot"])
    assert "'parrot' is no stand-in, expected one of teacher, judge, model, base, corpora" in capsys.readouterr().err


def test_what_a_reader_is_told():
    assert demonstration_text([]) == str(NO_REMARK) == ""
    text = demonstration_text([StandIn.BASE, StandIn.JUDGE])
    assert text.startswith(
        "Demonstration: scripted judge, base model pre-trained by the workflow. What is scripted is no language model. "
    )
    assert "scripted" not in demonstration_text([StandIn.BASE])
    assert str(Remark((StandIn.BASE,), note="Mine.")) == f"{demonstration_text([StandIn.BASE])} Mine."
    assert is_scripted("scripted/judge-a") and not is_scripted("openai/scripted") and not is_scripted("scripted-x/y")


def test_csv_is_marked_and_the_mark_is_read_back(tmp_path):
    text = 'model,said\nbase,"one\ntwo, three"\n'
    assert marked_csv(text, NO_REMARK) == marked_csv(text, Remark(note="A note.")) == text
    (tmp_path / "a.csv").write_text(marked_csv(text, Remark(in_order(StandIn))), newline="")
    assert stand_ins_in(tmp_path / "a.csv") == tuple(StandIn)
    assert read_rows(tmp_path / "a.csv", ["said"])[0]["said"] == "one\ntwo, three"
    (tmp_path / "b.csv").write_text(text, newline="")
    assert stand_ins_in(tmp_path / "b.csv") == ()


PAPER = read_paper_counts(ROOT / "resources/published/ledger.csv")


def paper_plan(**changes):
    values = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    values["registry"] = str(ROOT / "config/sources.yaml")
    for key, change in changes.items():
        values[key] = values.get(key, {}) | change if isinstance(change, dict) else change
    return plan_run(check_settings(values, "paper.yaml"), None)


def test_the_paper_s_configuration_does_not_differ_from_the_paper():
    plan = paper_plan()
    assert (data_differences(plan, PAPER), model_differences(plan.settings, PAPER), judge_differences(plan)) == (
        [],
        [],
        [],
    )
    assert difference_flags(plan, PAPER) == ""
    assert data_differences(paper_plan(components={"origin": "released"}), PAPER) == []
    one_set = {"components": {"origin": "released_all"}, "sources": {"released_all": {"path": "x"}}}
    assert data_differences(paper_plan(**one_set), PAPER) == []
    assert model_differences(paper_plan(training={"gradient_accumulation_steps": 16}).settings, PAPER) == []


@pytest.mark.parametrize(
    ("changes", "data", "models", "judge"),
    [
        (
            {"sources": {"kqa": {"teacher": "gpt-4o-mini", "limit": 5}}},
            "limited number of items of the source kqa",
            "",
            "",
        ),
        ({"components": {"decontamination": True}}, "set aside (components.decontamination)", "", ""),
        (
            {"base_models": [{"model_id": "Qwen/Qwen3-8B", "revision": "a"}]},
            "",
            "base model Qwen/Qwen3-8B instead of Qwen/Qwen3-4B-Instruct-2507",
            "",
        ),
        ({"mixes": {"size": 1000}}, "", "mixes of 1,000 records instead of 33,493", ""),
        ({"mixes": {"recipes": {"NAT": ["native", "translated"]}}}, "", "other parts in the mix NAT", ""),
        ({"training": {"epochs": 3}}, "", "training.epochs is 3 instead of 10", ""),
        ({"training": {"per_device_batch_size": 1}}, "", "8 chats per optimizer step instead of 96 or 192", ""),
        ({"prediction": {"limit_open": 7}}, "", "prediction.limit_open is 7 instead of null", ""),
        ({"judging": {"judges": ["gpt-5", "medgemma-27b"]}}, "", "", "judge gpt-5 instead of MedGemma-27B"),
    ],
)
def test_a_run_that_differs_says_in_what(changes, data, models, judge):
    plan = paper_plan(**changes)
    found = (data_differences(plan, PAPER), model_differences(plan.settings, PAPER), judge_differences(plan))
    for reasons, expected in zip(found, (data, models, judge), strict=True):
        assert len(reasons) == bool(expected)
        assert expected in "".join(reasons)


def test_missing_and_further_sources_are_named():
    plan = paper_plan()
    sources = {name: source.model_dump() for name, source in plan.settings.sources.items()}
    for name in ("s_editions", "deft2021"):
        del sources[name]
    values = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    values |= {"registry": str(ROOT / "config/sources.yaml"), "sources": sources}
    values["sources"]["e3c"] = values["sources"]["morfitt"] | {"path": "x"}
    assert data_differences(plan_run(check_settings(values, "my.yaml"), None), PAPER) == [
        "without the sources s_editions, deft2021",
        "with the source e3c",
    ]


def test_a_folder_of_the_base_model_is_taken_for_what_its_name_says():
    assert (
        model_differences(paper_plan(base_models=[{"path": "/models/Qwen3-4B-Instruct-2507/"}]).settings, PAPER) == []
    )
    with pytest.raises(InputError):
        paper_plan(base_models=[{}])
