# What is done on a Slurm cluster besides the rules' own work. No rules.
#
# reads   the site's file that the profile names
# writes  heads/<run id>.json, a note of the process that submits jobs; removed when it ends, left behind when it is killed
from medinjection.cluster.checks import faults_of
from medinjection.cluster.ends import ends_of, explained
from medinjection.cluster.gpus import place_gpu_jobs
from medinjection.cluster.heads import note_head, noted_heads, notes_folder, user_name
from medinjection.cluster.jobs import definition_of, definitions_of, request_of
from medinjection.cluster.offers import query_offers
from medinjection.cluster.resume import described, leftovers
from medinjection.cluster.site import VARIABLE, read_site
from medinjection.records.errors import InputError

HEADS = notes_folder(RUN)
NAMED = " ".join(os.path.relpath(str(file)) for file in workflow.configfiles)
RESUME = f"make resume CONFIG='{NAMED}'"
# The note of this process, once it is a head.
OWN_NOTES = []

# The profile `slurm` names the site's file, also to jobs; elsewhere nothing is done.
if VARIABLE in os.environ:
    SITE = read_site(Path(os.environ[VARIABLE]))
    for one in workflow.rules:
        set_by_hand = workflow.resource_settings.overwrite_resources.get(one.name, {})
        place_gpu_jobs(one.resources, SITE, set_by_hand)

if workflow.is_main_process:
    killed = [h for h in noted_heads(HEADS).values() if h.is_here and not h.runs]
    if killed:
        logger.warning(
            f"The process that submitted jobs of this run ({killed[-1].process}) was killed: {RESUME} goes on from "
            "where it was; what it left in the queue is waited for or cancelled, and its lock is removed."
        )


def check_requests(jobs):
    """Refuse what Slurm would refuse or never start."""
    offers = query_offers(user_name())
    if offers and (faults := faults_of(map(request_of, jobs), offers)):
        raise WorkflowError(
            *(f"{os.environ.get(VARIABLE)}: {fault}" for fault in faults)
        )


def check_leftovers():
    """Refuse to submit again what jobs of a killed process are doing."""
    try:
        left = leftovers(HEADS)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    if left:
        raise WorkflowError(
            f"{len(left)} job(s) of a process that was killed are in the queue still: {described(left)}. Submitted "
            f"again they would run twice: {RESUME}"
        )


def record_finished(heads):
    """Note of files that jobs of a killed process have made how they were made, as Snakemake does at the end of a job."""
    definitions = {file: text for head in heads for file, text in head.jobs.items()}
    for job in workflow.dag.jobs:
        made = str(job.output[0]) if job.output else None
        if (
            made not in definitions
            or not os.path.exists(made)
            or workflow.dag.needrun(job)
        ):
            continue
        if (
            workflow.persistence.metadata(job.output[0]) is None
            and definition_of(job) == definitions[made]
        ):
            workflow.async_run(workflow.persistence.finished(job))


onstart:
    # Hooks run in the process that submits jobs, and in no dry run; nothing is submitted yet.
    if workflow.executor_plugin.name == "slurm":
        submitted = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
        check_requests(submitted)
        check_leftovers()
        earlier = noted_heads(HEADS)
        record_finished(earlier.values())
        # The executor has its run id from nowhere else.
        run_id = workflow.scheduler._executor.run_uuid
        try:
            definitions = definitions_of(submitted)
            OWN_NOTES.append(note_head(HEADS, run_id, sys.argv[1:], definitions))
        except InputError as error:
            raise WorkflowError(str(error)) from None
        for note in earlier:
            note.unlink(missing_ok=True)


onsuccess:
    for note in OWN_NOTES:
        note.unlink(missing_ok=True)


onerror:
    for note in OWN_NOTES:
        for sentence in explained(
            ends_of(note.stem, Path(".snakemake/slurm_logs"))
        ):
            logger.error(sentence)
        note.unlink(missing_ok=True)
