// The answer in sentences.
function say(key, values) {
  var text = names.texts[key];
  Object.keys(values || {}).forEach(function (name) {
    text = text.split("{" + name + "}").join(values[name]);
  });
  return text;
}
function number(value, places) {
  if (value === null || value === undefined || !isFinite(value)) { return "\u2013"; }
  return rounded(value, places || 0).toLocaleString(root.lang === "nl" ? "nl-NL" : "en-GB",
    { minimumFractionDigits: places || 0, maximumFractionDigits: places || 0 }).replace("-", "\u2212");
}
function hundred(share, error) { // tens where the error is 10 of 100 and more, as on the page
  if (share === null) { return "\u2013"; }
  return error >= 0.1 ? number(10 * rounded(10 * share, 0), 0) : number(100 * share, 0);
}
function typed() { // whether prices are not the study's
  return state.units.some(function (price, i) { return price !== data.units[i]; });
}
function named(one) { // a design, or the one that was turned
  if (one >= 0) { return names.designs[one]; }
  var where = ["sites", "days"].map(function (name) {
    return say("answer." + name + (state[name] === 1 ? "_one" : ""), { n: state[name] });
  });
  return joined(names.schedules[state.design], where.join(", "));
}
function joined(design, where) { // one pair of brackets, as in explorer_words.py
  return design.endsWith(")") ? design.slice(0, -1) + "; " + where + ")" : design + " (" + where + ")";
}
function actOf(c) { // of a fall the reverse: less heavy use
  return (c.size < 0 ? names.falling : names.mechanisms)[c.mechanism];
}
function changeWords() {
  var c = part().changes[state.change], text = names.phrases[state.substance][state.change];
  var acts = options("mechanism");
  if (acts.length > 1) {
    text = say("answer.by_mechanism", { change: text, mechanism: actOf(c) });
  }
  var other = names.others[state.substance][state.change];
  return other ? text + ", " + other : text;
}
function worldWords(levels) {
  var substance = names.substances[state.substance];
  var idle = data.factors.some(function (f, i) { // what a laboratory has no part in, does not last
    return /\.lab_share$/.test(f.path) && f.levels[levels[i]] === 0;
  });
  var said = data.factors.map(function (f, i) {
    if (/sigma_shared$/.test(f.path)) { return ""; }
    if (/\.r_lab$/.test(f.path) && idle) { return ""; }
    return f.levels.length > 1 ? names.worlds[i][levels[i]] : "";
  }).filter(Boolean);
  var s = data.factors.findIndex(function (f) { return /sigma_shared$/.test(f.path); });
  var first = s < 0 ? substance : say("answer.world_shared", { substance: substance, level: names.factors[s][levels[s]] });
  return [first].concat(said).join(", ");
}
function lateness(delay, error) { // the interval of a mean delay, as it is stored
  if (delay === null || error === null) { return [null, null]; }
  var half = 1.959963984540054 * error;
  return [delay - half, delay + half];
}
function sentences(found) {
  var mine = found.mine, h = state.years;
  var p = part(), world = p.worlds[p.cells[found.cell][0]];
  var ends = interval(mine.power[h], mine.powerError[h], followed(data.horizons[h]));
  var out = [say("answer.sentence", {
    change: changeWords(), world: worldWords(world), design: named(found.simulated ? found.design : -1),
    power: hundred(mine.power[h], mine.powerError[h]), low: hundred(ends[0]), high: hundred(ends[1]),
    years: names.years[h]
  })];
  if (mine.delay !== null) {
    var digits = decimals(mine.delayError, 1), late = lateness(mine.delay, mine.delayError);
    out.push(say(mine.delayError === null ? "answer.delay_rough" : "answer.delay", {
      delay: number(mine.delay, digits), low: number(Math.max(0, late[0]), digits),
      high: number(Math.min(p.delay_years, late[1]), digits), // it cannot be more
      most: number(p.delay_years, 0)
    }));
  }
  var alarm = interval(mine.alarm, mine.alarmError, mine.quiet);
  out.push(say(mine.alarm === null ? "answer.alarms_unknown" : "answer.alarms", {
    programme: data.programme_years, budget: number(100 * data.budgets[state.budget], 0),
    "false": hundred(mine.alarm, mine.alarmError), low: hundred(alarm[0]), high: hundred(alarm[1])
  }));
  out.push(say(typed() ? "answer.cost_typed" : "answer.cost", { cost: number(mine.cost, 0), total: number(mine.cost * data.programme_years, 0), programme: data.programme_years }));
  if (found.beyond) { return out.join(" "); } // an estimate so far out ranks nothing
  if (!found.better) {
    out.push(say("answer.front"));
  } else {
    var gap = found.better.power - found.chosen.power;
    var near = gap <= 1.959963984540054 * Math.hypot(found.better.error, found.chosen.error);
    var more = hundred(found.better.power, found.better.error);
    var key = !near ? "dominated" : more === hundred(found.chosen.power, found.chosen.error) ? "near_same" : "near_front";
    out.push(say("answer." + key, { better: named(found.better.design), more: more }));
  }
  return out.join(" ");
}
function basis(found) {
  var out = [], p = part();
  if (!found.exact) {
    out.push(say("answer.replaced", { shown: worldWords(p.worlds[p.cells[found.cell][0]]) }));
  }
  if (found.simulated) {
    out.push(say("answer.simulated", { n: number(p.n_rep, 0) }));
  } else {
    var s = p.surface, b = state.budget, h = state.years;
    out.push(say(s.checked === "rounds" ? "answer.estimated_rounds" : "answer.estimated", {
      anchor: names.designs[found.mine.anchor], error: number(100 * s.error[b][h], 1), luck: number(100 * s.luck[b][h], 1)
    }));
    if (found.beyond) { out.push(say("answer.beyond")); }
  }
  return out.join(" ");
}
