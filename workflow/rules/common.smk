# Settings, names that several rule files share, and the helpers that rules call. No rules here.
import json
import os
import re
import shlex
import sys
from dataclasses import asdict
from fnmatch import fnmatch
from glob import glob
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from medinjection.plan.fingerprint import code_fingerprint
from medinjection.plan.flags import flag, optional
from medinjection.plan.llms import llm_flags, provider_of
from medinjection.plan.precomputed import check_run, given_answers
from medinjection.plan.tracked import DecidingFlags, Described
from medinjection.plan.models import planned_models
from medinjection.config.reading import check_settings
from medinjection.records.errors import InputError
from medinjection.sources.registry import load_registry

# Jobs find the package in a checkout even where it is not installed, as in an environment that conda makes.
os.environ.update(PYTHONPATH=str(Path(workflow.basedir) / "src"))

try:
    SETTINGS = check_settings(config, ", ".join(str(f) for f in workflow.configfiles))
    REGISTRY = load_registry(SETTINGS.registry)
    for name, chosen in SETTINGS.sources.items():
        if name not in REGISTRY:
            raise InputError(
                f"sources.{name}: not in {SETTINGS.registry}, expected one of: {', '.join(REGISTRY)}"
            )
        finished = REGISTRY[name].kind == "released" or (
            REGISTRY[name].kind == "records" and REGISTRY[name].language == "fr"
        )
        if not finished and chosen.teacher is None:
            raise InputError(
                f"sources.{name}.teacher: missing, expected one of llms: {', '.join(SETTINGS.llms)}"
            )
        if REGISTRY[name].kind == "documents" and chosen.prompts is None:
            raise InputError(
                f"sources.{name}.prompts: missing, expected the prompt files `choice` and `open`"
            )
    # Every model of the run: the bases, those trained here, those that others have released and those that are asked.
    PLANS = planned_models(SETTINGS)
    # Predictions to make tables of, in place of all that comes before them.
    GIVEN = SETTINGS.predictions and given_answers(
        SETTINGS.predictions,
        SETTINGS.judgements,
        list(PLANS),
        SETTINGS.judging.judges,
    )
    if GIVEN:
        check_run(SETTINGS.run, f"results/{SETTINGS.run}", GIVEN.predictions)
except InputError as error:
    raise WorkflowError(str(error)) from None

RUN = f"results/{SETTINGS.run}"
COMPONENTS = ["native", "translated", "synthetic"]
MIXES = list(SETTINGS.mixes.recipes)
MODELS = list(GIVEN.models if GIVEN else PLANS)
# Models by what they have answered.
ANSWERED = {
    "choice": list(GIVEN.choice_models) if GIVEN else MODELS,
    "open": list(GIVEN.open_models) if GIVEN else MODELS,
}
BASES = {base.name: base for base in SETTINGS.base_models}
TRAINED = [name for name, plan in PLANS.items() if plan.origin == "trained"]
RELEASED = [name for name, plan in PLANS.items() if plan.origin == "released"]
SERVED = [name for name, plan in PLANS.items() if plan.origin == "served"]
# Models whose weights are files of the run.
LOADED = [name for name in PLANS if name not in SERVED]
JUDGES = list(GIVEN.judges) if GIVEN else SETTINGS.judging.judges
TEST_SETS = SETTINGS.translation_quality.test_sets
TRANSLATORS = SETTINGS.translation_quality.teachers
COMET = SETTINGS.translation_quality.comet
TRANSLATIONS = f"{RUN}/translation_quality"
# Table 3 is how well the teachers translate test sets.
TABLES = [1, 2, 3, 5, 6, 7] if TEST_SETS else [1, 2, 5, 6, 7]
if GIVEN:
    TABLES = [5, 6, 7] if GIVEN.open_models else [5, 7]
