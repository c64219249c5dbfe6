// Puts the parts together: what a click does, and the beginning.
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
