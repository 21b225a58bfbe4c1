# What the demonstration makes for itself: corpora in the formats of their upstreams, a tiny base model, and ratings.
#
# reads   the knowledge base; for the base model documents and components; for ratings human/sample.parquet
# writes  corpora/, models/<base>/, human/ratings/<simulated rater>.csv

from medinjection.demo.corpora.rendering import RENDERED_FILES

# All rendered by one job.
RENDERED = [f"{RUN}/corpora/{name}" for name in RENDERED_FILES]


rule render_corpora:
    """Render the knowledge base as demonstration corpora in the formats of their upstreams."""
    input:
        knowledge=SETTINGS.demo.knowledge,
    output:
        RENDERED,
    log:
        f"{RUN}/logs/render_corpora.log",
    benchmark:
        f"{RUN}/benchmarks/render_corpora.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=1000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("render_corpora"),
        folder=lambda wildcards, output: parent(parent(output[0])),
        size=SETTINGS.demo.size,
        seed=SETTINGS.seed,
    message:
        "Rendering demonstration corpora from {input.knowledge}"
    shell:
        """
        {params.python} workflow/scripts/render_corpora.py \
            --knowledge {input.knowledge:q} \
            --size {params.size} \
            --seed {params.seed} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule pretrain_base:
    """Pre-train a tiny base model on the run's own text."""
    input:
        documents=expand(
            f"{RUN}/normalised/{{source}}.parquet", source=SOURCES.documents
        ),
        records=expand(
            f"{RUN}/components/{{component}}.parquet",
            component=HELD_OUT,
        ),
    output:
        run=f"{RUN}/models/{{base}}/run.json",
    log:
        f"{RUN}/logs/pretrain_base/{{base}}.log",
    benchmark:
        f"{RUN}/benchmarks/pretrain_base/{{base}}.tsv"
    wildcard_constraints:
        base=any_of(PLAN.pretrained_bases),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("pretrain_base"),
        folder=lambda wildcards, output: parent(output.run),
        shape=lambda wildcards: pretraining_flags(BASES[wildcards.base].pretraining),
        seed=SETTINGS.seed,
    message:
        "Pre-training the tiny base model {wildcards.base}"
    shell:
        """
        {params.python} workflow/scripts/pretrain_base.py \
            --documents {input.documents:q} \
            --records {input.records:q} \
            {params.shape} \
            --seed {params.seed} \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """


rule simulate_ratings:
    """Make up the ratings of the simulated raters; they say that no person gave them."""
    input:
        sample=f"{RUN}/human/sample.parquet",
    output:
        expand(f"{RUN}/human/ratings/{{rater}}.csv", rater=REVIEW.simulated),
    log:
        f"{RUN}/logs/simulate_ratings.log",
    benchmark:
        f"{RUN}/benchmarks/simulate_ratings.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=1000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("simulate_ratings"),
        raters=" ".join(REVIEW.simulated),
        seed=SETTINGS.seed,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Making up the ratings of {params.raters}"
    shell:
        """
        {params.python} workflow/scripts/simulate_ratings.py \
            --sample {input.sample:q} \
            --raters {params.raters} \
            --seed {params.seed} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