# Figure 3 is what judges think of the synthetic items.
FIGURES = [1, 2, 3, 4] if SETTINGS.quality.judges else [1, 2, 4]
FIGURE_FILES = [".csv", ".svg", ".png", "_caption.txt"]
PUBLISHED = "resources/published"
# The sources of the run, by component and by what they hold: the authors' release, or what it is rebuilt from.
USED = [
    name
    for name in SETTINGS.sources
    if (REGISTRY[name].kind == "released") == (SETTINGS.components.origin == "released")
]
SOURCES = {
    component: [name for name in USED if REGISTRY[name].component == component]
    for component in COMPONENTS
}
for component, names in SOURCES.items():
    if not names:
        raise WorkflowError(
            f"sources: none is of the component {component} with components.origin {SETTINGS.components.origin!r}"
        )
DOCUMENTS = [name for name in USED if REGISTRY[name].kind == "documents"]
CLOSED = [name for name in USED if REGISTRY[name].kind == "closed"]
ENGLISH = [name for name in USED if REGISTRY[name].language == "en"]
FRENCH = [name for name in USED if name not in {*DOCUMENTS, *CLOSED, *ENGLISH}]


def interpreter(environment):
    """Python of an environment: conda's own, the one that runs this, or that of the environment made by the Makefile."""
    if "conda" in {
        method.name.lower() for method in workflow.deployment_settings.deployment_method
    }:
        return "python"
    if environment == "workflow":
        path = os.path.relpath(sys.executable, workflow.basedir)
        return sys.executable if path.startswith("..") else path
    return f".venv/{environment}/bin/python"


def parent(path):
    """Folder of a file."""
    return os.path.dirname(path)


def any_of(names):
    """Regular expression that matches one of `names` and nothing else."""
    return "|".join(map(re.escape, names)) or "(?!)"


def code(script, *also):
    """Fingerprint of what a script reaches, and what it loads by the import paths `also`: an edit reruns its users."""
    return code_fingerprint(f"workflow/scripts/{script}.py", "src", also)


def code_of(script, llm):
    """Fingerprint of a script that asks an LLM, and of the LLM's provider where it has one of its own."""
    return code(script, *filter(None, [provider_of(SETTINGS, llm)]))


def filled(path, key):
    """A path of the configuration, found under `key`, with the run's folder and the data folder filled in."""
    data = SETTINGS.data_folder or os.environ.get("MEDINJECTION_DATA")
    if "{data_folder}" in path and not data:
        raise WorkflowError(
            f"{key} is {path!r}, but no data folder is given: "
            "set the environment variable MEDINJECTION_DATA, or --config data_folder=FOLDER"
        )
    return path.replace("{run_folder}", RUN).replace("{data_folder}", data or "")


def source_folder(source):
    """Folder of a source's upstream files as the configuration names it; None where they are downloaded."""
    path = SETTINGS.sources[source].path
    return None if path is None else filled(path, f"sources.{source}.path")


def upstream_files(source):
    """Files in a source's folder that are fetched: those that this run renders itself, else those that are there."""
    folder = source_folder(source)
    if folder is None:
        return []
    names = [file.name for file in REGISTRY[source].files]
    if folder.startswith(f"{RUN}/"):
        return [
            file
            for file in RENDERED
            if any(fnmatch(file, f"{folder}/{name}") for name in names)
        ]
    return sorted(file for name in names for file in glob(f"{folder}/{name}"))


def teacher_flags(name, answers_decided=True):
    """Flags that describe an LLM, its limits and the run's account to a script."""
    return llm_flags(SETTINGS, RUN, name, answers_decided)


def shards(count):
    """Names of the parts that a teacher's work is cut into."""
    return [f"{number}-of-{count}" for number in range(1, count + 1)]


def asked_shards(wildcards):
    """Files that hold a teacher's work on one source, part by part."""
    name = wildcards.source
    parts = shards(SETTINGS.sources[name].shards)
    if name in DOCUMENTS:
        return [
            f"{RUN}/generated/{name}/{form}/{part}.parquet"
            for form in ("choice", "open")
            for part in parts
        ]
    stage = "converted" if name in CLOSED else "translated"
    return [f"{RUN}/{stage}/{name}/{part}.parquet" for part in parts]


