"""Templates of the relations that concern drugs and other substances; their markup is explained in `phrases`."""

from medinjection.demo.knowledge.phrases import Phrase, Phrases, numbered

_CLASS = Phrases(
    name=numbered(
        "une classe à laquelle <s:appartient|appartiennent> {le}",
        "des classes auxquelles <s:appartient|appartiennent> {le}",
        "a class that includes {the}",
        "classes that include {the}",
    ),
    asked=(
        numbered(
            "À quelle classe <s:appartient|appartiennent> {le} ?",
            "À quelles classes <s:appartient|appartiennent> {le} ?",
            "In which class does one place {the}?",
            "In which classes does one place {the}?",
        ),
        numbered(
            "De quelle famille <s:fait|font> partie {le} ?",
            "De quelles familles <s:fait|font> partie {le} ?",
            "Which family includes {the}?",
            "Which families include {the}?",
        ),
        numbered(
            "Parmi les classes suivantes, quelle est celle {du} ?",
            "Parmi les classes suivantes, quelles sont celles {du} ?",
            "Among the following classes, which is that of {the}?",
            "Among the following classes, which are those of {the}?",
        ),
    ),
    statements=(
        Phrase(
            "{le} <s:appartient|appartiennent> <n:à la classe|aux classes> {o_du}.",
            "The <n:class|classes> of {the} <n:is that|are those> of {o_the}.",
        ),
        Phrase(
            "On range {le} dans <n:la classe|les classes> {o_du}.",
            "One places {the} in the <n:class|classes> of {o_the}.",
        ),
        Phrase(
            "{le} <s:fait|font> partie de <n:la famille|plusieurs familles, celles> {o_du}.",
            "The <n:family that includes|families that include> {the} <n:is that|are those> of {o_the}.",
        ),
    ),
)

_INDICATION = Phrases(
    name=numbered("une indication {du}", "des indications {du}", "an indication for {the}", "indications for {the}"),
    asked=(
        numbered(
            "Dans quelle situation l'emploi {du} est-il indiqué ?",
            "Dans quelles situations l'emploi {du} est-il indiqué ?",
            "In which situation is the use of {the} indicated?",
            "In which situations is the use of {the} indicated?",
        ),
        numbered(
            "Laquelle de ces situations peut justifier la prescription {du} ?",
            "Lesquelles de ces situations peuvent justifier la prescription {du} ?",
            "Which one of these situations can justify a prescription of {the}?",
            "Which ones of these situations can justify a prescription of {the}?",
        ),
        numbered(
            "Quelle est l'indication {du} parmi les réponses proposées ?",
            "Quelles sont les indications {du} parmi les réponses proposées ?",
            "What is the indication for {the} among the proposed answers?",
            "What are the indications for {the} among the proposed answers?",
        ),
    ),
    statements=(
        Phrase("L'emploi {du} est indiqué dans {o_le}.", "The use of {the} is indicated in {o_the}."),
        Phrase(
            "Parmi les indications {du} <o:figure|figurent> {o_le}.",
            "The indications for {the} include {o_the}.",
        ),
        Phrase(
            "{o_le} <o:peut|peuvent> justifier la prescription {du}.",
            "{o_the} can justify a prescription of {the}.",
        ),
    ),
)

_CONTRAINDICATION = Phrases(
    name=numbered(
        "une contre-indication {du}",
        "des contre-indications {du}",
        "a contraindication to {the}",
        "contraindications to {the}",
    ),
    asked=(
        numbered(
            "Dans quelle situation l'emploi {du} est-il contre-indiqué ?",
            "Dans quelles situations l'emploi {du} est-il contre-indiqué ?",
            "In which situation is the use of {the} contraindicated?",
            "In which situations is the use of {the} contraindicated?",
        ),
        numbered(
            "Laquelle de ces situations interdit la prescription {du} ?",
            "Lesquelles de ces situations interdisent la prescription {du} ?",
            "Which one of these situations rules out a prescription of {the}?",
            "Which ones of these situations rule out a prescription of {the}?",
        ),
        numbered(
            "Quelle contre-indication {du} trouve-t-on parmi les réponses proposées ?",
            "Quelles contre-indications {du} trouve-t-on parmi les réponses proposées ?",
            "Which contraindication to {the} is found among the proposed answers?",
            "Which contraindications to {the} are found among the proposed answers?",
        ),
    ),
    statements=(
        Phrase(
            "L'emploi {du} est contre-indiqué en cas {o_de_ou}.",
            "The use of {the} is contraindicated in case of {o_or}.",
        ),
        Phrase(
            "Parmi les contre-indications {du} <o:figure|figurent> {o_le}.",
            "The contraindications to {the} include {o_the}.",
        ),
        Phrase(
            "{o_le} <o:interdit|interdisent> la prescription {du}.",
            "{the} must not be prescribed in case of {o_or}.",
        ),
    ),
)

_ADVERSE_EFFECT = Phrases(
    name=numbered(
        "un effet indésirable {du}",
        "des effets indésirables {du}",
        "an adverse effect of {the}",
        "adverse effects of {the}",
    ),
    asked=(
        numbered(
            "Quel effet indésirable peut survenir au cours d'un traitement par {le} ?",
            "Quels effets indésirables peuvent survenir au cours d'un traitement par {le} ?",
            "Which adverse effect can occur during treatment with {the}?",
            "Which adverse effects can occur during treatment with {the}?",
        ),
        numbered(
            "Lequel de ces effets est imputable {au} ?",
            "Lesquels de ces effets sont imputables {au} ?",
            "Which one of these effects can be attributed to {the}?",
            "Which ones of these effects can be attributed to {the}?",
        ),
        numbered(
            "Quel effet est décrit comme indésirable avec {le} ?",
            "Quels effets sont décrits comme indésirables avec {le} ?",
            "Which effect is described as adverse with {the}?",
            "Which effects are described as adverse with {the}?",
        ),
    ),
    statements=(
        Phrase(
            "Parmi les effets indésirables {du} <o:figure|figurent> {o_le}.",
            "The adverse effects of {the} include {o_the}.",
        ),
        Phrase(
            "Un traitement par {le} peut avoir pour <n:effet indésirable|effets indésirables> {o_le}.",
            "Treatment with {the} can have {o_the} as <n:an adverse effect|adverse effects>.",
        ),
        Phrase(
            "{o_le} <o:peut|peuvent> survenir au cours d'un traitement par {le}.",
            "{o_the} can occur during treatment with {the}.",
        ),
    ),
)

