// The what-if explorer: stored numbers -> answer, tables and two drawings; state in the address.
// docs/explorer.md states the formulas; every number is computed in `answer`.
(function () {
  "use strict";
  var root = document.documentElement;
  var data = null;
  var names = null;
  var state = {};
  var drawn = {}; // language -> views
  var ready = null; // the library, when it is there

  // ---- unpacking ------------------------------------------------------------------------------
  function unpack(id) {
    var text = atob(document.getElementById(id).textContent);
    var bytes = Uint8Array.from(text, function (c) { return c.charCodeAt(0); });
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  // ---- arithmetic -----------------------------------------------------------------------------
  function ndtr(z) { // Abramowitz & Stegun 26.2.17, error below 7.5e-8
    var t = 1 / (1 + 0.2316419 * Math.abs(z));
    var d = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    var b = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530];
    var p = d * b.reduce(function (sum, c) { return (sum + c) * t; }, 0);
    return z > 0 ? 1 - p : p;
  }
  function ndtri(p) { // bisection: the function above is all that is needed
    var low = -8, high = 8;
    for (var i = 0; i < 60; i++) {
      var middle = (low + high) / 2;
      if (ndtr(middle) < p) { low = middle; } else { high = middle; }
    }
    return (low + high) / 2;
  }
  function shifted(power, n, shift) {
    var half = 0.5 / Math.max(n, 1);
    return ndtr(ndtri(Math.min(Math.max(power, half), 1 - half)) + shift);
  }
  function wilson(share, n) {
    var z2 = 1.959963984540054 * 1.959963984540054 / n;
    var middle = (share + z2 / 2) / (1 + z2);
    var half = 1.959963984540054 / (1 + z2) * Math.sqrt(share * (1 - share) / n + z2 / 4 / n);
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }
  function interval(value, error, n) {
    if (value === null) { return [null, null]; }
    if (value === 0 || value === 1) { return wilson(value, n); }
    return [Math.max(0, value - 1.959963984540054 * error), Math.min(1, value + 1.959963984540054 * error)];
  }
  // as in numbers.py, operation by operation: halves go away from zero
  function rounded(value, places) {
    var whole = Math.pow(10, places);
    var size = Math.floor(Number((Math.abs(value) * whole).toPrecision(14)) + 0.5) / whole;
    return value < 0 && size > 0 ? -size : size;
  }
  function decimals(error, most) {
    if (!(error > 0) || !isFinite(error)) { return Math.min(most, 2); }
    return Math.min(Math.max(-Math.floor(Math.log10(error)), 0), most);
  }
  function at(list, index, unit) {
    var found = list[index];
    return found === null || found === undefined ? null : found / unit;
  }

  // ---- stored numbers -------------------------------------------------------------------------
  function part() { return data.substances[state.substance]; }
  function stored(cell, design) {
    var p = part(), nb = data.budgets.length, b = state.budget;
    var row = (cell * data.designs.length + design) * nb + b;
    var nh = data.horizons.length, nt = data.times.length;
    function many(list, n, unit) {
      return Array.from({ length: n }, function (_, i) { return at(list, row * n + i, unit); });
    }
    var quiet = (p.cells[cell][0] * data.designs.length + design) * nb + b;
    return {
      power: many(p.power, nh, 1000), powerError: many(p.power_error, nh, 1000),
      curve: many(p.curve, nt, 1000), curveError: many(p.curve_error, nt, 1000),
      delay: at(p.delay, row, 100), delayError: at(p.delay_error, row, 100),
      alarm: at(p.false_alarm, quiet, 1000), alarmError: at(p.false_alarm_error, quiet, 1000),
      quiet: p.n_quiet[p.cells[cell][0]]
    };
  }
  function followed(time) { // programmes that are followed so long
    var h = data.horizons.findIndex(function (x) { return time <= x + 1e-9; });
    return part().n_at[h < 0 ? data.horizons.length - 1 : h];
  }
  function changesWith(want) {
    return part().changes.map(function (c, i) { return i; }).filter(function (i) {
      return Object.keys(want).every(function (key) { return field(i, key) === want[key]; });
    });
  }
  function field(change, key) {
    var c = part().changes[change];
    if (key === "other") { return JSON.stringify(c.other); }
    return key === "size" ? c.size + "|" + c.yearly : c[key];
  }
  // the nearest world with this change: fewest factors that differ, then the smallest distance
  function cellOf() {
    var p = part(), best = -1, least = Infinity;
    p.cells.forEach(function (pair, cell) {
      if (pair[1] !== state.change) { return; }
      var world = p.worlds[pair[0]], far = 0;
      world.forEach(function (levelIndex, f) {
        if (levelIndex !== state.levels[f]) {
          far += 100 * (f === state.last ? 50 : 1) + Math.abs(levelIndex - state.levels[f]);
        }
      });
      if (far < least) { least = far; best = cell; }
    });
    return { cell: best, exact: least === 0 };
  }

  // ---- sites and days that were not simulated -------------------------------------------------
  function variance(cell, g, h, base, sites, days) {
    var s = part().surface, p = part();
    var at3 = (((p.cells[cell][0] * shapes(s) + s.shape_of[cell]) * s.bases.length + g) * data.horizons.length + h) * 3;
    var ratio = s.own[sites - 1][days - 1] / s.own[base.sites - 1][base.days - 1];
    return s.shares[at3] + s.shares[at3 + 1] * ratio + s.shares[at3 + 2] * base.sites / sites;
  }
  function shapes(s) { return 1 + Math.max.apply(null, s.shape_of); }
  function signal(cell, g, h, base, sites, days) {
    return part().surface.scale_of[cell] / Math.sqrt(variance(cell, g, h, base, sites, days));
  }
  function family(base) {
    return data.designs.map(function (d, i) { return i; }).filter(function (i) {
      return data.designs[i].base === base && (data.designs[i].turns_sites || data.designs[i].design === base);
    });
  }
  function refused(cell) {
    var p = part(), base = baseDesign();
    if (p.refused) { return "why_" + p.refused; }
    if (!base.turns_sites) { return "why_schedule"; }
    if (!p.surface || p.surface.bases.indexOf(base.design) < 0) { return "why_slope"; }
    if (cell >= p.surface.shape_of.length) { return "why_departure"; } // its worlds come last
    if (p.surface.shape_of[cell] < 0) { return "why_change"; }
    return "";
  }
  function baseIndex() { return data.designs.findIndex(function (d) { return d.design === state.design; }); }
  function baseDesign() { return data.designs[baseIndex()]; }
  function asStored(sites, days) {
    return family(state.design).find(function (i) {
      return data.designs[i].sites === sites && data.designs[i].days === days;
    });
  }
  function estimated(cell, sites, days) {
    var s = part().surface, base = baseDesign(), g = s.bases.indexOf(base.design), b = state.budget;
    var middle = state.years;
    var mine = signal(cell, g, middle, base, sites, days);
    var near = family(state.design).filter(function (i) { return data.designs[i].turns_sites; });
    near.sort(function (i, j) {
      function gap(k) {
        return Math.abs(signal(cell, g, middle, base, data.designs[k].sites, data.designs[k].days) - mine);
      }
      return gap(i) - gap(j);
    });
    var anchor = near[0], from = stored(cell, anchor), there = data.designs[anchor];
    var shift = data.horizons.map(function (_, h) {
      var slope = s.slope[b][h];
      if (slope === null) { return null; }
      return slope * (signal(cell, g, h, base, sites, days) - signal(cell, g, h, base, there.sites, there.days));
    });
    var wrong = s.error[b];
    function between(list, time) {
      var H = data.horizons;
      if (time <= H[0]) { return list[0]; }
      for (var h = 1; h < H.length; h++) {
        if (time <= H[h]) {
          var part1 = (time - H[h - 1]) / (H[h] - H[h - 1]);
          return list[h - 1] === null || list[h] === null ? list[h] : list[h - 1] + part1 * (list[h] - list[h - 1]);
        }
      }
      return list[H.length - 1];
    }
    function moved(values, errors, times) {
      return values.map(function (value, i) {
        var by = between(shift, times[i]), off = between(wrong, times[i]);
        if (value === null || by === null) { return [null, null]; }
        return [shifted(value, part().n_rep, by), Math.hypot(errors[i], off === null ? 0 : off)];
      });
    }
    var power = moved(from.power, from.powerError, data.horizons);
    var curve = moved(from.curve, from.curveError, data.times);
    function first(pair) { return pair[0]; }
    function second(pair) { return pair[1]; }
    var out = { power: power.map(first), powerError: power.map(second), curve: curve.map(first),
      curveError: curve.map(second), delay: null, delayError: null, alarm: null, alarmError: null,
      quiet: 1, anchor: anchor };
    out.delay = from.delay === null ? null : from.delay - (area(out.curve) - area(from.curve));
    return out;
  }
  function area(curve) { // trapezoids up to the time at which the delay is cut
    var sum = 0, before = 0, time = 0;
    data.times.forEach(function (t, i) {
      if (t > part().delay_years + 1e-9 || curve[i] === null) { return; }
      sum += (t - time) * (before + curve[i]) / 2;
      before = curve[i];
      time = t;
    });
    return sum;
  }

  // ---- cost and frontier ----------------------------------------------------------------------
  function cost(design, sites, days) {
    var d = data.designs[design];
    var scale = [sites * days / d.sites / d.days, sites / d.sites, 1, 1, 1, 1];
    return d.counts.reduce(function (sum, count, i) {
      return sum + state.units[i] * count * scale[i];
    }, 0) / data.programme_years;
  }
  function answer() {
    var found = cellOf(), cell = found.cell, h = state.years;
    var base = baseIndex(), why = refused(cell);
    var same = asStored(state.sites, state.days);
    var mine = same !== undefined ? stored(cell, same) : estimated(cell, state.sites, state.days);
    mine.cost = cost(same !== undefined ? same : base, state.sites, state.days);
    var all = data.designs.map(function (d, i) {
      var row = stored(cell, i);
      return { design: i, cost: cost(i, d.sites, d.days), power: row.power[h], error: row.powerError[h],
        delay: row.delay, delayError: row.delayError, alarm: row.alarm, alarmError: row.alarmError,
        quiet: row.quiet, sites: d.sites, days: d.days, chosen: i === same };
    });
    if (same === undefined) {
      all.push({ design: -1, cost: mine.cost, power: mine.power[h], error: mine.powerError[h],
        delay: mine.delay, delayError: null, alarm: null, alarmError: null, quiet: 1,
        sites: state.sites, days: state.days, chosen: true });
    }
    all.forEach(function (one) {
      one.front = one.power !== null && !all.some(function (other) {
        return other.power !== null && other.cost <= one.cost && other.power >= one.power &&
          (other.cost < one.cost || other.power > one.power);
      });
    });
    all.sort(function (a, b) { return a.cost - b.cost || a.power - b.power; });
    var chosen = all.find(function (one) { return one.chosen; });
    var better = all.filter(function (one) {
      return one !== chosen && one.power !== null && one.cost <= chosen.cost && one.power >= chosen.power &&
        (one.cost < chosen.cost || one.power > chosen.power);
    }).sort(function (a, b) { return b.power - a.power || a.cost - b.cost; })[0];
    var reference = data.designs.findIndex(function (d) { return d.design === data.reference; });
    return { cell: cell, exact: found.exact, why: why, simulated: same !== undefined, design: same,
      mine: mine, all: all, chosen: chosen, better: better, reference: reference,
      beside: stored(cell, reference) };
  }

  // ---- words ----------------------------------------------------------------------------------
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
  function joined(design, where) { // one pair of brackets, as in explorer.py
    return design.endsWith(")") ? design.slice(0, -1) + "; " + where + ")" : design + " (" + where + ")";
  }
  function changeWords() {
    var c = part().changes[state.change], text = names.phrases[state.substance][state.change];
    var acts = options("mechanism");
    if (acts.length > 1) {
      text = say("answer.by_mechanism", { change: text, mechanism: names.mechanisms[c.mechanism] });
    }
    var other = names.others[state.substance][state.change];
    return other ? text + ", " + other : text;
  }
  function worldWords(levels) {
    var substance = names.substances[state.substance];
    var said = data.factors.map(function (f, i) {
      if (/sigma_shared$/.test(f.path)) { return ""; }
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
    if (!found.better) {
      out.push(say("answer.front"));
    } else {
      var gap = found.better.power - found.chosen.power;
      var near = gap <= 1.959963984540054 * Math.hypot(found.better.error, found.chosen.error);
      out.push(say(near ? "answer.near_front" : "answer.dominated", { better: named(found.better.design), more: hundred(found.better.power, found.better.error) }));
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
      var tried = data.designs.filter(function (d) { return d.turns_sites; });
      var fewer = Math.min.apply(null, tried.map(function (d) { return d.sites; }));
      var days = Math.min.apply(null, tried.filter(function (d) { return d.turns_days; }).map(function (d) { return d.days; }));
      if (state.sites < fewer || (baseDesign().turns_days && state.days < days)) { out.push(say("answer.beyond")); }
    }
    return out.join(" ");
  }

  // ---- controls -------------------------------------------------------------------------------
  function here() { return document.querySelector('.explorer[data-lang="' + root.lang + '"]'); }
  function piece(name) { return here().querySelector('[data-part="' + name + '"]'); }
  function control(name) { return here().querySelector('[name="' + name + '"]'); }
  function unique(list) { return list.filter(function (x, i) { return list.indexOf(x) === i; }); }
  function options(key) { // values of a field of the change that go with those before it
    var want = {}, order = ["kind", "mechanism", "other", "size"];
    order.slice(0, order.indexOf(key)).forEach(function (k) { want[k] = field(state.change, k); });
    return unique(changesWith(want).map(function (i) { return field(i, key); }));
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
        var want = {}, order = ["kind", "mechanism", "other", "size"];
        order.slice(0, order.indexOf(key)).forEach(function (k) { want[k] = field(state.change, k); });
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
    slider("sites", Math.min(3, base.sites), Math.max(most, base.sites), state.sites, !found.why);
    slider("days", 1, 7, state.days, !found.why && base.turns_days);
    piece("only").textContent = found.why ? say("answer.only_here", { why: say("answer." + found.why) }) : "";
    unitNames().forEach(function (name, i) {
      if (document.activeElement !== control(name)) { control(name).value = state.units[i]; }
    });
  }
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
    var order = ["kind", "mechanism", "other", "size"];
    if (name === "substance") {
      var before = part().changes[state.change];
      state.substance = Number(value);
      state.change = likest(before, part().changes.map(function (_, i) { return i; }));
    } else if (order.indexOf(name) >= 0) {
      var want = {};
      order.slice(0, order.indexOf(name)).forEach(function (k) { want[k] = field(state.change, k); });
      want[name] = value;
      state.change = likest(part().changes[state.change], changesWith(want));
      state.newest = -1;
    } else if (/^f\d+$/.test(name)) {
      state.last = Number(name.slice(1));
      state.newest = state.last;
      state.levels[state.last] = Number(value);
    } else if (name === "design") {
      var keep = [state.sites, state.days];
      state.design = value;
      toBase();
      if (!refused(cellOf().cell)) {
        state.sites = Math.min(keep[0], part().surface.sites.length);
        if (baseDesign().turns_days) { state.days = keep[1]; }
      }
    } else if (name === "years" || name === "budget" || name === "sites" || name === "days") {
      state[name] = Number(value);
    } else {
      var price = parseFloat(String(value).replace(",", "."));
      state.units[unitNames().indexOf(name)] = price >= 0 && isFinite(price) ? price : 0;
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

  // ---- state and address ----------------------------------------------------------------------
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
    if (sites >= 1 && sites <= largest && sites % 1 === 0) { state.sites = sites; }
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

  // ---- tables ---------------------------------------------------------------------------------
  function tables(found) {
    var mine = found.mine;
    var heads = [say("table.years"), say("table.noticed"), say("table.interval")];
    var same = found.simulated && found.design === found.reference;
    if (!same) {
      heads.push(say("table.reference", { design: names.designs[found.reference] }), say("table.interval"));
    }
    function ends(value, error, n) {
      if (value === null) { return "\u2013"; }
      return interval(value, error, n).map(function (x) { return number(100 * x, 1); }).join(" \u2013 ");
    }
    var curve = data.times.map(function (t, i) {
      var row = [number(t, 1), number(100 * orNaN(mine.curve[i]), 1), ends(mine.curve[i], mine.curveError[i], followed(t))];
      if (!same) {
        row.push(number(100 * orNaN(found.beside.curve[i]), 1), ends(found.beside.curve[i], found.beside.curveError[i], followed(t)));
      }
      return row;
    });
    var fronts = found.all.map(function (one) {
      return [named(one.design) + (one.design < 0 ? ", " + say("table.estimated") : ""), number(one.cost, 0),
        number(100 * orNaN(one.power), 1), ends(one.power, one.error, followed(data.horizons[state.years])), number(one.delay, 1),
        number(100 * orNaN(one.alarm), 1), say(one.front ? "table.yes" : "table.no")];
    });
    return {
      curve: { caption: say("figures.curve"), heads: heads, rows: curve },
      front: { caption: say("table.caption_front"), rows: fronts, heads: [say("table.design"), say(typed() ? "table.cost_typed" : "table.cost"),
        say("figures.front_y", { years: names.years[state.years] }), say("table.interval"), say("table.delay", { most: number(part().delay_years, 0) }),
        say("table.false"), say("table.on_front")] }
    };
  }
  function orNaN(x) { return x === null ? NaN : x; }
  function show(table, element) {
    var caption = document.createElement("caption"), head = document.createElement("thead"), body = document.createElement("tbody");
    caption.textContent = table.caption;
    var top = head.insertRow();
    table.heads.forEach(function (text) {
      var cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = text;
      top.appendChild(cell);
    });
    table.rows.forEach(function (row) {
      var line = body.insertRow();
      row.forEach(function (text, i) {
        var cell = i ? line.insertCell() : line.appendChild(document.createElement("th"));
        if (!i) { cell.scope = "row"; }
        cell.textContent = text;
      });
    });
    element.replaceChildren(caption, head, body);
  }
  // one number a line, as it is stored: for programs, so the same in every language
  function csv(found) {
    var p = part(), pair = p.cells[found.cell], c = p.changes[pair[1]], link = fullAddress();
    var world = {};
    data.factors.forEach(function (f, i) { world[factorName(f)] = f.levels[p.worlds[pair[0]][i]]; });
    var setting = Object.assign({ study: data.study, substance: p.substance, kind: c.kind, mechanism: c.mechanism,
      size: c.size, yearly: c.yearly, other: Object.keys(c.other).length ? JSON.stringify(c.other) : null }, world);
    var lines = [];
    function line(one, measure, horizon, value, ends) {
      var d = one.design >= 0 ? data.designs[one.design] : null;
      lines.push(Object.assign({}, setting, {
        design: d ? d.design : state.design, name: named(one.design), sites: one.sites, days: one.days,
        chosen: one.chosen ? "yes" : "no", basis: d ? "simulated" : "estimated", budget: data.budgets[state.budget],
        measure: measure, horizon: horizon, value: value, low: ends[0], high: ends[1], link: link
      }));
    }
    function curve(one, from) {
      data.times.forEach(function (t, i) {
        line(one, "delay_curve", t, from.curve[i], interval(from.curve[i], from.curveError[i], followed(t)));
      });
    }
    curve(found.chosen, found.mine);
    if (found.chosen.design !== found.reference) {
      curve(found.all.find(function (one) { return one.design === found.reference; }), found.beside);
    }
    var h = data.horizons[state.years];
    found.all.forEach(function (one) {
      line(one, "power", h, one.power, interval(one.power, one.error, followed(h)));
      line(one, "restricted_mean_delay", p.delay_years, one.delay, lateness(one.delay, one.delayError));
      line(one, "false_alarm_prob", null, one.alarm, interval(one.alarm, one.alarmError, one.quiet));
      line(one, "cost_per_year", null, one.cost, [null, null]);
    });
    var heads = Object.keys(lines[0]);
    return [heads].concat(lines.map(function (row) {
      return heads.map(function (key) { return row[key]; });
    })).map(function (row) { return row.map(cellText).join(","); }).join("\r\n") + "\r\n";
  }
  function cellText(value) {
    if (value === null || value === undefined) { return ""; }
    if (typeof value === "number") { return String(Number(value.toPrecision(10))); }
    var text = /^[=+@\t\r-]/.test(value) ? "'" + value : value; // a table program takes it for a formula
    return /[",\r\n]/.test(text) ? '"' + text.split('"').join('""') + '"' : text;
  }

  // ---- drawings -------------------------------------------------------------------------------
  var INK = "#222222", MINE = "#0072B2", GREY = "#767676";
  var LOCALE = { nl: { decimal: ",", thousands: ".", grouping: [3], currency: ["\u20ac ", ""] },
    en: { decimal: ".", thousands: ",", grouping: [3], currency: ["\u00a3", ""] } };
  function spec(name, width) {
    var axis = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelColor: INK, titleColor: INK,
      gridColor: "#dddddd", domainColor: "#888888", tickColor: "#888888" };
    var y = { field: "y", type: "quantitative", scale: { domain: [0, 100] }, title: say("figures.curve_y") };
    var text = { type: "text", fontSize: 12, align: "left" };
    var layers = name === "curve" ? [
      { data: { name: "lines" }, mark: { type: "area", opacity: 0.18, interpolate: "linear" }, encoding: {
        x: { field: "x", type: "quantitative", title: say("figures.curve_x"), scale: { domain: [0, 5], nice: false } },
        y: { field: "low", type: "quantitative", title: say("figures.curve_y"), scale: { domain: [0, 100] } }, y2: { field: "high" },
        color: { field: "who", type: "nominal", scale: { domain: ["mine", "reference"], range: [MINE, GREY] }, legend: null } } },
      { data: { name: "lines" }, mark: { type: "line", strokeWidth: 2.5 }, encoding: { x: { field: "x", type: "quantitative" }, y: y,
        color: { field: "who", type: "nominal" },
        strokeDash: { field: "estimated", type: "nominal", legend: null, scale: { domain: ["no", "yes"], range: [[1, 0], [6, 4]] } } } },
      { data: { name: "marks" }, mark: { type: "rule", strokeWidth: 2, color: INK }, encoding: { x: { field: "x", type: "quantitative" },
        y: { field: "low", type: "quantitative", title: say("figures.curve_y") }, y2: { field: "high" } } },
      { data: { name: "marks" }, mark: { type: "point", size: 80, filled: true, color: INK }, encoding: { x: { field: "x", type: "quantitative" }, y: y } },
      { data: { name: "labels" }, mark: Object.assign({ dx: 4, dy: -8 }, text, { align: "right" }), encoding: { x: { field: "x", type: "quantitative" }, y: y,
        text: { field: "label" }, color: { field: "who", type: "nominal" } } }
    ] : [
      { data: { name: "front" }, mark: { type: "line", strokeWidth: 1.5, color: GREY, interpolate: "step-after" }, encoding: { x: costAxis(), y: y, order: { field: "cost" } } },
      { data: { name: "points" }, mark: { type: "rule", strokeWidth: 1.5, color: GREY }, encoding: { x: costAxis(),
        y: { field: "low", type: "quantitative", title: say("figures.curve_y"), scale: { domain: [0, 100] } }, y2: { field: "high" } } },
      { data: { name: "points" }, mark: { type: "point", strokeWidth: 2 }, encoding: { x: costAxis(), y: y,
        size: { field: "chosen", type: "ordinal", legend: null, scale: { domain: ["no", "yes"], range: [45, 170] } },
        color: { field: "chosen", type: "nominal", legend: null, scale: { domain: ["no", "yes"], range: [INK, MINE] } },
        fill: { field: "fill", type: "nominal", scale: null } } },
      { data: { name: "labels" }, mark: Object.assign({}, text, { dy: -8, align: { expr: "datum.align" }, dx: { expr: "datum.dx" } }),
        encoding: { x: costAxis(), y: y, text: { field: "label" }, color: { field: "chosen", type: "nominal" } } }
    ];
    return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: width, height: 340, padding: 6,
      autosize: { type: "fit", contains: "padding" }, background: "white", layer: layers, config: { font: "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif",
        axis: axis, view: { stroke: null }, aria: false } };
  }
  function costAxis() {
    return { field: "cost", type: "quantitative", title: say(typed() ? "figures.front_x_typed" : "figures.front_x"), scale: { type: "sqrt", zero: true, nice: true }, axis: { tickCount: 4, labelOverlap: "greedy" } };
  }
  function drawings(found) {
    var mine = found.mine, h = state.years, n = followed(data.horizons[h]);
    function line(who, curve, errors, estimated) {
      var out = [{ who: who, x: 0, y: 0, low: 0, high: 0, estimated: estimated }];
      data.times.forEach(function (t, i) {
        if (curve[i] === null) { return; }
        var ends = interval(curve[i], errors[i], followed(t));
        out.push({ who: who, x: t, y: 100 * curve[i], low: 100 * ends[0], high: 100 * ends[1], estimated: estimated });
      });
      return out;
    }
    var lines = line("mine", mine.curve, mine.curveError, found.simulated ? "no" : "yes");
    var same = found.simulated && found.design === found.reference;
    var labels = [labelOf(lines, say("figures.chosen"))];
    if (!same) {
      var beside = line("reference", found.beside.curve, found.beside.curveError, "no");
      labels.push(labelOf(beside, names.short[found.reference]));
      lines = lines.concat(beside);
    }
    apartAtTheEnd(labels);
    var ends = interval(mine.power[h], mine.powerError[h], n);
    var marks = mine.power[h] === null ? [] : [{ x: data.horizons[h], y: 100 * mine.power[h], low: 100 * ends[0], high: 100 * ends[1] }];
    var points = found.all.filter(function (one) { return one.power !== null; }).map(function (one) {
      var e = interval(one.power, one.error, n);
      return { cost: one.cost, y: 100 * one.power, low: 100 * e[0], high: 100 * e[1], chosen: one.chosen ? "yes" : "no",
        fill: one.design < 0 ? "#ffffff" : one.chosen ? MINE : INK, front: one.front,
        label: one.chosen ? say("figures.chosen") : names.short[one.design] };
    });
    var front = points.filter(function (one) { return one.front; });
    return { curve: { lines: lines, marks: marks, labels: labels },
      front: { points: points, front: front, labels: apart(points) } };
  }
  // where the label of a curve may stand: above its band, or under it
  function labelOf(rows, label) {
    var last = rows[rows.length - 1], before = rows[Math.max(rows.length - 3, 0)];
    return { who: last.who, x: last.x, label: label, end: last.y, over: Math.min(last.high, 97),
      under: Math.min(before.low, last.low) - 8 };
  }
  function apartAtTheEnd(labels) {
    labels.forEach(function (one) { one.y = one.over > 90 && one.under > 0 ? one.under : one.over; });
    if (labels.length < 2) { return; }
    var order = labels.slice().sort(function (a, b) { return b.end - a.end; }), low = order[1], high = order[0];
    if (low.under > 0) {
      low.y = high.y - low.under < 7 ? high.y - 7 : low.under;
    } else { // no room: both above both
      low.y = Math.min(Math.max(low.over, high.over), 88);
      high.y = low.y + 7;
    }
  }
  // labels of the chosen design and of the frontier that do not lie on each other
  function apart(points) {
    function place(p) { return Math.sqrt(p.cost); } // as the axis
    var wide = Math.max.apply(null, points.map(place)) || 1;
    var order = points.filter(function (p) { return p.chosen === "yes"; }).concat(points.filter(function (p) { return p.front && p.chosen !== "yes"; }).reverse());
    order.forEach(function (p) { // on the right half a label goes to the left
      p.align = place(p) < 0.6 * wide ? "left" : "right";
      p.dx = p.align === "left" ? 6 : -6;
    });
    return order.filter(function (p, i) {
      return !order.slice(0, i).some(function (q) { return Math.abs(p.y - q.y) < 6 && Math.abs(place(p) - place(q)) < 0.3 * wide; });
    });
  }
  function draw(found) {
    var lang = root.lang, made = drawings(found);
    if (!ready) { return; }
    var have = drawn[lang];
    if (have && have.typed !== typed()) { // another unit of cost is another axis
      Object.keys(have.views).forEach(function (name) { have.views[name].finalize(); });
      have = drawn[lang] = null;
    }
    if (have) {
      Object.keys(have.views).forEach(function (name) {
        var view = have.views[name];
        Object.keys(made[name]).forEach(function (key) { view.data(key, made[name][key]); });
        view.run();
      });
      return;
    }
    have = drawn[lang] = { typed: typed(), views: {} };
    Object.keys(made).forEach(function (name) {
      var element = piece(name), wanted = spec(name, Math.max(element.clientWidth, 260));
      var place = document.createElement("div");
      element.replaceChildren(place); // what comes too late for it draws where nobody sees it
      wanted.datasets = made[name];
      ready(place, wanted, { ast: true, actions: false, renderer: "svg", formatLocale: LOCALE[lang], tooltip: false }).then(function (result) {
        if (drawn[lang] !== have) { result.view.finalize(); return; } // overtaken
        have.views[name] = result.view;
        place.querySelector("svg").setAttribute("aria-hidden", "true"); // the element has the label
        if (Object.keys(have.views).length === 2) {
          root.dataset.explorerDrawn = Math.round(performance.now());
          if (root.lang === lang) { update(); }
        }
      });
    });
  }

  // ---- the whole ------------------------------------------------------------------------------
  function update() {
    var found = answer();
    sync(found);
    piece("sentence").textContent = sentences(found);
    var told = piece("basis");
    told.textContent = basis(found);
    told.classList.toggle("estimated", !found.simulated || !found.exact);
    var made = tables(found);
    show(made.curve, piece("curve-table"));
    show(made.front, piece("front-table"));
    draw(found);
    return found;
  }
  function status(key) {
    piece("status").textContent = say("copy." + key);
  }
  function save(name, url) {
    var link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    status("saved");
  }
  function copy(text, name, kind) {
    var url = "data:" + kind + ";charset=utf-8," + encodeURIComponent(text);
    if (!navigator.clipboard) { save(name, url); return; }
    navigator.clipboard.writeText(text).then(function () { status("done"); }, function () { save(name, url); });
  }
  function act(button) {
    var what = button.dataset.do, of = button.dataset.of;
    if (what === "rest") { start(); used(); return; }
    if (what === "sentence") { copy(piece("sentence").textContent + " " + piece("basis").textContent, "explorer.txt", "text/plain"); }
    if (what === "csv") { copy(csv(answer()), "explorer.csv", "text/csv"); }
    if (what === "link") { copy(fullAddress(), "explorer.txt", "text/plain"); }
    var view = of && drawn[root.lang] && drawn[root.lang].views[of];
    if (!view) { return; }
    if (what === "svg") { view.toSVG().then(function (text) { copy(text, of + ".svg", "image/svg+xml"); }); }
    if (what === "png") {
      view.toCanvas(2).then(function (canvas) {
        canvas.toBlob(function (blob) {
          var url = canvas.toDataURL("image/png");
          if (!navigator.clipboard || !window.ClipboardItem) { save(of + ".png", url); return; }
          navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]).then(function () { status("done"); }, function () { save(of + ".png", url); });
        });
      });
    }
  }
  function used() {
    var found = update();
    showAddress(address());
    return found;
  }
  function showAddress(text) {
    try { history.replaceState(null, "", text); } catch (e) { location.hash = text; }
  }
  function inLanguage() {
    names = data.names[root.lang];
    ["form", "shown"].forEach(function (name) { piece(name).hidden = false; });
    piece("wait").hidden = true;
  }
  function begin(text) {
    data = JSON.parse(text);
    var numbers = data.numbers;
    numbers.names = data.names;
    data = numbers;
    names = data.names[root.lang];
    start();
    document.querySelectorAll(".explorer").forEach(function (section) {
      section.addEventListener("input", function (event) {
        if (event.target.name) { changed(event.target.name, event.target.value); used(); }
      });
      section.addEventListener("click", function (event) {
        var button = event.target.closest("button[data-do]");
        if (button) { act(button); }
      });
      section.querySelector("form").addEventListener("submit", function (event) { event.preventDefault(); });
    });
    new MutationObserver(function () {
      inLanguage();
      update();
      if (asked()) { used(); } else if (location.hash.indexOf("=") >= 0) { showAddress("#lang=" + root.lang); }
    }).observe(root, { attributes: true, attributeFilter: ["lang"] });
    window.addEventListener("hashchange", function () {
      if (fromAddress()) { inLanguage(); update(); }
    });
    var linked = fromAddress();
    inLanguage();
    update();
    if (linked && asked()) { here().scrollIntoView(); }
    root.dataset.explorer = "ready";
  }
  function failed() {
    document.querySelectorAll('.explorer [data-part="wait"]').forEach(function (element) {
      element.textContent = element.dataset.failed;
    });
  }
  function go() {
    unpack("explorer-data").then(begin).then(function () { return unpack("explorer-library"); }).then(function (text) {
      var script = document.createElement("script");
      script.textContent = text;
      document.head.appendChild(script);
      ready = window.simdesignEmbed;
      draw(answer());
    }).catch(failed);
  }
  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", go); } else { go(); }
})();
