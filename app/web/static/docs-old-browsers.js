// What Swagger UI takes for granted and browsers of 2020 (Chromium 86) lack.  Loaded before it.
"use strict";
(function () {
  if (!Object.hasOwn) Object.hasOwn = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  [Array, String].forEach((kind) => {
    if (!kind.prototype.at) {
      Object.defineProperty(kind.prototype, "at", {
        configurable: true, writable: true,
        value: function (index) { return this[index < 0 ? this.length + Math.trunc(index) : Math.trunc(index) || 0]; },
      });
    }
  });
  if (!window.structuredClone) window.structuredClone = (value) => JSON.parse(JSON.stringify(value));
})();
