"""Templates of the relations that concern the healthy body; their markup is explained in `phrases`."""

from medinjection.demo.knowledge.phrases import Phrase, Phrases, numbered

# The subject is something that an organ produces.
_ORGAN = Phrases(
    name=numbered(
        "un organe ou un tissu qui produit {le}",
        "des organes ou des tissus qui produisent {le}",
        "an organ or a tissue that produces {the}",
        "organs or tissues that produce {the}",
    ),
    asked=(
        numbered(
            "Quel organe ou quel tissu produit {le} ?",
            "Quels organes ou quels tissus produisent {le} ?",
            "Which organ or tissue produces {the}?",
            "Which organs or tissues produce {the}?",
        ),
        numbered(
            "Où a lieu la production {du} ?",
            "En quels endroits a lieu la production {du} ?",
            "Where does the production of {the} take place?",
            "In which places does the production of {the} take place?",
        ),
        numbered(
            "Laquelle de ces structures est à l'origine {du} ?",
            "Lesquelles de ces structures sont à l'origine {du} ?",
            "Which one of these structures is the source of {the}?",
            "Which ones of these structures are sources of {the}?",
        ),
    ),
    statements=(
        Phrase("{o_le} <o:produit|produisent> {le}.", "The production of {the} takes place in {o_the}."),
        Phrase("La production {du} est assurée par {o_le}.", "The production of {the} is ensured by {o_the}."),
        Phrase("On doit la production {du} {o_au}.", "One owes the production of {the} to {o_the}."),
    ),
)

_REFERENCE_RANGE = Phrases(
    name=numbered(
        "un intervalle de référence adulte {du}",
        "des intervalles de référence adultes {du}",
        "an adult reference range of {the}",
        "adult reference ranges of {the}",
    ),
    asked=(
        numbered(
            "Quel est l'intervalle de référence adulte {du} ?",
            "Quels sont les intervalles de référence adultes {du} ?",
            "What is the adult reference range of {the}?",
            "What are the adult reference ranges of {the}?",
        ),
        numbered(
            "Quelles sont les valeurs usuelles {du} à l'âge adulte ?",
            "Quelles séries de valeurs {du} sont usuelles à l'âge adulte ?",
            "What are the usual values of {the} in adulthood?",
            "Which sets of values of {the} are usual in adulthood?",
        ),
        numbered(
            "Lequel de ces intervalles correspond aux valeurs normales {du} à l'âge adulte ?",
            "Lesquels de ces intervalles correspondent aux valeurs normales {du} à l'âge adulte ?",
            "Which one of these ranges matches the normal values of {the} in adulthood?",
            "Which ones of these ranges match the normal values of {the} in adulthood?",
        ),
    ),
    statements=(
        Phrase(
            "<n:L'intervalle|Les intervalles> de référence <n:adulte|adultes> {du} <n:est le suivant|sont les suivants>"
            " : {o_nu}.",
            "The adult reference <n:range|ranges> of {the} <n:is|are> as follows: {o_bare}.",
        ),
        Phrase(
            "À l'âge adulte, les valeurs de référence {du} sont : {o_nu}.",
            "In adulthood, the reference values of {the} are: {o_bare}.",
        ),
        Phrase("Valeurs usuelles {du} à l'âge adulte : {o_nu}.", "Usual values of {the} in adulthood: {o_bare}."),
    ),
)

_INNERVATION = Phrases(
    name=numbered(
        "un nerf qui innerve {le}",
        "des nerfs qui innervent {le}",
        "a nerve that supplies {the}",
        "nerves that supply {the}",
    ),
    asked=(
        numbered(
            "Quel nerf innerve {le} ?",
            "Quels nerfs innervent {le} ?",
            "Which nerve supplies {the}?",
            "Which nerves supply {the}?",
        ),
        numbered(
            "Par quel nerf est assurée l'innervation {du} ?",
            "Par quels nerfs est assurée l'innervation {du} ?",
            "By which nerve is the innervation of {the} provided?",
            "By which nerves is the innervation of {the} provided?",
        ),
        numbered(
            "Lequel de ces nerfs commande {le} ?",
            "Lesquels de ces nerfs commandent {le} ?",
            "Which one of these nerves controls {the}?",
            "Which ones of these nerves control {the}?",
        ),
    ),
    statements=(
        Phrase("L'innervation {du} est assurée par {o_le}.", "The innervation of {the} is provided by {o_the}."),
        Phrase("{o_le} <o:innerve|innervent> {le}.", "The nerve supply of {the} comes from {o_the}."),
        Phrase("La commande nerveuse {du} dépend {o_du}.", "The nervous control of {the} depends on {o_the}."),
    ),
)

BODY_PHRASES = {
    "organ": _ORGAN,
    "reference_range": _REFERENCE_RANGE,
    "innervation": _INNERVATION,
}
