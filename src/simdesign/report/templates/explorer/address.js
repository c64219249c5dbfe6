// The state in the address, and back.
function start(substance) {
  var s = substance || 0, first = data.start[s];
  state = { substance: s, change: first.change, levels: first.levels.slice(), last: -1, newest: -1, design: "", sites: 1, days: 1,
    years: Math.max(data.horizons.indexOf(3), 0), budget: Math.max(data.budgets.indexOf(data.budget), 0),
    units: data.units.slice() };
  state.design = data.designs.find(function (d) { return d.design === data.reference; }).base;
  toBase();
}
function address() {
  var p = part(), c = p.changes[state.change], out = new URLSearchParams();
  out.set("lang", root.lang);
  out.set("substance", p.substance);
  out.set("kind", c.kind);
  out.set("size", c.size);
  if (c.yearly !== null) { out.set("yearly", c.yearly); }
  out.set("mechanism", c.mechanism);
  if (Object.keys(c.other).length) { out.set("other", JSON.stringify(c.other)); }
  data.factors.forEach(function (f, i) { out.set(factorName(f), f.levels[state.levels[i]]); });
  out.set("design", state.design);
  out.set("sites", state.sites);
  out.set("days", state.days);
  out.set("years", data.horizons[state.years]);
  out.set("budget", data.budgets[state.budget]);
  unitNames().forEach(function (name, i) {
    if (state.units[i] !== data.units[i]) { out.set(name, state.units[i]); }
  });
  return "#" + out.toString();
}
function factorName(f) { return f.path.split(".").slice(-1)[0]; }
function fullAddress() { return location.href.split("#")[0] + address(); }
function word(value) { return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value); }
function asked() { // an address says more than a language
  var keys = Array.from(new URLSearchParams(location.hash.slice(1)).keys());
  return location.hash.indexOf("=") >= 0 && keys.some(function (key) { return key !== "lang"; });
}
function closest(list, text) {
  if (text === null || text === "") { return -1; }
  var exact = list.map(String).indexOf(text);
  return exact >= 0 ? exact : list.findIndex(function (x) { return Number(x) === Number(text); });
}
function fromAddress() { // what is not understood is left as it was
  if (location.hash.indexOf("=") < 0) { return false; }
  var given = new URLSearchParams(location.hash.slice(1));
  var lang = given.get("lang");
  var button = lang in data.names && document.querySelector('.switch button[value="' + lang + '"]');
  if (button && lang !== root.lang) { button.click(); }
  var s = data.substances.findIndex(function (p) { return p.substance === given.get("substance"); });
  start(Math.max(s, 0));
  // of the change, too, what is not said is as it starts; what is said counts first
  var first = part().changes[state.change], best = state.change, most = -1;
  var weight = { kind: 4, size: 3, mechanism: 2, yearly: 1, other: 1 };
  function points(c) {
    return Object.keys(weight).reduce(function (sum, key) {
      var wanted = given.has(key) ? given.get(key) : word(first[key]);
      var same = word(c[key]) === wanted || (key === "size" && c.size === Number(wanted));
      return sum + (same ? weight[key] * (given.has(key) ? 100 : 1) : 0);
    }, 0);
  }
  [state.change].concat(part().changes.map(function (_, i) { return i; })).forEach(function (i) {
    var mine = points(part().changes[i]);
    if (mine > most) { most = mine; best = i; }
  });
  state.change = best;
  data.factors.forEach(function (f, i) {
    var found = closest(f.levels, given.get(factorName(f)));
    if (found >= 0) { state.levels[i] = found; }
    if (found >= 0 && f.path === "world.departure" && !given.has("kind") && !given.has("size")) { state.newest = i; }
  });
  if (schedules().indexOf(given.get("design")) >= 0) { state.design = given.get("design"); toBase(); }
  var largest = part().surface ? part().surface.sites.length : baseDesign().sites;
  var sites = Number(given.get("sites")), days = Number(given.get("days"));
  if (sites >= fewestSites(baseDesign()) && sites <= largest && sites % 1 === 0) { state.sites = sites; }
  if (days >= 1 && days <= 7 && days % 1 === 0) { state.days = days; }
  var years = closest(data.horizons, given.get("years")), budget = closest(data.budgets, given.get("budget"));
  if (given.has("years") && years >= 0) { state.years = years; }
  if (given.has("budget") && budget >= 0) { state.budget = budget; }
  unitNames().forEach(function (name, i) {
    var price = parseFloat(given.get(name));
    if (price >= 0 && isFinite(price)) { state.units[i] = price; }
  });
  settle();
  return true;
}
