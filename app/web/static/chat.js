// The chat page.  Text from anyone goes through textContent; the only markup inserted is `answer.html`, which the
// server sanitised when the knowledge was published.  Written for Chromium 86 (plain-http LAN included).
"use strict";
(function () {
  var log = document.getElementById("log");
  var form = document.getElementById("form");
  var input = document.getElementById("question");
  var status = document.getElementById("status");
  var audience = document.getElementById("audience");
  var session = newSession();
  var latest = 0;

  function newSession() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }

  function element(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = text;
    return node;
  }

  function button(text, onClick) {
    var node = element("button", "", text);
    node.type = "button";
    node.addEventListener("click", onClick);
    return node;
  }

  function show(node) {
    log.appendChild(node);
    node.scrollIntoView({ block: "start" });
  }

  function post(path, body) {
    var stop = new AbortController();
    var timer = setTimeout(function () { stop.abort(); }, 8000);
    return fetch("api/v1/" + path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: stop.signal,
    }).then(function (response) {
      return response.json().then(function (data) {
        if (!response.ok) throw new Error(data.error.message);
        return data;
      });
    }).finally(function () { clearTimeout(timer); });
  }

  function ask(text) {
    text = text.trim();
    if (!text) { input.focus(); return; }
    var turn = ++latest;
    show(element("p", "mine", text));
    status.textContent = "正在查找…";
    var body = { question: text, session_id: session };
    if (audience.value) body.audience = audience.value;
    post("ask", body).then(function (reply) {
      if (turn === latest) status.textContent = said(reply);
      show(card(reply));
      document.getElementById("version").textContent = reply.knowledge.version;
      document.getElementById("fingerprint").textContent = reply.knowledge.fingerprint;
    }).catch(function (error) {
      status.textContent = "";
      show(failure(text, error));
    });
  }

  function said(reply) {
    if (reply.kind === "clarify") return "找到 " + reply.options.length + " 个相近的问题，请选择";
    if (reply.kind === "answer") return "已找到答案，编号 " + reply.answer.number;
    return "";
  }

  function failure(text, error) {
    var node = element("section", "card");
    var known = error.name !== "AbortError" && error.name !== "TypeError" && error.name !== "SyntaxError";
    node.appendChild(element("p", "", known ? error.message : "没有连上服务，您的问题还在。"));
    var list = element("ul", "options");
    var item = element("li");
    item.appendChild(button("重试", function () { node.remove(); ask(text); }));
    list.appendChild(item);
    node.appendChild(list);
    return node;
  }

  function card(reply) {
    var node = element("section", "card " + reply.kind);
    if (reply.understood_as) node.appendChild(element("p", "meta", "接着“" + reply.understood_as + "”理解"));
    if (reply.corrected) node.appendChild(element("p", "meta", "您是不是想问：" + reply.corrected));
    if (reply.kind !== "answer") node.appendChild(element("p", "question", reply.text));
    if (reply.answer) answer(node, reply.answer, reply.knowledge);
    reply.versions.forEach(function (other) {
      var box = element("details");
      var span = (other.effective_from || "此前") + " 至 " + (other.effective_to || "今");
      box.appendChild(element("summary", "", "另一时期的规定（" + span + "）"));
      answer(box, other, reply.knowledge);
      node.appendChild(box);
    });
    if (reply.term) term(node, reply.term);
    if (reply.articles.length) articles(node, reply);
    if (reply.options.length && (reply.kind === "policy" || reply.kind === "term")) node.appendChild(element("p", "meta", "相关问题"));
    if (reply.options.length) options(node, reply);
    if (reply.handover) node.appendChild(element("p", "handover", reply.handover.text));
    if (reply.kind === "answer") rate(node, reply);
    return node;
  }

  function answer(node, found, knowledge) {
    var title = element("p", "question");
    title.appendChild(element("span", "number", "编号 " + found.number));
    title.appendChild(document.createTextNode(found.question));
    node.appendChild(title);
    var body = element("div", "answer");
    body.innerHTML = found.html;
    mark(body, found.terms);
    node.appendChild(body);
    if (found.legal_basis.length) {
      var basis = element("details");
      basis.appendChild(element("summary", "", "依据"));
      var list = element("ul");
      found.legal_basis.forEach(function (item) { 
        var row = element("li", "", "《" + item.law + "》" + item.article);
        if (item.gist) row.appendChild(element("small", "", item.gist));
        list.appendChild(row);
      });
      basis.appendChild(list);
      node.appendChild(basis);
    }
    if (found.related.length) {
      var related = element("details");
      related.open = true;
      related.appendChild(element("summary", "", "相关问题"));
      var rows = element("ul", "list");
      found.related.forEach(function (item) {
        var row = element("li");
        var link = button("", function () { ask(item.question); });
        link.appendChild(element("b", "", item.number));
        link.appendChild(document.createTextNode(item.question));
        row.appendChild(link);
        rows.appendChild(row);
      });
      related.appendChild(rows);
      node.appendChild(related);
    }
    if (found.manuals.length) {
      var manuals = element("details");
      manuals.appendChild(element("summary", "", "操作手册"));
      var tasks = element("ul", "links");
      found.manuals.forEach(function (item) {
        var row = element("li");
        var link = element("a", "", item.manual + "：" + item.title);
        link.href = "manual?id=" + encodeURIComponent(item.manual_id) + "#task-" + item.task;
        link.target = "_blank";
        link.rel = "noopener";
        row.appendChild(link);
        tasks.appendChild(row);
      });
      manuals.appendChild(tasks);
      node.appendChild(manuals);
    }
    node.appendChild(element("p", "meta", "更新于 " + found.updated + " · 知识库 " + knowledge.version));
  }

  // The first mention of each word of the dictionary becomes a button that explains it in place.
  function mark(body, terms) {
    var longest = terms.slice().sort(function (a, b) { return b.term.length - a.term.length; });
    longest.forEach(function (item) {
      var walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT), text;
      while ((text = walker.nextNode())) {
        var at = text.parentNode.closest(".term, .definition, a") ? -1 : text.data.indexOf(item.term);
        if (at < 0) continue;
        var rest = text.splitText(at);
        rest.data = rest.data.slice(item.term.length);
        text.parentNode.insertBefore(explained(item), rest);
        return;
      }
    });
  }

  // The definition is in the page only while it is open: the answer stays as it reads, also for copying.
  function explained(item) {
    var note = element("span", "definition", item.definition);
    var word = button(item.term, function () {
      if (note.parentNode) note.remove();
      else word.after(note);
      word.setAttribute("aria-expanded", String(Boolean(note.parentNode)));
    });
    word.className = "term";
    word.setAttribute("aria-expanded", "false");
    word.setAttribute("aria-label", item.term + "，看释义");
    return word;
  }

  function term(node, found) {
    node.appendChild(element("p", "answer", found.definition));
    if (found.law) node.appendChild(element("p", "meta", "见《" + found.law + "》" + (found.article || "")));
  }

  // Regulation text is never an answer: it is labelled, and folded under a refusal.
  function articles(node, reply) {
    if (reply.kind !== "policy") node.appendChild(element("p", "meta", "相关法规（法规内容，不是对您问题的答复）"));
    reply.articles.forEach(function (item, i) {
      var box = element("details", "law");
      box.open = reply.kind === "policy" && i === 0;
      var name = "《" + item.law + "》" + item.article + " " + item.heading;
      if (item.status === "repealed") name += "（已废止）";
      box.appendChild(element("summary", "", name));
      if (item.gist) box.appendChild(element("p", "", "摘要：" + item.gist));
      if (item.official) {
        box.appendChild(element("p", "meta", "官方文本"));
        item.official.forEach(function (text) { box.appendChild(element("p", "", text)); });
      } else {
        box.appendChild(element("p", "meta", "摘要由本知识库编写，以公布的法规原文为准"));
      }
      node.appendChild(box);
    });
  }

  function options(node, reply) {
    var list = element("ul", "options");
    reply.options.forEach(function (option, i) {
      var row = element("li");
      var choice = button((reply.kind === "clarify" ? i + 1 + ". " : "") + option.label, function () { ask(option.question); });
      if (option.label !== option.question) choice.appendChild(element("small", "", option.question));
      row.appendChild(choice);
      list.appendChild(row);
    });
    if (reply.kind === "clarify") {
      var none = element("li");
      none.appendChild(button("都不是", function () { ask("都不是"); }));
      list.appendChild(none);
    }
    node.appendChild(list);
  }

  function rate(node, reply) {
    var row = element("div", "rate");
    function send(helpful) {
      post("feedback", { reply_id: reply.reply_id, helpful: helpful }).then(function () {
        row.textContent = "谢谢您的评价。";
      }).catch(function () { status.textContent = "评价没有送出，请稍后再试"; });
    }
    row.appendChild(button("有帮助", function () { send(true); }));
    row.appendChild(button("没帮助", function () { send(false); }));
    node.appendChild(row);
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var text = input.value;
    if (!text.trim()) return;
    input.value = "";
    ask(text);
  });
  input.addEventListener("keydown", function (event) {
    // Enter that confirms a candidate of an input method must not send.
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
  });
  log.addEventListener("click", function (event) {
    var target = event.target.closest("[data-ask]");
    if (target) ask(target.getAttribute("data-ask"));
  });
  try {
    audience.value = localStorage.getItem("yiboshi-audience") || "";
    audience.addEventListener("change", function () { localStorage.setItem("yiboshi-audience", audience.value); });
  } catch (error) {
    // Storage may be refused inside a frame; the choice then lasts as long as the page.
  }
})();
