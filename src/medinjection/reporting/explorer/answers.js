// What models answered, as the filters look at it. An answer is a bit set of options; the highest bit alone says that there is none.
const [NO_SCORE, NOT_JUDGED] = [2, 3];
const WAYS = facts.orders * facts.decodings.length;

const modelsOf = (place) => (isChoice(place) ? facts.choice.models : facts.open.models);

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

function decodingsDiffer(model, place) {
  for (let order = 0; order < facts.orders; order++) {
    if (differ(facts.decodings.length, (decoding) => givenAt(model, place, order, decoding))) return true;
  }
  return false;
}
