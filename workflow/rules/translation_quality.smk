# Quality of the translations: test sets translated by each teacher, scored with BLEU and COMET (paper section 3.3, Table 3).
#
# reads   the folders of the test sets, outputs of systems that are given
# writes  translation_quality/<test set>/, tables/table3.*; journals/translate_test_set/ survives failed jobs


rule read_test_set:
    """Read a test set into segments with their reference and the outputs given with them."""
    input:
        files=lambda wildcards: TEST_SETS.files(wildcards.test_set, RENDERED),
    output:
        segments=f"{TRANSLATIONS}/{{test_set}}/segments.jsonl",
        rejects=f"{TRANSLATIONS}/{{test_set}}/segments.rejects.parquet",
    log:
        f"{RUN}/logs/read_test_set/{{test_set}}.log",
    benchmark:
        f"{RUN}/benchmarks/read_test_set/{{test_set}}.tsv"
    wildcard_constraints:
        test_set=any_of(TEST_SETS.chosen),
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("read_test_set"),
        folder=lambda wildcards: TEST_SETS.folder(wildcards.test_set),
        layout=lambda wildcards: TEST_SETS.chosen[wildcards.test_set].layout,
        files=lambda wildcards: TEST_SETS.chosen[wildcards.test_set].files,
        given=lambda wildcards: TEST_SETS.output_flags(wildcards.test_set),
        limit=lambda wildcards: optional(
            "--limit", TEST_SETS.chosen[wildcards.test_set].limit
        ),
        seed=SETTINGS.seed,
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Reading the test set {wildcards.test_set}"
    shell:
        """
        {params.python} workflow/scripts/read_test_set.py \
            --folder {params.folder:q} \
            --layout {params.layout} \
            --files {params.files:q} \
            --given {params.given} \
            {params.limit} \
            --seed {params.seed} \
            --max-reject-share {params.max_reject_share} \
            --output {output.segments:q} \
            >{log:q} 2>&1
        """


rule translate_test_set:
    """Translate a test set; answers already in the journal are not asked again."""
    input:
        segments=f"{TRANSLATIONS}/{{test_set}}/segments.jsonl",
        prompt=SETTINGS.translation_quality.prompt,
        teacher=lambda wildcards: teacher_files(wildcards.teacher),
    output:
        translated=f"{TRANSLATIONS}/{{test_set}}/translated/{{teacher}}.jsonl",
        rejects=f"{TRANSLATIONS}/{{test_set}}/translated/{{teacher}}.rejects.parquet",
    log:
        f"{RUN}/logs/translate_test_set/{{test_set}}/{{teacher}}.log",
    benchmark:
        f"{RUN}/benchmarks/translate_test_set/{{test_set}}/{{teacher}}.tsv"
    wildcard_constraints:
        test_set=any_of(TEST_SETS.chosen),
        teacher=any_of(TRANSLATORS),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.translating(wildcards.test_set, wildcards.teacher).threads
    resources:
        **asked(
            lambda wildcards: ASKS.translating(wildcards.test_set, wildcards.teacher)
        ),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("translate_test_set", wildcards.teacher),
        teacher=lambda wildcards: teacher_flags(wildcards.teacher),
        journal=lambda wildcards: f"{RUN}/journals/translate_test_set/{wildcards.test_set}.{wildcards.teacher}/1-of-1.jsonl",
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Translating the test set {wildcards.test_set} by {wildcards.teacher}"
    shell:
        """
        {params.python} workflow/scripts/translate_test_set.py \
            --input {input.segments:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --max-reject-share {params.max_reject_share} \
            --output {output.translated:q} \
            >{log:q} 2>&1
        """


