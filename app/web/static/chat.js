// <yiboshi-chat>: one conversation.  The server wrote its markup, so it can be read before any script has run; this makes
// it answer.  Written for Chromium 86, plain-http LAN and frames included.
"use strict";
(function () {
  const { element, button, randomName, remember, remembered } = yiboshi;
  const PATIENCE = 8000;  // ms a reply may take
  const KEPT = 20;  // turns that outlive a reload of this tab
  const STAGES = ["before", "opening", "evaluation", "after"];

  class Chat extends HTMLElement {
    connectedCallback() {
      const find = (selector) => this.querySelector(selector);
      this.log = find("#log");
      this.status = find("#status");
      this.audience = find("#audience");
      this.directory = find("#directory");
      this.tabs = Array.from(this.querySelectorAll("[role=tab]"));
      this.turns = [];
      this.session = remembered("sessionStorage", "yiboshi-session");
      if (!/^[\w-]{8,64}$/.test(this.session)) this.newSession();
      this.deadline = { stage: null, opening: null };
      this.combobox = new yiboshi.combobox(find("#form"), {
        ask: (text, via) => this.typed(text, via), own: (text) => this.categoriesNamed(text), say: (text, seen) => this.say(text, seen),
      });
      this.addEventListener("click", (event) => this.clicked(event));
      this.addEventListener("keydown", (event) => this.key(event));
      find("[role=tablist]").addEventListener("keydown", (event) => this.tabKey(event));
      find("#fold").addEventListener("click", () => {
        this.unfold(false);
        find("#catalogue").focus();
      });
      find("#catalogue").addEventListener("click", () => {
        this.unfold(!this.directory.classList.contains("open"));
        if (this.directory.classList.contains("open")) this.tab().focus();
      });
      find("#clear").addEventListener("click", () => this.clear());
      find("#close").addEventListener("click", () => this.tell("close"));
      ["click", "focusin"].forEach((kind) => document.addEventListener(kind, (event) => {
        if (!find("#menu").contains(event.target)) find("#menu").open = false;
      }));
      window.addEventListener("offline", () => this.say("网络断开了，问题会留着"));
      window.addEventListener("message", (event) => this.heard(event));
      this.looks();
      this.setRole(remembered("localStorage", "yiboshi-audience") || "");
      this.audience.addEventListener("change", () => this.setRole(this.audience.value));
      this.restore();
      this.arrive(new URLSearchParams(location.search));
      setInterval(() => this.showDeadline(), 20000);
    }

    // What the address says: role, stage, opening (ISO time) or minutes, ask, embed.
    arrive(wanted) {
      const embedded = wanted.has("embed") && window.parent !== window;
      this.classList.toggle("embedded", embedded);
      this.querySelector("#close").hidden = !embedded;
      if (wanted.has("role")) this.setRole(wanted.get("role"));
      this.setStage({ stage: wanted.get("stage"), opening: wanted.get("opening"), minutes: wanted.get("minutes") });
      const text = (wanted.get("ask") || "").trim();
      if (text) this.ask(text, "host");
    }

    // -- asking ---------------------------------------------------------------------------------------------------

    typed(text, via) {
      const number = via === "typed" && /^\d{1,2}$/.test(text) && !this.asking() ? Number(text) : 0;
      if (number && this.tabs[number - 1]) this.openCategory(number);
      else this.ask(text, via);
    }

    asking() {
      const last = this.turns[this.turns.length - 1];
      return Boolean(last && last.reply && last.reply.options.length);
    }

    ask(text, via, alone) {
      this.unfold(false);
      const turn = { text: text.slice(0, 500).replace(/[\ud800-\udbff]$/, ""), via: via, at: Date.now() };
      const place = element("section", "card pending", "正在查找…");
      this.turns.push(turn);
      this.showMine(turn);
      this.log.append(place);
      this.scrollTo(turn);
      this.say("正在查找…", true);
      this.send(turn, place, alone);
    }

    send(turn, place, alone) {
      const body = { question: turn.text, session_id: alone ? this.newSession() : this.session, via: turn.via };
      if (this.audience.value) body.audience = this.audience.value;
      if (this.deadline.stage) body.stage = this.deadline.stage;
      const minutes = this.minutes();
      if (minutes !== null) body.minutes_to_opening = minutes;
      this.post("ask", body).then((reply) => {
        turn.reply = reply;
        const card = this.card(turn);
        place.replaceWith(card);
        this.scrollTo(turn);
        this.say(said(reply), true);
        this.querySelector("#version").textContent = reply.knowledge.version;
        this.querySelector("#fingerprint").textContent = reply.knowledge.fingerprint;
        this.keep();
        this.tell("answer", { kind: reply.kind, number: reply.answer ? reply.answer.number : null });
        if (reply.handover) this.tell("handover");
      }).catch((error) => {
        const waiting = element("section", "card pending", "正在查找…");
        const failure = yiboshi.failureCard(error, () => this.send(turn, waiting, alone));
        failure.querySelector("button").addEventListener("click", () => {
          this.mine(turn).after(waiting);
          this.combobox.input.focus();
        });
        place.replaceWith(failure);
        this.say(failure.querySelector(".said").textContent, true);
      });
    }

    post(path, body) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), PATIENCE);
      return fetch("api/v1/" + path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: stop.signal,
      }).then((response) => response.json().then((data) => {
        if (response.ok) return data;
        throw Object.assign(new Error(data.error.code), { said: data.error.message });
      })).finally(() => clearTimeout(timer));
    }

    card(turn) {
      return yiboshi.card(turn.reply, new Date(turn.at), {
        ask: (text, via) => this.ask(text, via),
        alone: () => this.ask(turn.text, turn.via, true),
        say: (text) => this.say(text),
        rate: (body) => this.post("feedback", body),
      });
    }

    // -- the conversation on the page -----------------------------------------------------------------------------

    showMine(turn) {
      const number = this.turns.indexOf(turn) + 1;
      const mine = element("p", "mine", turn.text);
      mine.id = "turn-" + number;
      this.log.append(mine);
      const asked = this.querySelector("#asked");
      if (number === 1) asked.textContent = "";
      const row = element("li");
      row.append(button(turn.text, () => {
        this.querySelector("#menu").open = false;
        this.scrollTo(turn);
        this.log.focus({ preventScroll: true });
      }, "quiet"));
      asked.append(row);
    }

    mine(turn) {
      return this.querySelector("#turn-" + (this.turns.indexOf(turn) + 1));
    }

    scrollTo(turn) {
      const mine = this.mine(turn);
      if (!mine) return;
      // The question on top, but never so much of it that the reply would begin below the middle.
      this.log.scrollTop = Math.max(mine.offsetTop - 8, mine.nextElementSibling.offsetTop - this.log.clientHeight / 2);
      window.scrollTo(0, document.body.scrollHeight);  // large text on a small screen: the page itself scrolls
    }

    // The one live region.  What is seen on a card anyway is only spoken; the rest is also shown, for a while.
    say(text, seen) {
      clearTimeout(this.fading);
      this.status.textContent = text;
      this.status.classList.toggle("hidden", Boolean(seen));
      this.status.classList.toggle("status", !seen);
      if (!seen) this.fading = setTimeout(() => { this.status.textContent = ""; }, 6000);
    }

    newSession() {
      this.session = randomName();
      remember("sessionStorage", "yiboshi-session", this.session);
      return this.session;
    }

    keep() {
      const kept = this.turns.filter((turn) => turn.reply).slice(-KEPT);
      remember("sessionStorage", "yiboshi-log", JSON.stringify(kept));
    }

    restore() {
      try {
        JSON.parse(remembered("sessionStorage", "yiboshi-log") || "[]").forEach((turn) => {
          const card = this.card(turn);
          this.turns.push(turn);
          this.showMine(turn);
          this.log.append(card);
        });
      } catch (error) { /* not what this version of the page keeps: forgotten from here on */ }
      if (this.turns.length) this.scrollTo(this.turns[this.turns.length - 1]);
    }

    clear() {
      this.turns = [];
      this.newSession();
      remember("sessionStorage", "yiboshi-log", null);
      Array.from(this.log.children).forEach((node) => { if (node.id !== "welcome") node.remove(); });
      this.querySelector("#asked").textContent = "";
      this.querySelector("#asked").append(element("li", "meta", "还没有"));
      this.querySelector("#menu").open = false;
      this.combobox.input.focus();
      this.say("记录已清空");
    }

    // -- role, directory, looks -----------------------------------------------------------------------------------

    setRole(role) {
      if (!Array.from(this.audience.options).some((option) => option.value === role)) return;
      this.audience.value = role;
      remember("localStorage", "yiboshi-audience", this.audience.value || null);
      this.querySelectorAll("[data-role]").forEach((node) => {
        node.setAttribute("aria-pressed", String(node.dataset.role === this.audience.value));
      });
      const lists = Array.from(this.querySelectorAll("[data-hot]"));
      const shown = lists.find((node) => node.dataset.hot === this.audience.value) || lists[0];
      lists.forEach((node) => { node.hidden = node !== shown; });
    }

    categoriesNamed(text) {
      const number = /^\d{1,2}$/.test(text) && !this.asking() ? Number(text) : 0;
      return this.tabs.map((tab, i) => ({ tab: tab, number: i + 1 }))
        .filter((row) => row.number === number || (text.length > 1 && name(row.tab).includes(text)))
        .slice(0, 2)
        .map((row) => ({ label: "分类：" + name(row.tab), number: String(row.number), run: () => this.openCategory(row.number) }));
    }

    openCategory(number) {
      this.select(number - 1);
      this.unfold(true);
      const panel = this.panel(this.tabs[number - 1]);
      this.directory.scrollTop = panel.offsetTop > this.directory.clientHeight / 2 ? panel.offsetTop : 0;
      this.say("第" + number + "类：" + name(this.tabs[number - 1]) + "，共 " + panel.querySelectorAll("button").length + " 条。点一条，或打三位编号按回车");
    }

    select(chosen) {
      this.tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", String(i === chosen));
        tab.tabIndex = i === chosen ? 0 : -1;
        this.panel(tab).hidden = i !== chosen;
      });
    }

    tab() {
      return this.tabs.find((tab) => tab.tabIndex === 0);
    }

    panel(tab) {
      return this.querySelector("#" + tab.getAttribute("aria-controls"));
    }

    // On a narrow page the directory lies over the conversation; on a wide one it stands beside it all the time.
    unfold(open) {
      this.directory.classList.toggle("open", open);
      this.querySelector("#catalogue").setAttribute("aria-expanded", String(open));
    }

    looks() {
      const look = window.yiboshiLook;
      const larger = this.querySelector("#larger");
      const show = () => {
        ["size", "contrast", "theme"].forEach((key) => { this.querySelector("#" + key).value = look.get(key); });
        larger.setAttribute("aria-pressed", String(look.get("size") !== "normal"));
      };
      ["size", "contrast", "theme"].forEach((key) => {
        this.querySelector("#" + key).addEventListener("change", (event) => { look.set(key, event.target.value); show(); });
      });
      larger.addEventListener("click", () => { look.set("size", look.get("size") === "normal" ? "large" : "normal"); show(); });
      show();
    }

    clicked(event) {
      // A link inside a frame would lead away from the conversation, and from the way to close it.
      const link = this.classList.contains("embedded") && event.target.closest("a:not([href^='#']):not([href^='tel:'])");
      if (link) Object.assign(link, { target: "_blank", rel: "noopener" });
      const target = event.target.closest("[data-ask], [data-category], [data-role], [role=tab]");
      if (!target) return;
      if (target.dataset.role) this.setRole(target.dataset.role === this.audience.value ? "" : target.dataset.role);
      else if (target.dataset.ask) this.ask(target.dataset.ask, target.dataset.via);
      else if (target.dataset.category) {
        this.openCategory(Number(target.dataset.category));
        this.tab().focus({ preventScroll: true });
      } else this.select(this.tabs.indexOf(target));
      if (!target.offsetParent) this.log.focus({ preventScroll: true });  // what was chosen has gone, the focus must not
    }

    tabKey(event) {
      const at = this.tabs.indexOf(document.activeElement);
      const last = this.tabs.length - 1;
      const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
      if (next === undefined || at < 0) return;
      event.preventDefault();
      const chosen = (next + this.tabs.length) % this.tabs.length;
      this.select(chosen);
      this.tabs[chosen].focus();
    }

    key(event) {
      const digit = /^\d$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey;
      if (digit && this.directory.contains(event.target)) this.combobox.input.focus();  // the digit goes there
      if (event.key !== "Escape") return;
      const menu = this.querySelector("#menu");
      if (menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else if (this.directory.classList.contains("open")) {
        this.unfold(false);
        this.combobox.input.focus();
      } else this.tell("close");
    }

    // -- the deadline ---------------------------------------------------------------------------------------------

    setStage(given) {
      const opening = given.opening ? Date.parse(given.opening) : NaN;
      const minutes = parseFloat(given.minutes);
      this.deadline = {
        stage: STAGES.includes(given.stage) ? given.stage : null,
        opening: isFinite(opening) ? opening : isFinite(minutes) ? (Number(given.at) || Date.now()) + minutes * 60000 : null,
      };
      this.showDeadline();
    }

    // Whole minutes to the opening, never more than are left; null when nobody said when it is.
    minutes() {
      if (this.deadline.opening === null) return null;
      return Math.max(-100000, Math.min(1000000, Math.floor((this.deadline.opening - Date.now()) / 60000)));
    }

    showDeadline() {
      const line = this.querySelector("#deadline");
      const minutes = this.minutes();
      const { stage } = this.deadline;
      if (stage === "evaluation" || stage === "after") line.textContent = "";
      else if (stage === "opening" || (minutes !== null && minutes <= 0 && minutes > -180)) line.textContent = "正在开标";
      else if (minutes === null || minutes <= 0 || minutes > 1440) line.textContent = "";
      else line.textContent = "离开标还有" + (minutes < 120 ? " " + minutes + " 分钟" : "约 " + Math.floor(minutes / 60) + " 小时") + "，答复会先说这时候该做的一步";
      line.hidden = !line.textContent;
    }

    // -- the page around a frame ----------------------------------------------------------------------------------

    // Only the window this one is framed by is listened to, and only if its origin was allowed in the settings.
    heard(event) {
      const parents = this.dataset.parents.split(" ").concat(location.origin);
      if (window.parent === window || event.source !== window.parent || !parents.includes(event.origin)) return;
      const message = event.data;
      if (!message || typeof message.yiboshi !== "string") return;
      this.host = event.origin;
      if (message.yiboshi === "hello") this.tell("ready");
      else if (message.yiboshi === "open") this.combobox.input.focus();
      else if (message.yiboshi === "ask" && typeof message.text === "string" && message.text.trim()) this.ask(message.text.trim(), "host");
      else if (message.yiboshi === "role") this.setRole(message.role);
      else if (message.yiboshi === "stage") this.setStage(message);
    }

    tell(what, facts) {
      if (this.host) window.parent.postMessage(Object.assign({ yiboshi: what }, facts), this.host);
    }
  }

  function name(tab) {
    return tab.lastChild.textContent;
  }

  // What the live region says of a reply: enough to know whether to read on.
  function said(reply) {
    if (reply.kind === "clarify") return "找到 " + reply.options.length + " 个相近的问题，请选择";
    if (reply.kind !== "answer") return reply.text;
    return "编号 " + reply.answer.number + "。" + (reply.urgent ? "先做：" + reply.urgent.now : reply.answer.text.split("\n")[0]);
  }

  customElements.define("yiboshi-chat", Chat);
})();