def teacher_files(name):
    """Local files that an LLM answers from: only a scripted teacher has one, its knowledge base."""
    base = SETTINGS.llms[name].api_base
    return [base] if base and os.path.isfile(base) else []


def given_outputs(name):
    """Files with outputs of systems that the configuration names for a test set, by system."""
    return {
        system: filled(path, f"translation_quality.test_sets.{name}.outputs.{system}")
        for system, path in TEST_SETS[name].outputs.items()
    }


def test_set_folder(name):
    """Folder of a test set."""
    return filled(
        TEST_SETS[name].folder, f"translation_quality.test_sets.{name}.folder"
    )


def test_set_files(name):
    """Files of a test set: those that this run renders itself, or those that are there, and given outputs."""
    folder = test_set_folder(name)
    there = [file for file in RENDERED if file.startswith(f"{folder}/")] or sorted(
        file for file in glob(f"{folder}/**", recursive=True) if os.path.isfile(file)
    )
    return [*there, *given_outputs(name).values()]


def comet_model_files():
    """Checkpoint of COMET where it is a local one."""
    if COMET is None or COMET.path is None:
        return []
    if os.path.isdir(COMET.path):
        return [f"{COMET.path}/checkpoints/model.ckpt"]
    return [COMET.path]


def comet_flags():
    """Flags that say which COMET model scores."""
    if COMET.path:
        return f"--model-path {shlex.quote(COMET.path)}"
    return f"--model-id {shlex.quote(COMET.model_id)} --revision {COMET.revision}"


def normalising_flags(source):
    """Flags that say how many of a source's items are kept, and how they are split."""
    chosen = SETTINGS.sources[source]
    shares = chosen.split_shares
    flags = [
        f"--seed {SETTINGS.seed} --max-reject-share {SETTINGS.max_reject_share}",
        optional("--limit", chosen.limit),
        optional(
            "--split-shares",
            shares
            and f"train={shares.train},validation={shares.validation},test={shares.test}",
        ),
    ]
    return " ".join(flag for flag in flags if flag)


def scope_of(component):
    """Which file of near duplicates has all pairs of a component's training records with held-out ones."""
    return "evaluated" if component in HELD_OUT else "all"


def embedder_files():
    """Files of the embedding model that are made by a rule or given by the user; a package's are no inputs."""
    if SETTINGS.embedding.model_id:
        return [f"{RUN}/models/embedder/model.safetensors"]
    return (
        [f"{SETTINGS.embedding.path}/modules.json"] if SETTINGS.embedding.path else []
    )


def embedder_flag():
    """Flags that say where the embedding model is, and what the caption calls it."""
    chosen = SETTINGS.embedding
    where = f"--model-package {chosen.package}"
    if not chosen.package:
        where = f"--model-folder {shlex.quote(chosen.path or f'{RUN}/models/embedder')}"
    return f"{where} {optional('--model-name', chosen.name or chosen.model_id)}"


def parts_of(mix):
    """The parts of a mix, with the paths of their scores."""
    parts = [asdict(part.part()) for part in SETTINGS.mixes.recipes[mix].parts]
    for part in parts:
        part["scores"] = part["scores"] and part["scores"].replace("{run_folder}", RUN)
    return parts


def components_of(mix):
    """The components of a mix, each once, in the order of its parts."""
    return list(dict.fromkeys(part["component"] for part in parts_of(mix)))


def mix_flags(mix):
    """Flags that say what a mix is made of, its size and its seed."""
    recipe = SETTINGS.mixes.recipes[mix]
    seed = SETTINGS.mixes.seed if recipe.seed is None else recipe.seed
    given = [
        {name: value for name, value in part.items() if value not in (None, ())}
        for part in parts_of(mix)
    ]
    flags = [f"--size {recipe.size or SETTINGS.mixes.size} --seed {seed}"]
    flags += [f"--part {shlex.quote(json.dumps(part))}" for part in given]
    flags += [
        f"--component {name}={RUN}/components/{name}.parquet"
        for name in components_of(mix)
    ]
    return " ".join(flags)


