"""Score translations of a test set with COMET, in COMET's own environment (`make comet`).

    PYTHONPATH=src .venv/comet/bin/python workflow/scripts/score_comet.py --model-path COMET_FOLDER \
        --input results/demo/translation_quality/wmt/bleu_segments.jsonl \
        --output results/demo/translation_quality/wmt/comet.csv \
        --segment-scores results/demo/translation_quality/wmt/comet_segments.jsonl

reads   the segments with their texts; the checkpoint, from a local folder or the Hugging Face hub
writes  --output (system, n, comet, signature), --segment-scores (system, segment_id, comet)
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.scoring.translation.comet import comet_scores, load_from_hub, load_local, read_scored, write_scores


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="JSON lines of segments with their translations")
    parser.add_argument("--model-path", type=Path, help="checkpoint file, or folder with checkpoints/model.ckpt")
    parser.add_argument("--model-id", help="model of the Hugging Face hub, where no path is given")
    parser.add_argument("--revision", help="its commit")
    parser.add_argument("--batch-size", type=int, default=16, help="segments a forward pass (default: 16)")
    parser.add_argument("--output", type=Path, required=True, help="CSV file of the systems' scores")
    parser.add_argument("--segment-scores", type=Path, required=True, help="JSON lines of the segments' scores")
    args = parser.parse_args()
    rows = read_scored(args.input)
    if args.model_path:
        model, signature = load_local(args.model_path)
    elif args.model_id and args.revision:
        model, signature = load_from_hub(args.model_id, args.revision)
    else:
        raise InputError("no model: expected --model-path, or --model-id with --revision")
    scores = comet_scores(model, rows, args.batch_size)
    write_scores(args.output, args.segment_scores, rows, scores, signature)


if __name__ == "__main__":
    run_program(main)
