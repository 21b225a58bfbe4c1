// Conditions of the filters.
const CONDITIONS = ["disagree", "moves", "decodings", "wrong", "right", "unread", "suspect", "unjudged"];

// Condition -> whether a question meets it, given the decoding and the models that are looked at.
const MEETS = {
  suspect: (place) => place in suspects,
  unjudged: (place) => place in suspects && !verdictOn(place),
  disagree: (place, decoding) => {
    const models = modelsOf(place);
    return differ(models.length, isChoice(place) ? (i) => givenAt(models[i], place, 0, decoding) : (i) => isRight(models[i], place));
  },
  moves: (place, decoding, models) =>
    isChoice(place) && models.some((model) => differ(facts.orders, (order) => givenAt(model, place, order, decoding))),
  decodings: (place, _, models) => isChoice(place) && models.some((model) => decodingsDiffer(model, place)),
  unread: (place, decoding, models) => isChoice(place) && models.some((model) => isUnreadable(model, place, decoding)),
  wrong: (place, decoding, models) => allAre(0, models, place, decoding),
  right: (place, decoding, models) => allAre(1, models, place, decoding),
};

// The places of the questions that pass the filters; `texts` are folded texts by place, `wrote` has the places where
// models wrote what is searched: null where nothing is searched.
function matching(filters, texts, wrote) {
  const wanted = CATEGORIES.filter((name) => filters[name] !== "").map((name) => ({ codes: all.category[name], code: filters[name] }));
  const words = texts ? wordsOf(filters.text) : [];
  const conditions = CONDITIONS.filter((name) => filters.is.has(name)).map((name) => MEETS[name]);
  const chosen = (models) => models.filter((model) => filters.model === "" || model === filters.model);
  const [ofChoice, ofOpen] = [chosen(facts.choice.models), chosen(facts.open.models)];
  const found = [];
  for (let place = 0; place < COUNT; place++) {
    if (!wanted.every(({ codes, code }) => codes[place] === code)) continue;
    if (wrote && !wrote.has(place)) continue;
    if (!words.every((word) => texts[place].includes(word))) continue;
    const models = isChoice(place) ? ofChoice : ofOpen;
    if (conditions.every((meets) => meets(place, filters.decoding, models))) found.push(place);
  }
  return found;
}

// How many of some questions each model has right, of how many that it answered.
function shares(places, decoding) {
  const counts = facts.models.map(() => ({ right: 0, asked: 0 }));
  for (const place of places) {
    for (const model of modelsOf(place)) {
      const right = isRight(model, place, decoding);
      if (right === null) continue;
      counts[model].asked += 1;
      counts[model].right += right;
    }
  }
  return counts;
}
