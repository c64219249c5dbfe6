// Numbers of a cell as they were simulated.
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
