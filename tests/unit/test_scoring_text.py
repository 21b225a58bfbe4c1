import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.open_answers import OUTPUTS, REFERENCES

from medinjection.scoring.open.answer_scores import VARIANTS
from medinjection.scoring.open.text import answer_bleu, bleu, common_subsequence, lexical_scores, meteor, rouge
from medinjection.scoring.open.tokenisers import FrenchTokeniser


def scores_of(outputs, references):
    return lexical_scores(outputs, references, {name: answer_bleu(outputs, references, name) for name in VARIANTS})


def words(text):
    return FrenchTokeniser().tokenize(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fièvre élevée", ["fièvre", "élevée"]),
        ("L’œdème s'étend", ["l", "œdème", "s", "étend"]),
        ("jusqu'à lorsqu'il qu'une", ["jusqu", "à", "lorsqu", "il", "qu", "une"]),
        ("aujourd'hui, c'est d'aujourd’hui", ["aujourd'hui", "c", "est", "d", "aujourd'hui"]),
        ("Curriculum VITÆ; ex æquo", ["curriculum", "vitæ", "ex", "æquo"]),
        ("**vitamine B12** : 3,5 µg", ["vitamine", "b12", "3", "5", "µg"]),
        ("", []),
    ],
)
def test_french_words(text, expected):
    assert words(text) == expected


@given(st.text(alphabet=st.sampled_from("aéèêçœÉàùï'’ -lLdD.")))
def test_french_words_do_not_depend_on_unicode_form_or_case(text):
    assert words(unicodedata.normalize("NFD", text)) == words(text) == words(text.upper())


def test_fever_the_default_breaks_words_at_accents_and_fr_does_not():
    from rouge_score import tokenize

    assert tokenize.tokenize("fièvre élevée", None) == ["fi", "vre", "lev", "e"]
    # fièvre and lèvre share no word; the default sees "vre" in both.
    assert rouge(["fièvre"], ["lèvre"], "default")["rouge1"] == [pytest.approx(50)]
    assert rouge(["fièvre"], ["lèvre"], "fr")["rouge1"] == [0]


def test_composed_and_decomposed_accents_are_equal_under_fr_only():
    text = REFERENCES[1]
    decomposed = unicodedata.normalize("NFD", text)
    assert rouge([decomposed], [text], "fr") == {m: [pytest.approx(100)] for m in ("rouge1", "rouge2", "rougeL")}
    assert rouge([decomposed], [text], "default")["rouge1"][0] < 70


def test_rouge_by_hand():
    # reference: l insuline est produite par le pancréas (7 words); output: ... le foie (7): 6 shared, 5 bigrams of 6.
    scores = rouge([OUTPUTS[2]], [REFERENCES[2]], "fr")
    assert scores["rouge1"] == [pytest.approx(100 * 6 / 7)]
    assert scores["rouge2"] == [pytest.approx(100 * 5 / 6)]
    assert scores["rougeL"] == [pytest.approx(100 * 6 / 7)]


def test_default_variants_are_what_the_packages_give():
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    score, signature = bleu(OUTPUTS, REFERENCES)
    assert score == sacrebleu.corpus_bleu(OUTPUTS, [REFERENCES]).score
    assert signature == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    ours = rouge(OUTPUTS, REFERENCES, "default")
    for i, (output, reference) in enumerate(zip(OUTPUTS, REFERENCES, strict=True)):
        theirs = scorer.score(reference, output)
        assert [ours[m][i] / 100 for m in ("rouge1", "rouge2", "rougeL")] == pytest.approx(
            [theirs[m].fmeasure for m in ("rouge1", "rouge2", "rougeL")]
        )


@given(*[st.lists(st.sampled_from(["un", "deux", "trois", "été"]), max_size=70)] * 2)
def test_common_subsequences_are_those_of_rouge_score(first, second):
    from rouge_score.rouge_scorer import _lcs_table

    assert common_subsequence(first, second) == _lcs_table(first, second)[-1][-1]


def test_sentence_bleu_is_sacrebleus():
    import sacrebleu

    found = answer_bleu(OUTPUTS, REFERENCES, "default")
    assert found.scores == [
        sacrebleu.sentence_bleu(output, [reference]).score
        for output, reference in zip(OUTPUTS, REFERENCES, strict=True)
    ]
    assert found.signature == f"nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    nothing = answer_bleu([], [], "default")
    assert (nothing.scores, nothing.signature) == ([], found.signature)


