"""Libraries' warnings about each other are not heard, those that somebody can act on are."""

import warnings

from support.tiny_training import QUICK, train

from medinjection.models.base.loading import load_model
from medinjection.models.base.quiet import quiet_libraries


def test_a_training_and_its_model_give_no_warning_that_nobody_can_act_on(training_folder, capfd):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        train(training_folder, "quiet", QUICK)
        model = load_model(training_folder / "base", "float32")
        # What PEFT and TRL read.
        assert model.is_gradient_checkpointing is False
    assert [str(w.message) for w in heard if "is_gradient_checkpointing" in str(w.message)] == []
    assert "Loading weights" not in capfd.readouterr().err


def test_other_warnings_are_heard():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        quiet_libraries()
        warnings.warn("`is_gradient_checkpointing` is deprecated", DeprecationWarning, stacklevel=1)
        warnings.warn("`is_gradient_checkpointing` is deprecated", FutureWarning, stacklevel=1)  # in this module
    assert len(heard) == 2
