"""What a model that reasons first has answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.records.reasoning import after_reasoning

HUATUO = "## Thinking\n\nThe reference says 0, the candidate 1.\n\n## Final Response\n\n1"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (HUATUO, "1"),
        ("\n## Thinking\nI see.\n## Final Response:\n0\n", "0"),
        ("<think>\nPerhaps 0.\n</think>\n\n1", "1"),
        # The chat template of some models ends the prompt with the opening mark.
        ("Perhaps 0.\n</think>\n\n1", "1"),
        ("<think></think>", ""),
        ("<think>a</think>0 <think>b</think> 1", "1"),
        # Channels, with their special tokens and without.
        (
            "<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
            "B",
        ),
        ("<|start|>assistant<|channel|>analysis<|message|>A.<|channel|>final <|constrain|>json<|message|>B", "B"),
        ("analysisWe need one letter. A?assistantfinalB", "B"),
        # Marks of other models.
        ("[THINK]A ?[/THINK]B", "B"),
        ("◁think▷A ?◁/think▷B", "B"),
        ("<unused94>thought\nA ?<unused95>B", "B"),
        ("<|START_THINKING|>A ?<|END_THINKING|><|START_RESPONSE|>B<|END_RESPONSE|>", "B"),
        ("<|begin_of_thought|>A ?<|end_of_thought|>\n\n<|begin_of_solution|>B<|end_of_solution|>", "B"),
        ("<thought>A ?</thought>\nB", "B"),
        # Tokens that end a turn; what follows is another turn.
        ("B<|im_end|>", "B"),
        ("B<|eot_id|>", "B"),
        ("B<end_of_turn>\n", "B"),
        ("B</s>", "B"),
        ("B<|endoftext|>", "B"),
        ("B<｜end▁of▁sentence｜>", "B"),
        ("<|im_start|>assistant\nB<|im_end|>\n<|im_start|>user\nEt A ?", "B"),
        ("analysis of the options: B", "analysis of the options: B"),
        # No reasoning: nothing is changed, not even white space.
        (" 1\n", " 1\n"),
        ("", ""),
        ("A note on ## Thinking and <think>.", "A note on ## Thinking and <think>."),
    ],
)
def test_the_answer_is_what_stands_after_the_reasoning(text, answer):
    assert after_reasoning(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "<think>The answer is 1",
        " <think>",
        "## Thinking\n\nScore 1, because",
        "##Thinking 1",
        "<|channel|>analysis<|message|>The answer is A.",
        "analysisThe answer is A.",
        "analysis",
        "[THINK]A",
        "<unused94>thought\nA",
        "<think>A</think><think>B",
        "<|im_start|>assistant\n<think>\nA<|im_end|>",
    ],
)
def test_reasoning_that_does_not_end_is_no_answer(text):
    assert after_reasoning(text) is None


PLAIN = st.text().filter(lambda text: not any(mark in text for mark in ("think>", "##")))


@given(PLAIN, PLAIN)
def test_whatever_is_reasoned_does_not_change_the_answer(reasoning, answer):
    assert after_reasoning(f"<think>{reasoning}</think>{answer}") == answer.strip()
    assert after_reasoning(f"## Thinking\n{reasoning}\n## Final Response\n{answer}") == answer.strip()
    assert after_reasoning(answer) == answer
