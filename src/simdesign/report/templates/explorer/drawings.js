// The answer as two drawings.
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
