// The filters: as the address has them, as the controls show them.
const SELECTS = [...CATEGORIES, "model", "decoding"];
const OFFERED = CONDITIONS.filter((name) => facts.suspects || !["suspect", "unjudged"].includes(name));

// Categories are numbers in the page and names in its address, which stays the same when questions are added.
function filtersFrom(parameters) {
  const code = (name) => {
    const place = facts.categories[name].indexOf(parameters.get(name));
    return parameters.has(name) && place >= 0 ? place : "";
  };
  const model = facts.models.indexOf(parameters.get("model"));
  return {
    text: parameters.get("text") ?? "",
    wrote: parameters.get("wrote") ?? "",
    ...Object.fromEntries(CATEGORIES.map((name) => [name, code(name)])),
    model: model < 0 ? "" : model,
    decoding: Math.max(0, facts.decodings.indexOf(parameters.get("decoding"))),
    is: new Set((parameters.get("is") ?? "").split(",").filter((name) => OFFERED.includes(name))),
  };
}

function addressOf({ q, ...parameters }) {
  const written = Object.entries({ ...(q === undefined ? {} : { q }), ...parameters });
  const encoded = written.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2C", ",")}`);
  return `#${encoded.join("&")}`;
}

// The address of the shown question and the filters, or of the page where there are none.
function currentAddress() {
  const parameters = reading === null ? {} : { q: all.ids[reading] };
  if (filters.text) parameters.text = filters.text;
  if (filters.wrote) parameters.wrote = filters.wrote;
  for (const name of CATEGORIES) if (filters[name] !== "") parameters[name] = facts.categories[name][filters[name]];
  if (filters.model !== "") parameters.model = facts.models[filters.model];
  if (filters.decoding) parameters.decoding = facts.decodings[filters.decoding];
  if (filters.is.size) parameters.is = [...filters.is].join(",");
  return Object.keys(parameters).length ? addressOf(parameters) : location.pathname;
}

// As the controls have them. What models wrote is searched when it is asked for, not at each letter.
function filtersFromControls(wrote) {
  return {
    text: element("text").value,
    wrote,
    ...Object.fromEntries(SELECTS.map((name) => [name, element(name).value === "" ? "" : Number(element(name).value)])),
    is: new Set([...document.querySelectorAll("#conditions input:checked")].map((input) => input.value)),
  };
}

function showFilters() {
  for (const name of ["text", "wrote"]) if (element(name).value !== filters[name]) element(name).value = filters[name];
  for (const name of SELECTS) element(name).value = filters[name];
  for (const input of document.querySelectorAll("#conditions input")) input.checked = filters.is.has(input.value);
}

// Names of the choices in the language of the page.
function showFilterWords() {
  for (const name of CATEGORIES) fillSelect(name, facts.categories[name].map((value, code) => [valueName(value), code]));
  fillSelect("model", facts.models.map((model, code) => [model, code]));
  fillSelect("decoding", facts.decodings.map((decoding, code) => [valueName(decoding), code]));
  for (const input of document.querySelectorAll("#conditions input")) input.nextElementSibling.textContent = say("is")[input.value];
}

function fillSelect(name, choices) {
  const first = name in say("all") ? [new Option(say("all")[name], "")] : [];
  element(name).replaceChildren(...first, ...choices.map(([text, value]) => new Option(text, value)));
}

function makeConditions() {
  element("conditions").append(...OFFERED.map((name) => make("label", {}, make("input", { type: "checkbox", value: name }), make("span"))));
}