_MECHANISM = Phrases(
    name=numbered(
        "un mécanisme d'action {du}",
        "des mécanismes d'action {du}",
        "a mechanism of action of {the}",
        "mechanisms of action of {the}",
    ),
    asked=(
        numbered(
            "Par quel mécanisme <s:agit|agissent> {le} ?",
            "Par quels mécanismes <s:agit|agissent> {le} ?",
            "Which mechanism accounts for the action of {the}?",
            "Which mechanisms account for the action of {the}?",
        ),
        numbered(
            "Quel est le mécanisme d'action {du} ?",
            "Quels sont les mécanismes d'action {du} ?",
            "What is the mechanism of action of {the}?",
            "What are the mechanisms of action of {the}?",
        ),
        numbered(
            "Lequel de ces mécanismes explique l'action {du} ?",
            "Lesquels de ces mécanismes expliquent l'action {du} ?",
            "Which one of these mechanisms explains the action of {the}?",
            "Which ones of these mechanisms explain the action of {the}?",
        ),
    ),
    statements=(
        Phrase("{le} <s:agit|agissent> par {o_le}.", "The action of {the} is exerted through {o_the}."),
        Phrase(
            "<n:Le mécanisme|Les mécanismes> d'action {du} <n:repose|reposent> sur {o_le}.",
            "The <n:mechanism|mechanisms> of action of {the} <n:relies|rely> on {o_the}.",
        ),
        Phrase("L'action {du} s'explique par {o_le}.", "The action of {the} is explained by {o_the}."),
    ),
)

_ANTIDOTE = Phrases(
    name=numbered("un antidote {du}", "des antidotes {du}", "an antidote to {the}", "antidotes to {the}"),
    asked=(
        numbered(
            "Quel antidote peut être utilisé contre {le} ?",
            "Quels antidotes peuvent être utilisés contre {le} ?",
            "Which antidote can be used against {the}?",
            "Which antidotes can be used against {the}?",
        ),
        numbered(
            "Quel est l'antidote {du} ?",
            "Quels sont les antidotes {du} ?",
            "What is the antidote to {the}?",
            "What are the antidotes to {the}?",
        ),
        numbered(
            "Laquelle de ces substances s'oppose aux effets toxiques {du} ?",
            "Lesquelles de ces substances s'opposent aux effets toxiques {du} ?",
            "Which one of these substances counters the toxic effects of {the}?",
            "Which ones of these substances counter the toxic effects of {the}?",
        ),
    ),
    statements=(
        Phrase("Parmi les antidotes {du} <o:figure|figurent> {o_le}.", "The antidotes to {the} include {o_the}."),
        Phrase(
            "{o_le} <o:s'oppose|s'opposent> aux effets toxiques {du}.",
            "The toxic effects of {the} are countered by {o_the}.",
        ),
        Phrase(
            "{o_le} <o:compte|comptent> parmi les antidotes {du}.",
            "Known antidotes to {the} include {o_the}.",
        ),
    ),
)

_DEFICIENCY = Phrases(
    name=numbered(
        "une conséquence d'un déficit en {nu}",
        "des conséquences d'un déficit en {nu}",
        "a consequence of {bare} deficiency",
        "consequences of {bare} deficiency",
    ),
    asked=(
        numbered(
            "Quelle affection peut résulter d'un déficit en {nu} ?",
            "Quelles affections peuvent résulter d'un déficit en {nu} ?",
            "Which condition can result from {bare} deficiency?",
            "Which conditions can result from {bare} deficiency?",
        ),
        numbered(
            "Laquelle de ces affections peut être due à un déficit en {nu} ?",
            "Lesquelles de ces affections peuvent être dues à un déficit en {nu} ?",
            "Which one of these conditions can be due to {bare} deficiency?",
            "Which ones of these conditions can be due to {bare} deficiency?",
        ),
        numbered(
            "Quelle est la conséquence classique d'un déficit en {nu} ?",
            "Quelles sont les conséquences classiques d'un déficit en {nu} ?",
            "What is the classic consequence of {bare} deficiency?",
            "What are the classic consequences of {bare} deficiency?",
        ),
    ),
    statements=(
        Phrase("Un déficit en {nu} peut provoquer {o_le}.", "A deficiency of {bare} can cause {o_the}."),
        Phrase(
            "Parmi les conséquences d'un déficit en {nu} <o:figure|figurent> {o_le}.",
            "The consequences of {bare} deficiency include {o_the}.",
        ),
        Phrase(
            "{o_le} <o:peut|peuvent> résulter d'un déficit en {nu}.",
            "{o_the} can result from {bare} deficiency.",
        ),
    ),
)

DRUG_PHRASES = {
    "class": _CLASS,
    "indication": _INDICATION,
    "contraindication": _CONTRAINDICATION,
    "adverse_effect": _ADVERSE_EFFECT,
    "mechanism": _MECHANISM,
    "antidote": _ANTIDOTE,
    "deficiency": _DEFICIENCY,
}
