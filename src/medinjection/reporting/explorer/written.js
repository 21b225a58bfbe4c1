// What models wrote to a question, and what they reasoned before.
const opened = new Set();

// What one model wrote to a choice question, read from the disk when it is opened. It stays open from question to question.
function writtenBy(model, place, matches) {
  const node = make("details", { className: "written" }, make("summary", {}, facts.models[model], matches ? matchSign() : null));
  const fill = async () => {
    if (!node.open || node.childElementCount > 1) return;
    const found = await Promise.all([saidBy(model, place), reasonedBy(model, place)]).catch(showFailure);
    if (!found || node.childElementCount > 1) return;
    const [said, reasoned] = found;
    node.append(...said.flatMap((answer, order) => (answer ? writtenIn(model, place, order, answer, reasoned) : [])));
  };
  node.addEventListener("toggle", () => {
    // Opened for its match alone, it says nothing of the next question.
    if (node.open && !matches) opened.add(model);
    if (!node.open) opened.delete(model);
    fill();
  });
  node.open = matches || opened.has(model);
  return node;
}

function writtenIn(model, place, order, [shown, ...texts], reasoned) {
  const before = reasoned.filter(([letters]) => letters === shown).map((row) => reasoningNode(model, row));
  return texts.flatMap((text, decoding) => {
    if (text === null) return [];
    const given = givenAt(model, place, order, decoding);
    const about = [
      order ? say("shown")(order, [...shown].map((letter, at) => `${LETTERS[at]} = ${letter}`).join(", ")) : say("shownPublished"),
      valueName(facts.decodings[decoding]),
      given ? say("readAs")(lettersOf(given)) : say("unreadable"),
    ];
    const found = decoding === filters.decoding && isSearched(text) ? matchSign() : null;
    const line = make("p", { className: "soft" }, verdictSign(given === all.gold[place]), ` ${about.join(" · ")}`, found);
    return [line, ...before.splice(0), writtenText(text)];
  });
}

const matchSign = () => make("span", { className: "badge" }, say("matches"));
const isSearched = (text) => filters.wrote.trim() !== "" && hasWords(text, wordsOf(filters.wrote));

const writtenText = (text) => (text.trim()
  ? foreign("div", text, "text answer")
  : make("div", { className: "text answer soft" }, say("empty")(text.length)));

function reasoningNode(model, [, beginning, leftOut, end, tokens, finished]) {
  const title = [say("reasoning")(tokens), ...(finished ? [] : [say("unended")])].join(" · ");
  const rest = leftOut
    ? [make("p", { className: "soft" }, say("leftOut")(number(leftOut), facts.models[model])), foreign("div", end, "text")]
    : [];
  return make("details", { className: "reasoning" }, make("summary", {}, title), foreign("div", beginning, "text"), ...rest);
}

async function openAnswers(place) {
  const texts = await textsOf(place);
  const models = facts.open.models;
  const said = await Promise.all(models.map((model) => Promise.all([saidBy(model, place), reasonedBy(model, place)])));
  return [
    make("h3", {}, say("reference")), foreign("div", texts.answer, "text reference"),
    make("h3", {}, say("written")),
    ...models.flatMap((model, number) => openAnswer(model, place, ...said[number])),
  ];
}

function openAnswer(model, place, said, reasoned) {
  const title = make("h4", {}, facts.models[model]);
  if (!said) return [title, make("p", { className: "soft" }, say("absent"))];
  const [text, tokens, finished] = said;
  const scores = facts.judges.map((name, judge) => {
    const judged = judgedAt(model, place, judge);
    return make("span", { className: "judged" }, verdictSign(judged < NO_SCORE ? judged : null), ` ${say("judged")[judged]} ${say("accordingTo")(name)} · `);
  });
  const length = [say("tokens")(tokens), ...(finished ? [] : [say("cut")])].join(" · ");
  const line = make("p", { className: "soft" }, ...scores, length, isSearched(text) ? matchSign() : null);
  return [title, line, ...reasoned.map((row) => reasoningNode(model, row)), writtenText(text)];
}
