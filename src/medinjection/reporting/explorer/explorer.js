// The list, its filters, the address and the keyboard.
const SHOWN = 50;
const SELECTS = [...CATEGORIES, "model", "decoding"];
const element = (id) => document.getElementById(id);

let language = remembered("language") ?? (navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en");
let filters = filtersFrom(new URLSearchParams());
let reading = null; // Place of the question that is shown.
let found = [];
let listed = 0;
let turn = 0;

const say = (name) => WORDS[language][name];
const number = (value) => value.toLocaleString(language);

function remembered(name) {
  try {
    const value = localStorage.getItem(`medinjection/${name}`);
    return value in WORDS ? value : null;
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`medinjection/${name}`, value);
  } catch { /* Not allowed here: it is forgotten with the page. */ }
}

// Categories are numbers in the page and names in its address, which stays the same when questions are added.
function filtersFrom(parameters) {
  const code = (name) => {
    const place = facts.categories[name].indexOf(parameters.get(name));
    return parameters.has(name) && place >= 0 ? place : "";
  };
  const model = facts.models.indexOf(parameters.get("model"));
  return {
    text: parameters.get("text") ?? "",
    ...Object.fromEntries(CATEGORIES.map((name) => [name, code(name)])),
    model: model < 0 ? "" : model,
    decoding: Math.max(0, facts.decodings.indexOf(parameters.get("decoding"))),
    is: new Set((parameters.get("is") ?? "").split(",").filter((name) => CONDITIONS.includes(name))),
  };
}

function addressOf({ q, ...parameters }) {
  const written = Object.entries({ ...(q === undefined ? {} : { q }), ...parameters });
  const encoded = written.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2C", ",")}`);
  return `#${encoded.join("&")}`;
}

function currentAddress() {
  const parameters = reading === null ? {} : { q: all.ids[reading] };
  if (filters.text) parameters.text = filters.text;
  for (const name of CATEGORIES) if (filters[name] !== "") parameters[name] = facts.categories[name][filters[name]];
  if (filters.model !== "") parameters.model = facts.models[filters.model];
  if (filters.decoding) parameters.decoding = facts.decodings[filters.decoding];
  if (filters.is.size) parameters.is = [...filters.is].join(",");
  return addressOf(parameters);
}

function showFailure(error) {
  element("failed").hidden = false;
  element("failed").textContent = error instanceof MissingData ? say("failed")(error.file) : String(error);
}

// Words of the page and of the selects.
function showWords() {
  document.documentElement.lang = language;
  document.title = `${say("title")} ${facts.run}`;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-name]")) node.ariaLabel = say("names")[node.dataset.name];
  element("language").textContent = say("otherLanguage");
  element("language").lang = language === "fr" ? "en" : "fr";
  for (const name of CATEGORIES) fillSelect(name, facts.categories[name].map((value, code) => [valueName(value), code]));
  fillSelect("model", facts.models.map((model, code) => [model, code]));
  fillSelect("decoding", facts.decodings.map((decoding, code) => [valueName(decoding), code]));
  for (const input of document.querySelectorAll("#conditions input")) input.nextElementSibling.textContent = say("is")[input.value];
}

function fillSelect(name, choices) {
  const first = name in say("all") ? [new Option(say("all")[name], "")] : [];
  element(name).replaceChildren(...first, ...choices.map(([text, value]) => new Option(text, value)));
}

function showFilters() {
  if (element("text").value !== filters.text) element("text").value = filters.text;
  for (const name of SELECTS) element(name).value = filters[name];
  for (const input of document.querySelectorAll("#conditions input")) input.checked = filters.is.has(input.value);
}

// Finds the questions again and shows the first of them.
async function findQuestions() {
  const mine = ++turn;
  const started = performance.now();
  let texts = null;
  if (filters.text.trim()) {
    texts = await searchTexts((done, count) => { element("status").textContent = say("searching")(done, count); });
    if (mine !== turn) return;
  }
  found = matching(filters, texts);
  listed = 0;
  element("list").replaceChildren();
  showMore();
  showShares();
  element("status").textContent = say("found")(number(found.length), number(COUNT));
  showPlace();
  performance.measure("explorer-find", { start: started });
}

function showMore() {
  const places = found.slice(listed, listed + SHOWN);
  element("list").append(...places.map(row));
  listed += places.length;
  element("more").hidden = listed >= found.length;
}

function row(place) {
  const verdicts = modelsOf(place).map((model) => isRight(model, place, filters.decoding)).filter((right) => right !== null);
  const values = ["source", "task"].map((name) => facts.categories[name][all.category[name][place]]);
  const right = verdicts.length ? ` · ${verdicts.filter(Boolean).length}/${verdicts.length} ✓` : "";
  const link = make("a", { href: addressOf({ q: all.ids[place] }) },
    foreign("span", all.titles[place], "title"),
    make("span", { className: "soft" }, `${values.join(" · ")}${right}${suspects[place] ? " · ⚑" : ""}`));
  link.dataset.place = place;
  return make("li", {}, link);
}

