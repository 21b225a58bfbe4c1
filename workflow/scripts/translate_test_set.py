"""Translate the English side of a test set into French with a language model.

    python workflow/scripts/translate_test_set.py --input results/demo/translation_quality/wmt/segments.jsonl \
        --prompt config/prompts/translate_text.txt --llm '{"model": "openai/gpt-4o-mini"}' \
        --journal results/demo/journals/translate_test_set/wmt.gpt-4o-mini/1-of-1.jsonl \
        --output results/demo/translation_quality/wmt/translated/gpt-4o-mini.jsonl

reads   the segments of --input; --journal, whose answers are not asked again
writes  --output (segment_id, output), its .rejects.parquet, and --journal as answers arrive
"""

from pathlib import Path

from medinjection.llm.client.arguments import add_llm_arguments, open_client
from medinjection.llm.client.prompts import read_prompt
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_rejects
from medinjection.scoring.translation.pairs import read_segments, write_translations
from medinjection.synthesis.translating_texts import translate_texts


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="JSON lines of segments")
    parser.add_argument("--output", type=Path, required=True, help="JSON lines of French texts to write")
    parser.add_argument("--max-reject-share", type=float, default=0.05, help="largest share of defects (default: 0.05)")
    add_llm_arguments(parser)
    args = parser.parse_args()
    prompt = read_prompt(args.prompt)
    texts = [(segment.segment_id, segment.source) for segment in read_segments(args.input)]
    with open_client(args) as client:
        french, rejects = translate_texts(texts, prompt, client)
    write_rejects(args.output, len(french), rejects, len(texts), args.max_reject_share)
    write_translations(args.output, french)


if __name__ == "__main__":
    run_program(main)
