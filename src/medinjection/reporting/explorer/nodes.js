// Nodes of the page. Texts are of corpora and models: they are only ever put in as text.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const element = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
}

const unseen = (text) => make("span", { className: "unseen" }, text);
const sign = (text) => Object.assign(make("span", {}, text), { ariaHidden: "true" });
const foreign = (tag, text, className) => make(tag, { className, lang: "fr", dir: "auto" }, text);
const valueName = (value) => say("values")[value] ?? (value || say("noValue"));

function lettersOf(options) {
  return [...LETTERS].filter((_, place) => options & (1 << place)).join(" ");
}

function optionsOf(letters) {
  return [...letters].reduce((options, letter) => options | (1 << LETTERS.indexOf(letter)), 0);
}

function verdictSign(right) {
  if (right === null) return null;
  return make("span", { className: right ? "good" : "bad" }, sign(right ? "✓" : "✗"), unseen(say("verdict")[right ? "right" : "wrong"]));
}