@given(
    st.lists(st.tuples(*[st.text("aé ,.", max_size=12)] * 2), min_size=1, max_size=6),
    st.sampled_from(["default", "fr"]),
    st.data(),
)
def test_bleu_of_some_answers_as_one_text_is_sacrebleus(pairs, variant, data):
    outputs, references = map(list, zip(*pairs, strict=True))
    places = data.draw(st.lists(st.sampled_from(range(len(pairs))), min_size=1, unique=True))
    found = answer_bleu(outputs, references, variant)
    expected = bleu([outputs[i] for i in places], [references[i] for i in places], variant)
    assert (found.of_corpus(places), found.corpus_signature) == expected


def test_bleu_by_hand():
    # l'enfant is one word to 13a and three (l, ', enfant) to intl. Both texts have five words under intl, which differ
    # in the last: 4 of 5 words are shared, 3 of 4 bigrams, 2 of 3 trigrams, 1 of 2 of four words.
    output, reference = "l’enfant dort mal", "l'enfant dort bien"
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert bleu([output], [reference], "fr")[0] == pytest.approx(expected)
    assert answer_bleu([output], [reference], "fr").scores == [pytest.approx(expected)]
    assert bleu([output], [reference], "fr")[1].endswith("|text:folded|ligatures:kept")
    # The default sees two different first words: 1 of 3.
    assert answer_bleu([output], [reference], "default").scores[0] < 40


def test_meteor_by_hand():
    # l, insuline, est, produite, par, le | pancréas, foie: 6 of 7 words in one chunk. F = P R / (0.9 P + 0.1 R) = 6/7,
    # penalty 0.5 (1/6)^3.
    expected = 100 * 6 / 7 * (1 - 0.5 * (1 / 6) ** 3)
    assert meteor([OUTPUTS[2]], [REFERENCES[2]], "fr") == [pytest.approx(expected)]
    # fièvres and élevées have the stems of fièvre and élevée: 2 of 3 words in one chunk.
    assert meteor(["Les fièvres élevées"], ["la fièvre élevée"], "fr")[0] == pytest.approx(
        100 * 2 / 3 * (1 - 0.5 * (1 / 2) ** 3)
    )
    assert meteor(["médicamenteuse"], ["médicamenteux"], "fr") == [50]
    assert meteor(["médicamenteuse"], ["médicamenteux"], "default") == [0]


def test_the_default_meteor_is_nltks_without_synonyms():
    from nltk.stem.porter import PorterStemmer
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.translate.meteor_score import single_meteor_score

    class NoSynonyms:
        def synsets(self, word):
            return []

    split = NLTKWordTokenizer().tokenize
    for output, reference, ours in zip(OUTPUTS, REFERENCES, meteor(OUTPUTS, REFERENCES, "default"), strict=True):
        theirs = single_meteor_score(split(reference), split(output), stemmer=PorterStemmer(), wordnet=NoSynonyms())
        assert ours == pytest.approx(100 * theirs) and 0 < ours < 100


LOOK_ALIKE = {
    "decomposed": unicodedata.normalize("NFD", "L'œdème élevé s'étend à 5 mg : arrêt"),
    "soft hyphen": "L'œdème éle\xadvé s'étend à 5 mg : ar\xadrêt",
    "zero width": "L'œ\u200bdème élevé\u2060 s'étend à 5 mg : arrêt\ufeff",
    "no-break": "L'œdème élevé s'étend à 5\u202fmg\xa0: arrêt",
    "apostrophe": "L’œdème élevé sʼétend à 5 mg : arrêt",
}


@pytest.mark.parametrize("written", LOOK_ALIKE)
def test_texts_that_look_alike_score_alike_in_french(written):
    references = ["L'œdème élevé s'étend à 5 mg : arrêt", "Œdème élevé : on réduit la dose à 5 mg"]
    plain, other = (
        {key: found for key, (found, _) in scores_of([text] * 2, references).items() if key[1] == "fr"}
        for text in (references[0], LOOK_ALIKE[written])
    )
    assert plain == other and plain["bleu", "fr"][0] == pytest.approx(100)


def test_ligatures_are_other_letters_and_signatures_say_so():
    scores = scores_of(["oedème"], ["œdème"])
    assert [scores[metric, "fr"][0] for metric in ("bleu", "rouge1", "rouge2", "rougeL", "meteor")] == [[0]] * 5
    for (metric, variant), (_, signature) in scores.items():
        assert ("ligatures:kept" in signature) == (variant == "fr"), metric
        assert ("version:" if metric == "bleu" else {"m": "nltk:", "r": "rouge_score:"}[metric[0]]) in signature
