// Which questions are found. An answer is a bit set of options; the highest bit alone says that there is none.
const CONDITIONS = ["disagree", "moves", "decodings", "wrong", "right", "unread", "suspect"];
const [NO_SCORE, NOT_JUDGED] = [2, 3];
const WAYS = facts.orders * facts.decodings.length;
const suspects = facts.suspects ?? {};

const givenAt = (model, place, order, decoding) => all.given[model][place * WAYS + order * facts.decodings.length + decoding];

// The first judge's score of an open answer, where it has one.
function judgedAt(model, place, judge = 0) {
  return facts.judges.length ? all.judged[model][judge * facts.open.questions + place - CHOICE] : NOT_JUDGED;
}

// 1 right, 0 wrong, null where there is no answer or no judgement.
function isRight(model, place, decoding) {
  if (isChoice(place)) {
    const given = givenAt(model, place, 0, decoding);
    return given === all.absent ? null : Number(given === all.gold[place]);
  }
  const judged = judgedAt(model, place);
  return judged < NO_SCORE ? judged : null;
}

// Whether some answers differ; those that are not there do not count. `answer` gives the answer at each of `count` steps.
// Loops, not lists: filters go through millions of answers.
function differ(count, answer) {
  let first = null;
  for (let step = 0; step < count; step++) {
    const given = answer(step);
    if (given === null || given === all.absent) continue;
    if (first === null) first = given;
    else if (given !== first) return true;
  }
  return false;
}

function isUnreadable(model, place, decoding) {
  for (let order = 0; order < facts.orders; order++) if (givenAt(model, place, order, decoding) === 0) return true;
  return false;
}

// Whether those of the models that answered are all right, or all wrong; at least one must have answered.
function allAre(value, models, place, decoding) {
  let known = false;
  for (const model of models) {
    const right = isRight(model, place, decoding);
    if (right !== null && right !== value) return false;
    known ||= right !== null;
  }
  return known;
}

// Condition -> whether a question meets it, given the decoding and the models that are looked at.
const MEETS = {
  suspect: (place) => place in suspects,
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

const modelsOf = (place) => (isChoice(place) ? facts.choice.models : facts.open.models);

function decodingsDiffer(model, place) {
  for (let order = 0; order < facts.orders; order++) {
    if (differ(facts.decodings.length, (decoding) => givenAt(model, place, order, decoding))) return true;
  }
  return false;
}

// The places of the questions that pass the filters; `texts` are folded texts by place, null where nothing is searched.
function matching(filters, texts) {
  const wanted = CATEGORIES.filter((name) => filters[name] !== "").map((name) => ({ codes: all.category[name], code: filters[name] }));
  const words = texts ? folded(filters.text).split(/\s+/).filter(Boolean) : [];
  const conditions = CONDITIONS.filter((name) => filters.is.has(name)).map((name) => MEETS[name]);
  const chosen = (models) => models.filter((model) => filters.model === "" || model === filters.model);
  const [ofChoice, ofOpen] = [chosen(facts.choice.models), chosen(facts.open.models)];
  const found = [];
  for (let place = 0; place < COUNT; place++) {
    if (!wanted.every(({ codes, code }) => codes[place] === code)) continue;
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

// Without case and accents, so that `oedeme` finds « Œdème ».
function folded(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "").replaceAll("œ", "oe").replaceAll("æ", "ae").replaceAll("’", "'");
}

let searchable = null;

// Folded texts of all questions, read once, on the first search; `say` hears how far it is.
function searchTexts(say) {
  searchable ??= readTexts(say).catch((error) => {
    searchable = null;
    throw error;
  });
  return searchable;
}

async function readTexts(say) {
  const names = ["choice", "open"].flatMap((kind) =>
    Array.from({ length: Math.ceil(facts[kind].questions / facts.part) }, (_, part) => `${kind}/text-${part}`));
  const texts = [];
  for (const [number, name] of names.entries()) {
    say(number, names.length);
    for (const row of await load(name)) {
      texts.push(folded([all.ids[texts.length], row.context, row.question, ...(row.options ?? []), row.answer].filter(Boolean).join("\n")));
    }
  }
  return texts;
}
