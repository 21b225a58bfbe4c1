// The page: its language, its address, the question that is shown, and what its controls do.
let language = remembered("language") in WORDS ? remembered("language") : navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
let filters = filtersFrom(new URLSearchParams());
let reading = null; // Place of the question that is shown.

const say = (name) => WORDS[language][name];
const number = (value) => value.toLocaleString(language);

function showFailure(error) {
  element("failed").hidden = false;
  element("failed").textContent = error instanceof MissingData ? say("failed")(error.file) : String(error);
}

function showWords() {
  document.documentElement.lang = language;
  document.title = `${say("title")} ${facts.run}`;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-name]")) node.ariaLabel = say("names")[node.dataset.name];
  element("language").textContent = say("otherLanguage");
  element("language").lang = language === "fr" ? "en" : "fr";
  element("pages").replaceChildren(...Object.entries(facts.pages).map(([kind, files]) =>
    make("a", { href: `../${files[language] ?? Object.values(files)[0]}` }, say("pages")[kind])));
  showFilterWords();
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
  showNoQuestion();
  history.pushState(null, "", currentAddress());
  showPlace();
  (linkTo(place) ?? element("text")).focus();
}

function showNoQuestion() {
  reading = null;
  drawn += 1;
  element("content").replaceChildren();
  element("heading").dataset.say = "none";
  element("heading").textContent = say("none");
}

// Shows what the address says.
async function follow() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  filters = filtersFrom(parameters);
  showFilters();
  showErrata();
  const id = parameters.get("q");
  const place = id === null ? -1 : all.ids.indexOf(id);
  if (place < 0) showNoQuestion();
  else reading = place;
  await Promise.all([findQuestions(), place < 0 ? null : readQuestion(place)]).catch(showFailure);
  if (id !== null && place < 0) element("heading").textContent = say("unknown")(id);
}

async function filtersChanged(wrote = element("wrote").value.trim() ? filters.wrote : "", note = "") {
  filters = filtersFromControls(wrote);
  history.replaceState(null, "", currentAddress());
  if (reading !== null) readQuestion(reading);
  await findQuestions(note).catch(showFailure);
}

makeConditions();
element("list").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openQuestion(Number(link.dataset.place));
});
element("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  filtersChanged(element("wrote").value);
});
element("filters").addEventListener("input", () => filtersChanged());
element("filters").addEventListener("reset", () => setTimeout(filtersChanged));
element("stop").addEventListener("click", () => filtersChanged("", `${say("stopped")} `));
element("more").addEventListener("click", showMore);
element("previous").addEventListener("click", () => openQuestion(neighbour(-1)));
element("next").addEventListener("click", () => openQuestion(neighbour(1)));
element("back").addEventListener("click", closeQuestion);
element("errata-save").addEventListener("click", saveErrata);
element("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  remember("language", language);
  showWords();
  follow();
});
window.addEventListener("popstate", follow);
// Verdicts given in another tab of this browser.
window.addEventListener("storage", (event) => {
  if (event.key !== STORE + ERRATA) return;
  own = ownVerdicts();
  follow();
});
window.addEventListener("beforeunload", (event) => {
  if (!stores && own.size) event.preventDefault();
});

if (matchMedia("(max-width: 63.99rem)").matches) element("more-filters").open = false;
showWords();
loadAll().then(follow).catch(showFailure).finally(() => performance.mark("explorer-ready"));
