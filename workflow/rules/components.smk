# Sources to the three components of the dataset, and the records that every model is evaluated on.
#
# reads   records/<component>/<source>.parquet
# writes  joined/<component>.parquet, components/near_duplicates/*.parquet, components/<component>.parquet,
#         evaluation/{choice,open}.parquet

# Between which components near duplicates are looked for. The components that are evaluated have a file of their own,
# so that a change of a synthetic source does not build them, and what depends on them, again.
SCOPES = {"evaluated": HELD_OUT, "all": COMPONENTS}


rule join_sources:
    """Join a component's sources and set its exact duplicates aside."""
    input:
        records=lambda wildcards: expand(
            f"{RUN}/records/{wildcards.component}/{{source}}.parquet",
            source=SOURCES.of_component(wildcards.component),
        ),
    output:
        records=f"{RUN}/joined/{{component}}.parquet",
        rejects=f"{RUN}/joined/{{component}}.rejects.parquet",
    log:
        f"{RUN}/logs/join_sources/{{component}}.log",
    benchmark:
        f"{RUN}/benchmarks/join_sources/{{component}}.tsv"
    wildcard_constraints:
        component=any_of(COMPONENTS),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("join_sources"),
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Joining the sources of the {wildcards.component} component"
    shell:
        """
        {params.python} workflow/scripts/join_sources.py \
            --component {wildcards.component} \
            --inputs {input.records:q} \
            --max-reject-share {params.max_reject_share} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """


rule find_near_duplicates:
    """Find near duplicates within and between components."""
    input:
        records=lambda wildcards: expand(
            f"{RUN}/joined/{{component}}.parquet",
            component=SCOPES[wildcards.scope],
        ),
    output:
        pairs=f"{RUN}/components/near_duplicates/{{scope}}.parquet",
    log:
        f"{RUN}/logs/find_near_duplicates/{{scope}}.log",
    benchmark:
        f"{RUN}/benchmarks/find_near_duplicates/{{scope}}.tsv"
    wildcard_constraints:
        scope=any_of(SCOPES),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("find_near_duplicates"),
        threshold=SETTINGS.components.near_duplicate_similarity,
    message:
        "Looking for near duplicates ({wildcards.scope})"
    shell:
        """
        {params.python} workflow/scripts/find_near_duplicates.py \
            --inputs {input.records:q} \
            --threshold {params.threshold} \
            --output {output.pairs:q} \
            >{log:q} 2>&1
        """


rule build_component:
    """Set aside the training records that are too close to what models are evaluated on."""
    input:
        records=f"{RUN}/joined/{{component}}.parquet",
        pairs=lambda wildcards: f"{RUN}/components/near_duplicates/{near_duplicates_scope(wildcards.component)}.parquet",
    output:
        records=f"{RUN}/components/{{component}}.parquet",
        rejects=f"{RUN}/components/{{component}}.rejects.parquet",
    log:
        f"{RUN}/logs/build_component/{{component}}.log",
    benchmark:
        f"{RUN}/benchmarks/build_component/{{component}}.tsv"
    wildcard_constraints:
        component=any_of(COMPONENTS),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("build_component"),
        decontamination="on" if SETTINGS.components.decontamination else "off",
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Building the {wildcards.component} component"
    shell:
        """
        {params.python} workflow/scripts/build_component.py \
            --component {wildcards.component} \
            --input {input.records:q} \
            --near-duplicates {input.pairs:q} \
            --decontamination {params.decontamination} \
            --max-reject-share {params.max_reject_share} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """


rule select_evaluation:
    """Select the records that every model answers."""
    input:
        components=expand(
            f"{RUN}/components/{{component}}.parquet",
            component=HELD_OUT,
        ),
    output:
        choice=f"{RUN}/evaluation/choice.parquet",
        open=f"{RUN}/evaluation/open.parquet",
    log:
        f"{RUN}/logs/select_evaluation.log",
    benchmark:
        f"{RUN}/benchmarks/select_evaluation.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("select_evaluation"),
        split=SETTINGS.prediction.split,
        seed=SETTINGS.seed,
        limit_choice=optional("--limit-choice", SETTINGS.prediction.limit_choice),
        limit_open=optional("--limit-open", SETTINGS.prediction.limit_open),
    message:
        "Selecting the {params.split} records for evaluation"
    shell:
        """
        {params.python} workflow/scripts/select_evaluation.py \
            --components {input.components:q} \
            --split {params.split} \
            --seed {params.seed} \
            {params.limit_choice} {params.limit_open} \
            --output-choice {output.choice:q} \
            --output-open {output.open:q} \
            >{log:q} 2>&1
        """
