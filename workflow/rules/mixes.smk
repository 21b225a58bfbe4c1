# Components to training mixes (paper section 4.1; other shares, sources and filters: docs/add-a-mix.md).
#
# reads   components/<component>.parquet, files of scores where a mix filters by them
# writes  mixes/<mix>.parquet, mixes/<mix>.json (parts, counts, seed, checksums of the inputs), mixes/validation.*


rule mix_records:
    """Draw one mix: nested samples of its components, in equal shares."""
    input:
        components=lambda wildcards: list(
            component_files(SETTINGS.mixes, wildcards.mix, RUN, COMPONENTS).values()
        ),
        scores=lambda wildcards: score_files(SETTINGS.mixes, wildcards.mix, RUN),
    output:
        records=f"{RUN}/mixes/{{mix}}.parquet",
        summary=f"{RUN}/mixes/{{mix}}.json",
    log:
        f"{RUN}/logs/mix_records/{{mix}}.log",
    benchmark:
        f"{RUN}/benchmarks/mix_records/{{mix}}.tsv"
    wildcard_constraints:
        mix=any_of(MIXES),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("mix_records"),
        flags=lambda wildcards: mix_flags(
            SETTINGS.mixes, wildcards.mix, RUN, COMPONENTS
        ),
    message:
        "Drawing the mix {wildcards.mix}"
    shell:
        """
        {params.python} workflow/scripts/mix_records.py \
            --mix {wildcards.mix} \
            {params.flags} \
            --output {output.records:q} \
            --summary {output.summary:q} \
            >{log:q} 2>&1
        """


rule draw_validation:
    """Draw the records on which every training is validated after each epoch."""
    input:
        components=list(validation_files(SETTINGS.mixes, RUN, HELD_OUT).values()),
    output:
        records=f"{RUN}/mixes/validation.parquet",
        summary=f"{RUN}/mixes/validation.json",
    log:
        f"{RUN}/logs/draw_validation.log",
    benchmark:
        f"{RUN}/benchmarks/draw_validation.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("draw_validation"),
        components=" ".join(
            f"--component {name}={file}"
            for name, file in validation_files(SETTINGS.mixes, RUN, HELD_OUT).items()
        ),
        size=SETTINGS.mixes.validation_size,
        seed=SETTINGS.mixes.seed,
    message:
        "Drawing the validation mix"
    shell:
        """
        {params.python} workflow/scripts/draw_validation.py \
            {params.components} \
            --size {params.size} \
            --seed {params.seed} \
            --output {output.records:q} \
            --summary {output.summary:q} \
            >{log:q} 2>&1
        """
