# Answers of every model: all orders and both decodings of choice questions, and open answers, with one load a model.
#
# With prediction.english_originals they are also asked the translated choice questions as they were in English.
#
# reads   models/<model>/, evaluation/{choice,open}.parquet, normalised/<source>.parquet, the prompts
# writes  predictions/<model>/{choice,open,reasoning}.parquet, run.json (of models that are loaded here); predictions/<model>.chunks/
#         and journals/predict_served/ survive failed jobs; the same of the English originals in evaluation_english/,
#         predictions_english/ and journals/predict_english_served/


rule predict_answers:
    """Have one model answer every evaluation record; resumes from its chunks."""
    input:
        base=lambda wildcards: f"{RUN}/models/{PLANS[wildcards.model].base}/run.json",
        model=f"{RUN}/models/{{model}}/run.json",
        choice=f"{RUN}/evaluation/choice.parquet",
        open=f"{RUN}/evaluation/open.parquet",
        prompts=prompt_files(SETTINGS.prompts),
    output:
        choice=f"{RUN}/predictions/{{model}}/choice.parquet",
        open=f"{RUN}/predictions/{{model}}/open.parquet",
        reasoning=f"{RUN}/predictions/{{model}}/reasoning.parquet",
        run=f"{RUN}/predictions/{{model}}/run.json",
    log:
        f"{RUN}/logs/predict_answers/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/predict_answers/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(LOADED),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.prediction(wildcards.model).threads
    resources:
        **asked(lambda wildcards: ASKS.prediction(wildcards.model)),
    params:
        python=interpreter("workflow"),
        code=code("predict_answers"),
        base=lambda wildcards, input: parent(input.base),
        adapter=lambda wildcards, input: optional(
            "--adapter",
            (
                None
                if PLANS[wildcards.model].base == wildcards.model
                else parent(input.model)
            ),
        ),
        chunks=lambda wildcards, output: f"{parent(output.run)}.chunks",
        asking=lambda wildcards: prediction_flags(SETTINGS),
        thinking=lambda wildcards: thinking_flags(PLAN.named.get(wildcards.model)),
        prompts=prompt_flags(SETTINGS.prompts),
        stand_ins=lambda wildcards: stand_ins_flag(
            stand_ins_of_answers(PLAN, wildcards.model)
        ),
    message:
        "Predicting the answers of {wildcards.model}"
    shell:
        """
        {params.python} workflow/scripts/predict_answers.py \
            --model {wildcards.model} \
            --base {params.base:q} \
            {params.adapter} \
            --choice {input.choice:q} \
            --open {input.open:q} \
            {params.prompts} \
            {params.asking} \
            {params.thinking} \
            {params.stand_ins} \
            --chunks {params.chunks:q} \
            --output-choice {output.choice:q} \
            --output-open {output.open:q} \
            --output-reasoning {output.reasoning:q} \
            --output-run {output.run:q} \
            >{log:q} 2>&1
        """