rule score_translations:
    """Score the translations of a test set with BLEU, the teachers' and those that were given."""
    input:
        segments=f"{TRANSLATIONS}/{{test_set}}/segments.jsonl",
        translated=expand(
            f"{TRANSLATIONS}/{{{{test_set}}}}/translated/{{teacher}}.jsonl",
            teacher=TRANSLATORS,
        ),
    output:
        scores=f"{TRANSLATIONS}/{{test_set}}/bleu.csv",
        segment_scores=f"{TRANSLATIONS}/{{test_set}}/bleu_segments.jsonl",
    log:
        f"{RUN}/logs/score_translations/{{test_set}}.log",
    benchmark:
        f"{RUN}/benchmarks/score_translations/{{test_set}}.tsv"
    wildcard_constraints:
        test_set=any_of(TEST_SETS.chosen),
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("score_translations"),
        translated=lambda wildcards, input: named_words(
            dict(zip(TRANSLATORS, input.translated))
        ),
    message:
        "Scoring the translations of {wildcards.test_set}"
    shell:
        """
        {params.python} workflow/scripts/score_translations.py \
            --test-set {wildcards.test_set} \
            --segments {input.segments:q} \
            --translated {params.translated} \
            --output {output.scores:q} \
            --segment-scores {output.segment_scores:q} \
            >{log:q} 2>&1
        """


if COMET and not COMET.path:

    rule fetch_comet:
        """Bring the COMET model into the hub's cache, with the tokenizer of its encoder."""
        output:
            cached=f"{RUN}/hub_cache/comet.json",
        log:
            f"{RUN}/logs/fetch_comet.log",
        benchmark:
            f"{RUN}/benchmarks/fetch_comet.tsv"
        localrule: True
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=240),
        params:
            python=online(interpreter("workflow")),
            code=code("fetch_cached"),
            model_id=as_written(COMET.model_id),
            revision=as_written(COMET.revision),
        message:
            "Fetching {params.model_id}"
        shell:
            """
            {params.python} workflow/scripts/fetch_cached.py \
                --model-id {params.model_id:q} \
                --revision {params.revision} \
                --encoder xlm-roberta-large \
                --output {output.cached:q} \
                >{log:q} 2>&1
            """


if COMET:

    rule score_comet:
        """Score the translations of a test set with COMET, in an environment of its own."""
        input:
            scored=f"{TRANSLATIONS}/{{test_set}}/bleu_segments.jsonl",
            model=comet_files(COMET) or f"{RUN}/hub_cache/comet.json",
        output:
            scores=f"{TRANSLATIONS}/{{test_set}}/comet.csv",
            segment_scores=f"{TRANSLATIONS}/{{test_set}}/comet_segments.jsonl",
        log:
            f"{RUN}/logs/score_comet/{{test_set}}.log",
        benchmark:
            f"{RUN}/benchmarks/score_comet/{{test_set}}.tsv"
        wildcard_constraints:
            test_set=any_of(TEST_SETS.chosen),
        conda:
            "../../envs/comet.yaml"
        threads: ASKS.metric(tiny=False).threads
        resources:
            **asked(lambda wildcards: ASKS.metric(tiny=False)),
        params:
            python=interpreter("comet"),
            code=code("score_comet"),
            model=as_written(comet_flags(COMET)),
            batch_size=COMET.batch_size,
        message:
            "Scoring the translations of {wildcards.test_set} with COMET"
        shell:
            """
            if ! command -v {params.python:q} >/dev/null; then
                echo "error: {params.python}: no such program; make comet sets up its environment" >{log:q}
                exit 1
            fi
            {params.python} workflow/scripts/score_comet.py \
                --input {input.scored:q} \
                {params.model} \
                --batch-size {params.batch_size} \
                --output {output.scores:q} \
                --segment-scores {output.segment_scores:q} \
                >{log:q} 2>&1
            """


rule report_translation_table:
    """Write Table 3, ours beside the published values."""
    input:
        bleu=expand(f"{TRANSLATIONS}/{{test_set}}/bleu.csv", test_set=TEST_SETS.chosen),
        comet=expand(
            f"{TRANSLATIONS}/{{test_set}}/comet.csv",
            test_set=TEST_SETS.chosen if COMET else [],
        ),
        published=f"{PUBLISHED}/published_table3.csv",
    output:
        shown(expand(f"{RUN}/tables/table3.{{suffix}}", suffix=["csv", "md", "tex"])),
    log:
        f"{RUN}/logs/report_translation_table.log",
    benchmark:
        f"{RUN}/benchmarks/report_translation_table.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_translation_table"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing Table 3"
    shell:
        """
        {params.python} workflow/scripts/report_translation_table.py \
            --bleu {input.bleu:q} \
            --comet {input.comet:q} \
            --published-3 {input.published:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
