# Answers of every model: all orders and both decodings of choice questions, and open answers, with one load a model.
#
# reads   models/<model>/, evaluation/{choice,open}.parquet, the prompts
# writes  predictions/<model>/{choice,open,reasoning}.parquet, run.json (of models that are loaded here); predictions/<model>.chunks/
#         and journals/predict_served/ survive failed jobs


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
