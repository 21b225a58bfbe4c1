// One question, with what each model answered.
let drawn = 0;

// Draws the question into #content. What was asked for later is drawn, whatever is read sooner.
async function drawQuestion(place) {
  const turn = ++drawn;
  const texts = await textsOf(place);
  const answers = isChoice(place) ? choiceAnswers(place) : await openAnswers(place);
  if (turn !== drawn) return false;
  element("content").replaceChildren(heading(place, texts), ...ofTexts(texts), ...(isChoice(place) ? ofChoice(place, texts) : []), ...answers);
  return true;
}

function heading(place, texts) {
  const values = CATEGORIES.map((name) => facts.categories[name][all.category[name][place]]).filter(Boolean).map(valueName);
  const more = [texts.specialty_raw, texts.question_type, say("licence")(texts.licence)].filter(Boolean);
  const link = make("a", { href: addressOf({ q: all.ids[place] }), className: "link" }, say("link"));
  return make("p", { className: "soft" }, [...values, ...more].join(" · "), " · ", link);
}

function ofTexts(texts) {
  const nodes = [];
  for (const [name, title] of [["context", "case"], ["question", "question"]]) {
    if (texts[name]) nodes.push(make("h3", {}, say(title)), foreign("div", texts[name], "text"));
  }
  return nodes;
}

function ofChoice(place, texts) {
  return [options(place, texts), ...(facts.suspects ? [answerKey(place)] : [])];
}

function options(place, texts) {
  const models = facts.choice.models.filter((model) => givenAt(model, place, 0, filters.decoding) !== all.absent);
  const agreed = optionsOf(suspects[place]?.agreed ?? "");
  const items = texts.options.map((text, option) => {
    const chosen = models.filter((model) => givenAt(model, place, 0, filters.decoding) & (1 << option)).length;
    const isRightOption = Boolean(all.gold[place] & (1 << option));
    const isAgreed = Boolean(agreed & (1 << option));
    return make("li", { className: isRightOption ? "right" : "" },
      make("span", { className: "letter" }, LETTERS[option]),
      make("span", {}, foreign("span", text, "option"),
        isRightOption ? make("strong", { className: "good" }, sign(" ✓ "), say("rightOption")) : null,
        isAgreed ? make("span", { className: "agreed" }, sign(" ⚑ "), say("agreed")) : null),
      make("span", { className: "soft" }, say("chosen")(chosen, models.length)));
  });
  const list = make("ol", { className: "options" }, ...items);
  return make("section", {}, make("h3", {}, say("options")), list);
}

function choiceAnswers(place) {
  const tables = facts.decodings.map((name, decoding) => answersTable(place, name, decoding));
  const openAll = make("button", { type: "button" }, say("openAll"));
  const written = facts.choice.models.map((model) => writtenBy(model, place, matchesOf(place).has(model)));
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
