/* Hit test and Excel: results filtered where they are, and a file that is too large told before it is sent. */
"use strict";
(function () {
  /** The rows say what they are in data-is, one word for each filter they pass. */
  const results = document.getElementById("hit-test-results");
  if (results && results.querySelector("[data-complete]")) {
    const wanted = results.querySelector("#show");
    const rows = results.querySelectorAll("tbody tr");
    const filter = function () {
      rows.forEach(function (row) {
        row.hidden = wanted.value !== "" && row.dataset.is.split(" ").indexOf(wanted.value) < 0;
      });
    };
    wanted.addEventListener("change", filter);
    results.querySelector("[data-without-script]").hidden = true;
    filter();  // a browser that comes back to the page keeps what was chosen
  }

  document.querySelectorAll("input[type=file][data-most-bytes]").forEach(function (input) {
    input.addEventListener("change", function () {
      const large = input.files.length > 0 && input.files[0].size > Number(input.dataset.mostBytes);
      input.setCustomValidity(large ? input.dataset.tooLarge : "");
      if (large) { input.reportValidity(); }
    });
  });
})();
