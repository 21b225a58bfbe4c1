"""Templates of the relations that concern diseases; their markup is explained in `phrases`."""

from medinjection.demo.knowledge.phrases import Phrase, Phrases, numbered

_ORGANISM = Phrases(
    name=numbered(
        "un agent infectieux responsable {du}",
        "des agents infectieux responsables {du}",
        "an infectious agent responsible for {the}",
        "infectious agents responsible for {the}",
    ),
    asked=(
        numbered(
            "Quel est l'agent infectieux responsable {du} ?",
            "Quels sont les agents infectieux responsables {du} ?",
            "What is the infectious agent responsible for {the}?",
            "What are the infectious agents responsible for {the}?",
        ),
        numbered(
            "Lequel de ces organismes peut causer {le} ?",
            "Lesquels de ces organismes peuvent causer {le} ?",
            "Which one of these organisms can cause {the}?",
            "Which ones of these organisms can cause {the}?",
        ),
        numbered(
            "Quel agent pathogène est à l'origine {du} ?",
            "Quels agents pathogènes sont à l'origine {du} ?",
            "Which pathogen is at the origin of {the}?",
            "Which pathogens are at the origin of {the}?",
        ),
    ),
    statements=(
        Phrase(
            "Parmi les agents infectieux responsables {du} <o:figure|figurent> {o_le}.",
            "The infectious agents responsible for {the} include {o_the}.",
        ),
        Phrase("{o_le} <o:peut|peuvent> causer {le}.", "{o_the} can cause {the}."),
        Phrase(
            "On reconnaît {o_le} comme <n:agent pathogène|agents pathogènes> à l'origine {du}.",
            "One recognises {o_the} as <n:a pathogen|pathogens> at the origin of {the}.",
        ),
    ),
)

_SIGN = Phrases(
    name=numbered(
        "un signe caractéristique {du}",
        "des signes caractéristiques {du}",
        "a characteristic sign of {the}",
        "characteristic signs of {the}",
    ),
    asked=(
        numbered(
            "Quel signe évoque {le} ?",
            "Quels signes évoquent {le} ?",
            "Which sign suggests {the}?",
            "Which signs suggest {the}?",
        ),
        numbered(
            "Lequel de ces signes oriente vers le diagnostic {du} ?",
            "Lesquels de ces signes orientent vers le diagnostic {du} ?",
            "Which one of these signs points to the diagnosis of {the}?",
            "Which ones of these signs point to the diagnosis of {the}?",
        ),
        numbered(
            "Par quel signe <s:se manifeste|se manifestent> typiquement {le} ?",
            "Par quels signes <s:se manifeste|se manifestent> typiquement {le} ?",
            "By which sign can one typically recognise {the}?",
            "By which signs can one typically recognise {the}?",
        ),
    ),
    statements=(
        Phrase(
            "Parmi les signes caractéristiques {du} <o:figure|figurent> {o_le}.",
            "The characteristic signs of {the} include {o_the}.",
        ),
        Phrase(
            "{le} <s:se manifeste|se manifestent> typiquement par {o_le}.",
            "Typical manifestations of {the} include {o_the}.",
        ),
        Phrase("{o_le} <o:peut|peuvent> évoquer {le}.", "{o_the} can suggest {the}."),
    ),
)

_EXAMINATION = Phrases(
    name=numbered(
        "un examen de référence pour le diagnostic {du}",
        "des examens de référence pour le diagnostic {du}",
        "a reference examination for the diagnosis of {the}",
        "reference examinations for the diagnosis of {the}",
    ),
    asked=(
        numbered(
            "Quel examen permet de confirmer le diagnostic {du} ?",
            "Quels examens permettent de confirmer le diagnostic {du} ?",
            "Which examination confirms the diagnosis of {the}?",
            "Which examinations confirm the diagnosis of {the}?",
        ),
        numbered(
            "Devant une suspicion {de}, quel examen faut-il demander ?",
            "Devant une suspicion {de}, quels examens faut-il demander ?",
            "Faced with suspected {bare}, which examination should be requested?",
            "Faced with suspected {bare}, which examinations should be requested?",
        ),
        numbered(
            "Sur quel examen repose le diagnostic {du} ?",
            "Sur quels examens repose le diagnostic {du} ?",
            "On which examination does the diagnosis of {the} rest?",
            "On which examinations does the diagnosis of {the} rest?",
        ),
    ),
    statements=(
        Phrase("Le diagnostic {du} repose sur {o_le}.", "The diagnosis of {the} rests on {o_the}."),
        Phrase(
            "Parmi les examens de référence pour le diagnostic {du} <o:figure|figurent> {o_le}.",
            "The reference examinations for the diagnosis of {the} include {o_the}.",
        ),
        Phrase(
            "Devant une suspicion {de}, on peut demander {o_le}.",
            "Faced with suspected {bare}, one can request {o_the}.",
        ),
    ),
)

