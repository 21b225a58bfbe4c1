"""The tiny base model of the demonstration: its tokenizer, what it is pre-trained on, its pre-training."""
