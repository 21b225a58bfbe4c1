// Data come from scripts beside the page, each one call of `received`: a page opened from a file may load nothing else.
const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };
const KEPT = 64;
const facts = JSON.parse(document.getElementById("facts").textContent);
const waiting = new Map();
const coming = new Map();
const loads = new Map();

function received(name, kind, text) {
  waiting.get(name)?.(unpacked(kind, text));
  waiting.delete(name);
}

async function unpacked(kind, text) {
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  const content = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  return kind === "json" ? content.json() : new ARRAYS[kind](await content.arrayBuffer());
}

// The content of data/<name>.js; the last KEPT are remembered.
function load(name) {
  const found = loads.get(name) ?? fetched(name);
  loads.delete(name);
  loads.set(name, found);
  if (loads.size > KEPT) loads.delete(loads.keys().next().value);
  return found;
}

// The same, forgotten when it has been used.
const passing = (name) => loads.get(name) ?? fetched(name);

// A file is read once at a time, whoever asks for it.
function fetched(name) {
  if (!coming.has(name)) coming.set(name, readScript(name).finally(() => coming.delete(name)));
  return coming.get(name);
}

function readScript(name) {
  return new Promise((done, refuse) => {
    const script = document.createElement("script");
    const fail = () => {
      loads.delete(name);
      refuse(new MissingData(name));
    };
    waiting.set(name, (content) => content.then(done, fail));
    script.src = `data/${name}.js`;
    script.addEventListener("error", fail);
    script.addEventListener("load", () => {
      script.remove();
      if (waiting.delete(name)) fail(); // It called nothing.
    });
    document.head.append(script);
  });
}

class MissingData extends Error {
  constructor(name) {
    super(WORDS.en.failed(name));
    this.file = name;
  }
}

// What is known of all questions from the beginning: choice questions first, then open ones.
const all = { ids: [], titles: [], category: {}, gold: null, absent: 0, given: {}, judged: {} };
const CHOICE = facts.choice.questions;
const COUNT = CHOICE + facts.open.questions;
const CATEGORIES = Object.keys(facts.categories);
const isChoice = (place) => place < CHOICE;

async function loadAll() {
  const into = async (target, key, name) => { target[key] = await fetched(name); };
  await Promise.all([
    into(all, "ids", "ids"),
    into(all, "titles", "titles"),
    into(all, "gold", "choice/gold"),
    ...CATEGORIES.map((name) => into(all.category, name, name)),
    ...facts.choice.models.map((model) => into(all.given, model, `choice/given-${model}`)),
    ...facts.open.models.map((model) => into(all.judged, model, `open/judged-${model}`)),
  ]);
  all.absent = 2 ** (8 * all.gold.BYTES_PER_ELEMENT - 1);
}

// Where the texts and answers of a question are: the kind, the number of the part, and the place in it.
function partOf(place) {
  const within = isChoice(place) ? place : place - CHOICE;
  return { kind: isChoice(place) ? "choice" : "open", part: Math.floor(within / facts.part), at: within % facts.part };
}

async function textsOf(place) {
  const { kind, part, at } = partOf(place);
  return (await load(`${kind}/text-${part}`))[at];
}

async function saidBy(model, place) {
  const { kind, part, at } = partOf(place);
  return (await load(`${kind}/said-${model}-${part}`))[at];
}

// What a model reasoned about a question, a row for each order shown; nothing where it did not reason.
async function reasonedBy(model, place) {
  const { kind, part, at } = partOf(place);
  return (facts[kind].reasoned.includes(model) && (await load(`${kind}/reasoned-${model}-${part}`))[at]) || [];
}
