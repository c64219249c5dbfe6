// Sites and days that were not simulated: docs/explorer.md states the formulas.
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
