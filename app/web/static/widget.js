// Puts 易博士 on a page of another site:  <script async src="https://…/widget.js"></script>
// The page then has window.yiboshi: open() close() ask(text) setRole(role) setStage({stage, opening, minutes}) on(event, f).
// In the language of 2009, so that even a browser too old for the window gets as far as the simple page.
(function () {
  "use strict";
  var script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  if (!script || window.yiboshi) return;
  var base = script.src.replace(/widget\.js.*$/, "");
  var origin = base.split("/").slice(0, 3).join("/");
  var given = script.dataset, side = given.side === "left" ? "left" : "right", listeners = Object.create(null), waiting = [];
  var ready = false, frame, button, before;

  function style(node, rules) {
    for (var name in rules) node.style.setProperty(name, rules[name], "important");
  }

  function send(message) {
    if (ready) frame.contentWindow.postMessage(message, origin);
    else waiting.push(message);
  }

  function emit(name, detail) {
    (listeners[name] || []).forEach(function (listener) { listener(detail); });
  }

  // The window is loaded when it is first opened, not before.
  function load() {
    frame = document.createElement("iframe");
    frame.title = "易博士咨询窗口";
    frame.src = base + "?embed=1";
    frame.allow = "clipboard-write";
    frame.addEventListener("load", function () { frame.contentWindow.postMessage({ yiboshi: "hello" }, origin); });
    document.body.appendChild(frame);
  }

  function place() {
    var narrow = window.innerWidth < 520;
    style(frame, {
      position: "fixed", "z-index": "2147483000", border: "0", display: "block", bottom: narrow ? "0" : "16px", width: narrow ? "100%" : "420px",
      height: narrow ? "100%" : "min(720px, calc(100vh - 32px))", "border-radius": narrow ? "0" : "12px",
      "box-shadow": "0 8px 32px rgba(0,20,60,.3)", background: "#fff", "color-scheme": "normal",
    });
    frame.style.setProperty(side, narrow ? "0" : "16px", "important");
  }

  var api = window.yiboshi = {
    open: function () {
      if (!window.customElements) { window.open(base + "lite"); return; }  // Internet Explorer and its like
      if (!frame) load();
      if (document.activeElement !== frame) before = document.activeElement;
      place();
      if (button) button.setAttribute("aria-expanded", "true");
      frame.focus();
      send({ yiboshi: "open" });
      emit("open");
    },
    close: function () {
      if (!frame || frame.style.display === "none") return;
      style(frame, { display: "none" });
      if (button) button.setAttribute("aria-expanded", "false");
      if (button || before) (button || before).focus();
      emit("close");
    },
    ask: function (text) { api.open(); send({ yiboshi: "ask", text: String(text || "") }); },
    setRole: function (role) { send({ yiboshi: "role", role: String(role) }); },
    // `at`: the minutes count from now on, however long the window is not opened.
    setStage: function (stage) {
      stage = stage || {};
      send({ yiboshi: "stage", stage: stage.stage, opening: stage.opening, minutes: stage.minutes, at: Date.now() });
    },
    on: function (name, listener) { (listeners[name] = listeners[name] || []).push(listener); },
  };

  window.addEventListener("message", function (event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !event.data) return;
    var name = event.data.yiboshi;
    if (name === "ready") {
      ready = true;
      waiting.splice(0).forEach(send);
    }
    if (name === "close") api.close();
    else if (typeof name === "string") emit(name, event.data);
  });
  window.addEventListener("resize", function () { if (frame && frame.style.display !== "none") place(); });

  function start() {
    if (given.role) api.setRole(given.role);
    if (given.stage || given.opening || given.minutes) api.setStage(given);
    if (given.launcher === "none") return;
    button = document.createElement("button");
    button.type = "button";
    button.textContent = given.label || "咨询易博士";
    button.setAttribute("aria-expanded", "false");
    style(button, {
      position: "fixed", "z-index": "2147482999", bottom: "24px", "min-height": "48px", padding: "0 22px", border: "0", "border-radius": "24px", background: "#14509e", color: "#fff",
      font: "600 16px/1 'Microsoft YaHei','Noto Sans CJK SC',sans-serif", cursor: "pointer",
      "box-shadow": "0 4px 16px rgba(0,20,60,.35)",
    });
    button.style.setProperty(side, "24px", "important");
    button.addEventListener("click", api.open);
    document.body.appendChild(button);
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
