"""What a site calls its accounts, partitions and GPUs: one small file outside version control."""

import shlex
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medinjection.records.errors import InputError

# Names another file than the default one, as for a second user of the same checkout.
VARIABLE = "MEDINJECTION_SITE"
DEFAULT = "profiles/slurm/site.yaml"

Word = Annotated[str, Field(pattern=r"^[^\s'\"`$;|<>]+$")]
Flag = Annotated[str, Field(pattern=r"^[^'\"`;|<>]*$")]


class _Keys(BaseModel):
    """A group of keys; a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Jobs(_Keys):
    """How jobs are submitted; what is not given is left to Slurm."""

    account: Word | None = Field(default=None, description="`--account`; none on a site without accounting.")
    partition: Word | None = Field(default=None, description="`--partition`.")
    qos: Word | None = Field(default=None, description="`--qos`.")
    constraint: Word | None = Field(default=None, description="`--constraint`, such as a kind of node.")
    extra: Flag = Field(default="", description="Further flags of sbatch, such as `--hint=nomultithread`.")

    def resources(self) -> dict[str, str | None]:
        """Return the resources that the executor makes flags of; None for what is not given."""
        return {
            "slurm_account": self.account,
            "slurm_partition": self.partition,
            "qos": self.qos,
            "constraint": self.constraint,
            "slurm_extra": self.extra or None,
        }


class GpuJobs(Jobs):
    """How jobs that need GPUs are submitted; what is not given is as for the others, but for the partition and QOS."""

    flag: Literal["gres", "gpus", "gpus-per-node"] = Field(
        default="gres", description="How GPUs are asked for: `--gres=gpu:N`, `--gpus=N` or `--gpus-per-node=N`."
    )
    model: Word | None = Field(default=None, description="Kind of GPU within that flag: `h100` gives `gpu:h100:N`.")


class Mail(_Keys):
    """What Slurm writes e-mail about, one for each job."""

    to: Word = Field(description="`--mail-user`.")
    on: list[Word] = Field(default=["FAIL", "TIME_LIMIT"], description="`--mail-type`.")


class Site(_Keys):
    """One Slurm cluster."""

    cpu: Jobs = Field(default=Jobs(), description="Jobs without GPUs.")
    gpu: GpuJobs = Field(default=GpuJobs(), description="Jobs with GPUs.")
    modules: list[Word] = Field(default=[], description="Environment modules that every job loads.")
    scratch: Flag | None = Field(
        default=None, description="Folder for a job's temporary files (TMPDIR); may hold variables, as `$JOBSCRATCH`."
    )
    mail: Mail | None = Field(default=None, description="E-mail.")
    jobs: int = Field(default=40, ge=1, description="Jobs in the queue at once.")

    def default_resources(self, **others: int) -> dict[str, str | int]:
        """Return the profile's `default-resources`: how jobs without GPUs are submitted, each value an expression.

        Args:
            others: further resources, to which the site has nothing to say.
        """
        chosen = self.cpu.resources() | {"slurm_extra": self._extra(self.cpu.extra), "tmpdir": self.scratch}
        return {name: repr(value) for name, value in chosen.items() if value} | others

    def gpu_resources(self, count: int, nodes: int = 1) -> dict[str, str | int | None]:
        """Return the resources of a job that needs `count` GPUs on all its nodes together.

        None takes away what jobs without GPUs have.
        """
        own = self.gpu
        of_a_node = -(-count // nodes)
        kind = f"{own.model}:{of_a_node}" if own.model else str(of_a_node)
        asked: dict[str, str | int | None] = {"gres": None, "gpu": None, "gpu_model": None}
        extra = [own.extra or self.cpu.extra]
        if own.flag == "gres":
            asked["gres"] = f"gpu:{kind}"
        elif own.flag == "gpus":
            asked |= {"gpu": count, "gpu_model": own.model}
        else:
            extra.append(f"--gpus-per-node={kind}")
        return {
            **own.resources(),
            "slurm_account": own.account or self.cpu.account,
            "constraint": own.constraint or self.cpu.constraint,
            "slurm_extra": self._extra(*extra),
            **asked,
        }

    def load_modules(self, module_folder: str | None) -> str | None:
        """Return what a job's shell runs before anything else, None for nothing.

        Args:
            module_folder: where the command `module` comes from (MODULESHOME), for a shell that lacks it.
        """
        if not self.modules:
            return None
        there = "command -v module >/dev/null"
        if module_folder:
            there = f"{{ {there} || . {shlex.quote(f'{module_folder}/init/sh')}; }}"
        return f"{there} && module load {' '.join(self.modules)}"

    def _extra(self, *flags: str) -> str | None:
        mail = [f"--mail-user={self.mail.to} --mail-type={','.join(self.mail.on)}"] if self.mail else []
        return " ".join(filter(None, [*flags, *mail])) or None


def read_site(path: Path) -> Site:
    """Read a site's file; where there is none, everything is left to Slurm.

    Raises:
        InputError: the file is no YAML, or a key or a value is not what it should be.
    """
    if not path.is_file():
        return Site()
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from None
    try:
        return Site.model_validate({} if values is None else values)
    except ValidationError as error:
        faults = "; ".join(_sentence(fault) for fault in error.errors())
        raise InputError(f"{path}: {faults}; see {Path(DEFAULT).with_suffix('.example.yaml')}") from None


def site_file(environment: Mapping[str, str]) -> Path:
    """Return the site's file: the one that MEDINJECTION_SITE names, or the one beside the profile."""
    return Path(environment.get(VARIABLE) or DEFAULT)


def use_site(environment: MutableMapping[str, str]) -> Site:
    """Return the site, and note in `environment` for the rules and for jobs that it is to be used.

    Raises:
        InputError: as `read_site` does, or MEDINJECTION_SITE names a file that is not there.
    """
    path = site_file(environment)
    if environment.get(VARIABLE) and path != Path(DEFAULT) and not path.is_file():
        raise InputError(f"{VARIABLE} names {path}, which is not there")
    environment[VARIABLE] = str(path)
    return read_site(path)


def _sentence(fault: Mapping[str, object]) -> str:
    key = ".".join(map(str, fault["loc"]))  # type: ignore[call-overload]
    if fault["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    return f"{key}: found {fault['input']!r}: {fault['msg']}"
