// Verdicts on answer keys: those of the run's file, and one's own, which the browser keeps until the file has them.
const VERDICTS = ["confirmed", "rejected"];
const ERRATA_COLUMNS = ["record_id", "verdict", "by", "date", "reason"];
// Of this run and these questions and keys: those of another are kept apart.
const ERRATA = `errata/${facts.keys}`;
const suspects = facts.suspects ?? {};
const filed = new Map(facts.errata.map((row) => [row.record_id, row]));
let own = ownVerdicts();
// A browser that keeps nothing shows it here.
remember("test", "");

// What is stored may be of anybody: only what the file may hold is taken, and nothing that it has already.
function ownVerdicts() {
  let rows;
  try {
    rows = JSON.parse(remembered(ERRATA));
  } catch { /* Not ours. */ }
  return new Map((Array.isArray(rows) ? rows : []).filter((row) => isVerdict(row) && !isFiled(row)).map((row) => [row.record_id, row]));
}

function isVerdict(row) {
  return ERRATA_COLUMNS.every((name) => typeof row?.[name] === "string")
    && VERDICTS.includes(row.verdict) && row.by !== "" && /^\d{4}-\d\d-\d\d$/.test(row.date);
}

function isFiled(row) {
  const before = filed.get(row.record_id);
  return before !== undefined && ERRATA_COLUMNS.every((name) => before[name] === row[name]);
}

function keepOwn() {
  remember(ERRATA, JSON.stringify([...own.values()]));
}

const verdictOn = (place) => own.get(all.ids[place]) ?? filed.get(all.ids[place]);
const oneLine = (text) => text.trim().replace(/\s+/g, " ");

function giveVerdict(place, { verdict, by, reason }) {
  const row = { record_id: all.ids[place], verdict, by: oneLine(by), date: today(), reason: oneLine(reason) };
  if (isFiled(row)) own.delete(row.record_id);
  else own.set(row.record_id, row);
  keepOwn();
}

function withdrawVerdict(place) {
  own.delete(all.ids[place]);
  keepOwn();
}

function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

// The file that takes the place of the run's: its verdicts in their order, the changed ones too, then the new ones.
function errataText() {
  const added = all.ids.filter((id) => own.has(id) && !filed.has(id)).map((id) => own.get(id));
  const rows = [...facts.errata.map((row) => own.get(row.record_id) ?? row), ...added];
  const lines = rows.map((row) => ERRATA_COLUMNS.map((name) => csvCell(row[name])));
  return [ERRATA_COLUMNS, ...lines].map((cells) => `${cells.join(",")}\n`).join("");
}

// An apostrophe keeps a spreadsheet from taking a text for a formula; the reader of the file takes it off again.
function csvCell(text) {
  const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[,"\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
