"""Makes a tiny COMET checkpoint with random weights, and scores segments with it by COMET's own call.

Run by the Python of COMET's environment: `python tiny_comet.py FOLDER SEGMENTS`; prints the scores as JSON.
"""

import json
import sys
from pathlib import Path


def make_encoder(folder, texts):
    """Write a tiny XLM-R: its tokenizer, trained on `texts`, and its configuration."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        texts, trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")
    marks = dict(zip(names, special, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", model_max_length=64, **marks
    ).save_pretrained(folder)
    XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=1,
    ).save_pretrained(folder)


def make_checkpoint(folder, encoder):
    """Write `checkpoints/model.ckpt` and `hparams.yaml` of a regression model with random weights."""
    import pytorch_lightning
    import torch
    import yaml
    from comet.models import RegressionMetric

    hparams = {
        "class_identifier": "regression_metric",
        "encoder_model": "XLM-RoBERTa",
        "pretrained_model": str(encoder),
        "layer": "mix",
        "layer_transformation": "softmax",
        "layer_norm": False,
        "pool": "avg",
        "hidden_sizes": [16],
        "activations": "Tanh",
        "dropout": 0.0,
        "loss": "mse",
    }
    torch.manual_seed(1)
    arguments = {key: value for key, value in hparams.items() if key != "class_identifier"}
    model = RegressionMetric(**arguments, load_pretrained_weights=False, local_files_only=True)
    (folder / "checkpoints").mkdir(parents=True)
    torch.save(
        {
            "state_dict": model.state_dict(),
            "hyper_parameters": hparams,
            "pytorch-lightning_version": pytorch_lightning.__version__,
        },
        folder / "checkpoints" / "model.ckpt",
    )
    (folder / "hparams.yaml").write_text(yaml.safe_dump(hparams))


def main():
    """Make the checkpoint, load it, score the segments."""
    from comet import load_from_checkpoint

    folder = Path(sys.argv[1])
    rows = [json.loads(line) for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    make_encoder(folder / "encoder", [row[key] for row in rows for key in ("source", "reference", "output")])
    make_checkpoint(folder / "model", folder / "encoder")
    model = load_from_checkpoint(str(folder / "model" / "checkpoints" / "model.ckpt"), local_files_only=True)
    samples = [{"src": row["source"], "mt": row["output"], "ref": row["reference"]} for row in rows]
    scores = model.predict(samples, batch_size=3, gpus=0, num_workers=0, progress_bar=False).scores
    sys.stdout.write(json.dumps(scores) + "\n")


if __name__ == "__main__":
    main()
