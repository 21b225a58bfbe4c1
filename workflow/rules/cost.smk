# What the language models are going to cost, what they have cost, and what the run asks of a cluster.
#
# reads   journals/, which no rule declares; for the estimate what is there before any language model is asked
# writes  cost_estimate.csv, cost.csv, resources_estimate.csv


rule estimate_cost:
    """Price each stage's requests to each teacher: prompts from the real texts, answers assumed."""
    input:
        files=lambda wildcards: job_files(PLAN, priced_jobs(PLAN)),
    output:
        estimate=f"{RUN}/cost_estimate.csv",
    log:
        f"{RUN}/logs/estimate_cost.log",
    benchmark:
        f"{RUN}/benchmarks/estimate_cost.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("estimate_cost"),
        jobs=lambda wildcards: job_flags(priced_jobs(PLAN)),
        size_of_journals=lambda wildcards: journals_size(RUN),
    message:
        "Pricing what the run asks of language models"
    shell:
        """
        {params.python} workflow/scripts/estimate_cost.py \
            {params.jobs} \
            --output {output.estimate:q} \
            >{log:q} 2>&1
        tail -n 1 {log:q} >&2
        """


rule report_cost:
    """Write what each stage asked of each model in each shard, and what it cost."""
    input:
        answered=answered_files(PLAN),
    output:
        cost=shown(f"{RUN}/cost.csv"),
    log:
        f"{RUN}/logs/report_cost.log",
    benchmark:
        f"{RUN}/benchmarks/report_cost.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=1000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("report_cost"),
        journals=f"{RUN}/journals",
    message:
        "Adding up what the language models cost"
    shell:
        """
        {params.python} workflow/scripts/report_cost.py \
            --journals {params.journals:q} \
            --output {output.cost:q} \
            >{log:q} 2>&1
        """


rule estimate_resources:
    """Say how many jobs the whole run has, how many are submitted to a cluster, their GPU hours and their time."""
    input:
        # Rules that change may have other jobs.
        rules=sorted(map(str, Path("workflow/rules").glob("*.smk"))),
        profile="profiles/slurm/config.yaml",
    output:
        estimate=f"{RUN}/resources_estimate.csv",
    log:
        f"{RUN}/logs/estimate_resources.log",
    benchmark:
        f"{RUN}/benchmarks/estimate_resources.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=1000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("estimate_resources"),
        configuration=lambda wildcards: Described(SETTINGS.model_dump_json()),
        requests=lambda wildcards: request_flags(planned_requests(ASKS)),
        local=lambda wildcards: " ".join(sorted(workflow._localrules)),
        snakemake=lambda wildcards: configuration_flags(
            workflow.configfiles, workflow.config_settings.config
        ),
    message:
        "Adding up what the run asks of a cluster"
    shell:
        """
        {params.python} workflow/scripts/estimate_resources.py \
            {params.requests} \
            --local-rules {params.local} \
            --profile {input.profile:q} \
            --output {output.estimate:q} \
            -- {params.snakemake} \
            >{log:q} 2>&1
        cat {log:q} >&2
        """
