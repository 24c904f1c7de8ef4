// How the page looks, decided before it is first painted so that nothing moves: text size, contrast, light or dark.
"use strict";
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var defaults = { size: "normal", contrast: "normal", theme: "auto" };
  var chosen = Object.assign({}, defaults);
  try {
    Object.keys(defaults).forEach(function (name) {
      chosen[name] = localStorage.getItem("yiboshi-" + name) || defaults[name];
    });
  } catch (error) {
    // Storage may be refused inside a frame; the choice then lasts as long as the page.
  }

  function apply() {
    root.dataset.size = chosen.size;
    root.dataset.contrast = chosen.contrast;
    root.dataset.theme = chosen.theme === "auto" ? (dark.matches ? "dark" : "light") : chosen.theme;
  }

  window.yiboshiLook = {
    get: function (name) { return chosen[name]; },
    set: function (name, value) {
      chosen[name] = value;
      apply();
      try { localStorage.setItem("yiboshi-" + name, value); } catch (error) { /* as above */ }
    },
  };
  dark.addEventListener("change", apply);
  apply();
})();
