"""What a run is told of providers whose key is not set."""

from support.plans import plan_of

from medinjection.plan.notices.missing_keys import missing_key_warnings

LLMS = {
    "hosted": {"model": "openai/any"},
    "here": {"model": "openai/any", "api_base": "http://127.0.0.1:1/v1"},
    "google": {"model": "gemini/any"},
}


def warnings(environment, *judges):
    return missing_key_warnings(plan_of(llms=LLMS, judging={"judges": list(judges)}), environment)


def test_a_provider_that_is_asked_without_its_key_is_named_once():
    assert warnings({}, "hosted") == [
        "OPENAI_API_KEY is not set: judge_answers, judge_consistency cannot ask openai, only use what journals hold."
    ]
    assert len(warnings({"OPENAI_API_KEY": ""}, "hosted", "google")) == 2


def test_nothing_is_said_of_keys_that_are_set_or_that_nobody_needs():
    assert warnings({"OPENAI_API_KEY": "k", "GOOGLE_API_KEY": "k"}, "hosted", "google") == []
    assert warnings({}, "here") == []
    assert missing_key_warnings(plan_of(), {}) == []
