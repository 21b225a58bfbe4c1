# LLM judges of the synthetic items, before any is set aside (paper section 3.4, Figures 3, 12 and 13).
#
# reads   joined/synthetic.parquet, normalised/<source>.parquet of the documents, the judges' prompts
# writes  quality/<judge>/<shard>.parquet, quality/<judge>.parquet, scores/quality{,_agreement}.csv, figures/fig3*;
#         journals/judge_quality/ survives failed jobs

QUALITY_SHARDS = shards(SETTINGS.quality.shards)


rule judge_quality:
    """Have one judge score a shard of the synthetic items."""
    input:
        records=f"{RUN}/joined/synthetic.parquet",
        documents=expand(
            f"{RUN}/normalised/{{source}}.parquet", source=SOURCES.documents
        ),
        open_prompt=SETTINGS.quality.open_prompt,
        choice_prompt=SETTINGS.quality.choice_prompt,
        teacher=lambda wildcards: teacher_files(wildcards.judge),
    output:
        scores=f"{RUN}/quality/{{judge}}/{{shard}}.parquet",
    log:
        f"{RUN}/logs/judge_quality/{{judge}}/{{shard}}.log",
    benchmark:
        f"{RUN}/benchmarks/judge_quality/{{judge}}/{{shard}}.tsv"
    wildcard_constraints:
        judge=any_of(SETTINGS.quality.judges),
        shard=any_of(QUALITY_SHARDS),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.quality(wildcards.judge).threads
    resources:
        **asked(lambda wildcards: ASKS.quality(wildcards.judge)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("judge_quality", wildcards.judge),
        limit=optional("--limit", SETTINGS.quality.limit),
        seed=SETTINGS.seed,
        teacher=lambda wildcards: teacher_flags(wildcards.judge),
        journal=lambda wildcards: f"{RUN}/journals/judge_quality/{wildcards.judge}/{wildcards.shard}.jsonl",
    message:
        "Judging the synthetic items by {wildcards.judge} ({wildcards.shard})"
    shell:
        """
        {params.python} workflow/scripts/judge_quality.py \
            --records {input.records:q} \
            --documents {input.documents:q} \
            --prompt {input.open_prompt:q} \
            --choice-prompt {input.choice_prompt:q} \
            {params.limit} \
            --seed {params.seed} \
            --shard {wildcards.shard} \
            {params.teacher} \
            --journal {params.journal:q} \
            --output {output.scores:q} \
            >{log:q} 2>&1
        """


rule join_quality:
    """Join the shards of one judge's scores."""
    input:
        records=f"{RUN}/joined/synthetic.parquet",
        shards=expand(
            f"{RUN}/quality/{{{{judge}}}}/{{shard}}.parquet", shard=QUALITY_SHARDS
        ),
    output:
        scores=f"{RUN}/quality/{{judge}}.parquet",
    log:
        f"{RUN}/logs/join_quality/{{judge}}.log",
    benchmark:
        f"{RUN}/benchmarks/join_quality/{{judge}}.tsv"
    wildcard_constraints:
        judge=any_of(SETTINGS.quality.judges),
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("join_quality"),
        limit=optional("--limit", SETTINGS.quality.limit),
        seed=SETTINGS.seed,
    message:
        "Joining the scores of the synthetic items by {wildcards.judge}"
    shell:
        """
        {params.python} workflow/scripts/join_quality.py \
            --records {input.records:q} \
            --shards {input.shards:q} \
            {params.limit} \
            --seed {params.seed} \
            --output {output.scores:q} \
            >{log:q} 2>&1
        """


rule score_quality:
    """Count and average the judges' scores of the synthetic items."""
    input:
        scores=expand(f"{RUN}/quality/{{judge}}.parquet", judge=SETTINGS.quality.judges),
    output:
        scores=f"{RUN}/scores/quality.csv",
        agreement=f"{RUN}/scores/quality_agreement.csv",
    log:
        f"{RUN}/logs/score_quality.log",
    benchmark:
        f"{RUN}/benchmarks/score_quality.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("score_quality"),
        scores=named_words(
            {
                judge: f"{RUN}/quality/{judge}.parquet"
                for judge in SETTINGS.quality.judges
            }
        ),
    message:
        "Averaging the scores of the synthetic items"
    shell:
        """
        {params.python} workflow/scripts/score_quality.py \
            --scores {params.scores} \
            --output {output.scores:q} \
            --agreement {output.agreement:q} \
            >{log:q} 2>&1
        """


rule report_figure_quality:
    """Draw Figure 3, what each judge thinks of the synthetic items, with its table."""
    input:
        scores=f"{RUN}/scores/quality.csv",
        agreement=f"{RUN}/scores/quality_agreement.csv",
        published=f"{PUBLISHED}/published_figure3.csv",
    output:
        shown(
            expand(
                f"{RUN}/figures/fig3{{suffix}}",
                suffix=[*FIGURE_FILES, "_agreement.csv", ".md", ".tex"],
            )
        ),
    log:
        f"{RUN}/logs/report_figure_quality.log",
    benchmark:
        f"{RUN}/benchmarks/report_figure_quality.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_figure_quality"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing Figure 3"
    shell:
        """
        {params.python} workflow/scripts/report_figure_quality.py \
            --scores {input.scores:q} \
            --agreement {input.agreement:q} \
            --published {input.published:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
