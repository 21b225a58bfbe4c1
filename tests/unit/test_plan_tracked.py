"""What Snakemake keeps of a rule's parameters: its `repr`, by which it decides about a rerun."""

from support.plans import settings_of

from medinjection.plan.tracked import DecidingFlags, Described
from medinjection.plan.training import prediction_flags, training_flags


def test_flags_that_decide_nothing_are_said_but_not_kept():
    flags = DecidingFlags(["--rank 16", ""], ["--save-steps 50", ""])
    assert flags == "--rank 16 --save-steps 50"
    assert repr(flags) == "'--rank 16'"
    assert repr(DecidingFlags(["--rank 16"], ["--save-steps 7"])) == repr(flags)
    assert repr(DecidingFlags(["--rank 8"], ["--save-steps 50"])) != repr(flags)


def test_of_a_long_text_a_fingerprint_is_kept():
    text = Described("--job " + "x" * 1000)
    assert f"{text}" == "--job " + "x" * 1000
    assert len(repr(text)) == 16
    assert repr(Described(str(text))) == repr(text)
    assert repr(Described(f"{text}.")) != repr(text)


def test_a_training_is_repeated_for_what_makes_another_model_only():
    first = training_flags(settings_of().training)
    assert "--rank 16 " in first and "--save-steps 50" in first and "--processes" not in first
    watched = {"save_steps": 7, "trackers": ["tensorboard"], "gradient_checkpointing": "always"}
    other = training_flags(settings_of(training=watched | {"max_truncated_share": 0.5}).training)
    assert other != first and "--trackers tensorboard" in other
    assert repr(other) == repr(first)
    assert repr(training_flags(settings_of(training={"rank": 8}).training)) != repr(first)


def test_predictions_are_repeated_for_what_moves_an_answer_only():
    first = prediction_flags(settings_of())
    assert first.startswith("--seed 42 --permutations 3 --max-new-tokens 48 --device cpu --precision float32 ")
    other = prediction_flags(settings_of(prediction={"batch_size": 5}))
    assert "--batch-size 5" in other and repr(other) == repr(first)
    assert repr(prediction_flags(settings_of(prediction={"permutations": 1}))) != repr(first)
    assert repr(prediction_flags(settings_of(seed=7))) != repr(first)
