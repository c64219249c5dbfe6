// Switches the language: of every text both are there, and one shows.
(function () {
  "use strict";
  var root = document.documentElement;
  var buttons = document.querySelectorAll(".switch button");

  function show(lang) {
    var title = document.querySelector('h1[lang="' + lang + '"]');
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
  var unfolded = []; // for paper only: folded again afterwards
  window.addEventListener("beforeprint", function () {
    // the report is printed with all its tables, the page with those that its sentences need
    document.querySelectorAll(".methods details, details.print").forEach(function (item) {
      if (!item.open) {
        item.open = true;
        unfolded.push(item);
      }
    });
  });
  window.addEventListener("afterprint", function () {
    unfolded.splice(0).forEach(function (item) {
      item.open = false;
    });
  });
  root.classList.add("script");
})();
