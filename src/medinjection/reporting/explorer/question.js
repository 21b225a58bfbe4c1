// One question, with what each model answered. Texts are of corpora and models: they are only ever put in as text.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const opened = new Set();
let drawn = 0;

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
}

const unseen = (text) => make("span", { className: "unseen" }, text);
const sign = (text) => Object.assign(make("span", {}, text), { ariaHidden: "true" });
const foreign = (tag, text, className) => make(tag, { className, lang: "fr", dir: "auto" }, text);
const valueName = (value) => say("values")[value] ?? (value || say("noValue"));

function lettersOf(options) {
  return [...LETTERS].filter((_, place) => options & (1 << place)).join(" ");
}

function verdictSign(right) {
  if (right === null) return null;
  return make("span", { className: right ? "good" : "bad" }, sign(right ? "✓" : "✗"), unseen(say("verdict")[right ? "right" : "wrong"]));
}

// Draws the question into #content. What was asked for later is drawn, whatever is read sooner.
async function drawQuestion(place) {
  const turn = ++drawn;
  const texts = await textsOf(place);
  const answers = isChoice(place) ? choiceAnswers(place) : await openAnswers(place);
  if (turn !== drawn) return false;
  document.getElementById("content").replaceChildren(...heading(place, texts), ...ofTexts(texts), ...(isChoice(place) ? [options(place, texts)] : []), ...answers);
  return true;
}

function heading(place, texts) {
  const values = CATEGORIES.map((name) => facts.categories[name][all.category[name][place]]).filter(Boolean).map(valueName);
  const more = [texts.specialty_raw, texts.question_type, say("licence")(texts.licence)].filter(Boolean);
  const link = make("a", { href: addressOf({ q: all.ids[place] }), className: "link" }, say("link"));
  const nodes = [make("p", { className: "soft" }, [...values, ...more].join(" · "), " · ", link)];
  if (suspects[place]) nodes.push(make("p", { className: "note" }, say("suspect")(suspects[place]) + say("verdictOf")(suspects[place])));
  return nodes;
}

function ofTexts(texts) {
  const nodes = [];
  for (const [name, title] of [["context", "case"], ["question", "question"]]) {
    if (texts[name]) nodes.push(make("h3", {}, say(title)), foreign("div", texts[name], "text"));
  }
  return nodes;
}

function options(place, texts) {
  const models = facts.choice.models.filter((model) => givenAt(model, place, 0, filters.decoding) !== all.absent);
  const items = texts.options.map((text, option) => {
    const chosen = models.filter((model) => givenAt(model, place, 0, filters.decoding) & (1 << option)).length;
    const isRightOption = Boolean(all.gold[place] & (1 << option));
    return make("li", { className: isRightOption ? "right" : "" },
      make("span", { className: "letter" }, LETTERS[option]),
      make("span", {}, foreign("span", text, "option"), isRightOption ? make("strong", { className: "good" }, sign(" ✓ "), say("rightOption")) : null),
      make("span", { className: "soft" }, say("chosen")(chosen, models.length)));
  });
  const list = make("ol", { className: "options" }, ...items);
  return make("section", {}, make("h3", {}, say("options")), list);
}

function choiceAnswers(place) {
  const tables = facts.decodings.map((name, decoding) => answersTable(place, name, decoding));
  const openAll = make("button", { type: "button" }, say("openAll"));
  const written = facts.choice.models.map((model) => writtenBy(model, place));
  openAll.addEventListener("click", () => written.forEach((node) => { node.open = true; }));
  return [
    make("h3", {}, say("answers")), make("p", { className: "soft" }, say("letters")), make("div", { className: "tables" }, ...tables),
    make("h3", {}, say("written")), openAll, ...written,
  ];
}

function answersTable(place, name, decoding) {
  const orders = Array.from({ length: facts.orders }, (_, order) => order);
  const column = (text) => make("th", { scope: "col" }, text);
  const head = make("tr", {}, column(say("model")), ...orders.map((order) => column(say("order")(order))), column(say("rightCount")));
  const rows = facts.choice.models.map((model) => {
    const given = orders.map((order) => givenAt(model, place, order, decoding));
    const asked = given.filter((answer) => answer !== all.absent);
    const right = asked.filter((answer) => answer === all.gold[place]).length;
    return make("tr", {}, make("th", { scope: "row" }, facts.models[model]), ...given.map((answer) => answerCell(place, answer)),
      make("td", {}, asked.length ? `${right}/${asked.length}` : ""));
  });
  const caption = make("caption", {}, say("answersOf")(valueName(name)));
  const table = make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows));
  return Object.assign(make("div", { className: "scroll", tabIndex: 0, role: "region" }, table), { ariaLabel: caption.textContent });
}

function answerCell(place, answer) {
  if (answer === all.absent) return make("td", {}, sign("·"), unseen(say("absent")));
  const said = answer ? lettersOf(answer) : make("em", {}, say("unreadable"));
  return make("td", {}, verdictSign(answer === all.gold[place]), " ", said);
}

// What one model wrote, read from the disk when it is opened. It stays open from question to question.
function writtenBy(model, place) {
  const node = make("details", { className: "written" }, make("summary", {}, facts.models[model]));
  const fill = async () => {
    if (!node.open || node.childElementCount > 1) return;
    const said = await saidBy(model, place).catch(showFailure);
    if (said && node.childElementCount === 1) node.append(...said.flatMap((answer, order) => (answer ? writtenIn(model, place, order, answer) : [])));
  };
  node.addEventListener("toggle", () => {
    if (node.open) opened.add(model);
    else opened.delete(model);
    fill();
  });
  node.open = opened.has(model);
  return node;
}

function writtenIn(model, place, order, [shown, ...texts]) {
  return texts.flatMap((text, decoding) => {
    if (text === null) return [];
    const given = givenAt(model, place, order, decoding);
    const about = [
      order ? say("shown")(order, [...shown].map((letter, at) => `${LETTERS[at]} = ${letter}`).join(", ")) : say("shownPublished"),
      valueName(facts.decodings[decoding]),
      given ? say("readAs")(lettersOf(given)) : say("unreadable"),
    ];
    return [make("p", { className: "soft" }, verdictSign(given === all.gold[place]), ` ${about.join(" · ")}`), writtenText(text)];
  });
}

const writtenText = (text) => (text.trim()
  ? foreign("div", text, "text answer")
  : make("div", { className: "text answer soft" }, say("empty")(text.length)));

async function openAnswers(place) {
  const texts = await textsOf(place);
  const said = await Promise.all(facts.open.models.map((model) => saidBy(model, place)));
  return [
    make("h3", {}, say("reference")), foreign("div", texts.answer, "text reference"),
    make("h3", {}, say("written")),
    ...facts.open.models.flatMap((model, number) => openAnswer(model, place, said[number])),
  ];
}

function openAnswer(model, place, said) {
  const title = make("h4", {}, facts.models[model]);
  if (!said) return [title, make("p", { className: "soft" }, say("absent"))];
  const [text, tokens, finished] = said;
  const scores = facts.judges.map((name, judge) => {
    const judged = judgedAt(model, place, judge);
    return make("span", { className: "judged" }, verdictSign(judged < NO_SCORE ? judged : null), ` ${say("judged")[judged]} ${say("by")(name)} · `);
  });
  const length = [say("tokens")(tokens), ...(finished ? [] : [say("cut")])].join(" · ");
  return [title, make("p", { className: "soft" }, ...scores, length), writtenText(text)];
}
