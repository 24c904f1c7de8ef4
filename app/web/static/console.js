/* What the console's pages do with a script; each works without.  Chromium 86, plain-http addresses. */
"use strict";
(function () {
  const token = document.querySelector("meta[name=csrf]").content;

  /** Send JSON as whoever is signed in; resolves to {status, body}. */
  function send(address, body, signal) {
    return fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
      body: JSON.stringify(body),
      signal: signal,
    }).then(function (answer) {
      return answer.json().then(function (data) { return { status: answer.status, body: data }; });
    });
  }

  /** A form is sent once; while the server works, its button says so. */
  document.addEventListener("submit", function (event) {
    const button = event.submitter || event.target.querySelector("[type=submit]");
    const asks = button && button.dataset.confirm;
    if (asks && !window.confirm(asks)) { event.preventDefault(); return; }
    if (button && button.dataset.busy) {
      window.setTimeout(function () { button.disabled = true; button.textContent = button.dataset.busy; }, 0);
    }
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) { window.location.reload(); }  // come back to: buttons work again, figures are of now
  });

  window.yiboshiConsole = { send: send };
})();
