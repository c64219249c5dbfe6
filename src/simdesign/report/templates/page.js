// Switches the language: shows one of the two texts, and the decimal sign of shared numbers.
(function () {
  "use strict";
  var root = document.documentElement;
  var buttons = document.querySelectorAll(".switch button");
  var numbers = document.querySelectorAll(".measure td");

  function show(lang) {
    var from = lang === "nl" ? /(\d)\.(\d)/g : /(\d),(\d)/g;
    var to = lang === "nl" ? "$1,$2" : "$1.$2";
    var title = document.querySelector('h1[lang="' + lang + '"]');
    if (root.lang !== lang) {
      numbers.forEach(function (cell) {
        cell.textContent = cell.textContent.replace(from, to);
      });
    }
    root.lang = lang;
    document.title = title ? title.textContent : document.title;
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.value === lang));
    });
  }

  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      show(button.value);
    });
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (item) {
      item.open = true;
    });
  });
  root.classList.add("script");
})();
