// An answer leaves the page as text or on paper: always with its number, its sources, its version and its receipt.
"use strict";
(function () {
  const { element } = yiboshi;

  function moment(at) {
    const two = (n) => String(n).padStart(2, "0");
    return at.getFullYear() + "年" + (at.getMonth() + 1) + "月" + at.getDate() + "日 " + two(at.getHours()) + ":" + two(at.getMinutes());
  }

  function plain(reply, at) {
    const found = reply.answer;
    const lines = ["编号 " + found.number + "　" + found.question, ""];
    if (reply.urgent) lines.push("先做：" + reply.urgent.now, "还不行：" + reply.urgent.fallback, "");
    lines.push(found.text);
    if (found.legal_basis.length) {
      lines.push("", "依据：");
      found.legal_basis.forEach((basis) => { lines.push("《" + basis.law + "》" + basis.article); });
    }
    lines.push("", "易博士 " + moment(at) + "　知识库 " + reply.knowledge.version + "　校验号 " + reply.knowledge.fingerprint);
    if (reply.receipt) lines.push("答复凭证 " + reply.receipt);
    lines.push("仅供参考，以法律法规和招标（采购）文件为准");
    return lines.join("\n");
  }

  // navigator.clipboard is missing on plain-http addresses, where execCommand still copies.
  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(text).catch(() => copySelected(text));
    }
    return copySelected(text);
  }

  function copySelected(text) {
    const area = element("textarea", "hidden");
    const before = document.activeElement;
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before && before.focus) before.focus();
    return done ? Promise.resolve() : Promise.reject(new Error("copy"));
  }

  function download(text, name) {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + text.replace(/\n/g, "\r\n")], { type: "text/plain" }));  // for Notepad
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => { URL.revokeObjectURL(link.href); }, 10000);
  }

  // Prints one card, everything on it unfolded.
  function print(card) {
    const folded = Array.from(card.querySelectorAll("details:not([open])"));
    function restore() {
      window.removeEventListener("afterprint", restore);
      document.documentElement.classList.remove("one-card");
      card.classList.remove("printed");
      folded.forEach((box) => { box.open = false; });
    }
    folded.forEach((box) => { box.open = true; });
    document.documentElement.classList.add("one-card");
    card.classList.add("printed");
    window.addEventListener("afterprint", restore);
    window.print();
  }

  yiboshi.share = { moment: moment, plain: plain, copy: copy, download: download, print: print };
})();
