"""Work of a teacher that makes one record of each: asked, checked, marked with who made it, or rejected."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from medinjection.llm.client import Answer, Request, ask_all
from medinjection.llm.journal import Journal
from medinjection.llm.prompts import Prompt
from medinjection.llm.teacher import Teacher
from medinjection.records.conservation import Reject
from medinjection.records.schema import Record, records_to_table


def rework_records(
    records: Sequence[Record],
    request: Callable[[Record], str],
    read: Callable[[str, Record], Record],
    prompt: Prompt,
    teacher: Teacher,
    journal: Journal,
    attempts: int,
    stage: str,
    doing: str,
) -> tuple[list[Record], list[Reject]]:
    """Send one request a record and return the new records and the rejects, in the order given.

    The provenance of a new record gains the teacher, the prompt and the request. A record is rejected, with the
    teacher's last answer, where every attempt fails.

    Args:
        request: returns the user message for a record.
        read: returns the new record in an answer; raises InvalidAnswer where there is none.
        stage: name for the rejects.
        doing: what the progress bar says.
    """
    requests = [Request(prompt.messages(request(record)), record) for record in records]
    outcomes = ask_all(teacher, requests, journal, read, attempts, doing)
    kept, rejects = [], []
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, Answer):
            made_by = replace(
                outcome.parsed.provenance,
                teacher=teacher.model,
                prompt_sha256=prompt.sha256,
                request_id=outcome.request_id,
            )
            kept.append(replace(outcome.parsed, provenance=made_by))
        else:
            raw = outcome.text or json.dumps(records_to_table([record]).to_pylist()[0], ensure_ascii=False)
            rejects.append(Reject(record.id, stage, outcome.reason, raw))
    return kept, rejects