rule predict_served:
    """Have a model behind an endpoint answer every evaluation record, greedily; nothing is asked twice."""
    input:
        choice=f"{RUN}/evaluation/choice.parquet",
        open=f"{RUN}/evaluation/open.parquet",
        prompts=prompt_files(SETTINGS.prompts),
        teacher=lambda wildcards: teacher_files(wildcards.model),
    output:
        choice=f"{RUN}/predictions/{{model}}/choice.parquet",
        open=f"{RUN}/predictions/{{model}}/open.parquet",
        reasoning=f"{RUN}/predictions/{{model}}/reasoning.parquet",
    log:
        f"{RUN}/logs/predict_served/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/predict_served/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(SERVED),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.served_prediction(wildcards.model).threads
    resources:
        **asked(lambda wildcards: ASKS.served_prediction(wildcards.model)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("predict_served", wildcards.model),
        teacher=lambda wildcards: teacher_flags(wildcards.model, answers_decided=False),
        journal=lambda wildcards: f"{RUN}/journals/predict_served/{wildcards.model}/answers.jsonl",
        prompts=prompt_flags(SETTINGS.prompts),
        permutations=SETTINGS.prediction.permutations,
        seed=SETTINGS.seed,
        max_new_tokens=SETTINGS.prediction.max_new_tokens,
        thinking=lambda wildcards: thinking_flags(PLAN.named.get(wildcards.model)),
        stand_ins=lambda wildcards: stand_ins_flag(
            stand_ins_of_answers(PLAN, wildcards.model)
        ),
    message:
        "Asking {wildcards.model} for its answers"
    shell:
        """
        {params.python} workflow/scripts/predict_served.py \
            --name {wildcards.model} \
            --choice {input.choice:q} \
            --open {input.open:q} \
            {params.prompts} \
            --permutations {params.permutations} \
            --seed {params.seed} \
            --max-new-tokens {params.max_new_tokens} \
            {params.thinking} \
            {params.stand_ins} \
            {params.teacher} \
            --journal {params.journal:q} \
            --output-choice {output.choice:q} \
            --output-open {output.open:q} \
            --output-reasoning {output.reasoning:q} \
            >{log:q} 2>&1
        """


if SETTINGS.prediction.english_originals and not PLAN.precomputed:
    PREDICTED = f"{ANSWERS.english}/{{model}}"
    ORIGINALS = {
        kind: f"{RUN}/evaluation_english/{kind}.parquet" for kind in ("choice", "open")
    }
    ENGLISH_PROMPTS = in_english(SETTINGS.prompts)

    rule select_english:
        """Select the English originals of the translated choice questions."""
        input:
            evaluated=f"{RUN}/evaluation/choice.parquet",
            normalised=[SOURCES.normalised_file(name) for name in SOURCES.english],
        output:
            **ORIGINALS,
        log:
            f"{RUN}/logs/select_english.log",
        benchmark:
            f"{RUN}/benchmarks/select_english.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=30),
        params:
            python=interpreter("workflow"),
            code=code("select_english"),
        message:
            "Selecting the English originals of translated questions"
        shell:
            """
            {params.python} workflow/scripts/select_english.py \
                --evaluated {input.evaluated:q} \
                --normalised {input.normalised:q} \
                --output-choice {output.choice:q} \
                --output-open {output.open:q} \
                >{log:q} 2>&1
            """

    use rule predict_answers as predict_english with:
        input:
            **ORIGINALS,
            base=lambda wildcards: f"{RUN}/models/{PLANS[wildcards.model].base}/run.json",
            model=f"{RUN}/models/{{model}}/run.json",
            prompts=prompt_files(ENGLISH_PROMPTS),
        output:
            choice=f"{PREDICTED}/choice.parquet",
            open=f"{PREDICTED}/open.parquet",
            reasoning=f"{PREDICTED}/reasoning.parquet",
            run=f"{PREDICTED}/run.json",
        log:
            f"{RUN}/logs/predict_english/{{model}}.log",
        benchmark:
            f"{RUN}/benchmarks/predict_english/{{model}}.tsv"
        params:
            prompts=prompt_flags(ENGLISH_PROMPTS),
        message:
            "Predicting the answers of {wildcards.model} in English"

    use rule predict_served as predict_english_served with:
        input:
            **ORIGINALS,
            prompts=prompt_files(ENGLISH_PROMPTS),
            teacher=lambda wildcards: teacher_files(wildcards.model),
        output:
            choice=f"{PREDICTED}/choice.parquet",
            open=f"{PREDICTED}/open.parquet",
            reasoning=f"{PREDICTED}/reasoning.parquet",
        log:
            f"{RUN}/logs/predict_english_served/{{model}}.log",
        benchmark:
            f"{RUN}/benchmarks/predict_english_served/{{model}}.tsv"
        params:
            journal=lambda wildcards: f"{RUN}/journals/predict_english_served/{wildcards.model}/answers.jsonl",
            prompts=prompt_flags(ENGLISH_PROMPTS),
        message:
            "Asking {wildcards.model} for its answers in English"
