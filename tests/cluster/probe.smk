# Jobs of a second that ask Slurm for what the workflow's do; the profile and cluster.smk are the project's own.
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "src"))
RUN = "results/probe"


rule gpus:
    output:
        f"{RUN}/gpus.txt",
    resources:
        gpu=lambda wildcards: 2,
        mem_mb=500,
        runtime=5,
    shell:
        "env | grep -E '^(CUDA_VISIBLE_DEVICES|TMPDIR)=' | sort >{output}; echo {resources.gres} >>{output}"


rule no_gpus:
    output:
        f"{RUN}/no_gpus.txt",
    resources:
        gpu=lambda wildcards: 0,
        mem_mb=500,
        runtime=5,
    shell:
        "echo ${{CUDA_VISIBLE_DEVICES:-none}} >{output}"


# Needs 700 MB, asks for 500 MB first.
rule grows:
    output:
        f"{RUN}/grows.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 500 if attempt == 1 else 1500,
        runtime=5,
    shell:
        "python3 -c 'import time; kept = b\"x\" * 700_000_000; time.sleep(8)' && echo {resources.mem_mb} >{output}"


# Never fits into what it asks for.
rule too_large:
    output:
        f"{RUN}/too_large.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 500 + attempt,
        runtime=5,
    shell:
        "python3 -c 'import time; kept = b\"x\" * 700_000_000; time.sleep(60)' && touch {output}"


# Takes longer than the minute that it asks for first.
rule slow:
    output:
        f"{RUN}/slow.txt",
    resources:
        mem_mb=500,
        runtime=lambda wildcards, attempt: attempt,
    shell:
        "[ {resources.runtime} -gt 1 ] || sleep 300; echo {resources.runtime} >{output}"


# Waits for a file, which a test writes.
rule waits:
    output:
        f"{RUN}/waits.txt",
    resources:
        gpu=1,
        mem_mb=500,
        runtime=10,
    shell:
        "until [ -e go ]; do sleep 0.2; done; echo $SLURMD_NODENAME >{output}"


# Writes two megabytes.
rule writes:
    output:
        f"{RUN}/writes.txt",
    resources:
        mem_mb=500,
        runtime=5,
    shell:
        "head -c 2000000 /dev/zero >{output}"


include: "workflow/rules/cluster.smk"
