"""One record of each kind that becomes a chat, and the families of chat templates that we know."""

from support.records import drug_effect, drug_question

KNOWN = ("qwen3_instruct_2507", "qwen2_5", "llama3", "gemma", "phi3", "mistral")
CONTEXT = "Mme R., 45 ans, est fébrile. Le dosage de l'hémoglobine glyquée est élevé."
KINDS = {
    "mcqu": drug_question(1, (1,)),
    "mcq": drug_question(2, (0, 3)),
    "oeq": drug_effect(3),
    "oeq with context": drug_effect(4, context=CONTEXT, answer="Elle abaisse la glycémie.\nSurveiller le rein."),
}
