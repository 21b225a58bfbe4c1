// The questions found: their list, what models have right of them, and where the shown one stands among them.
const SHOWN = 50;
let found = [];
let listed = 0;
let turn = 0;

// Finds the questions again and shows the first of them. `note` is said before their number.
async function findQuestions(note = "") {
  const mine = ++turn;
  const started = performance.now();
  const tell = (text) => { if (mine === turn) element("status").textContent = text; };
  let [texts, wrote] = [null, null];
  if (filters.text.trim()) texts = await searchTexts((done, count) => tell(say("searching")(done, count)));
  if (mine !== turn) return;
  if (filters.wrote.trim()) {
    element("stop").hidden = false;
    const known = search?.places;
    wrote = await searchAnswers(filters, tenths((...far) => tell(say("reading")(...far.map(number)))));
    if (mine === turn && wrote !== known && reading !== null) drawQuestion(reading).catch(showFailure);
  } else stopSearch();
  if (mine !== turn) return;
  element("stop").hidden = true;
  found = matching(filters, texts, wrote);
  listed = 0;
  element("list").replaceChildren();
  showMore();
  showShares();
  element("status").textContent = `${note}${say("found")(number(found.length), number(COUNT))}`;
  showPlace();
  performance.measure("explorer-find", { start: started });
}

// Ten times at most: whoever listens hears each.
function tenths(tell) {
  let last = null;
  return (done, count, ...more) => {
    const tenth = Math.floor((10 * done) / count);
    if (tenth !== last) tell(done, count, ...more);
    last = tenth;
  };
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
    make("span", { className: "soft" }, `${values.join(" · ")}${right}${keySign(place)}`));
  link.dataset.place = place;
  return make("li", {}, link);
}

function keySign(place) {
  const known = verdictOn(place);
  if (known) return ` · ⚑ ${say("verdicts")[known.verdict]}`;
  return suspects[place] ? " · ⚑" : "";
}

function showShares() {
  const counts = shares(found, filters.decoding);
  element("shares-list").replaceChildren(...counts.flatMap(({ right, asked }, model) => (asked
    ? [make("li", {}, make("strong", {}, facts.models[model]), ` ${say("share")(number(right), number(asked), number(Math.round((1000 * right) / asked) / 10))}`)]
    : [])));
}

const linkTo = (place) => document.querySelector(`#list a[data-place="${place}"]`);

// Where the shown question is among those found.
function showPlace() {
  for (const link of document.querySelectorAll("#list a[aria-current]")) link.removeAttribute("aria-current");
  element("moves").hidden = reading === null;
  document.body.classList.toggle("reading", reading !== null);
  if (reading === null) return;
  linkTo(reading)?.setAttribute("aria-current", "true");
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

// After a verdict: where it is a condition of the list, the list is another one.
function verdictsChanged(place) {
  showErrata();
  if (filters.is.has("unjudged")) return findQuestions().catch(showFailure);
  linkTo(place)?.closest("li").replaceWith(row(place));
  return showPlace();
}
