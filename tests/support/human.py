"""A small sample of a human review, with texts that try to be more than text."""

from medinjection.scoring.human.sampling import OpenAnswer, sample_table
from support.records import open_record

TEXTS = ("case", "question", "reference", "answer")
HOSTILE = (
    '=HYPERLINK("http://evil.example") </script><script>window.hacked = 1</script> ; "é" 🩺 \u202egauche\u202c\n- œil'
)


def sample_rows(answers=(("NAT", "Oui, 5 mg."), ("ALL", HOSTILE))):
    """Return rows of SAMPLE_SCHEMA: a model and its answer for each; the first question has a case."""
    records = [
        open_record(n, context="Un homme de 60 ans." if n == 1 else None, answer=f"Réponse « {n} »; dose 5 mg")
        for n in range(1, len(answers) + 1)
    ]
    drawn = [OpenAnswer(model, r.id, r.source, text) for (model, text), r in zip(answers, records, strict=True)]
    return sample_table(drawn, {r.id: r for r in records}, []).to_pylist()
