// State -> answer: power, delay, false alarms, cost and the place among the designs.
function cost(design, sites, days) {
  var d = data.designs[design];
  var scale = [sites * days / d.sites / d.days, sites / d.sites, 1, 1, 1, 1];
  return d.counts.reduce(function (sum, count, i) {
    return sum + state.units[i] * count * scale[i];
  }, 0) / data.programme_years;
}
function beyond() { // fewer sites or days than any design that the estimate was fitted to
  var tried = data.designs.filter(function (d) { return d.turns_sites; });
  function least(list, field) { return Math.min.apply(null, list.map(function (d) { return d[field]; })); }
  return state.sites < least(tried, "sites") || (baseDesign().turns_days &&
    state.days < least(tried.filter(function (d) { return d.turns_days; }), "days"));
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
  var far = same === undefined && beyond();
  all.forEach(function (one) {
    one.front = one.power !== null && !(far && one.chosen) && !all.some(function (other) {
      return other.power !== null && !(far && other.chosen) && other.cost <= one.cost && other.power >= one.power &&
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
  return { cell: cell, exact: found.exact, why: why, simulated: same !== undefined, beyond: far, design: same,
    mine: mine, all: all, chosen: chosen, better: better, reference: reference,
    beside: stored(cell, reference) };
}