_TREATMENT = Phrases(
    name=numbered(
        "un traitement de référence {du}",
        "des traitements de référence {du}",
        "a reference treatment of {the}",
        "reference treatments of {the}",
    ),
    asked=(
        numbered(
            "Quel est le traitement de référence {du} ?",
            "Quels sont les traitements de référence {du} ?",
            "What is the reference treatment of {the}?",
            "What are the reference treatments of {the}?",
        ),
        numbered(
            "Quel traitement peut-on proposer en cas {de} ?",
            "Quels traitements peut-on proposer en cas {de} ?",
            "Which treatment can be offered in case of {bare}?",
            "Which treatments can be offered in case of {bare}?",
        ),
        numbered(
            "Lequel de ces traitements est recommandé dans {le} ?",
            "Lesquels de ces traitements sont recommandés dans {le} ?",
            "Which one of these treatments is recommended in {the}?",
            "Which ones of these treatments are recommended in {the}?",
        ),
    ),
    statements=(
        Phrase(
            "Parmi les traitements de référence {du} <o:figure|figurent> {o_le}.",
            "The reference treatments of {the} include {o_the}.",
        ),
        Phrase("En cas {de}, les options comprennent {o_le}.", "In case of {bare}, the options include {o_the}."),
        Phrase(
            "{o_le} <o:compte|comptent> parmi les traitements recommandés dans {le}.",
            "The treatments recommended in {the} include {o_the}.",
        ),
    ),
)

_TRANSMISSION = Phrases(
    name=numbered(
        "un mode de transmission {du}",
        "des modes de transmission {du}",
        "a mode of transmission of {the}",
        "modes of transmission of {the}",
    ),
    asked=(
        numbered(
            "Quel est le mode de transmission {du} ?",
            "Quels sont les modes de transmission {du} ?",
            "What is the mode of transmission of {the}?",
            "What are the modes of transmission of {the}?",
        ),
        numbered(
            "De quelle façon peut-on contracter {le} ?",
            "De quelles façons peut-on contracter {le} ?",
            "In which way can one contract {the}?",
            "In which ways can one contract {the}?",
        ),
        numbered(
            "Laquelle de ces réponses explique la propagation {du} ?",
            "Lesquelles de ces réponses expliquent la propagation {du} ?",
            "Which one of these answers explains how {the} can spread?",
            "Which ones of these answers explain how {the} can spread?",
        ),
    ),
    statements=(
        Phrase(
            "Parmi les modes de transmission {du} <o:figure|figurent> {o_le}.",
            "The modes of transmission of {the} include {o_the}.",
        ),
        Phrase("On peut contracter {le} par {o_le_ou}.", "One can contract {the} through {o_or}."),
        Phrase(
            "{o_le} <o:peut|peuvent> expliquer la survenue {du}.",
            "The occurrence of {the} can be explained by {o_the}.",
        ),
    ),
)

_GENE = Phrases(
    name=numbered(
        "un gène en cause dans {le}",
        "des gènes en cause dans {le}",
        "a gene involved in {the}",
        "genes involved in {the}",
    ),
    asked=(
        numbered(
            "Quel gène est en cause dans {le} ?",
            "Quels gènes sont en cause dans {le} ?",
            "Which gene is involved in {the}?",
            "Which genes are involved in {the}?",
        ),
        numbered(
            "Une anomalie de quel gène est associée {au} ?",
            "Une anomalie de quels gènes est associée {au} ?",
            "An abnormality of which gene is associated with {the}?",
            "An abnormality of which genes is associated with {the}?",
        ),
        numbered(
            "Lequel de ces gènes peut être responsable {du} ?",
            "Lesquels de ces gènes peuvent être responsables {du} ?",
            "Which one of these genes can be responsible for {the}?",
            "Which ones of these genes can be responsible for {the}?",
        ),
    ),
    statements=(
        Phrase("Une anomalie {o_de_ou} peut causer {le}.", "An abnormality of {o_or} can cause {the}."),
        Phrase(
            "Parmi les gènes en cause dans {le} <o:figure|figurent> {o_le}.",
            "The genes involved in {the} include {o_the}.",
        ),
        Phrase(
            "{o_le} <o:peut|peuvent> être <n:responsable|responsables> {du}.", "{o_the} can be responsible for {the}."
        ),
    ),
)

DISEASE_PHRASES = {
    "organism": _ORGANISM,
    "sign": _SIGN,
    "examination": _EXAMINATION,
    "treatment": _TREATMENT,
    "transmission": _TRANSMISSION,
    "gene": _GENE,
}
