// What the explorer holds: stored numbers, names, the state of its controls.
var root = document.documentElement;
var data = null;
var names = null;
var state = {};
var drawn = {}; // language -> views
var ready = null; // the library, when it is there

function unpack(id) {
  var text = atob(document.getElementById(id).textContent);
  var bytes = Uint8Array.from(text, function (c) { return c.charCodeAt(0); });
  var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
