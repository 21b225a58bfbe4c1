# Human review of open answers: the sample, the page and the csv for raters, and what they sent back (docs/human-review.md).
#
# reads   predictions/<model>/open.parquet, evaluation/open.parquet, the raters' csv files; judgements/ where they decide the draw
# writes  human/{sample,ratings}.parquet, human/review.{html,csv}, scores/human_agreement.csv

REVIEW_TEMPLATES = "src/medinjection/reporting/review"


rule sample_answers:
    """Draw the answers that raters are shown, stratified by source and model or by disagreement of judges."""
    input:
        predictions=[f"{ANSWERS.predictions}/{m}/open.parquet" for m in REVIEW.models],
        judgements=REVIEW.judgement_files,
        records=ANSWERS.references or [],
    output:
        sample=f"{RUN}/human/sample.parquet",
    log:
        f"{RUN}/logs/sample_answers.log",
    benchmark:
        f"{RUN}/benchmarks/sample_answers.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("sample_answers"),
        size=SETTINGS.human_review.size,
        seed=(
            SETTINGS.seed
            if SETTINGS.human_review.seed is None
            else SETTINGS.human_review.seed
        ),
        share=optional(
            "--share-of-translations", SETTINGS.human_review.share_of_translations
        ),
        translations=" ".join(SETTINGS.human_review.translation_sources),
        judges=named_words(REVIEW.judges),
    message:
        "Drawing the answers that raters are shown"
    shell:
        """
        {params.python} workflow/scripts/sample_answers.py \
            --predictions {input.predictions:q} \
            --records {input.records:q} \
            --size {params.size} \
            --seed {params.seed} \
            {params.share} \
            --translation-sources {params.translations} \
            --judgements {params.judges} \
            --output {output.sample:q} \
            >{log:q} 2>&1
        """


rule report_review:
    """Write the page and the csv on which answers are rated."""
    input:
        sample=f"{RUN}/human/sample.parquet",
        templates=expand(
            f"{REVIEW_TEMPLATES}/review.{{suffix}}", suffix=["html.j2", "css", "js"]
        ),
    output:
        page=f"{RUN}/human/review.html",
        sheet=f"{RUN}/human/review.csv",
    log:
        f"{RUN}/logs/report_review.log",
    benchmark:
        f"{RUN}/benchmarks/report_review.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_review"),
        run_name=SETTINGS.run,
        note=REMARK,
        simulated=" ".join(REVIEW.simulated),
    message:
        "Writing {output.page}"
    shell:
        """
        {params.python} workflow/scripts/report_review.py \
            --sample {input.sample:q} \
            --run-name {params.run_name} \
            {params.note} \
            --simulated-raters {params.simulated} \
            --page {output.page:q} \
            --sheet {output.sheet:q} \
            >{log:q} 2>&1
        """


rule score_ratings:
    """Check and join the ratings, and say how far raters agree."""
    input:
        sample=f"{RUN}/human/sample.parquet",
        ratings=list(REVIEW.raters.values()),
    output:
        ratings=f"{RUN}/human/ratings.parquet",
        agreement=f"{RUN}/scores/human_agreement.csv",
    log:
        f"{RUN}/logs/score_ratings.log",
    benchmark:
        f"{RUN}/benchmarks/score_ratings.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("score_ratings"),
        raters=as_written(named_words(REVIEW.raters)),
    message:
        "Checking the ratings and comparing the raters"
    shell:
        """
        {params.python} workflow/scripts/score_ratings.py \
            --sample {input.sample:q} \
            --ratings {params.raters} \
            --output {output.ratings:q} \
            --agreement {output.agreement:q} \
            >{log:q} 2>&1
        """
