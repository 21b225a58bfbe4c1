"""A provider's batch interface through litellm: the calls, under the retry policy of single requests."""

import asyncio
import copy
import functools
import gc
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import IO, Any, TypeVar

from pydantic import BaseModel

from medinjection.llm.client.failures import Refused, TransientFailure
from medinjection.llm.client.litellm_transport import LitellmTransport
from medinjection.llm.client.messages import first_line, writable
from medinjection.llm.client.reply import Reply
from medinjection.llm.client.retries import Patience, Retries
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

_Result = TypeVar("_Result")

_logger = logging.getLogger(__name__)

# Those whose batches litellm 1.106 can upload, create with a tag, list and download in OpenAI's format. A batch that
# cannot be listed with its tag could be paid for twice after a killed job (mistral, vertex_ai, bedrock, xai).
_PROVIDERS = ("openai", "azure")
_ENDPOINT = "/v1/chat/completions"
# Longest silence in seconds of the upload or download of a file.
_FILE_TIMEOUT = 600.0
_PAGE = 100
_CHUNK = 2**16


class BatchInterface:
    """The batch interface of a model's provider.

    Every method waits out what passes by itself, and raises InputError where the provider accepts nothing.

    Args:
        answer_schema: sent along to a model that is `structured`.
    """

    def __init__(self, llm: LanguageModel, patience: Patience, answer_schema: type[BaseModel] | None = None) -> None:
        self.llm = llm
        self.patience = patience
        self._parameters = llm.parameters(answer_schema)
        self._transport = LitellmTransport(llm)
        self._retries = Retries(llm.name, patience, asyncio.sleep)

    def line(self, key: str, messages: Sequence[Mapping[str, str]]) -> bytes:
        """Return the line of a request file: what a single request would send, under `key` as its custom_id."""
        body = self._config.transform_request(
            model=self._names[0],
            messages=[dict(message) for message in messages],
            optional_params=copy.deepcopy(self._optional_parameters),
            litellm_params={},
            headers={},
        )
        body.update(body.pop("extra_body", {}))
        if body.get("stream") is False:
            del body["stream"]
        line = {"custom_id": key, "method": "POST", "url": _ENDPOINT, "body": body}
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    async def upload(self, file: IO[bytes]) -> str:
        """Upload a request file and return its id at the provider."""

        async def once() -> Any:
            file.seek(0)
            return await self._call("acreate_file", file=("requests.jsonl", file), purpose="batch")

        return (await self._patiently(once)).id

    async def create(self, tag: str, file_id: str) -> str:
        """Create the batch of an uploaded file, marked with `tag`, and return its id.

        A call that failed on the way may have created it: before each further try the batch is looked for.
        """
        tries = 0

        async def once() -> str:
            nonlocal tries
            tries += 1
            if tries > 1 and (found := (await self._find([tag])).get(tag)):
                return found
            batch = await self._call(
                "acreate_batch",
                completion_window="24h",
                endpoint=_ENDPOINT,
                input_file_id=file_id,
                metadata={"tag": tag},
            )
            return batch.id

        return await self._patiently(once)

    async def find(self, tags: Sequence[str]) -> dict[str, str]:
        """Return the ids of the batches that exist under `tags`, the newest of each."""
        return await self._patiently(functools.partial(self._find, tags))

    async def retrieve(self, batch_id: str) -> Any:
        """Return the provider's batch: status, request_counts, output_file_id, error_file_id, errors."""
        # Without this litellm downloads the results of every batch that has ended, to work out a price.
        quiet = {"batch_ignore_default_logging": True}
        what = f"batch {batch_id}"
        return await self._patiently(
            functools.partial(self._call, "aretrieve_batch", what, batch_id=batch_id, litellm_metadata=quiet)
        )

    async def read(self, file_id: str, take: Callable[[dict[str, Any]], None]) -> None:
        """Give each line of a result file to `take`; a download that breaks off starts again from its first line."""

        async def once() -> None:
            async for line in self._lines(file_id):
                try:
                    content = json.loads(line)
                except ValueError:
                    _logger.warning("%s: an unreadable line in result file %s is ignored", self.llm.name, file_id)
                    continue
                take(content)

        await self._patiently(once)

    def outcome(self, line: Mapping[str, Any]) -> Reply | None:
        """Return the reply in a line of a result file, None where the request has to be sent again.

        Raises:
            Refused: the provider refuses this request.
            InputError: the provider refuses every request (key, model name, credit).
        """
        response = line.get("response")
        if not response:
            # Not carried out: the batch expired or was cancelled before this request, or the provider failed.
            return None
        body = response.get("body") or {}
        if response.get("status_code") == 200:
            return _reply(body)
        failure = self._failure_of(response.get("status_code") or 500, body)
        if isinstance(failure, TransientFailure):
            return None
        raise failure

    def fault_of(self, line: Mapping[str, Any]) -> str:
        """Say in few words why a request has to be sent again."""
        response = line.get("response") or {}
        error = line.get("error") or (response.get("body") or {}).get("error") or {}
        return first_line(f"{error.get('code') or response.get('status_code')}: {error.get('message')}")

    async def close(self) -> None:
        """Close the connections of this event loop."""
        await self._transport.close()
        # litellm leaves a client behind for each call to files and batches, and a client that is collected after its
        # event loop has ended cannot close its connection.
        others = asyncio.all_tasks()
        gc.collect()
        await asyncio.gather(*(asyncio.all_tasks() - others), return_exceptions=True)

    @cached_property
    def _names(self) -> tuple[str, str]:
        """The model's name without its provider, and the provider's."""
        model, provider, *_ = self._transport.litellm.get_llm_provider(self.llm.name, api_base=self.llm.api_base)
        if provider not in _PROVIDERS:
            raise InputError(
                f"{self.llm.name}: no batches with the provider {provider}, only with {' and '.join(_PROVIDERS)}; "
                "set mode: requests for this model"
            )
        return model, provider

    @cached_property
    def _config(self) -> Any:
        """What litellm knows of the form of the provider's requests."""
        model, provider = self._names
        litellm = self._transport.litellm
        return litellm.ProviderConfigManager.get_provider_chat_config(
            model=model, provider=litellm.LlmProviders(provider)
        )

    @cached_property
    def _optional_parameters(self) -> dict[str, Any]:
        """The request parameters under the names that the model takes."""
        from litellm.utils import get_optional_params

        model, provider = self._names
        if "extra_headers" in self.llm.extra:
            raise InputError(f"{self.llm.name}: extra holds 'extra_headers', which a batch cannot carry")
        try:
            return get_optional_params(model=model, custom_llm_provider=provider, **self._parameters)
        except self._transport.litellm.exceptions.openai.OpenAIError as error:
            raise self._for_all(self._transport.failure(error, self.llm.api_base)) from None

    async def _call(self, name: str, what: str | None = None, /, **arguments: Any) -> Any:
        """Call a function of litellm once; `what` it asks for should exist at the provider."""
        import httpx

        litellm = self._transport.litellm
        try:
            return await getattr(litellm, name)(
                custom_llm_provider=self._names[1],
                api_base=self.llm.api_base,
                timeout=max(_FILE_TIMEOUT, self.llm.timeout) if "file" in name else self.llm.timeout,
                max_retries=0,
                **arguments,
            )
        # The last two: an answer with status 200 that is no JSON, or not the object that was asked for.
        except (litellm.exceptions.openai.OpenAIError, httpx.HTTPError, ValueError, AttributeError) as error:
            raise self._failure(error, what) from None

    async def _patiently(self, once: Callable[[], Awaitable[_Result]]) -> _Result:
        """Call `once` until it passes."""
        try:
            return await self._retries.call(once)
        except Refused as refusal:
            raise self._for_all(refusal) from None

    def _for_all(self, failure: Exception) -> Exception:
        """Return what refuses a whole batch as an error of all its requests."""
        return failure if isinstance(failure, InputError) else InputError(f"{self.llm.name}: {failure}")

    async def _find(self, tags: Iterable[str]) -> dict[str, str]:
        missing, found, after = set(tags), {}, None
        while missing:
            page = await self._call("alist_batches", after=after, limit=_PAGE)
            for batch in page.data:
                tag = (batch.metadata or {}).get("tag")
                if tag in missing:
                    missing.remove(tag)
                    found[tag] = batch.id
            if not page.data or not getattr(page, "has_more", False):
                break
            after = page.data[-1].id
        return found

    async def _lines(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield the lines of a file as they arrive, where the provider streams them."""
        import httpx

        what = f"result file {file_id}"
        result = await self._call("afile_content", what, file_id=file_id, stream=True, chunk_size=_CHUNK)
        if not hasattr(result, "stream_iterator"):
            for line in result.content.splitlines():
                yield line
            return
        rest = b""
        try:
            async for chunk in result.stream_iterator:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in filter(None, lines):
                    yield line
        except httpx.HTTPError as error:
            raise self._failure(error) from None
        if rest:
            yield rest

    def _failure_of(self, status: int, body: Mapping[str, Any]) -> Exception:
        """Return what a single request with this reply would have failed with."""
        import httpx
        import openai

        error = body.get("error") or body
        response = httpx.Response(status, request=httpx.Request("POST", f"http://batch{_ENDPOINT}"))
        return self._failure(openai.APIStatusError(f"Error code: {status} - {error}", response=response, body=error))

    def _failure(self, error: Exception, what: str | None = None) -> Exception:
        """Return what an error means; litellm's functions for batches and files pass on those of other packages."""
        model, provider = self._names
        litellm = self._transport.litellm
        try:
            named = litellm.exception_type(model=model, original_exception=error, custom_llm_provider=provider)
        except litellm.exceptions.openai.OpenAIError as raised:
            named = raised
        if what and isinstance(named, litellm.NotFoundError):
            return InputError(
                f"{self.llm.name}: the provider does not know {what}: use the account that sent it. Where it "
                "is gone for good, remove the log of batches: its requests are then asked and paid for again"
            )
        return self._transport.failure(named, self.llm.api_base)


def _reply(body: Mapping[str, Any]) -> Reply:
    choices, usage = body.get("choices") or [], body.get("usage") or {}
    if not choices:
        raise Refused(f"the provider answered without a choice (request {body.get('id')})")
    message = choices[0].get("message") or {}
    refusal = message.get("refusal")
    return Reply(
        provider_request_id=body.get("id"),
        text=writable(message.get("content") or refusal or ""),
        finish_reason="refusal" if refusal else choices[0].get("finish_reason"),
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
    )
