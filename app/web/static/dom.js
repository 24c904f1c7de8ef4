// Small words for building pages.  Text always goes through textContent.
"use strict";
window.yiboshi = {
  element: (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = text;
    return node;
  },

  button: (text, onClick, className) => {
    const node = yiboshi.element("button", className, text);
    node.type = "button";
    node.addEventListener("click", onClick);
    return node;
  },

  list: (className, nodes) => {
    const list = yiboshi.element("ul", className);
    nodes.forEach((node) => {
      const row = document.createElement("li");
      row.append(node);
      list.append(row);
    });
    return list;
  },

  fold: (title, content, open) => {
    const box = document.createElement("details");
    box.open = Boolean(open);
    box.append(yiboshi.element("summary", "", title), content);
    return box;
  },

  // A name of 128 random bits; crypto.randomUUID is missing on plain-http addresses.
  randomName: () => {
    const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
    return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  // What this tab or this browser remembers.  Inside a frame storage may be refused; then nothing is remembered.
  remembered: (storage, key) => {
    try { return window[storage].getItem(key); } catch (error) { return null; }
  },
  remember: (storage, key, value) => {
    try {
      if (value === null) window[storage].removeItem(key);
      else window[storage].setItem(key, value);
    } catch (error) { /* refused or full: the page works on without */ }
  },
};
