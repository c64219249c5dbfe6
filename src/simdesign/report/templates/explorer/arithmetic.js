// Probabilities, intervals and rounding, as the page reckons them.
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