def tested_pairs():
    """Each model with the base that it is tested against: its own, or for one that has none `base`."""
    found = ANSWERED["choice"]
    bases = {model: PLANS[model].base if model in PLANS else None for model in found}
    pairs = [(model, base or "base") for model, base in bases.items()]
    return " ".join(f"{m}={base}" for m, base in pairs if base in found and m != base)


def predictions_of(kind):
    """Files of the models' answers to `choice` or `open` questions: those given, or the run's."""
    folder = GIVEN.predictions if GIVEN else f"{RUN}/predictions"
    return [f"{folder}/{model}/{kind}.parquet" for model in ANSWERED[kind]]


def open_references():
    """File of the open questions with their reference answers: that given, or the run's."""
    return GIVEN.references if GIVEN else f"{RUN}/evaluation/open.parquet"


def judgements_of(judge):
    """Folder of one judge's judgements: that given, or the run's."""
    return f"{GIVEN.judgements if GIVEN else f'{RUN}/judgements'}/{judge}"


def judgement_files():
    """Files of all judges' judgements of all models."""
    return [
        f"{judgements_of(judge)}/{model}.parquet"
        for judge in JUDGES
        for model in ANSWERED["open"]
    ]


def base_run(model):
    """The file that tells that the base of a model is complete."""
    return f"{RUN}/models/{PLANS[model].base}/run.json"


def training_flags(model):
    """Flags of the training script: all keys of the model's training block but the number of its processes."""
    values = PLANS[model].training.model_dump(exclude={"processes"})
    # They make no other model of it; the training program keeps its checkpoints when they change.
    watching = {
        key: values.pop(key)
        for key in (
            "save_steps",
            "trackers",
            "gradient_checkpointing",
            "max_truncated_share",
        )
    }
    return DecidingFlags(
        [flag(key, value) for key, value in values.items()],
        [flag(key, value) for key, value in watching.items()],
    )


def training_processes(model):
    """Processes that train a model together, each with a GPU of its own where there are any."""
    return PLANS[model].training.processes


def training_launcher(model):
    """The command in front of the training script: Python, or torchrun where several processes train together."""
    python = interpreter("workflow")
    count = training_processes(model)
    if count == 1:
        return python
    return f"{python} -m torch.distributed.run --standalone --nproc-per-node {count}"


def prediction_flags():
    """Flags that say how models are asked; those that move no answer but by rounding may change without a rerun."""
    keys = ("permutations", "max_new_tokens", "device", "precision")
    others = ("batch_size", "max_over_length_share")
    return DecidingFlags(
        [
            flag("seed", SETTINGS.seed),
            *(flag(key, getattr(SETTINGS.prediction, key)) for key in keys),
        ],
        [flag(key, getattr(SETTINGS.prediction, key)) for key in others],
    )


def model_origin_flags(chosen):
    """Flags that say where a model comes from: a commit on the hub, or a folder."""
    keys = ("model_id", "revision", "path")
    return " ".join(filter(None, (flag(key, getattr(chosen, key)) for key in keys)))


def base_model_name():
    """What captions call the base models."""
    return "; ".join(
        _base_title(base) + ("" if name == "base" else f" ({name})")
        for name, base in BASES.items()
    )


def _base_title(base):
    if base.pretraining:
        return "a tiny Qwen3 that this workflow pre-trained (demonstration only)"
    return base.model_id or os.path.basename(base.path.rstrip("/"))


def rejects_of_the_run():
    """Every file of rejects that the report counts."""
    files = [
        f"{RUN}/records/{component}/{name}"
        for component in COMPONENTS
        for name in SOURCES[component]
    ]
    files += [f"{RUN}/normalised/{name}" for name in USED if name not in FRENCH]
    files += [
        f"{RUN}/{stage}/{component}"
        for stage in ("joined", "components")
        for component in COMPONENTS
    ]
    return [f"{file}.rejects.parquet" for file in files]


def command_of_the_run():
    """The command that makes this run again."""
    files = " ".join(
        os.path.relpath(file, workflow.basedir) for file in workflow.configfiles
    )
    return f"snakemake --configfile {files}"


wildcard_constraints:
    shard=r"\d+-of-\d+",
