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

const wordsOf = (text) => folded(text).split(/\s+/).filter(Boolean);

// Whether a text that a model wrote has every word.
function hasWords(text, words) {
  const found = folded(text);
  return words.every((word) => found.includes(word));
}

// The last search in what models wrote: its answer is kept, the texts are not.
let search = null;

// Place of a question -> the models with an answer that has all words; null where the search was stopped. Another
// search stops it, other filters do not. `say` hears how far it is.
function searchAnswers({ wrote, model, decoding }, say) {
  const key = JSON.stringify([wordsOf(wrote), model, decoding]);
  if (search?.key !== key) {
    stopSearch();
    const mine = { key, stopped: false, say };
    mine.found = readAnswers(mine, wordsOf(wrote), model, decoding).then((places) => {
      mine.places = places;
      return places;
    }).catch((error) => {
      if (search === mine) search = null;
      throw error;
    });
    search = mine;
  }
  search.say = say;
  return search.found;
}

// The models that wrote the words that were searched for, once that is known.
const matchesOf = (place) => search?.places?.get(place) ?? new Set();

function stopSearch() {
  if (search) search.stopped = true;
  search = null;
}

async function readAnswers(mine, words, model, decoding) {
  const found = new Map();
  const files = filesOfAnswers(model);
  mine.say(0, files.length, 0);
  for (const [number, { kind, part, model: one }] of files.entries()) {
    const rows = await passing(`${kind}/said-${one}-${part}`);
    if (mine.stopped) return null;
    const first = (kind === "open" ? CHOICE : 0) + part * facts.part;
    for (const [at, said] of rows.entries()) {
      if (!textsSaid(kind, said, decoding).some((text) => hasWords(text, words))) continue;
      found.set(first + at, (found.get(first + at) ?? new Set()).add(one));
    }
    mine.say(number + 1, files.length, found.size);
  }
  return found;
}

function filesOfAnswers(model) {
  return ["choice", "open"].flatMap((kind) => {
    const models = facts[kind].models.filter((one) => model === "" || one === model);
    const parts = Array.from({ length: Math.ceil(facts[kind].questions / facts.part) }, (_, part) => part);
    return parts.flatMap((part) => models.map((one) => ({ kind, part, model: one })));
  });
}

// What one model wrote to one question: in every order, by one decoding.
function textsSaid(kind, said, decoding) {
  const texts = kind === "open" ? [said?.[0]] : said.map((order) => order?.[1 + decoding]);
  return texts.filter((text) => typeof text === "string");
}
