"use strict";
// Texts come from models and corpora: they are only ever put in as text, never as HTML.
(() => {
  const WORDS = {
    fr: {
      title: "Relecture de réponses",
      otherLanguage: "English",
      simulated: "Dans cette exécution, des notes sont inventées par un programme, aucun médecin ne les a données :",
      help: "Mode d’emploi",
      rule: "Notez 1 (équivalente) si la réponse donne l’essentiel de l’information médicale de la référence : des différences de mots ou de style sont admises, tant que le contenu médical est exact et complet. Sinon, notez 0 (non équivalente). Le modèle qui a répondu n’est pas indiqué.",
      keys: "Clavier : 1 équivalente, 0 non équivalente, flèches gauche et droite pour changer de réponse, U pour annuler la dernière note. Les raccourcis ne jouent pas pendant la saisie d’un commentaire.",
      return: "À la fin, exportez le fichier CSV et renvoyez-le. Rien n’est transmis par cette page.",
      rater: "Votre code",
      raterHint: "lettres, chiffres, . _ - ; il donne son nom au fichier exporté",
      saved: "Enregistré dans ce navigateur au fur et à mesure.",
      notSaved: "Ce navigateur ne permet pas d’enregistrer : exportez le CSV avant de fermer la page, sinon les notes sont perdues.",
      place: (n, all) => `Réponse ${n} sur ${all}`,
      state: { "": "Pas encore notée", 1: "Note : 1, équivalente", 0: "Note : 0, non équivalente" },
      case: "Cas ou passage",
      question: "Question",
      reference: "Réponse de référence",
      answer: "Réponse à noter",
      nothing: "(réponse vide)",
      comment: "Commentaire (facultatif)",
      options: "Réglages",
      onward: "passer à la suivante après une note",
      shortcuts: "raccourcis clavier",
      count: (n, all) => `Notées : ${n} sur ${all}`,
      different: "Non équivalente",
      equivalent: "Équivalente",
      previous: "Précédente",
      next: "Suivante",
      unrated: "Suivante à noter",
      undo: "Annuler",
      export: "Exporter le CSV",
      done: "Toutes les réponses sont notées : exportez le CSV.",
      undone: (n) => `Note de la réponse ${n} annulée.`,
      exported: (name, left) => (left ? `${name} exporté ; réponses sans note : ${left}.` : `${name} exporté, toutes les réponses sont notées.`),
      rename: (before, after) => `Garder les notes de ${before} sous le code ${after} ? Annuler : ${after} est une autre personne et commence sans note.`,
      needsRater: "Indiquez d’abord votre code : lettres, chiffres, . _ - et une lettre ou un chiffre au début.",
    },
    en: {
      title: "Review of answers",
      otherLanguage: "Français",
      simulated: "In this run some ratings are made up by a program; no physician gave them:",
      help: "How to",
      rule: "Rate 1 (equivalent) if the answer gives the essential medical information of the reference: differences of wording or style are fine as long as the medical content is accurate and complete. Otherwise rate 0 (not equivalent). The model that answered is not shown.",
      keys: "Keyboard: 1 equivalent, 0 not equivalent, left and right arrows to change the answer, U to undo the last rating. Shortcuts rest while you write a comment.",
      return: "At the end, export the CSV file and send it back. This page transmits nothing.",
      rater: "Your code",
      raterHint: "letters, digits, . _ -; the exported file is named after it",
      saved: "Saved in this browser as you go.",
      notSaved: "This browser does not allow saving: export the CSV before you close the page, or the ratings are lost.",
      place: (n, all) => `Answer ${n} of ${all}`,
      state: { "": "Not rated yet", 1: "Rated 1, equivalent", 0: "Rated 0, not equivalent" },
      case: "Case or passage",
      question: "Question",
      reference: "Reference answer",
      answer: "Answer to rate",
      nothing: "(empty answer)",
      comment: "Comment (optional)",
      options: "Settings",
      onward: "go on after a rating",
      shortcuts: "keyboard shortcuts",
      count: (n, all) => `Rated: ${n} of ${all}`,
      different: "Not equivalent",
      equivalent: "Equivalent",
      previous: "Previous",
      next: "Next",
      unrated: "Next to rate",
      undo: "Undo",
      export: "Export CSV",
      done: "All answers are rated: export the CSV.",
      undone: (n) => `Rating of answer ${n} undone.`,
      exported: (name, left) => (left ? `${name} exported; answers without a rating: ${left}.` : `${name} exported, all answers are rated.`),
      rename: (before, after) => `Keep the ratings of ${before} under the code ${after}? Cancel: ${after} is another person and begins without ratings.`,
      needsRater: "Give your code first: letters, digits, . _ - and a letter or digit at the beginning.",
    },
  };
  const RATER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
  const LONGEST_HISTORY = 500;

  const { sample, items } = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const prefix = `medinjection-review/${sample}/`;
  let storage = openStorage();
  let language = read("language") || (navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en");
  if (!WORDS[language]) language = "fr";
  let rater = read("rater") || "";
  let state = loadState(rater) || emptyState();

  function openStorage() {
    try {
      window.localStorage.setItem(`${prefix}test`, "1");
      window.localStorage.removeItem(`${prefix}test`);
      return window.localStorage;
    } catch {
      return null;
    }
  }

  function read(name) {
    return storage ? storage.getItem(prefix + name) : null;
  }

  function write(name, text) {
    if (!storage) return;
    try {
      storage.setItem(prefix + name, text);
    } catch {
      storage = null; // Full, or forbidden since.
    }
  }

  function emptyState() {
    return { ratings: {}, comments: {}, place: 0, history: [] };
  }

  // What is stored may be of anybody: only what can be used is taken.
  function loadState(name) {
    const text = read(`ratings/${name}`);
    if (!text) return null;
    const loaded = emptyState();
    try {
      const found = JSON.parse(text);
      for (const { item } of items) {
        if (["0", "1"].includes(found.ratings?.[item])) loaded.ratings[item] = found.ratings[item];
        if (typeof found.comments?.[item] === "string") loaded.comments[item] = found.comments[item];
      }
      if (Number.isInteger(found.place) && items[found.place]) loaded.place = found.place;
      if (Array.isArray(found.history)) loaded.history = found.history.filter((step) => items[step?.place]);
    } catch {
      return null;
    }
    return loaded;
  }

  function save() {
    write(`ratings/${rater}`, JSON.stringify(state));
    showSaved();
  }

  function showSaved() {
    element("saved").textContent = WORDS[language][storage ? "saved" : "notSaved"];
    element("saved").className = storage ? "soft" : "failed";
  }

  const isRated = (place) => items[place].item in state.ratings;
  const countRated = () => items.filter((_, place) => isRated(place)).length;

  function show() {
    const words = WORDS[language];
    document.documentElement.lang = language;
    document.title = words.title;
    for (const node of document.querySelectorAll("[data-say]")) node.textContent = words[node.dataset.say];
    element("language").textContent = words.otherLanguage;
    element("language").lang = language === "fr" ? "en" : "fr";
    const shown = items[state.place];
    const rating = state.ratings[shown.item] ?? "";
    element("place").textContent = words.place(state.place + 1, items.length);
    element("state").textContent = words.state[rating];
    element("case-section").hidden = !shown.case;
    for (const name of ["case", "question", "reference", "answer"]) {
      if (element(name).textContent !== (shown[name] ?? "")) {
        element(name).textContent = shown[name] ?? "";
        element(name).scrollTop = 0;
      }
    }
    if (!shown.answer.trim()) element("answer").textContent = words.nothing;
    if (element("comment").value !== (state.comments[shown.item] ?? "")) element("comment").value = state.comments[shown.item] ?? "";
    for (const value of ["0", "1"]) element(`rate-${value}`).setAttribute("aria-pressed", String(rating === value));
    element("count").textContent = words.count(countRated(), items.length);
    element("progress").max = items.length;
    element("progress").value = countRated();
    element("previous").disabled = state.place === 0;
    element("next").disabled = state.place === items.length - 1;
    element("unrated").disabled = nextUnrated() < 0;
    element("undo").disabled = !state.history.length;
    showSaved();
  }

  // From the next answer to the end, then from the beginning; -1 where none is left.
  function nextUnrated() {
    const places = items.map((_, place) => (state.place + 1 + place) % items.length);
    return places.find((place) => !isRated(place)) ?? -1;
  }

  function say(text) {
    element("said").textContent = text;
  }

  function go(place) {
    if (!items[place] || place === state.place) return;
    state.place = place;
    save();
    show();
    // A reader that reads aloud goes on from the heading.
    element("place").focus({ preventScroll: true });
    window.scrollTo(0, Math.min(window.scrollY, element("place").offsetTop));
  }

  function rate(value) {
    const { item } = items[state.place];
    const said = `${WORDS[language].place(state.place + 1, items.length)}. ${WORDS[language].state[value]}.`;
    if (state.ratings[item] !== value) {
      state.history.push({ place: state.place, before: state.ratings[item] ?? "" });
      state.history = state.history.slice(-LONGEST_HISTORY);
      state.ratings[item] = value;
      save();
    }
    show();
    const next = nextUnrated();
    say(next < 0 ? WORDS[language].done : said);
    if (next >= 0 && element("onward").checked) go(next);
  }

  function undo() {
    const step = state.history.pop();
    if (!step) return;
    const { item } = items[step.place];
    if (["0", "1"].includes(step.before)) state.ratings[item] = step.before;
    else delete state.ratings[item];
    say(WORDS[language].undone(step.place + 1));
    go(step.place);
    save();
    show();
  }

  // Each rater has ratings of one's own; what was rated before a code was given goes along with the first code, and
  // what was rated under a code that is corrected with the new one.
  function changeRater(name) {
    const known = loadState(name);
    const keep = !known && (!rater || (countRated() > 0 && window.confirm(WORDS[language].rename(rater, name))));
    if (keep && storage) storage.removeItem(`${prefix}ratings/${rater}`);
    if (!keep) state = known ?? emptyState();
    rater = name;
    write("rater", rater);
    save();
    show();
  }

  function cell(text) {
    const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[;"\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  }

  function exportRatings() {
    if (!RATER.test(rater)) {
      element("rater").setAttribute("aria-invalid", "true");
      element("rater").focus();
      say(WORDS[language].needsRater);
      return;
    }
    const rows = items.map(({ item, text_hash }) => [item, state.ratings[item] ?? "", state.comments[item] ?? "", text_hash]);
    const lines = [["item", "rating", "comment", "text_hash"], ...rows].map((row) => row.map(cell).join(";"));
    const address = URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `${rater}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    say(WORDS[language].exported(link.download, items.length - countRated()));
  }

  // The codes of keys, too: on a French keyboard digits need Shift.
  const KEYS = {
    1: () => rate("1"), Digit1: () => rate("1"), Numpad1: () => rate("1"),
    0: () => rate("0"), Digit0: () => rate("0"), Numpad0: () => rate("0"),
    ArrowLeft: () => go(state.place - 1),
    ArrowRight: () => go(state.place + 1),
    u: undo, U: undo,
  };
  document.addEventListener("keydown", (event) => {
    const writing = event.target.matches("textarea, input[type=text]");
    if (writing || event.ctrlKey || event.metaKey || event.altKey || !element("shortcuts").checked) return;
    const action = KEYS[event.key] ?? KEYS[event.code];
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) action();
  });
  for (const value of ["0", "1"]) element(`rate-${value}`).addEventListener("click", () => rate(value));
  element("previous").addEventListener("click", () => go(state.place - 1));
  element("next").addEventListener("click", () => go(state.place + 1));
  element("unrated").addEventListener("click", () => go(nextUnrated()));
  element("undo").addEventListener("click", undo);
  element("export").addEventListener("click", exportRatings);
  element("comment").addEventListener("input", (event) => {
    state.comments[items[state.place].item] = event.target.value;
    save();
  });
  element("rater").addEventListener("change", (event) => {
    const name = event.target.value.trim();
    const valid = !name || RATER.test(name);
    event.target.setAttribute("aria-invalid", String(!valid));
    if (!valid) say(WORDS[language].needsRater);
    else if (name !== rater) changeRater(name);
  });
  element("language").addEventListener("click", () => {
    language = language === "fr" ? "en" : "fr";
    write("language", language);
    say("");
    show();
  });
  // The same page in another tab of this browser.
  window.addEventListener("storage", (event) => {
    if (event.key !== `${prefix}ratings/${rater}`) return;
    state = { ...(loadState(rater) ?? state), place: state.place };
    show();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!storage && countRated()) event.preventDefault();
  });

  element("rater").value = rater;
  show();
})();
