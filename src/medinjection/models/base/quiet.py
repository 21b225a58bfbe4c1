"""Keep to themselves what model libraries say that no user of the workflow can act on."""

import warnings


def quiet_libraries() -> None:
    """Silence known warnings of libraries about each other, one by one, and bars for loads that take no time.

    Called before a model is loaded or made; everything else that a library says is still heard.
    """
    from transformers.utils.logging import disable_progress_bar

    # PEFT and TRL read a property that transformers has renamed.
    warnings.filterwarnings(
        "ignore",
        message=r"`is_gradient_checkpointing` is deprecated",
        category=FutureWarning,
        module=r"transformers\.modeling_utils",
    )
    # Bars for weights redraw themselves and leave a line of remains in a log.
    disable_progress_bar()
