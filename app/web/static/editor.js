/* The entry editor: form and YAML follow each other through the server's check; problems, preview and try-out beside them.
   Chromium 86, plain-http addresses.  Without it the form is sent as it is. */
"use strict";
(function () {
  const form = document.querySelector("#editor");
  if (!form) return;
  const { element, list } = yiboshi;
  const { send } = yiboshiConsole;
  const PAUSE = 600;  // milliseconds without a key after which what was typed is checked
  const one = (selector) => form.querySelector(selector);
  const yaml = one("#text"), golden = one("#golden"), category = one("#field-category"), side = form.elements.side[0] || form.elements.side;
  const controls = Array.from(form.querySelectorAll("[data-kind]")).filter((node) => node !== category);
  const names = Array.from(new Set(controls.map((node) => node.name)));
  const known = Array.from(document.querySelectorAll("#entries option"));
  const fixed = "fixed" in form.dataset, isNew = "new" in form.dataset;
  const refill = (node, ...children) => { node.textContent = ""; node.append(...children); };
  let turn = 0, waiting = 0, pending = null, changed = "changed" in form.dataset, leaving = false;

  // The form <-> the fields of an entry, as app/web/console/entry_form.py has them.

  const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
  const basis = (line) => {
    const at = line.lastIndexOf(" ");
    return at > 0 ? { law: line.slice(0, at).trim(), article: line.slice(at + 1) } : { law: line };
  };
  const READ = {
    line: (text) => text.trim() || null,
    date: (text) => text.trim() || null,
    number: (text) => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim() || null),
    text: (text) => text.trimEnd() || null,
    lines: lines,
    basis: (text) => lines(text).map(basis),
  };
  const items = (value) => (Array.isArray(value) ? value : []);
  const WRITE = {
    lines: (value) => items(value).join("\n"),
    basis: (value) => items(value).map((it) => ((it.law || "") + " " + (it.article || "")).trim()).join("\n"),
  };

  function read() {
    const fields = { urgent: null, clarify: null };
    names.forEach((name) => {
      const nodes = controls.filter((node) => node.name === name);
      const kind = nodes[0].dataset.kind;
      const value = kind === "checks" ? nodes.filter((node) => node.checked).map((node) => node.value) : READ[kind](nodes[0].value);
      const blocks = name.split("."), last = blocks.pop();
      if (value === null && blocks.length) return;
      let place = fields;
      blocks.forEach((block) => { place = place[block] = place[block] || {}; });
      place[last] = value;
    });
    return fields;
  }

  function write(fields) {
    controls.forEach((node) => {
      const value = node.name.split(".").reduce((place, part) => (place && typeof place === "object" ? place[part] : null), fields);
      if (node.dataset.kind === "checks") { node.checked = items(value).includes(node.value); return; }
      const text = (WRITE[node.dataset.kind] || String)(value === undefined || value === null ? "" : value);
      if (node.value !== text) node.value = text;
    });
  }

  // What was typed goes to the server once the typing pauses; only the last answer counts.

  function draft() {
    const body = { id: isNew ? one("#field-id").value.trim() : form.dataset.id, category: category.value, text: yaml.value,
      base: form.elements.base.value, golden: lines(golden.value) };
    if (side.value === "form") body.fields = read();
    return body;
  }

  function soon(event) {
    const node = event.target;
    if (!node.name || node.name === "try" || fixed) return;
    if (node === yaml) side.value = "yaml";
    else if (node !== golden) side.value = "form";
    if (!changed) { changed = true; busy(false); }
    window.clearTimeout(waiting);
    waiting = window.setTimeout(check, PAUSE);
  }

  function check() {
    const mine = ++turn, from = side.value;
    if (pending) pending.abort();
    pending = new AbortController();
    busy(true);
    send(form.dataset.api + "check", draft(), pending.signal).then((answer) => {
      if (mine !== turn) return;
      busy(false);
      if (answer.status !== 200) { one("#found").textContent = answer.body.error.message; return; }
      const found = answer.body, broken = !Object.keys(found.fields).length && found.problems.find((it) => it.severity === "error");
      unreadable(broken ? "第 " + broken.line + " 行读不懂：" + sentence(broken) : "");
      if (!broken && from === "yaml") write(found.fields);
      else if (!broken && yaml.value !== found.text) yaml.value = found.text;
      problems(found.problems);
      preview(found);
    }, (error) => {
      if (error.name === "AbortError" || mine !== turn) return;
      busy(false);
      one("#found").textContent = "没有连上服务，还没检查；您写的都还在。";
    });
  }

  function busy(checking) {
    const state = one("#state");
    if (state) state.textContent = [changed && "有没保存的改动", checking && "正在检查…"].filter(Boolean).join("，");
  }

  function unreadable(message) {
    const note = one("#at-text");
    note.textContent = message;
    note.hidden = !message;
    if (message) yaml.setAttribute("aria-invalid", "true");
    else yaml.removeAttribute("aria-invalid");
  }

  // Problems: one sentence for all, a list, and each at its field.

  const WORDS = { error: "错误", warning: "提醒", note: "提示" };
  const sentence = (it) => it.message + (it.found ? "：「" + it.found + "」" : "") + (it.allowed ? "；" + it.allowed : "");

  function problems(found) {
    const here = found.filter((it) => it.here && it.severity !== "note");
    const count = (severity) => here.filter((it) => it.severity === severity).length;
    const parts = ["error", "warning"].filter(count).map((severity) => count(severity) + " 处" + WORDS[severity]);
    const elsewhere = found.filter((it) => !it.here && it.severity === "error").length;
    const summary = (parts.join("，") || "这一条没有错误") + (elsewhere ? "；别处有 " + elsewhere + " 处错误，改好才能发布" : "");
    if (one("#found").textContent !== summary) one("#found").textContent = summary;
    refill(one("#problems"), rows(here.concat(found.filter((it) => !it.here && it.severity === "error"))));
    names.forEach((name) => {
      const mine = here.filter((it) => fieldOf(it.key) === name);
      const note = document.getElementById("at-" + name);
      note.textContent = mine.map(sentence).join(" ");
      note.hidden = !mine.length;
      controls.filter((node) => node.name === name).forEach((node) => {
        if (mine.length) node.setAttribute("aria-invalid", "true");
        else node.removeAttribute("aria-invalid");
      });
      if (mine.length && note.closest("details")) note.closest("details").open = true;
    });
  }

  function rows(found) {
    const box = list("problems", found.map(() => ""));
    Array.from(box.children).forEach((row, i) => {
      const it = found[i];
      row.className = it.severity;
      row.append(element("b", "", WORDS[it.severity]), " ", element("span", "", sentence(it)), " ",
        element("small", "", it.file + (it.line ? " 第 " + it.line + " 行" : "") + (it.key ? " " + it.key : "")));
    });
    return found.length ? box : "";
  }

  // "entries[3].aliases[2]", "deposit-01.legal_basis[0]" -> the control it belongs to.
  function fieldOf(key) {
    const place = key.slice(key.indexOf(".") + 1);
    const at = (name) => place === name || (place.startsWith(name) && ".[".includes(place[name.length]));
    return names.find(at) || names.find((name) => name.startsWith(place.split(/[.[]/)[0] + ".")) || null;
  }

  // The chat page's own card in its own style; a shadow tree keeps that style to itself.

  let card = null;
  function preview(found) {
    if (!found.html) return;
    if (!card) {
      const host = one("#preview");
      host.textContent = "";
      const style = element("link");
      style.rel = "stylesheet";
      style.href = form.dataset.chat;
      card = element("section", "card answer");
      host.attachShadow({ mode: "open" }).append(style, card);
    }
    const fields = found.fields;
    const answer = found.answer || { number: fields.number, question: fields.question, html: found.html, terms: [], manuals: [],
      legal_basis: items(fields.legal_basis), related: items(fields.related).map(named).filter(Boolean) };
    refill(card, ...yiboshi.answer(answer, { ask: () => undefined }));
  }

  function named(id) {
    const option = known.find((it) => it.value === id);
    return option && { entry_id: id, number: option.label.slice(0, 3), question: option.label.slice(4) };
  }

  // A question, before and after.

  const KINDS = { answer: "直接回答", clarify: "反问", decline: "答不上来", neutral: "不作结论", smalltalk: "寒暄", policy: "给出法规", term: "解释名词" };
  const percent = (value) => Math.round(value * 100) + " %";

  function tryOut(event) {
    event.preventDefault();
    const question = one("#question").value.trim(), place = one("#tried"), button = one("#ask");
    if (!question) { place.textContent = "先写一句话。"; one("#question").focus(); return; }
    button.setAttribute("aria-disabled", "true");
    place.textContent = "正在试…";
    send(form.dataset.api + "try", Object.assign(draft(), { question: question })).then((answer) => {
      if (answer.status !== 200) { place.textContent = answer.body.error.message; place.append(rows(answer.body.error.details.filter((it) => it.message))); return; }
      refill(place, element("p", "verdict", verdict(answer.body.before, answer.body.after)), compared(answer.body));
    }, () => { place.textContent = "没有连上服务，请稍后再试。"; }).then(() => button.removeAttribute("aria-disabled"));
  }

  const said = (reply) => (KINDS[reply.kind] || reply.kind) + (reply.kind === "answer" && reply.entry ? "：" + titled(reply.entry) : "");
  const titled = (id) => {
    const it = known.find((option) => option.value === id);
    return it ? it.label : id;
  };

  function verdict(before, after) {
    if (before.kind !== after.kind || before.entry !== after.entry) return "改了以后：" + said(before) + " → " + said(after);
    return "没有变：" + said(after);
  }

  function compared(found) {
    const both = element("div", "split");
    [["现在发布的", found.before], ["这样改之后", found.after]].forEach(([title, reply]) => {
      const box = element("div"), ranks = element("ol", "ranks");
      reply.hits.slice(0, 5).forEach((hit) => {
        const row = element("li", hit.entry_id === draft().id ? "here" : "", hit.question + " ");
        row.append(element("b", "num", percent(hit.probability)));
        ranks.append(row);
      });
      box.append(element("h3", "", title), element("p", "", said(reply)), ranks);
      both.append(box);
    });
    return both;
  }

  // Tabs: beside the form where there is room, else one side at a time.

  const tabs = Array.from(form.querySelectorAll("[role=tab]"));
  const narrow = window.matchMedia("(max-width: 60rem)");
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  function select(tab) {
    tabs.forEach((it) => {
      const chosen = it === tab, panel = panelOf(it), beside = it === tabs[0] && !narrow.matches;
      it.setAttribute("aria-selected", String(chosen));
      it.tabIndex = chosen ? 0 : -1;
      panel.hidden = !chosen && !beside;
      if (beside) panel.removeAttribute("role");
      else panel.setAttribute("role", "tabpanel");
    });
  }

  function arrange() {
    tabs[0].hidden = !narrow.matches;
    const chosen = tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
    select(narrow.matches ? tabs[0] : chosen === tabs[0] ? tabs[1] : chosen);
  }

  one("#tabs").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const shown = tabs.filter((tab) => !tab.hidden);
    const next = shown[(shown.indexOf(event.target) + step + shown.length) % shown.length];
    select(next);
    next.focus();
    event.preventDefault();
  });
  tabs.forEach((tab) => tab.addEventListener("click", () => select(tab)));
  narrow.addListener(arrange);
  one("#tabs").hidden = false;
  arrange();

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", () => { leaving = true; });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.isComposing) return;
    event.preventDefault();  // the first button of a form is not what a hand means that ends a line
    if (event.target.id === "question") tryOut(event);
  });
  if (one("#ask")) one("#ask").addEventListener("click", tryOut);
  window.addEventListener("beforeunload", (event) => {
    if (changed && !leaving) { event.preventDefault(); event.returnValue = ""; }
  });
  check();
})();
