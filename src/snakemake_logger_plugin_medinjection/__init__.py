"""What a person sees of a run, by `snakemake --logger medinjection`: how far it is, what runs, how a failed job ended.

It is snakemake-logger-plugin-rich, with these things changed. Bars of finished rules go, as there are more rules than a
terminal has rows; a bar's time begins with its first job. Where the output is no terminal, a finished rule is a line.
Of a failed job the end of its log is shown, not all of it nor its command, which Snakemake's own log has.
"""

import os
import time
from logging import LogRecord
from pathlib import Path
from typing import Any

from rich.text import Text
from snakemake_logger_plugin_rich import LogHandler as RichHandler
from snakemake_logger_plugin_rich import events
from snakemake_logger_plugin_rich.event_handler import EventHandler

_LAST_LINES = 20
# How Snakemake says once more that a job has failed, with its whole command.
_SAID_BY_THE_JOB = (
    "RuleException:\nCalledProcessError in file",
    "Shutting down, this might take some time.",
    "Exiting because a job execution failed.",
    "WorkflowError:\nAt least one job did not complete successfully.",
)
_REFRESHES_PER_SECOND = 2


# The plugin that these two extend has no types.
class RunView(EventHandler):  # type: ignore[misc]
    """Writes what a run says to a console."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._started = time.monotonic()

    def handle_workflow_started(self, event_data: events.WorkflowStarted, **_: Any) -> None:
        """Say nothing: the command has just been given."""

    def handle_run_info(self, event_data: events.RunInfo, **kwargs: Any) -> None:
        """Make the bars; no job runs yet, where the plugin begins to count at one."""
        super().handle_run_info(event_data, **kwargs)
        for task in self.progress_display.rule_tasks.values():
            self.progress.update(task, active=0)

    def handle_job_info(self, event_data: events.JobInfo, **kwargs: Any) -> None:
        """Show the bar of a rule with its first job, and its time from then on."""
        rule = event_data.rule_name
        if not self.dryrun and rule in self.rule_counts and not self.rule_counts[rule]["started"]:
            self.progress.reset(self.progress_display.rule_tasks[rule], total=self.rule_counts[rule]["total"])
        super().handle_job_info(event_data, **kwargs)

    def handle_job_finished(self, event_data: events.JobFinished, **kwargs: Any) -> None:
        """Move the bars; take away that of a rule that is finished, or say on a line that it is."""
        super().handle_job_finished(event_data, **kwargs)
        rule = self.jobs_info.get(event_data.job_id, {}).get("rule")
        count = self.rule_counts.get(rule)
        if count is None or count["completed"] < count["total"]:
            return
        self.progress_display.set_visible(rule, False)
        if not self.console.is_terminal:
            jobs = f"  ({count['total']} jobs)" if count["total"] > 1 else ""
            self._say(f"{self._elapsed():>7}  {self.completed:>3} of {self.total_jobs} jobs  {rule}{jobs}")

    def handle_error(self, event_data: events.Error, **kwargs: Any) -> None:
        """Say what went wrong with the workflow, not that a job did, which is said already."""
        if not (event_data.message or "").startswith(_SAID_BY_THE_JOB):
            super().handle_error(event_data, **kwargs)

    def handle_job_error(self, event_data: events.JobError, **_: Any) -> None:
        """Name the rule that failed, what it worked on, and its log with the last lines."""
        job = self.jobs_info.get(event_data.jobid, {"rule": f"job {event_data.jobid}"})
        wildcards = ", ".join(f"{name}={value}" for name, value in (job.get("wildcards") or {}).items())
        self._say(f"Failed: {job['rule']}{f' ({wildcards})' if wildcards else ''}", style="bold red")
        for log in job.get("log") or []:
            lines = _lines(Path(log))
            self._say(f"The end of {log}:" if lines else f"Its log {log} says nothing.", style="red")
            self._say("\n".join(f"  {line}" for line in lines[-_LAST_LINES:]))

    def handle_generic_record(self, record: LogRecord, **kwargs: Any) -> None:
        """Say at the end how much was done, and where Snakemake's own log is; everything else as it comes."""
        message = record.getMessage()
        if message.startswith(("Elapsed time:", "Conda environments: ignored", *_SAID_BY_THE_JOB)):
            return
        if "Complete log" not in message:
            super().handle_generic_record(record, **kwargs)
        elif self.total_jobs:
            log = os.path.relpath(message.split(":", 1)[-1].strip())
            self._say(f"{self.completed} of {self.total_jobs} jobs done in {self._elapsed()}; Snakemake's log: {log}")

    def close(self) -> None:
        """Take the bars away; where there are none rich would write an empty line each time."""
        if self.console.is_terminal or self.dryrun:
            super().close()
        else:
            self._stop_dag_status()
            self.progress_display.live_display.stop()

    def _display_job_summary(self, per_rule_job_counts: dict[str, int], total_job_count: int) -> None:
        """Say how many jobs there are; before a dry run ends, of which rules."""
        if self.dryrun:
            super()._display_job_summary(per_rule_job_counts, total_job_count)
        elif total_job_count:
            self._say(f"{total_job_count} jobs of {len(per_rule_job_counts)} rules")

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _say(self, text: str, style: str = "") -> None:
        if text:
            self.console.print(Text(text, style=style), soft_wrap=True)


def _lines(path: Path) -> list[str]:
    """Return the lines of a log as a terminal would leave them; none where it was never written."""
    if not path.is_file():
        return []
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return [line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines if line.strip()]


class LogHandler(RichHandler):  # type: ignore[misc]
    """The plugin as Snakemake finds it, by the name of this package."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # Drawing the bars takes time from the jobs.
        self.live_display.refresh_per_second = _REFRESHES_PER_SECOND
        self.event_handler = RunView(
            console=self.console,
            progress=self.progress,
            live_display=self.live_display,
            dryrun=self.common_settings.dryrun,
            printshellcmds=self.common_settings.printshellcmds,
            show_failed_logs=self.common_settings.show_failed_logs,
            verbose=self.common_settings.verbose,
        )
