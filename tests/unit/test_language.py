"""What a page says in another language, and what stays English."""

from medinjection.reporting.language import ENGLISH, Words, read_words

FRENCH = Words(
    "fr", "Français", {"not run": "non exécuté", ": ": " : ", "scripted judge": "juge scripté", "One.": "Un."}
)


def test_what_the_catalogue_lacks_stays_english_and_is_known_to():
    assert (FRENCH.say("One."), FRENCH.say("Two.")) == ("Un.", "Two.")
    assert (FRENCH.knows("One."), FRENCH.knows("Two."), ENGLISH.knows("Two.")) == (True, False, True)
    assert FRENCH.say_count("One.", "%(n)s", 1) == "Un." and FRENCH.say_count("One.", "%(n)s", 2) == "%(n)s"


def test_a_caption_is_translated_sentence_by_sentence():
    assert FRENCH.sentences("One. “Two”: see 3.4. Both follow Zheng et al. 2024 (x). –: none.") == [
        "One.",
        "“Two”: see 3.4.",
        "Both follow Zheng et al. 2024 (x).",
        "–: none.",
    ]
    assert FRENCH.sentences("One.") == ["One."]
    assert ENGLISH.sentences("One. Two.") == ["One. Two."], "what stays as it is need not be taken apart"


def test_a_verdict_is_translated_with_its_reasons():
    assert FRENCH.say_reason("not run: scripted judge, other") == "non exécuté : juge scripté, other"
    assert FRENCH.say_reason("not run") == "non exécuté"
    for text in ("not run: a, b.", "a: b: c", "plain", ""):
        assert ENGLISH.say_reason(text) == text


def test_a_catalogue_is_a_file_of_sentences(tmp_path):
    path = tmp_path / "fr.yaml"
    path.write_text('"no": "non"\n"Close": "Fermer"\n', encoding="utf-8")
    words = read_words("fr", "Français", path)
    assert (words.say("no"), words.say("Close")) == ("non", "Fermer")
