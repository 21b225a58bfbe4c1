"""Work of a teacher that makes one record of each: asked, checked, marked with who made it, or rejected."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import BaseModel

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Request
from medinjection.llm.client.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.schema import Record, records_to_table


def rework_records(
    records: Sequence[Record],
    request: Callable[[Record], str],
    read: Callable[[str, Record], Record],
    prompt: Prompt,
    client: Client,
    stage: str,
    doing: str,
    answer_schema: type[BaseModel],
) -> tuple[list[Record], list[Reject]]:
    """Send one request a record and return the new records and the rejects, in the order given.

    The provenance of a new record gains the teacher, the prompt and the request. A record is rejected, with the
    teacher's last answer, where every attempt fails.

    Args:
        request: returns the user message for a record.
        read: returns the new record in an answer; raises InvalidAnswer where there is none.
        stage: name for the rejects.
        doing: what the progress bar says.
        answer_schema: what an answer holds, for teachers that are given it.
    """
    requests = (Request(prompt.messages(request(record)), record) for record in records)
    outcomes = client.ask(requests, read, doing, total=len(records), answer_schema=answer_schema)
    kept, rejects = [], []
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, Answer):
            made_by = replace(
                outcome.parsed.provenance,
                teacher=client.llm.name,
                prompt_sha256=prompt.sha256,
                request_id=outcome.journal_key,
            )
            kept.append(replace(outcome.parsed, provenance=made_by))
        else:
            raw = outcome.text or json.dumps(records_to_table([record]).to_pylist()[0], ensure_ascii=False)
            rejects.append(Reject(record.id, stage, outcome.reason, raw))
    return kept, rejects
