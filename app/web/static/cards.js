// Replies -> cards.  Text from anyone goes through textContent; the only markup inserted is `answer.html`, which the
// server sanitised when the knowledge was published.
"use strict";
(function () {
  const { element, button, list, fold } = yiboshi;
  const REASONS = ["答非所问", "看不懂", "内容过时", "不完整", "其他"];

  // `to` are the ways back into the conversation: ask(text, via), alone(text), say(text), rate(body).
  yiboshi.card = (reply, at, to) => {
    const node = element("section", "card " + reply.kind);
    if (reply.understood_as) node.append(understood(reply, to));
    if (reply.corrected) node.append(element("p", "reading", "您是不是想问：" + reply.corrected));
    if (reply.urgent) node.append(urgent(reply.urgent));
    if (reply.kind !== "answer") node.append(element("h2", "said", reply.text));
    if (reply.answer) node.append(...answer(reply.answer, to));
    reply.versions.forEach((other) => {
      const box = element("div", "version");
      box.append(...answer(other, to));
      const span = (other.effective_from || "此前") + " 至 " + (other.effective_to || "今");
      node.append(fold("另一时期的规定（" + span + "）", box));
    });
    if (reply.term) node.append(...term(reply.term));
    if (reply.articles.length) node.append(...articles(reply));
    if (reply.options.length) node.append(...options(reply, to));
    if (reply.handover) node.append(handover(reply, to));
    if (reply.kind === "answer") node.append(...footing(reply, at, node, to));
    return node;
  };

  function understood(reply, to) {
    const line = element("p", "reading", "接着“" + reply.understood_as + "”理解 ");
    line.append(button("不是，单独问这句", () => to.alone(), "quiet"));
    return line;
  }

  function urgent(step) {
    const box = element("div", "urgent");
    box.append(element("strong", "", "时间紧，先做这一步"), element("p", "now", step.now));
    const other = element("p", "", step.fallback);
    other.prepend(element("b", "", "还不行："));
    box.append(other);
    return box;
  }

  function answer(found, to) {
    const head = element("header", "entry");
    const number = element("p", "number");
    number.append(element("small", "", "编号"), " ", found.number);
    head.append(number, element("h2", "", found.question));
    const body = element("div", "answer");
    body.innerHTML = found.html;
    explain(body, found.terms);
    const parts = [head, body];
    if (found.legal_basis.length) {
      parts.push(fold("依据（" + found.legal_basis.length + "）", list("basis", found.legal_basis.map((basis) => {
        const row = element("div", "", "《" + basis.law + "》" + basis.article);
        if (basis.gist) row.append(element("small", "", basis.gist));
        return row;
      }))));
    }
    if (found.manuals.length) {
      parts.push(fold("操作手册（" + found.manuals.length + "）", list("links", found.manuals.map((item) => {
        const link = element("a", "", item.manual + "：" + item.title);
        link.href = "manual?id=" + encodeURIComponent(item.manual_id) + "#task-" + item.task;
        link.target = "_blank";
        link.rel = "noopener";
        return link;
      }))));
    }
    if (found.related.length) {
      parts.push(fold("相关问题（" + found.related.length + "）", list("rows", found.related.map((item) => {
        const row = button("", () => to.ask(item.question, "related"));
        row.append(element("b", "", item.number), item.question);
        return row;
      })), true));
    }
    return parts;
  }

  yiboshi.answer = answer;

  // The first mention of each word of the dictionary becomes a button that explains it in place.
  function explain(body, terms) {
    const longest = terms.slice().sort((a, b) => b.term.length - a.term.length);
    longest.forEach((item) => {
      const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
      let text;
      while ((text = walker.nextNode())) {
        const at = text.parentNode.closest(".term, .definition, a") ? -1 : text.data.indexOf(item.term);
        if (at < 0) continue;
        const rest = text.splitText(at);
        rest.data = rest.data.slice(item.term.length);
        text.parentNode.insertBefore(word(item), rest);
        return;
      }
    });
  }

  // The definition is in the page only while it is open: the answer stays as it reads, also for copying.
  function word(item) {
    const note = element("span", "definition", item.definition);
    const node = button(item.term, () => {
      if (note.parentNode) note.remove();
      else node.after(note);
      node.setAttribute("aria-expanded", String(Boolean(note.parentNode)));
    }, "term");
    node.setAttribute("aria-expanded", "false");
    node.setAttribute("aria-label", item.term + "，看释义");
    return node;
  }

  function term(found) {
    const parts = [element("p", "answer", found.definition)];
    if (found.law) parts.push(element("p", "meta", "见《" + found.law + "》" + (found.article || "")));
    return parts;
  }

  // Regulation text is never an answer: it is labelled, and folded under a refusal.
  function articles(reply) {
    const asked = reply.kind === "policy";
    const parts = reply.articles.map((item, i) => {
      const text = element("div", "law");
      if (item.gist) text.append(element("p", "", "摘要：" + item.gist));
      if (item.official) {
        text.append(element("p", "meta", "官方文本"), ...item.official.map((line) => element("p", "", line)));
      } else {
        text.append(element("p", "meta", "摘要由本知识库编写，以公布的法规原文为准"));
      }
      const repealed = item.status === "repealed" ? "（已废止）" : "";
      return fold("《" + item.law + "》" + item.article + " " + item.heading + repealed, text, asked && i === 0);
    });
    if (!asked) parts.unshift(element("p", "meta", "相关法规（法规内容，不是对您问题的答复）"));
    return parts;
  }

  function options(reply, to) {
    const asking = reply.kind === "clarify";
    const rows = reply.options.map((option, i) => {
      const choice = button("", () => to.ask(option.question, "clarify"), "choice");
      choice.append(element("b", "", asking ? i + 1 : option.number), element("span", "", option.label));
      if (option.label !== option.question) choice.lastChild.append(element("small", "", option.question));
      return choice;
    });
    if (asking) rows.push(button("都不是", () => to.ask("都不是", "clarify"), "choice none"));
    const parts = [list("options", rows)];
    if (asking) parts.push(element("p", "meta", "点一下，或在下面打序号再按回车"));
    else if (reply.kind === "policy" || reply.kind === "term") parts.unshift(element("p", "meta", "相关问题"));
    return parts;
  }

  function handover(reply, to) {
    const found = reply.handover;
    const box = element("div", "handover");
    box.append(element("strong", "", "人工帮助"), element("p", "", found.text));
    const facts = element("dl");
    const fact = (name, value) => {
      if (!value) return;
      const said = element("dd");
      said.append(value);
      facts.append(element("dt", "", name), said);
    };
    if (found.phone) {
      const call = element("a", "phone", found.phone);
      call.href = "tel:" + found.phone.replace(/[^\d+]/g, "");
      call.addEventListener("click", () => {  // no rating, but it says that the reply before was not enough
        to.rate({ reply_id: reply.reply_id, helpful: false, reason: "转人工" }).catch(() => {});
      });
      fact("电话", call);
    }
    fact("时间", found.hours);
    fact("现在", found.now);
    fact("地点", found.where);
    box.append(facts);
    return box;
  }

  function footing(reply, at, card, to) {
    const text = () => yiboshi.share.plain(reply, at);
    const copied = (done) => done.then(() => to.say("已复制"), () => to.say("没有复制成功，请选中文字再复制"));
    const actions = element("div", "actions");
    const ratings = rate(reply, to);
    actions.append(
      ...ratings.buttons,
      button("复制", () => copied(yiboshi.share.copy(text()))),
      button("打印", () => yiboshi.share.print(card)),
      button("下载", () => yiboshi.share.download(text(), "易博士-" + reply.answer.number + ".txt")),
    );
    const parts = [actions, ratings.more];
    if (reply.receipt) {
      const box = element("div", "receipt");
      const check = element("a", "", "核验");
      check.href = "receipt?code=" + encodeURIComponent(reply.receipt);
      check.target = "_blank";
      check.rel = "noopener";
      box.append(
        element("code", "", reply.receipt),
        button("复制凭证", () => copied(yiboshi.share.copy(reply.receipt))), check,
        element("p", "meta", "凭证写明条目编号、知识库版本和给出的时间，改动一个字符就通不过核验。"),
      );
      parts.push(fold("答复凭证", box));
    }
    parts.push(element("p", "meta", "更新于 " + reply.answer.updated + " · 知识库 " + reply.knowledge.version + " · 校验号 "
      + reply.knowledge.fingerprint + " · " + yiboshi.share.moment(at)));
    parts.push(element("p", "caution", "仅供参考，以法律法规和招标（采购）文件为准"));
    return parts;
  }

  // One vote a reply; it may be changed.  「没帮助」 asks why, and is counted even if nothing more is said.
  function rate(reply, to) {
    const more = element("div", "why");
    more.hidden = true;
    let reason = null;
    const send = (helpful, thanks) => {
      const body = { reply_id: reply.reply_id, helpful: helpful };
      if (!helpful && reason) body.reason = reason;
      if (!helpful && comment.value.trim()) body.comment = comment.value.trim();
      buttons.forEach((node, i) => node.setAttribute("aria-pressed", String(helpful === (i === 0))));
      to.rate(body).then(() => { if (thanks) to.say(thanks); }, () => {
        buttons.forEach((node) => node.setAttribute("aria-pressed", "false"));
        to.say("评价没有送出，请稍后再试");
      });
    };
    const buttons = [
      button("有帮助", () => { more.hidden = true; send(true, "谢谢您的评价"); }),
      button("没帮助", () => { more.hidden = false; send(false, "谢谢。说说哪里不好，我们来改"); }),
    ];
    buttons.forEach((node) => node.setAttribute("aria-pressed", "false"));
    const reasons = REASONS.map((name) => button(name, () => {
      reason = reason === name ? null : name;
      reasons.forEach((node) => node.setAttribute("aria-pressed", String(node.textContent === reason)));
    }));
    reasons.forEach((node) => node.setAttribute("aria-pressed", "false"));
    const comment = element("input");
    comment.maxLength = 100;
    comment.placeholder = "想说的话，可以不写（100 字内，请勿写个人信息）";
    comment.setAttribute("aria-label", "想说的话");
    const submit = button("提交", () => {
      send(false, "谢谢您的评价");
      more.hidden = true;
      buttons[1].focus();
    }, "primary");
    const group = element("div", "reasons");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "哪里不好");
    group.append(...reasons);
    more.append(group, comment, submit);
    return { buttons: buttons, more: more };
  }

  // When the service does not answer: what went wrong, and the question again at one touch.
  yiboshi.failureCard = (error, again) => {
    const node = element("section", "card failed");
    node.append(element("h2", "said", error.said || "没有连上服务，您的问题还在。"));
    const retry = button("重试", () => { node.remove(); again(); }, "primary");
    node.append(retry);
    return node;
  };
})();
