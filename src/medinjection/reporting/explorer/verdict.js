// The answer key of a question: what makes it suspect, what persons say of it, and the form for a verdict.
const drafts = new Map();

function answerKey(place) {
  const said = Object.assign(make("p", { id: "verdict-said", className: "soft" }), { role: "status" });
  const body = make("div");
  const draw = () => body.replaceChildren(...(suspects[place] ? suspicion(place) : []), ...verdictsOn(place), verdictForm(place, change));
  const change = (name) => {
    drafts.delete(place);
    draw();
    said.textContent = say(name);
    body.querySelector("summary").focus();
    verdictsChanged(place);
  };
  draw();
  return make("section", { id: "answer-key" }, make("h3", {}, say("answerKey")), body, said);
}

// Which models agree on another answer than the key's, and in which orders.
function suspicion(place) {
  const { agreed, share, models } = suspects[place];
  const [options, greedy] = [optionsOf(agreed), facts.decodings.indexOf("greedy")];
  const lines = models.split(" ").map((name) => {
    const answer = (order) => givenAt(facts.models.indexOf(name), place, order, greedy);
    const asked = Array.from({ length: facts.orders }, (_, order) => order).filter((order) => answer(order) !== all.absent);
    const agreeing = asked.filter((order) => answer(order) === options);
    const orders = agreeing.map((order) => (order ? order : say("published"))).join(", ");
    return make("li", {}, make("strong", {}, name), say("agrees")(lettersOf(options), agreeing.length, asked.length, orders));
  });
  const percent = number(Math.round(1000 * share) / 10);
  return [
    make("p", { className: "note" }, say("suspect")(lettersOf(all.gold[place]), lettersOf(options), percent)),
    make("ul", { className: "agreement" }, ...lines),
  ];
}

function verdictsOn(place) {
  const id = all.ids[place];
  const lines = [["filedVerdict", filed.get(id)], ["ownVerdict", own.get(id)]].filter(([, row]) => row);
  if (!lines.length) return suspects[place] ? [make("p", {}, say("noVerdict"))] : [];
  return lines.map(([name, row]) => make("p", { dir: "auto" }, say(name)(row, say("verdicts")[row.verdict])));
}

function verdictForm(place, change) {
  const known = verdictOn(place);
  const title = known ? "changeVerdict" : suspects[place] ? "giveVerdict" : "reportKey";
  const form = make("form", { noValidate: true }, ...fields(place, known));
  const mine = () => ({ verdict: form.elements.verdict.value, by: form.elements.by.value, reason: form.elements.reason.value });
  form.addEventListener("input", () => drafts.set(place, mine()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isComplete(form)) return;
    remember("person", oneLine(mine().by));
    giveVerdict(place, mine());
    change("verdictKept");
  });
  form.querySelector(".withdraw")?.addEventListener("click", () => {
    withdrawVerdict(place);
    change("verdictWithdrawn");
  });
  const open = drafts.has(place) || (!known && Boolean(suspects[place]));
  return make("details", { className: "verdict", open }, make("summary", {}, say(title)), form);
}

// Of a key that nobody suspects one can only say that it is wrong.
function fields(place, known) {
  const before = own.get(all.ids[place]);
  const { verdict, by, reason } = drafts.get(place) ?? { verdict: before?.verdict, by: remembered("person") ?? "", reason: before?.reason ?? "" };
  const choices = known || suspects[place] ? VERDICTS : ["confirmed"];
  const radios = choices.map((value) => {
    const input = make("input", { type: "radio", name: "verdict", value, required: true, checked: value === verdict || choices.length === 1 });
    return make("label", {}, input, make("span", {}, say("verdicts")[value]));
  });
  const name = make("input", { name: "by", value: by, required: true, maxLength: 100, autocomplete: "name" });
  const why = make("textarea", { name: "reason", value: reason, required: true, maxLength: 1000, rows: 2 });
  const withdraw = before ? [make("button", { type: "button", className: "withdraw" }, say("withdraw"))] : [];
  return [
    make("fieldset", {}, make("legend", {}, say("answerKey")), ...radios),
    make("label", {}, make("span", {}, say("by")), name),
    make("label", {}, make("span", {}, say("reason")), why),
    make("p", { className: "missing" }),
    make("button", { type: "submit" }, say("keep")), " ", ...withdraw,
  ];
}

// Says what is missing, and goes there.
function isComplete(form) {
  const { verdict, by, reason } = form.elements;
  const missing = verdict.value ? [by, reason].find((field) => !oneLine(field.value)) : form.querySelector("[name=verdict]");
  form.querySelector(".missing").textContent = missing ? say("incomplete") : "";
  missing?.focus();
  return !missing;
}

// How many suspect keys have a verdict, and what is still to be saved.
function showErrata() {
  const places = Object.keys(suspects);
  const judged = places.filter((place) => verdictOn(place)).length;
  element("errata").hidden = !facts.suspects;
  element("errata-count").textContent = say("errata")(number(judged), number(places.length));
  element("errata-progress").max = Math.max(1, places.length);
  element("errata-progress").value = judged;
  element("errata-new").textContent = say("errataNew")(own.size);
  element("errata-stores").textContent = say(stores ? "stores" : "storesNot");
  element("errata-stores").className = stores ? "soft" : "note";
}

function saveErrata() {
  const address = URL.createObjectURL(new Blob([errataText()], { type: "text/csv;charset=utf-8" }));
  make("a", { href: address, download: "errata.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
