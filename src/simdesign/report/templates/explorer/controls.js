// Controls follow the state, and the state them.
function here() { return document.querySelector('.explorer[data-lang="' + root.lang + '"]'); }
function piece(name) { return here().querySelector('[data-part="' + name + '"]'); }
function control(name) { return here().querySelector('[name="' + name + '"]'); }
function unique(list) { return list.filter(function (x, i) { return list.indexOf(x) === i; }); }
var ORDER = ["kind", "mechanism", "other", "size"]; // fields of a change, in the order of choosing
function before(key) { // what was chosen of the change before a field
  var want = {};
  ORDER.slice(0, ORDER.indexOf(key)).forEach(function (k) { want[k] = field(state.change, k); });
  return want;
}
function options(key) { // values of a field of the change that go with those before it
  return unique(changesWith(before(key)).map(function (i) { return field(i, key); }));
}
function fill(name, values, labels, value) {
  var select = control(name);
  var text = JSON.stringify([values, labels]);
  if (select.dataset.filled !== text) {
    select.replaceChildren.apply(select, values.map(function (v, i) { return new Option(labels[i], v); }));
    select.dataset.filled = text;
  }
  select.value = value;
  select.closest("label").hidden = values.length < 2;
}
function schedules() {
  return unique(data.designs.map(function (d) { return d.base; }));
}
function sizeLabel(i) { return names.sizes[state.substance][i]; }
function sync(found) {
  var count = data.substances.map(function (_, i) { return i; });
  fill("substance", count, names.substances, state.substance);
  [["kind", function (i) { return names.kinds[part().changes[i].kind]; }],
    ["mechanism", function (i) { return names.mechanisms[part().changes[i].mechanism]; }],
    ["other", function (i) { return names.others[state.substance][i] || "\u2013"; }],
    ["size", sizeLabel]].forEach(function (pair) {
    var key = pair[0], values = options(key);
    var labels = values.map(function (v) {
      var want = before(key);
      want[key] = v;
      return pair[1](changesWith(want)[0]);
    });
    fill(key, values, labels, field(state.change, key));
  });
  data.factors.forEach(function (f, i) {
    fill("f" + i, f.levels.map(function (_, k) { return k; }), names.factors[i], state.levels[i]);
  });
  var list = schedules();
  fill("design", list, list.map(function (name) { return names.schedules[name]; }), state.design);
  fill("years", data.horizons.map(function (_, i) { return i; }), names.years, state.years);
  fill("budget", data.budgets.map(function (_, i) { return i; }), names.budgets, state.budget);
  var base = baseDesign(), most = part().surface ? part().surface.sites.length : base.sites;
  slider("sites", fewestSites(base), Math.max(most, base.sites), state.sites, !found.why);
  slider("days", 1, 7, state.days, !found.why && base.turns_days);
  piece("only").textContent = found.why ? say("answer.only_here", { why: say("answer." + found.why) }) : "";
  unitNames().forEach(function (name, i) {
    if (document.activeElement !== control(name)) { control(name).value = state.units[i]; }
  });
}
function fewestSites(base) { return Math.min(3, base.sites); }
function slider(name, low, high, value, live) {
  var input = control(name);
  input.min = low;
  input.max = high;
  input.value = value;
  input.disabled = !live;
  input.setAttribute("aria-valuetext", value);
  piece(name + "-value").textContent = value;
}
function unitNames() {
  return Array.from(here().querySelectorAll(".units input")).map(function (x) { return x.name; });
}
function toBase() {
  var base = baseDesign();
  state.sites = base.sites;
  state.days = base.days;
}
function changed(name, value) {
  if (name === "substance") {
    var old = part().changes[state.change];
    state.substance = Number(value);
    state.change = likest(old, part().changes.map(function (_, i) { return i; }));
  } else if (ORDER.indexOf(name) >= 0) {
    var want = before(name);
    want[name] = value;
    state.change = likest(part().changes[state.change], changesWith(want));
    state.newest = -1;
  } else if (/^f\d+$/.test(name)) {
    state.last = Number(name.slice(1));
    state.newest = state.last;
    state.levels[state.last] = Number(value);
  } else if (name === "design") {
    // sites and days go along only if they were set, not if the last schedule had them
    var last = baseDesign(), sites = state.sites, days = state.days;
    state.design = value;
    toBase();
    if (!refused(cellOf().cell)) {
      if (sites !== last.sites) { state.sites = Math.min(sites, part().surface.sites.length); }
      if (days !== last.days && baseDesign().turns_days) { state.days = days; }
    }
  } else if (name === "years" || name === "budget" || name === "sites" || name === "days") {
    state[name] = Number(value);
  } else if (unitNames().indexOf(name) >= 0) {
    var price = parseFloat(String(value).replace(",", "."));
    // while a price is being typed the last one holds
    if (price >= 0 && isFinite(price)) { state.units[unitNames().indexOf(name)] = price; }
  }
  settle();
}
function likest(old, among) { // the change most like another one: kind and mechanism before size
  function unlike(i) {
    var c = part().changes[i];
    return 1000 * (c.kind !== old.kind) + 100 * (c.mechanism !== old.mechanism) +
      10 * (JSON.stringify(c.other) !== JSON.stringify(old.other)) + Math.abs(c.size - old.size);
  }
  return among.reduce(function (best, i) { return best < 0 || unlike(i) < unlike(best) ? i : best; }, -1);
}
// a departure may have changes of its own: what was chosen last stays, the other goes along
function together() {
  var f = data.factors.findIndex(function (item) { return item.path === "world.departure"; });
  if (f < 0) { return; }
  var p = part();
  var here = p.cells.filter(function (pair) { return p.worlds[pair[0]][f] === state.levels[f]; });
  if (here.some(function (pair) { return pair[1] === state.change; })) { return; }
  if (state.newest === f && here.length) {
    state.change = likest(p.changes[state.change], here.map(function (pair) { return pair[1]; }));
  } else {
    var there = p.cells.find(function (pair) { return pair[1] === state.change; });
    state.levels[f] = p.worlds[there[0]][f];
  }
}
// a setting that can be neither read nor estimated goes back to what was simulated
function settle() {
  together();
  var cell = cellOf().cell, base = baseDesign();
  if (cell < 0) { state.change = part().cells[0][1]; cell = cellOf().cell; }
  if (asStored(state.sites, state.days) === undefined) {
    if (refused(cell)) { toBase(); }
    if (!base.turns_days && state.days !== base.days) { state.days = base.days; }
  }
}
