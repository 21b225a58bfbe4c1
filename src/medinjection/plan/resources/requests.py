"""What one job asks of a cluster: GPUs by the models that it loads or serves, time by its work and assumed rates."""

from dataclasses import dataclass, replace
from itertools import zip_longest
from math import ceil

from medinjection.config.settings.training import TrainingSettings
from medinjection.llm.local_server.served_model import ServedModel
from medinjection.plan.models import ModelPlan
from medinjection.plan.resources.sizes import RunSize
from medinjection.plan.run import Plan
from medinjection.records.errors import InputError

# Options of vLLM that multiply the GPUs of a server.
_PARALLEL = {
    "--tensor-parallel-size": "tensor",
    "-tp": "tensor",
    "--pipeline-parallel-size": "pipeline",
    "-pp": "pipeline",
    "--data-parallel-size": "data",
    "-dp": "data",
}
# Minutes in which libraries and weights of a model are loaded, and the shortest time limit that is asked for.
_START_MINUTES = 10
_SHORTEST_LIMIT = 30
# A provider's batch interface answers within a day.
_BATCH_MINUTES = 1440
# Main memory in MB of a job that loads a tiny model or none, and of one that only asks over the network.
_SMALL_MEMORY, _ASKING_MEMORY = 8000, 6000
_MERGING_THREADS = 8
# Of a test set whose size is not limited.
_TEST_SET_SEGMENTS = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """What one job asks for.

    Attributes:
        gpus: of all its nodes together.
        threads: CPU cores, on each node.
        mem_mb: main memory in MB, on each node.
        minutes: how long it is expected to take.
        runtime: time limit in minutes.
        nodes: how many nodes it is on.
    """

    gpus: int
    threads: int
    mem_mb: int
    minutes: float
    runtime: int
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class JobRequests:
    """What the jobs of a run ask for, stage by stage. What a job on a GPU takes is worked out from assumed rates."""

    plan: Plan
    size: RunSize

    def training(self, name: str) -> Request:
        """Return what the training of a model asks for: a GPU for each process; a tiny model needs none."""
        model = self.plan.models[name]
        training = _training_of(model)
        if self._is_tiny(model):
            return replace(self._on_cpus(training.processes), nodes=training.nodes)
        rates = self.plan.settings.resources
        recipe = self.plan.settings.mixes.recipes[model.mix] if model.mix else None
        chats = (recipe.size if recipe and recipe.size else self.size.mix) * training.epochs
        seconds = chats * rates.tokens_per_chat / (rates.training_tokens_per_second * training.all_processes)
        of_a_node = self._on_gpus(training.processes, seconds / 60)
        return replace(of_a_node, gpus=training.all_processes, nodes=training.nodes)

    def merging(self, name: str) -> Request:
        """Return what merging an adapter asks for: four bytes a parameter, twice, in main memory."""
        if self._is_tiny(self.plan.models[name]):
            return self._on_cpus(1)
        return Request(0, _MERGING_THREADS, self.plan.settings.resources.memory_per_gpu, 30, 120)

    def prediction(self, name: str) -> Request:
        """Return what the answers of a model that the job loads ask for."""
        settings = self.plan.settings
        if self._is_tiny(self.plan.models[name]) or settings.prediction.device == "cpu":
            return self._on_cpus(1)
        rates, prediction = settings.resources, settings.prediction
        prompts = self.size.choice * (1 + prediction.permutations)
        seconds = prompts / rates.choice_prompts_per_second
        seconds += self.size.open * prediction.max_new_tokens / rates.open_tokens_per_second
        return self._on_gpus(1, seconds / 60)

    def served_prediction(self, llm: str) -> Request:
        """Return what the answers of a model behind an endpoint ask for."""
        orders = 1 + self.plan.settings.prediction.permutations
        return self.asking(llm, self.size.choice * orders + self.size.open)

    def teaching(self, source: str) -> Request:
        """Return what a teacher's work on one shard of a source asks for."""
        chosen = self.plan.settings.sources[source]
        if chosen.teacher is None:
            raise InputError(f"sources.{source}.teacher: missing, and a teacher is asked about it")
        return self.asking(chosen.teacher, self.size.asked[source] / chosen.shards)

    def translating(self, test_set: str, teacher: str) -> Request:
        """Return what the translation of a test set by one teacher asks for."""
        return self.asking(teacher, self.plan.test_sets.chosen[test_set].limit or _TEST_SET_SEGMENTS)

    def quality(self, judge: str) -> Request:
        """Return what the judging of a shard of the synthetic items asks for."""
        quality = self.plan.settings.quality
        items = min(self.size.synthetic, 2 * quality.limit) if quality.limit else self.size.synthetic
        return self.asking(judge, items / quality.shards)

    def judging(self, judge: str) -> Request:
        """Return what the judging of all models' open answers asks for."""
        return self.asking(judge, self.size.open * len(self.plan.answers.open_models))

    def judging_again(self, judge: str) -> Request:
        """Return what a judge that is asked again, in two ways, about a sample of its judgements asks for."""
        return self.asking(judge, 2 * self.plan.settings.judging.consistency_size)

    def asking(self, name: str, questions: float) -> Request:
        """Return what a job asks for that puts questions to an LLM: GPUs where it serves the LLM itself."""
        llm, rates = self.plan.settings.llms[name], self.plan.settings.resources
        if llm.provider:
            return self._on_cpus(1)
        if llm.serve:
            gpus = served_gpus(llm.serve)
            minutes = llm.serve.start_timeout / 60 + questions / rates.served_requests_per_second / 60
            return self._on_gpus(gpus, minutes) if gpus else self._asked(0, 1, _SMALL_MEMORY, minutes)
        if llm.mode == "batch":
            return self._asked(0, 1, _ASKING_MEMORY, _BATCH_MINUTES)
        rate = min(rates.api_requests_per_second, (llm.requests_per_minute or float("inf")) / 60)
        return self._asked(0, 1, _ASKING_MEMORY, questions / rate / 60)

    def metric(self, tiny: bool) -> Request:
        """Return what a learned metric asks for: a GPU, on which it takes minutes; none for a tiny model."""
        if tiny:
            return self._on_cpus(1)
        return Request(1, self.plan.settings.resources.threads_per_gpu, 16000, _START_MINUTES, 120)

    def _is_tiny(self, model: ModelPlan) -> bool:
        """Whether the workflow pre-trains the base of a model itself."""
        return model.base in self.plan.pretrained_bases

    def _on_cpus(self, threads: int) -> Request:
        return Request(0, threads, _SMALL_MEMORY, 1, _SHORTEST_LIMIT)

    def _on_gpus(self, gpus: int, minutes: float) -> Request:
        rates = self.plan.settings.resources
        return self._asked(gpus, gpus * rates.threads_per_gpu, gpus * rates.memory_per_gpu, minutes + _START_MINUTES)

    def _asked(self, gpus: int, threads: int, mem_mb: int, minutes: float) -> Request:
        runtime = ceil(minutes * self.plan.settings.resources.margin)
        return Request(gpus, threads, mem_mb, minutes, max(runtime, _SHORTEST_LIMIT))


