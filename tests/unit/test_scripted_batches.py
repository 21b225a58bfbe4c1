import json
import urllib.error
import uuid

import pytest
from support.scripted_endpoint import body, get, post, scripted_server
from support.waiting import wait_until

ENDPOINT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def server():
    with scripted_server() as running:
        yield running


@pytest.fixture
def faults(server):
    yield server.set_faults
    server.set_faults({})


def lines_of(*texts):
    asked = [{"custom_id": f"r{i}", "method": "POST", "url": ENDPOINT, "body": body(t)} for i, t in enumerate(texts)]
    return "".join(json.dumps(line) + "\n" for line in asked).encode()


def upload(server, content, purpose="batch"):
    border = uuid.uuid4().hex
    form = (
        f'--{border}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n'
    ).encode()
    form += content + f"\r\n--{border}--\r\n".encode()
    return post(f"{server.url}/files", form, {"Content-Type": f"multipart/form-data; boundary={border}"})


def start(server, content, **more):
    asked = {"input_file_id": upload(server, content)["id"], "endpoint": ENDPOINT, "completion_window": "24h"}
    return post(f"{server.url}/batches", asked | more)


def state(server, batch):
    return json.loads(get(f"{server.url}/batches/{batch['id']}"))


def ended(server, batch):
    under_way = ("validating", "in_progress", "finalizing", "cancelling")
    wait_until(lambda: state(server, batch)["status"] not in under_way, "the batch ends")
    return state(server, batch)


def results(server, file_id):
    if file_id is None:
        return {}
    lines = get(f"{server.url}/files/{file_id}/content").decode().splitlines()
    return {result["custom_id"]: result for result in map(json.loads, lines)}


def test_a_batch_answers_every_line_under_its_own_id(server):
    content = lines_of("one", "two", "three", "one")
    file = upload(server, content)
    assert (file["object"], file["bytes"], file["purpose"]) == ("file", len(content), "batch")
    assert get(f"{server.url}/files/{file['id']}/content") == content
    assert json.loads(get(f"{server.url}/files/{file['id']}")) == file

    before = server.counts()["batches"]
    batch = start(server, content, metadata={"shard": "1-of-2"})
    assert (batch["object"], batch["status"], batch["metadata"]) == ("batch", "validating", {"shard": "1-of-2"})
    done = ended(server, batch)
    assert (done["status"], done["error_file_id"]) == ("completed", None)
    assert done["request_counts"] == {"total": 4, "completed": 4, "failed": 0}
    found = results(server, done["output_file_id"])
    texts = [found[f"r{i}"]["response"]["body"]["choices"][0]["message"]["content"] for i in range(4)]
    assert [json.loads(text)["question"].split()[-1] for text in texts] == ["one", "two", "three", "one"]
    assert {result["response"]["status_code"] for result in found.values()} == {200}
    after = server.counts()["batches"]
    assert after["received"] - before["received"] == after["answered"] - before["answered"] == 4
    assert after["repeated_answered"] - before["repeated_answered"] == 1


def test_an_expired_batch_keeps_what_was_done(server, faults):
    faults({"batch_expired": 1.0})
    done = ended(server, start(server, lines_of(*"abcdefg")))
    assert done["status"] == "expired"
    assert done["request_counts"] == {"total": 7, "completed": 4, "failed": 3}
    answered, missing = results(server, done["output_file_id"]), results(server, done["error_file_id"])
    assert sorted([*answered, *missing]) == [f"r{i}" for i in range(7)]
    assert {line["error"]["code"] for line in missing.values()} == {"batch_expired"}
    assert {line["response"] for line in missing.values()} == {None}


def test_a_failed_batch_answers_nothing_and_succeeds_when_it_is_handed_in_often(server, faults):
    faults({"batch_failed": 1.0})
    content = lines_of("failed")
    tries = [ended(server, start(server, content)) for _ in range(4)]
    assert [batch["status"] for batch in tries] == ["failed"] * 3 + ["completed"]
    assert tries[0]["errors"]["data"][0]["code"] == "server_error"
    assert tries[0]["output_file_id"] is None


def test_a_line_with_an_error_is_in_the_error_file(server, faults):
    faults({"batch_error_line": 0.5})
    done = ended(server, start(server, lines_of(*(f"line {i}" for i in range(20)))))
    assert done["status"] == "completed"
    answered, failed = results(server, done["output_file_id"]), results(server, done["error_file_id"])
    assert 0 < len(failed) < 20
    assert done["request_counts"] == {"total": 20, "completed": 20 - len(failed), "failed": len(failed)}
    assert not set(answered) & set(failed)
    assert {line["response"]["status_code"] for line in failed.values()} == {500}


def test_a_file_with_a_bad_line_fails_with_its_number(server):
    bad = lines_of("fine") + b'{"custom_id": "r0"}\nno JSON\n' + lines_of("the same id")
    failed = ended(server, start(server, bad))
    assert failed["status"] == "failed"
    assert [problem["line"] for problem in failed["errors"]["data"]] == [2, 3, 4]


def test_a_cancelled_batch_ends_and_batches_are_listed_newest_first():
    with scripted_server(batch_seconds=30) as server:
        first, second = start(server, lines_of("one")), start(server, lines_of("two"))
        listed = json.loads(get(f"{server.url}/batches?limit=1"))
        assert ([batch["id"] for batch in listed["data"]], listed["has_more"]) == ([second["id"]], True)
        listed = json.loads(get(f"{server.url}/batches?limit=1&after={second['id']}"))
        assert ([batch["id"] for batch in listed["data"]], listed["has_more"]) == ([first["id"]], False)
        post(f"{server.url}/batches/{first['id']}/cancel", {})
        assert ended(server, first)["status"] == "cancelled"
        assert state(server, second)["status"] == "validating"


def test_unknown_names_and_other_purposes_are_refused(server):
    for ask in (
        lambda: get(f"{server.url}/files/file-absent"),
        lambda: get(f"{server.url}/files/file-absent/content"),
        lambda: get(f"{server.url}/batches/batch_absent"),
        lambda: post(f"{server.url}/batches/batch_absent/cancel", {}),
        lambda: post(f"{server.url}/batches", {"input_file_id": "file-absent"}),
        lambda: upload(server, b"{}", purpose="fine-tune"),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask()
        assert caught.value.code in (400, 404)
