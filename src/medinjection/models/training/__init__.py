"""Fine-tuning of a base model on a mix."""
