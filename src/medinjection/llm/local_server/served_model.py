"""An open model that a job serves for itself, and the program that serves it."""

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from medinjection.records.errors import InputError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
# Set by this module, or never wanted: code of a model's author is not run, and a key would have to be sent along.
_FIXED_ARGUMENTS = frozenset(
    {"--host", "--port", "--model", "--revision", "--served-model-name", "--api-key", "--trust-remote-code"}
)
_BLOCK = 1 << 20
_WHOLE_FILE = 1 << 30
_STRIDE = 64 * _BLOCK


class ServedModel(BaseModel):
    """A server that a job starts for itself, for an open model, and stops when it ends."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    program: Literal["vllm", "transformers"] = Field(
        description="`vllm` (in an environment of its own, on a GPU) or `transformers` (transformers serve, anywhere)."
    )
    executable: str | None = Field(
        default=None, description="Path of the program; `vllm` on the PATH, or transformers of this environment."
    )
    model: str = Field(description="Folder of the model, or its Hugging Face id.")
    revision: str | None = Field(default=None, description="Commit of the Hugging Face id; required with one.")
    arguments: tuple[str, ...] = Field(default=(), description="Further command-line arguments of the program.")
    start_timeout: float = Field(default=1800.0, gt=0, description="Seconds within which it must be ready.")

    @field_validator("arguments")
    @classmethod
    def _are_free(cls, arguments: tuple[str, ...]) -> tuple[str, ...]:
        for argument in arguments:
            if argument.partition("=")[0].replace("_", "-") in _FIXED_ARGUMENTS:
                raise ValueError(f"the argument {argument!r} is not yours to set")
        return arguments

    def require_model(self) -> None:
        """Raise InputError where the model is neither a folder nor a Hugging Face id with a revision.

        A folder may be made by the run itself, so this is known only when the job starts.
        """
        if self.is_folder:
            if self.revision is not None:
                raise InputError(f"serve: {self.model} is a folder: a revision belongs to a Hugging Face id")
        elif not _HUB_ID.fullmatch(self.model):
            raise InputError(f"serve: model {self.model!r}: no such folder, and no Hugging Face id (owner/name)")
        elif self.revision is None:
            raise InputError(f"serve: model {self.model!r}: no such folder; as a Hugging Face id it needs a revision")

    @property
    def is_folder(self) -> bool:
        """Whether the model is a local folder."""
        return Path(self.model).is_dir()

    @property
    def name(self) -> str:
        """What requests call the model, wherever its folder lies."""
        return absolute(self.model).name if self.is_folder else f"{self.model}@{self.revision}"

    @property
    def litellm_model(self) -> str:
        """The model's name for litellm, with the provider that sends a placeholder where no key is set."""
        return f"hosted_vllm/{self.name}"

    @cached_property
    def endpoint_name(self) -> str:
        """What stands for the server in the key of a journalled answer: program, model and arguments, no port.

        A folder is named by the SHA-256 of its files, so that it may move but not change.
        """
        model = f"{self.name}@{folder_digest(Path(self.model))}" if self.is_folder else self.name
        return " ".join([f"{self.program}:{model}", *map(shlex.quote, self.arguments)])

    def command(self, port: int) -> list[str]:
        """Return the command that serves the model on `port` of the loopback interface.

        Raises:
            InputError: the program is not there.
        """
        address = ["--host", "127.0.0.1", "--port", str(port)]
        if self.program == "transformers":
            return [self._executable(), "serve", self.name, *address, *self.arguments]
        model = [str(absolute(self.model))] if self.is_folder else [self.model, "--revision", str(self.revision)]
        return [self._executable(), "serve", *model, "--served-model-name", self.name, *address, *self.arguments]

    def _executable(self) -> str:
        default = "vllm" if self.program == "vllm" else str(Path(sys.executable).with_name("transformers"))
        found = shutil.which(self.executable or default)
        if found is None:
            raise InputError(
                f"serve: {self.executable or default}: no such program; install {self.program} "
                "(docs/local-models.md) and name its path in `executable`"
            )
        return str(absolute(found))


def absolute(path: str) -> Path:
    """Return an absolute path in which links keep their names."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def folder_digest(folder: Path) -> str:
    """Return the SHA-256 (64 hex digits) of the names, sizes and contents of the files in `folder`, hidden ones apart.

    Of a file above 1 GiB the first MiB of every 64 and the last one are read: enough to tell trained weights apart.
    """
    digest = hashlib.sha256()
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    for name, path in files:
        size = path.stat().st_size
        digest.update(json.dumps([name, size]).encode())
        with open(path, "rb") as file:
            if size <= _WHOLE_FILE:
                while block := file.read(_BLOCK):
                    digest.update(block)
                continue
            for start in (*range(0, size, _STRIDE), size - _BLOCK):
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()
