"""Quality of the translations: BLEU and COMET."""
