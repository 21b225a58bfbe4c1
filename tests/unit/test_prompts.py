"""Prompt files: what of them is sent, and what an editor may do to them without a request being asked again."""

import pytest
from support.asking import ask
from support.endpoint import serving

from medinjection.llm.client.conversation import Request
from medinjection.llm.client.prompts import read_prompt
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of

pytestmark = pytest.mark.usefixtures("key")


def test_a_prompt_is_sent_as_it_is_and_named_by_its_text(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes("  Réponds :\n\n[  \n]\n".encode())
    prompt = read_prompt(path)
    assert prompt.messages("u") == (
        {"role": "system", "content": "  Réponds :\n\n[  \n]"},
        {"role": "user", "content": "u"},
    )
    assert prompt.sha256 == sha256_of(path)
    with pytest.raises(InputError, match="no such prompt file"):
        read_prompt(tmp_path / "absent.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_prompt(tmp_path)
    path.write_bytes("Réponds".encode("utf-16"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_prompt(path)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", "\u200b\n".encode()])
def test_a_prompt_that_shows_nothing_is_refused(tmp_path, content):
    (tmp_path / "p.txt").write_bytes(content)
    with pytest.raises(InputError, match="the prompt is empty"):
        read_prompt(tmp_path / "p.txt")


def test_how_an_editor_ends_the_lines_of_a_prompt_asks_nothing_again(tmp_path):
    text = "Réponds en français.\n\n- Une règle.\n"
    variants = [text.encode(end) for end in ("utf-8", "utf-8-sig")]
    variants += [text.replace("\n", end).encode(code) for end in ("\r\n", "\r") for code in ("utf-8", "utf-8-sig")]
    prompts = []
    with serving(lambda messages, number: "Oui.") as endpoint:
        for variant in variants:
            (tmp_path / "p.txt").write_bytes(variant)
            prompts.append(read_prompt(tmp_path / "p.txt"))
            ask(endpoint, tmp_path / "j", [Request(prompts[-1].messages("Est-ce vrai ?"))])
        assert [body["messages"][0]["content"] for body in endpoint.bodies] == [text.removesuffix("\n")]
    assert len(set(prompts)) == 1
