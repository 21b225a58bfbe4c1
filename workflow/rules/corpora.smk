# Upstream files and what they become: one parquet file a source, with its rejects.
#
# reads   corpora/ of a demonstration, a local folder, or upstream's own addresses
# writes  raw/<source>/, records/<component>/<source>.parquet for what is French already, else
#         normalised/<source>.parquet

from medinjection.sources.readers.by_name import reader_path


rule fetch_source:
    """Bring a source's upstream files into the run, with their checksums."""
    input:
        files=lambda wildcards: SOURCES.upstream_files(wildcards.source, RENDERED),
    output:
        manifest=f"{RUN}/raw/{{source}}/manifest.json",
    log:
        f"{RUN}/logs/fetch_source/{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/fetch_source/{{source}}.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=240),
    params:
        python=interpreter("workflow"),
        code=code("fetch_source"),
        registry=SETTINGS.registry,
        entry=lambda wildcards: repr(REGISTRY[wildcards.source]),
        where=lambda wildcards: SOURCES.fetching_flags(wildcards.source),
        folder=lambda wildcards, output: parent(output.manifest),
    message:
        "Fetching the upstream files of {wildcards.source}"
    shell:
        """
        {params.python} workflow/scripts/fetch_source.py \
            --registry {params.registry:q} \
            --source {wildcards.source} \
            {params.where} \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """


rule normalise_french:
    """Turn the upstream files of a source of French records into records."""
    input:
        manifest=f"{RUN}/raw/{{source}}/manifest.json",
        specialties=SETTINGS.specialties,
    output:
        records=f"{RUN}/records/{{component}}/{{source}}.parquet",
        rejects=f"{RUN}/records/{{component}}/{{source}}.rejects.parquet",
    log:
        f"{RUN}/logs/normalise_source/{{component}}.{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/normalise_source/{{component}}.{{source}}.tsv"
    wildcard_constraints:
        component=any_of(COMPONENTS),
        source=any_of(SOURCES.french),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code(
            "normalise_source", reader_path(REGISTRY[wildcards.source])
        ),
        registry=SETTINGS.registry,
        entry=lambda wildcards: repr(REGISTRY[wildcards.source]),
        flags=lambda wildcards: SOURCES.normalising_flags(
            wildcards.source, wildcards.get("component")
        ),
        raw=lambda wildcards, input: parent(input.manifest),
    message:
        "Normalising {wildcards.source}"
    shell:
        """
        {params.python} workflow/scripts/normalise_source.py \
            --registry {params.registry:q} \
            --specialties {input.specialties:q} \
            --source {wildcards.source} \
            --raw {params.raw:q} \
            {params.flags} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """


use rule normalise_french as normalise_other with:
    output:
        records=f"{RUN}/normalised/{{source}}.parquet",
        rejects=f"{RUN}/normalised/{{source}}.rejects.parquet",
    log:
        f"{RUN}/logs/normalise_source/{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/normalise_source/{{source}}.tsv"
    wildcard_constraints:
        source=any_of(SOURCES.asked),
