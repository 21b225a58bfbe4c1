# What the configured run asks of language models, stage by stage, for those who price it. No rules here.


def joined_work():
    """Outputs that hold all that language models were asked: what `report_cost` waits for."""
    asked = [name for name in USED if name not in FRENCH]
    files = [
        f"{RUN}/records/{REGISTRY[name].component}/{name}.parquet" for name in asked
    ]
    files += [
        f"{TRANSLATIONS}/{test_set}/translated/{teacher}.jsonl"
        for test_set in TEST_SETS
        for teacher in TRANSLATORS
    ]
    files += [f"{RUN}/quality/{judge}.parquet" for judge in SETTINGS.quality.judges]
    files += [f"{RUN}/predictions/{model}/choice.parquet" for model in SERVED]
    return files + [
        f"{RUN}/judgements/{judge}/{model}.parquet"
        for judge in JUDGES
        for model in MODELS
    ]


def work_for(teacher, stage, source, journals, inputs, **more):
    """What `estimate_cost` is told of one stage's work by one LLM."""
    flags = teacher_flags(teacher)
    journals = f"{RUN}/journals/{stage}/{journals}"
    work = dict(stage=stage, source=source, teacher=teacher, flags=flags)
    return {**work, "journals": journals, "inputs": inputs, **more}


def source_work(name):
    """What a teacher is going to do with one source."""
    chosen, files = SETTINGS.sources[name], [f"{RUN}/normalised/{name}.parquet"]
    if name not in DOCUMENTS:
        stage, section = (
            ("convert_source", SETTINGS.conversion)
            if name in CLOSED
            else ("translate_source", SETTINGS.translation)
        )
        prompts = {"prompt": section.prompt}
        return [work_for(chosen.teacher, stage, name, name, files, prompts=prompts)]
    return [
        work_for(
            chosen.teacher,
            "generate_items",
            f"{name}/{form}",
            f"{name}/{form}",
            files,
            form=form,
            prompts={"prompt": prompt},
        )
        for form, prompt in chosen.prompts.model_dump().items()
    ]


def rating_work(judge):
    """What a judge is going to say of the synthetic items, of those that exist or of those that are expected."""
    items = f"{RUN}/joined/synthetic.parquet"
    there = SETTINGS.components.origin == "released" or os.path.isfile(items)
    quality = SETTINGS.quality
    return work_for(
        judge,
        "judge_quality",
        "all",
        judge,
        [f"{RUN}/normalised/{name}.parquet" for name in DOCUMENTS],
        prompts={"choice": quality.choice_prompt, "open": quality.open_prompt},
        generation=[SETTINGS.sources[name].prompts.model_dump() for name in DOCUMENTS],
        items=items if there else None,
        limit=quality.limit,
        seed=SETTINGS.seed,
    )


def evaluated_inputs():
    """Records of which the evaluation is going to be selected, as they are before any language model is asked."""
    names = [
        name
        for component in HELD_OUT
        for name in SOURCES[component]
        if name not in {*CLOSED, *DOCUMENTS}
    ]
    return [
        (
            f"{RUN}/normalised/{name}.parquet"
            if name in ENGLISH
            else f"{RUN}/records/{REGISTRY[name].component}/{name}.parquet"
        )
        for name in names
    ]


def served_work(model):
    """What a served model is going to be asked: the evaluation, or what it will be selected from."""
    files = [f"{RUN}/evaluation/{kind}.parquet" for kind in ("choice", "open")]
    there = all(map(os.path.isfile, files))
    return work_for(
        model,
        "predict_served",
        "all",
        model,
        evaluated_inputs(),
        prompts={},
        evaluation_choice=files[0] if there else None,
        evaluation=files[1] if there else None,
        orders=SETTINGS.prediction.permutations,
        max_new_tokens=SETTINGS.prediction.max_new_tokens,
        limit_choice=SETTINGS.prediction.limit_choice,
        limit=SETTINGS.prediction.limit_open,
        split=SETTINGS.prediction.split,
        seed=SETTINGS.seed,
    )


def judging_work(judge):
    """What a judge is going to say of the models' open answers, of those that exist and of those that are expected."""
    evaluation = f"{RUN}/evaluation/open.parquet"
    predictions = {
        model: f"{RUN}/predictions/{model}/open.parquet"
        for model in MODELS
        if os.path.isfile(f"{RUN}/predictions/{model}/open.parquet")
        and os.path.isfile(evaluation)
    }
    return work_for(
        judge,
        "judge_answers",
        "all",
        judge,
        evaluated_inputs(),
        prompts={"prompt": SETTINGS.judging.prompt},
        models=MODELS,
        predictions=predictions,
        evaluation=evaluation if predictions else None,
        max_new_tokens=SETTINGS.prediction.max_new_tokens,
        limit=SETTINGS.prediction.limit_open,
        split=SETTINGS.prediction.split,
        seed=SETTINGS.seed,
    )


def configured_work():
    """All that the run asks of language models, in the order the data flows."""
    work = [one for name in USED if name not in FRENCH for one in source_work(name)]
    work += [
        work_for(
            teacher,
            "translate_test_set",
            test_set,
            f"{test_set}.{teacher}",
            [f"{TRANSLATIONS}/{test_set}/segments.jsonl"],
            prompts={"prompt": SETTINGS.translation_quality.prompt},
        )
        for test_set in TEST_SETS
        for teacher in TRANSLATORS
    ]
    work += [rating_work(judge) for judge in SETTINGS.quality.judges]
    work += [served_work(model) for model in SERVED]
    return work + [judging_work(judge) for judge in JUDGES]


def work_flags(work):
    """Flags that tell `estimate_cost` of each stage's work."""
    return Described(" ".join(f"--job {shlex.quote(json.dumps(one))}" for one in work))


def files_of(work):
    """Files that tell what work costs: they are made without a language model."""
    files = []
    for one in work:
        files += [
            *one["inputs"],
            *one["prompts"].values(),
            *teacher_files(one["teacher"]),
        ]
        files += [
            prompt for both in one.get("generation", []) for prompt in both.values()
        ]
        if SETTINGS.components.origin == "released" and one.get("items"):
            files.append(one["items"])
    return list(dict.fromkeys(files))


def size_of_journals():
    """Bytes of all journals: a journal is no output of a rule, but what it answers is not paid again."""
    return sum(
        os.path.getsize(file)
        for file in glob(f"{RUN}/journals/**/*.jsonl", recursive=True)
    )
