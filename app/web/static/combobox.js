// The box to type in: suggestions while typing (characters, pinyin, initials, numbers), Enter asks.
"use strict";
(function () {
  const { element } = yiboshi;
  const PAUSE = 140;  // ms of no typing after which suggestions are fetched
  const MOST = 500;  // characters the service takes

  yiboshi.combobox = class {
    // `ask(text, via)` is called with what was typed or chosen; `own(text)` gives rows of the page's own, such as categories:
    // [{label, run}]; `say(text)` speaks in the live region.
    constructor(form, { ask, own, say }) {
      this.form = form;
      this.input = form.querySelector("input");
      this.popup = form.querySelector("[role=listbox]");
      this.ask = ask;
      this.own = own;
      this.say = say;
      this.rows = [];
      this.active = -1;
      this.sent = 0;
      this.input.addEventListener("input", (event) => { if (!event.isComposing) this.typed(); });
      this.input.addEventListener("compositionend", () => this.typed());
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("paste", (event) => this.pasted(event));
      this.input.addEventListener("blur", () => this.close());
      this.popup.addEventListener("mousedown", (event) => event.preventDefault());  // the box keeps the focus
      this.popup.addEventListener("click", (event) => {
        const row = event.target.closest("[role=option]");
        if (row) this.take(Array.from(this.popup.children).indexOf(row));
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (this.active >= 0) this.take(this.active);
        else this.submit();
      });
    }

    typed() {
      clearTimeout(this.timer);
      const text = this.input.value.trim();
      const sent = ++this.sent;
      if (!text) { this.close(); return; }
      this.timer = setTimeout(() => {
        fetch("api/v1/suggest?q=" + encodeURIComponent(text.slice(0, 100)))
          .then((response) => response.ok ? response.json() : { suggestions: [] })
          .catch(() => ({ suggestions: [] }))
          .then((found) => {
            if (sent !== this.sent) return;  // overtaken by later typing
            this.show(this.own(text).concat(found.suggestions.map((item) => ({
              number: item.number, label: item.question, run: () => this.ask(item.question, "suggest"),
            }))), text);
          });
      }, PAUSE);
    }

    show(rows, text) {
      this.rows = rows;
      this.active = -1;
      this.popup.textContent = "";
      rows.forEach((row, i) => {
        const node = element("div", "row");
        node.id = "suggestion-" + i;
        node.setAttribute("role", "option");
        node.setAttribute("aria-selected", "false");
        if (row.number) node.append(element("b", "", row.number));
        node.append(marked(row.label, text));
        this.popup.append(node);
      });
      this.popup.hidden = !rows.length;
      this.input.setAttribute("aria-expanded", String(rows.length > 0));
      this.input.removeAttribute("aria-activedescendant");
      if (rows.length) this.say(rows.length + " 条提示，按向下键选择", true);
    }

    close() {
      clearTimeout(this.timer);
      this.sent++;
      if (!this.popup.hidden) this.show([], "");
    }

    key(event) {
      if (event.isComposing || event.keyCode === 229) {
        // Enter that confirms a candidate of an input method must not send.
        if (event.key === "Enter") event.preventDefault();
        return;
      }
      const open = !this.popup.hidden;
      if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        const places = this.rows.length + 1;  // one of them is the box itself
        this.activate((this.active + 1 + (event.key === "ArrowDown" ? 1 : -1) + places) % places - 1);
      } else if (open && event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      }
    }

    activate(row) {
      this.active = row;
      Array.from(this.popup.children).forEach((node, i) => node.setAttribute("aria-selected", String(i === row)));
      if (row < 0) this.input.removeAttribute("aria-activedescendant");
      else {
        this.input.setAttribute("aria-activedescendant", "suggestion-" + row);
        this.popup.children[row].scrollIntoView({ block: "nearest" });
      }
    }

    take(row) {
      const chosen = this.rows[row];
      this.clear();
      chosen.run();
    }

    submit() {
      const text = this.input.value.trim();
      if (!text) { this.input.focus(); return; }
      this.clear();
      this.ask(text, "typed");
    }

    clear() {
      this.input.value = "";
      this.close();
    }

    pasted(event) {
      const text = (event.clipboardData && event.clipboardData.getData("text")) || "";
      const selected = this.input.selectionEnd - this.input.selectionStart;
      if (this.input.value.length - selected + text.length > MOST) this.say("文字太长，只保留前 " + MOST + " 个字");
    }
  };

  // The part of a suggestion that was typed stands out.
  function marked(label, text) {
    const node = element("span");
    const at = label.toLowerCase().indexOf(text.toLowerCase());
    if (at < 0) node.textContent = label;
    else node.append(label.slice(0, at), element("mark", "", label.slice(at, at + text.length)), label.slice(at + text.length));
    return node;
  }
})();