def served_gpus(served: ServedModel) -> int:
    """Return the GPUs that a server needs, from its arguments; none for a `transformers serve` on a CPU.

    Raises:
        InputError: one of vLLM's options of parallel sizes has no whole number.
    """
    options = _options(served.arguments)
    if served.program == "transformers":
        return 0 if options.get("--device", "").startswith("cpu") else 1
    sizes = {"tensor": 1, "pipeline": 1, "data": 1}
    for option, value in options.items():
        if option not in _PARALLEL:
            continue
        if not value.isdecimal() or int(value) < 1:
            raise InputError(f"serve.arguments of {served.model}: {option} is {value!r}, expected a whole number")
        sizes[_PARALLEL[option]] = int(value)
    return sizes["tensor"] * sizes["pipeline"] * sizes["data"]


def _options(arguments: tuple[str, ...]) -> dict[str, str]:
    """Return option -> value of a command line, written `--option value` or `--option=value`."""
    found = {}
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        name, separator, value = argument.partition("=")
        if name.startswith("-"):
            found[name.replace("_", "-") if name.startswith("--") else name] = value if separator else following
    return found


def _training_of(model: ModelPlan) -> TrainingSettings:
    if model.training is None:
        raise InputError(f"the model {model.name} is not trained: it is {model.origin}")
    return model.training