function showShares() {
  const counts = shares(found, filters.decoding);
  element("shares-list").replaceChildren(...counts.flatMap(({ right, asked }, model) => (asked
    ? [make("li", {}, make("strong", {}, facts.models[model]), ` ${say("share")(number(right), number(asked), number(Math.round((1000 * right) / asked) / 10))}`)]
    : [])));
}

// Where the shown question is among those found.
function showPlace() {
  for (const link of document.querySelectorAll("#list a[aria-current]")) link.removeAttribute("aria-current");
  element("moves").hidden = reading === null;
  document.body.classList.toggle("reading", reading !== null);
  if (reading === null) return;
  document.querySelector(`#list a[data-place="${reading}"]`)?.setAttribute("aria-current", "true");
  const at = found.indexOf(reading);
  element("place").textContent = at < 0 ? say("outside") : say("place")(number(at + 1), number(found.length));
  element("previous").disabled = neighbour(-1) === undefined;
  element("next").disabled = neighbour(1) === undefined;
}

// The question found before or after the shown one; a question outside the filters has neighbours too.
function neighbour(step) {
  if (reading === null) return found[0];
  return step > 0 ? found.find((place) => place > reading) : found.findLast((place) => place < reading);
}

async function readQuestion(place) {
  reading = place;
  showPlace();
  try {
    if (!(await drawQuestion(place))) return;
  } catch (error) {
    showFailure(error);
  }
  element("heading").removeAttribute("data-say");
  element("heading").textContent = all.ids[place];
}

// By the reader's own act: the address says what is shown, and whoever listens goes on from the heading.
async function openQuestion(place) {
  if (place === undefined) return;
  const before = reading;
  reading = place;
  history[before === null ? "pushState" : "replaceState"](null, "", currentAddress());
  await readQuestion(place);
  element("heading").focus({ preventScroll: true });
  element("reading").scrollIntoView();
}

function closeQuestion() {
  if (reading === null) return;
  const place = reading;
  forget(say("none"), "none");
  history.pushState(null, "", currentAddress() === "#" ? location.pathname : currentAddress());
  showPlace();
  (document.querySelector(`#list a[data-place="${place}"]`) ?? element("text")).focus();
}

function forget(text, name) {
  reading = null;
  drawn += 1;
  element("content").replaceChildren();
  element("heading").dataset.say = name;
  element("heading").textContent = text;
}

// Shows what the address says.
async function follow() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  filters = filtersFrom(parameters);
  showFilters();
  const id = parameters.get("q");
  const place = id === null ? -1 : all.ids.indexOf(id);
  if (place < 0) forget(say("none"), "none");
  else reading = place;
  await Promise.all([findQuestions(), place < 0 ? null : readQuestion(place)]).catch(showFailure);
  if (id !== null && place < 0) element("heading").textContent = say("unknown")(id);
}

function filtersChanged() {
  filters = {
    text: element("text").value,
    ...Object.fromEntries(SELECTS.map((name) => [name, element(name).value === "" ? "" : Number(element(name).value)])),
    is: new Set([...document.querySelectorAll("#conditions input:checked")].map((input) => input.value)),
  };
  history.replaceState(null, "", currentAddress() === "#" ? location.pathname : currentAddress());
  findQuestions().catch(showFailure);
  if (reading !== null) readQuestion(reading);
}

function moveInList(step) {
  const links = [...document.querySelectorAll("#list a")];
  links[links.indexOf(document.activeElement) + step]?.focus();
}

const KEYS = {
  "/": () => element("text").focus(),
  j: () => openQuestion(neighbour(1)), J: () => openQuestion(neighbour(1)), ArrowRight: () => openQuestion(neighbour(1)),
  k: () => openQuestion(neighbour(-1)), K: () => openQuestion(neighbour(-1)), ArrowLeft: () => openQuestion(neighbour(-1)),
  Escape: closeQuestion,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !element("shortcuts").checked) return;
  const inList = event.target.closest("#list");
  if (inList && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    moveInList(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  // A field, a select and a table that scrolls need their keys.
  if (event.target.matches("input, select") || (event.key.startsWith("Arrow") && event.target.closest(".scroll"))) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

element("conditions").append(...CONDITIONS.filter((name) => name !== "suspect" || facts.suspects).map((name) => {
  const input = make("input", { type: "checkbox", value: name });
  return make("label", {}, input, make("span"));
}));
element("list").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openQuestion(Number(link.dataset.place));
});
element("filters").addEventListener("submit", (event) => event.preventDefault());
element("filters").addEventListener("input", filtersChanged);
element("filters").addEventListener("reset", () => setTimeout(filtersChanged));
element("more").addEventListener("click", showMore);
element("previous").addEventListener("click", () => openQuestion(neighbour(-1)));
element("next").addEventListener("click", () => openQuestion(neighbour(1)));
element("back").addEventListener("click", closeQuestion);
element("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  remember("language", language);
  showWords();
  follow();
});
window.addEventListener("popstate", follow);

if (matchMedia("(max-width: 63.99rem)").matches) element("more-filters").open = false;
showWords();
loadAll().then(follow).catch(showFailure).finally(() => performance.mark("explorer-ready"));
