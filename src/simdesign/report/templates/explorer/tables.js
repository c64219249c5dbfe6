// The answer as tables, on the page and to be copied.
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
