// Built from widgets/src (d693101158bb430e) by "npm run build". Do not edit.

// src/shared/dom.ts
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== void 0) node.setAttribute(name, String(value));
  }
  append(node, children);
  return node;
}
function append(node, children) {
  for (const child of children) {
    if (child !== null && child !== void 0 && child !== false) node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}
function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}
function button(name, act, options = {}) {
  return h(
    "button",
    { type: "button", class: `wbw-button ${options.class ?? ""}`, title: options.title, "aria-keyshortcuts": options.key || void 0, onclick: () => act() },
    h("span", {}, name),
    options.key !== void 0 && options.key !== "" && h("kbd", { "aria-hidden": "true" }, keyName(options.key))
  );
}
function keyName(key) {
  const names = { Enter: "⏎", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", " ": "Space" };
  return names[key] ?? key;
}
function isField(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

// src/shared/focus.ts
function guardFocus(root, signal) {
  let inside = false;
  let moving = false;
  const back = () => {
    const now = document.activeElement;
    const lost = now === null || now === document.body || root.contains(now) && now.closest("[hidden]") !== null;
    if (inside && lost && root.isConnected) root.focus({ preventScroll: true });
  };
  root.addEventListener("focusin", () => inside = true, { signal });
  root.addEventListener("blur", () => moving = true, { signal, capture: true });
  root.addEventListener(
    "focusout",
    (event) => {
      const left = event.target;
      queueMicrotask(() => {
        moving = false;
        if (left.isConnected && left.closest("[hidden]") === null) inside = root.contains(document.activeElement);
        else back();
      });
    },
    { signal }
  );
  const observer = new MutationObserver(() => {
    if (!moving) back();
  });
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
  signal.addEventListener("abort", () => observer.disconnect());
}

// src/shared/keys.ts
function bindKeys(root, actions, signal) {
  const byKey = /* @__PURE__ */ new Map();
  for (const action of actions) for (const key of action.keys) byKey.set(key, action);
  root.addEventListener(
    "keydown",
    (event) => {
      const combined = event.ctrlKey || event.metaKey || event.altKey;
      const action = byKey.get(keyOf(event));
      if (combined && (action === void 0 || isField(event.target))) return;
      event.stopPropagation();
      if (isField(event.target) || event.isComposing || action === void 0) return;
      if ((event.key === "Enter" || event.key === " ") && event.target instanceof HTMLElement && event.target.closest("button, summary, [role=option]")) return;
      event.preventDefault();
      if (!event.repeat || action.repeats === true) action.run();
    },
    { signal }
  );
  for (const name of ["keypress", "keyup"]) {
    root.addEventListener(name, (event) => {
      if (!(event.ctrlKey || event.metaKey || event.altKey)) event.stopPropagation();
    }, { signal });
  }
}
function keyOf(event) {
  let key = event.key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter !== void 0 && key.length === 1 && key > "") key = event.shiftKey ? letter : letter.toLowerCase();
  if (key.length === 1 && /[A-Z]/.test(key) && !event.shiftKey) key = key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return `Ctrl+${key.toLowerCase()}`;
  return event.altKey ? `Alt+${key}` : key;
}

// src/shared/link.ts
function newId() {
  const words2 = crypto.getRandomValues(new Uint32Array(3));
  return `${Date.now().toString(36).padStart(9, "0")}${(serial++ % 46656).toString(36).padStart(3, "0")}-${[...words2].map((word) => word.toString(36)).join("")}`;
}
var serial = 0;
var CALM = 5e3;
var NERVOUS = 1e3;
var PATIENCE = 2e3;
var Link = class {
  constructor(channel, signal) {
    this.channel = channel;
    this.signal = signal;
    const heard = (content, buffers) => this.#hear(content, buffers);
    const changed = () => void this.#beat();
    channel.on("msg:custom", heard);
    channel.on("comm_live_update", changed);
    signal.addEventListener("abort", () => {
      channel.off("msg:custom", heard);
      channel.off("comm_live_update", changed);
      clearTimeout(this.#pulse);
      for (const { timer } of this.#asked.values()) clearTimeout(timer);
    });
    void this.#beat();
  }
  alive = true;
  #asked = /* @__PURE__ */ new Map();
  #watchers = /* @__PURE__ */ new Set();
  #pause = CALM;
  #pulse;
  /** Told whenever the kernel falls silent or is heard again. */
  watch(watcher) {
    this.#watchers.add(watcher);
  }
  send(content) {
    try {
      this.channel.send(content);
    } catch {
      this.#settle(false);
    }
  }
  ask(content, patience = 3e4) {
    const id = newId();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        fail(new Error("the kernel is not answering"));
      }, patience);
      this.#asked.set(id, { done, fail, timer });
      this.send({ ...content, id });
    });
  }
  #hear(content, buffers) {
    this.#settle(true);
    const asked = content.to === void 0 ? void 0 : this.#asked.get(content.to);
    if (asked === void 0 || content.to === void 0) return;
    clearTimeout(asked.timer);
    this.#asked.delete(content.to);
    if (content.error !== void 0) asked.fail(new Error(content.error));
    else asked.done({ content, buffers });
  }
  async #beat() {
    clearTimeout(this.#pulse);
    if (this.signal.aborted) return;
    try {
      await this.ask({ kind: "ping" }, PATIENCE);
      this.#pause = CALM;
    } catch {
      this.#pause = this.alive ? NERVOUS : Math.min(this.#pause * 2, 8e3);
      this.#settle(false);
    }
    if (!this.signal.aborted) this.#pulse = setTimeout(() => void this.#beat(), this.#pause);
  }
  #settle(alive) {
    if (alive === this.alive) return;
    this.alive = alive;
    for (const watcher of this.#watchers) watcher(alive);
  }
};

// src/shared/outbox.ts
var PATIENCE2 = 2e3;
var Outbox = class {
  constructor(channel, link, name, report, settled, signal) {
    this.link = link;
    this.name = name;
    this.report = report;
    this.settled = settled;
    const heard = (reply) => this.#hear(reply);
    channel.on("msg:custom", heard);
    signal.addEventListener("abort", () => {
      channel.off("msg:custom", heard);
      clearTimeout(this.#timer);
    });
    link.watch((alive) => alive ? this.#send() : this.#silent());
    this.#queue = kept(name);
    if (this.#queue.length > 0) this.#send();
  }
  #queue = [];
  #delivery = { state: "idle", waiting: 0 };
  #timer;
  #retry = PATIENCE2;
  #flying = false;
  get waiting() {
    return this.#queue;
  }
  get delivery() {
    return this.#delivery;
  }
  add(change) {
    const full = { ...change, operation: newId() };
    this.#queue.push(full);
    keep(this.name, full);
    if (!this.#flying) this.#send();
    else if (this.#delivery.state === "saving") this.#say({ state: "saving", waiting: this.#queue.length });
    else if (this.#delivery.state === "unsaved") this.#say({ ...this.#delivery, waiting: this.#queue.length });
    return full.operation;
  }
  /** Try again now. */
  retry() {
    this.#retry = PATIENCE2;
    this.#send();
  }
  /** Give up the change at the head, which the other side refuses. */
  discard() {
    const change = this.#queue.shift();
    if (change !== void 0) forget(this.name, change.operation);
    this.#flying = false;
    if (this.#queue.length > 0) this.#send();
    else this.#say({ state: "idle", waiting: 0 });
    return change;
  }
  #send() {
    const change = this.#queue[0];
    clearTimeout(this.#timer);
    if (change === void 0) return;
    this.#flying = true;
    if (this.#delivery.state !== "unsaved") this.#say({ state: "saving", waiting: this.#queue.length });
    this.#timer = setTimeout(() => this.#silent(), PATIENCE2);
    this.link.send({ kind: "change", id: change.operation, change });
    if (!this.link.alive) this.#silent();
  }
  #silent() {
    if (this.#queue.length === 0) return;
    clearTimeout(this.#timer);
    this.#say({ state: "unsaved", waiting: this.#queue.length, why: "the kernel is not answering", refused: false });
    this.#again();
  }
  #again() {
    this.#timer = setTimeout(() => this.#send(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, 16e3);
  }
  #hear(reply) {
    const change = this.#queue.find((each) => each.operation === reply.to);
    if (change === void 0) return;
    clearTimeout(this.#timer);
    if (reply.error !== void 0) {
      this.#say({ state: "unsaved", waiting: this.#queue.length, why: reply.error, refused: true });
      this.#again();
      return;
    }
    this.#queue = this.#queue.filter((each) => each !== change);
    forget(this.name, change.operation);
    this.#retry = PATIENCE2;
    this.#flying = false;
    this.settled(change, reply);
    if (this.#queue.length === 0) this.#say({ state: "saved", waiting: 0 });
    else {
      this.#say({ state: "saving", waiting: this.#queue.length });
      this.#send();
    }
  }
  #say(delivery) {
    this.#delivery = delivery;
    this.report(delivery);
  }
};
var prefix = (name) => `trace-workbench:${name}:`;
function keep(name, change) {
  try {
    sessionStorage.setItem(prefix(name) + change.operation, JSON.stringify(change));
  } catch {
  }
}
function forget(name, operation) {
  try {
    sessionStorage.removeItem(prefix(name) + operation);
  } catch {
  }
}
function kept(name) {
  const found = [];
  try {
    for (let index = 0; index < sessionStorage.length; index++) {
      const key = sessionStorage.key(index);
      if (key?.startsWith(prefix(name))) found.push(JSON.parse(sessionStorage.getItem(key) ?? "null"));
    }
  } catch {
    return [];
  }
  return found.filter((change) => typeof change?.operation === "string").sort((a, b) => a.operation < b.operation ? -1 : 1);
}

// src/shared/text.ts
var HIDDEN = (
  // C0 and C1 controls but tab and newline; direction marks; zero-width and other invisible characters; the tag block; lone surrogates
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|(?<=^|[\u0000-\u007f])[\u200c\u200d]|\p{Surrogate}/gu
);
var code = (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(HIDDEN, code);
}
function shown(text, query = "") {
  const fragment = document.createDocumentFragment();
  const clean = text.replace(/\r\n/g, "\n");
  let from = 0;
  for (const found of clean.matchAll(HIDDEN)) {
    marked(fragment, clean.slice(from, found.index), query);
    const span = document.createElement("span");
    span.className = "wbw-hidden-character";
    span.title = "a character that does not show";
    span.textContent = code(found[0]);
    fragment.append(span);
    from = found.index + found[0].length;
  }
  marked(fragment, clean.slice(from), query);
  return fragment;
}
function marked(into, text, query) {
  if (query === "") {
    if (text !== "") into.append(text);
    return;
  }
  let from = 0;
  for (const at of occurrences(text, query)) {
    if (at > from) into.append(text.slice(from, at));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + query.length);
    into.append(mark);
    from = at + query.length;
  }
  if (from < text.length) into.append(text.slice(from));
}
function occurrences(text, query) {
  const places = [];
  const hay = text.toLowerCase();
  const needle = query.toLowerCase();
  const [where, what] = hay.length === text.length && needle.length === query.length ? [hay, needle] : [text, query];
  for (let at = where.indexOf(what); at >= 0 && what !== ""; at = where.indexOf(what, at + what.length)) places.push(at);
  return places;
}
function oneLine(text, limit) {
  const flat = visible(text.slice(0, limit * 4)).replace(/\s+/g, " ").trim();
  return flat.length > limit || text.length > limit * 4 ? `${flat.slice(0, limit - 1).trimEnd()}…` : flat;
}
var count = (n) => n.toLocaleString("en-US");
var plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

// src/shared/help.ts
var NOTES = "In a note, Enter keeps it and Shift+Enter begins a new line; Ctrl+Enter saves and shows the next session. Everything is saved as you say it.";
function helpCard(actions, close, notes = NOTES) {
  const list = h("ul", { class: "wbw-keys" });
  for (const action of actions) {
    if (action.says === "") continue;
    const keys = h("span", { class: "wbw-keys-of" });
    action.keys.slice(0, 3).forEach((key, index) => {
      if (index > 0) keys.append(" ");
      keys.append(h("kbd", {}, keyName(key)));
    });
    list.append(h("li", {}, keys, h("span", {}, action.says)));
  }
  const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the list of keys" }, "×");
  shut.addEventListener("click", close);
  return h(
    "div",
    { class: "wbw-help", role: "dialog", "aria-label": "Keys" },
    h("div", { class: "wbw-heading" }, h("span", {}, "Keys"), shut),
    list,
    notes !== "" && h("p", { class: "wbw-hint" }, notes)
  );
}

// src/shared/status.ts
var Status = class {
  constructor(retry, discard, key, done = "saved", remedy = "If it was restarted, run this cell again.") {
    this.done = done;
    this.remedy = remedy;
    this.#retry = button("Try again", retry, { key, class: "wbw-quiet" });
    this.#discard = button("Discard", discard, { class: "wbw-quiet", title: "Give up the change that was refused" });
    this.el.append(this.#text, this.#retry, this.#discard);
    this.show({ state: "idle", waiting: 0 }, true);
  }
  el = h("div", { class: "wbw-status" });
  #text = h("span", { role: "status", class: "wbw-status-text" });
  #retry;
  #discard;
  show(delivery, alive) {
    const [state, glyph, says] = words(delivery, alive, this.done, this.remedy);
    this.el.dataset["state"] = state;
    fill(this.#text, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph), says);
    const refused = delivery.state === "unsaved" && delivery.refused;
    this.#retry.hidden = delivery.state !== "unsaved";
    this.#discard.hidden = !refused;
  }
};
function words(delivery, alive, done, remedy) {
  if (delivery.state === "unsaved" && delivery.refused && alive) {
    return ["unsaved", "✕", `not saved: ${delivery.why}. ${kept2(delivery.waiting)}`];
  }
  if (delivery.state === "unsaved" || !alive) {
    const what = delivery.waiting > 0 ? `not saved: the kernel is not answering. ${kept2(delivery.waiting)}` : "the kernel is not answering: nothing can be saved.";
    return ["unsaved", "✕", `${what} ${remedy}`];
  }
  if (delivery.state === "saving") return ["saving", "…", delivery.waiting > 1 ? `saving ${delivery.waiting} changes` : "saving"];
  return delivery.state === "saved" ? ["saved", "✓", done] : ["idle", "", ""];
}
var kept2 = (waiting) => `${plural(waiting, "change is", "changes are")} kept in this page and sent again.`;

// src/shared/completion.ts
var made = 0;
var Completion = class {
  /** What is typed and not chosen is taken when the field is left (`keeps`), or forgotten; Escape forgets it. */
  constructor(name, known, choose, leave, keeps = false) {
    this.known = known;
    this.choose = choose;
    this.leave = leave;
    this.keeps = keeps;
    this.#list = h("ul", { class: "wbw-offers", role: "listbox", id: this.#id, "aria-label": name, hidden: true });
    this.input = h("input", {
      class: "wbw-field",
      type: "text",
      role: "combobox",
      "aria-label": name,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.#id,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "pick one or coin a new one"
    });
    this.input.addEventListener("input", () => this.#offer());
    this.input.addEventListener("focus", () => {
      this.input.select();
      this.#offer(true);
    });
    this.input.addEventListener("blur", () => {
      this.#close();
      this.commit();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-at]");
      if (option !== null) this.#take(Number(option.dataset["at"]));
    });
    this.el = h("div", { class: "wbw-completion" }, this.input, this.#list);
  }
  el;
  input;
  #list;
  #offers = [];
  #at = 0;
  #said = "";
  #id = `wbw-completion-${made += 1}`;
  /** Show what is said. */
  show(name) {
    this.#said = name;
    this.input.value = name;
  }
  /** Hand over what was typed and not yet said. */
  commit() {
    const typed = this.input.value.trim();
    if (!this.keeps || typed === this.#said) return;
    const same = [...this.known()].find((name) => name.toLowerCase() === typed.toLowerCase());
    this.#choose(typed === "" ? null : same ?? typed);
  }
  #choose(name) {
    this.show(name ?? "");
    this.choose(name);
  }
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      if (this.#offers.length > 0) this.#at = (this.#at + by + this.#offers.length) % this.#offers.length;
      this.#draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.input.value.trim() === "") {
        this.#choose(null);
        this.leave();
      } else this.#take(this.#at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.input.value = this.#said;
      this.leave();
    }
  }
  #offer(all = false) {
    const typed = this.input.value.trim();
    const wanted = all ? "" : typed.toLowerCase();
    const known = [...this.known()];
    const rank = (name) => {
      const lower = name.toLowerCase();
      if (lower === wanted) return 0;
      if (lower.startsWith(wanted)) return 1;
      if (lower.split(/[\s_-]+/).some((word) => word.startsWith(wanted))) return 2;
      return lower.includes(wanted) ? 3 : 9;
    };
    this.#offers = known.map((name) => ({ name, coined: false, rank: rank(name) })).filter((offer) => offer.rank < 9).sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name)).slice(0, 8);
    if (typed !== "" && !known.some((name) => name.toLowerCase() === typed.toLowerCase())) this.#offers.push({ name: typed, coined: true });
    this.#at = Math.max(0, all ? this.#offers.findIndex((offer) => offer.name === typed) : 0);
    this.#draw();
  }
  #draw() {
    fill(
      this.#list,
      ...this.#offers.map(
        (offer, at) => h(
          "li",
          { role: "option", id: `${this.#id}-${at}`, "data-at": at, "aria-selected": at === this.#at ? "true" : "false" },
          offer.coined ? h("span", { class: "wbw-coin" }, "+ new: ") : null,
          visible(offer.name)
        )
      )
    );
    const open = this.#offers.length > 0;
    this.#list.toggleAttribute("hidden", !open);
    this.input.setAttribute("aria-expanded", String(open));
    if (open) this.input.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
    const selected = this.#list.children[this.#at];
    if (selected instanceof HTMLElement) this.#list.scrollTop = Math.max(0, selected.offsetTop - this.#list.clientHeight / 2);
  }
  #take(at) {
    const offer = this.#offers[at];
    if (offer === void 0) return;
    this.#choose(offer.name);
    this.leave();
  }
  #close() {
    this.#list.toggleAttribute("hidden", true);
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
};

// src/explorer/editor.ts
var Editor = class {
  constructor(done) {
    this.done = done;
  }
  el = h("div", { class: "wbw-editor", hidden: true });
  get opened() {
    return !this.el.hidden;
  }
  rename(name, say) {
    const field = h("input", { class: "wbw-field", type: "text", "aria-label": "New name", autocomplete: "off", spellcheck: "true" });
    field.value = name;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      const given = field.value.trim();
      this.close();
      if (event.key === "Enter" && given !== "" && given !== name) say(given);
    });
    this.#open("New name", field, "Enter renames, Escape leaves it");
    field.select();
  }
  pick(what, known, hint, say) {
    const completion = new Completion(what, () => known, (name) => name !== null && say(name), () => this.close());
    this.#open(what, completion.input, hint, completion.el);
  }
  /** Say what can be done and let one of it be chosen; the first has the focus. */
  choose(what, choices) {
    const buttons = choices.map(
      ({ name, run }) => button(name, () => {
        this.close();
        run();
      }, { class: "wbw-choice" })
    );
    const first = buttons[0];
    if (first !== void 0) this.#open(what, first, "Enter does it, Tab goes to the next, Escape leaves it", h("div", { class: "wbw-choices" }, ...buttons));
  }
  close() {
    if (this.el.hidden) return;
    this.done();
    this.el.hidden = true;
    fill(this.el);
  }
  #open(what, field, hint, box = field) {
    fill(this.el, h("div", { class: "wbw-heading" }, h("span", {}, what)), box, h("p", { class: "wbw-hint" }, hint));
    this.el.hidden = false;
    field.focus({ preventScroll: true });
  }
};

// src/explorer/marks.ts
var COLOURS = ["#2f7ed8", "#d1660a", "#1a9c76", "#c2569b", "#a08a00", "#5f6fd0", "#d0453f", "#1797b5", "#8a6d3b", "#7a9a01"];
var NONE = "#8c8c8c";
var polygon = (corners, turn, inner = 1) => (path, x, y, r) => {
  const points = inner === 1 ? corners : corners * 2;
  for (let corner = 0; corner < points; corner++) {
    const angle = turn + corner / points * 2 * Math.PI;
    const reach = (corner % 2 === 1 ? inner : 1) * r * 1.2;
    const [px, py] = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach];
    if (corner === 0) path.moveTo(px, py);
    else path.lineTo(px, py);
  }
  path.closePath();
};
var UP = -Math.PI / 2;
var SHAPES = [
  (path, x, y, r) => {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  },
  (path, x, y, r) => path.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  polygon(3, UP),
  polygon(4, UP),
  polygon(4, Math.PI / 4, 0.35),
  polygon(3, -UP),
  polygon(5, UP, 0.45)
];
var colourOf = (mode) => mode < 0 ? NONE : COLOURS[mode % COLOURS.length];
function trace(path, mode, x, y, r) {
  const shape = mode < 0 ? 0 : (mode + Math.floor(mode / COLOURS.length)) % SHAPES.length;
  SHAPES[shape](path, x, y, mode < 0 ? r * 0.7 : r);
}
var swatch = (mode) => swatchOf({ colour: colourOf, trace }, mode);
function swatchOf(marks, key) {
  const canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = 16 * scale;
  canvas.className = "wbw-swatch";
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.scale(scale, scale);
    context.fillStyle = marks.colour(key);
    context.beginPath();
    marks.trace(context, key, 8, 8, 5);
    context.fill();
  }
  return canvas;
}

// src/explorer/list.ts
var PAGE = 200;
var ModeList = class {
  constructor(choose) {
    this.choose = choose;
    this.el.addEventListener("click", (event) => {
      const row = event.target.closest("[data-mode]");
      if (row !== null) this.choose(Number(row.dataset["mode"]));
    });
  }
  el = h("ul", { class: "wbw-modes", "aria-label": "Modes" });
  show(modes, current) {
    const held = this.el.contains(document.activeElement);
    const most = Math.max(1, ...modes.map((mode) => mode.size));
    fill(this.el, ...modes.map((mode) => this.#row(mode, mode.number === current, most)));
    const now = this.el.querySelector("[aria-pressed='true']") ?? this.el.querySelector("button");
    if (now === null) return;
    now.tabIndex = 0;
    if (held) now.focus({ preventScroll: true });
    const row = now.parentElement;
    if (row.offsetTop < this.el.scrollTop) this.el.scrollTop = row.offsetTop;
    else if (row.offsetTop + row.offsetHeight > this.el.scrollTop + this.el.clientHeight) this.el.scrollTop = row.offsetTop + row.offsetHeight - this.el.clientHeight;
  }
  #row(mode, current, most) {
    const bar = h("span", {});
    bar.style.width = `${mode.size / most * 100}%`;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: `wbw-mode${mode.retired ? " wbw-retired" : ""}`, "data-mode": mode.number, "aria-pressed": current ? "true" : "false", tabindex: -1, title: visible(mode.name) },
        swatch(mode.number),
        h("span", { class: "wbw-mode-name", dir: "auto" }, visible(mode.name)),
        mode.retired && h("span", { class: "wbw-chip" }, "not a failure"),
        h("span", { class: "wbw-mode-size" }, count(mode.size)),
        h("span", { class: "wbw-mode-share" }, `${(mode.share * 100).toFixed(1)}%`),
        h("span", { class: "wbw-mode-bar", "aria-hidden": "true" }, bar)
      )
    );
  }
};
var SessionList = class {
  constructor(line, open, pick) {
    this.line = line;
    this.open = open;
    this.pick = pick;
    this.#more.addEventListener("click", () => this.#grow());
    this.#list.addEventListener("click", (event) => {
      const button2 = event.target.closest("[data-row]");
      if (button2 === null) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) this.pick(Number(button2.dataset["row"]));
      else this.open(Number(button2.dataset["row"]));
    });
    this.el.append(this.#what, this.#list, this.#more);
  }
  el = h("div", { class: "wbw-sessions" });
  rows = [];
  #what = h("div", { class: "wbw-heading" });
  #list = h("ul", { class: "wbw-session-lines", "aria-label": "Sessions" });
  #shown = 0;
  #picked = /* @__PURE__ */ new Set();
  #more = h("button", { type: "button", class: "wbw-link", hidden: true });
  /** Mark the lines of sessions that were picked. */
  mark(picked) {
    this.#picked = picked;
    for (const line of this.#list.querySelectorAll("[data-row]")) this.#marked(line);
  }
  #marked(line) {
    const picked = this.#picked.has(Number(line.dataset["row"]));
    line.classList.toggle("wbw-picked", picked);
    if (picked) line.setAttribute("aria-description", "picked");
    else line.removeAttribute("aria-description");
  }
  show(rows, what) {
    this.rows = rows;
    this.#shown = 0;
    fill(this.#what, h("span", {}, what));
    fill(this.#list);
    this.#list.scrollTop = 0;
    this.#grow();
  }
  #grow() {
    for (const end = Math.min(this.rows.length, this.#shown + PAGE); this.#shown < end; this.#shown++) {
      const row = this.rows[this.#shown];
      const line = h("button", { type: "button", class: "wbw-session-line", "data-row": row, dir: "auto" }, visible(this.line(row)));
      this.#marked(line);
      this.#list.append(h("li", {}, line));
    }
    const left = this.rows.length - this.#shown;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show more — ${plural(left, "session")} not listed`;
  }
};

// src/explorer/colours.ts
var OTHER = "#6f6f6f";
var LEVELS = 32;
var SCALE = 1e3;
var REST = -1;
var NOTHING = -2;
function colouringOf(column, { content, buffers }) {
  const bytes = (view) => view === void 0 ? new Uint8Array() : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return { column, scale: String(content["scale"] ?? ""), entries: content["entries"], which: bytes(buffers[0]), shade: buffers[1] === void 0 ? null : bytes(buffers[1]) };
}
function shadeColour(place, dark) {
  const mix = (from, to) => from + (to - from) * Math.max(0, Math.min(1, place));
  return dark ? oklch(mix(0.5, 0.93), 0.14, mix(290, 465)) : oklch(mix(0.66, 0.27), 0.14, mix(75, -80));
}
function oklch(lightness, chroma, degrees) {
  const [a, b] = [chroma * Math.cos(degrees / 180 * Math.PI), chroma * Math.sin(degrees / 180 * Math.PI)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  const gamma = (x) => x <= 31308e-7 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
  return `#${linear.map((x) => Math.round(255 * Math.max(0, Math.min(1, gamma(Math.max(0, x))))).toString(16).padStart(2, "0")).join("")}`;
}
function columnMarks({ entries, which, shade }, dark) {
  const keys = entries.map((entry, place) => entry.kind === "none" ? NOTHING : entry.kind === "other" ? REST : place);
  return {
    key: (row) => {
      const key = keys[which[row] ?? -1] ?? NOTHING;
      return shade === null || key < 0 ? key : SCALE + Math.floor((shade[row] ?? 0) * LEVELS / 256);
    },
    colour: (key) => key === NOTHING ? NONE : key === REST ? OTHER : key >= SCALE ? shadeColour((key - SCALE) / (LEVELS - 1), dark) : colourOf(key),
    alpha: (key) => key === NOTHING ? 0.35 : key === REST ? 0.6 : 0.85,
    trace: (path, key, x, y, r) => trace(path, key >= SCALE ? 0 : Math.max(-1, key), x, y, r)
  };
}
function isDark(el) {
  const said = getComputedStyle(el).backgroundColor;
  const [r, g, b] = (said.match(/[\d.]+/g) ?? []).map(Number);
  if (r === void 0 || g === void 0 || b === void 0) return false;
  const full = said.startsWith("color(") ? 1 : 255;
  return (0.299 * r + 0.587 * g + 0.114 * b) / full < 0.5;
}

// src/explorer/space.ts
var Space = class _Space {
  count;
  zoom = 1;
  /** The point of the map, from 0 to 1 both ways, that is in the middle of the view. */
  middle = { x: 0.5, y: 0.5 };
  width = 1;
  height = 1;
  #at;
  #cells = /* @__PURE__ */ new Map();
  #wide;
  #high;
  static GRID = 96;
  constructor(raw) {
    this.count = raw.length / 2;
    this.#at = new Float32Array(raw.length);
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    raw.forEach((value, index) => {
      if (!Number.isFinite(value)) return;
      low[index % 2] = Math.min(low[index % 2], value);
      high[index % 2] = Math.max(high[index % 2], value);
    });
    const [spanX, spanY] = [high[0] - low[0], high[1] - low[1]];
    const span = Math.max(spanX, spanY) || 1;
    [this.#wide, this.#high] = [Math.max(spanX / span, 0.05) || 1, Math.max(spanY / span, 0.05) || 1];
    for (let index = 0; index < this.count; index++) {
      const [x, y] = [raw[index * 2], raw[index * 2 + 1]];
      this.#at[index * 2] = (x - low[0]) / span + (span - spanX) / span / 2;
      this.#at[index * 2 + 1] = 1 - ((y - low[1]) / span + (span - spanY) / span / 2);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const cell = this.#cell(this.#at[index * 2], this.#at[index * 2 + 1]);
      const bucket = this.#cells.get(cell);
      if (bucket === void 0) this.#cells.set(cell, [index]);
      else bucket.push(index);
    }
  }
  get scale() {
    return Math.min(this.width / this.#wide, this.height / this.#high) * 0.92 * this.zoom;
  }
  screen(index) {
    return { x: this.screenX(this.#at[index * 2]), y: this.screenY(this.#at[index * 2 + 1]) };
  }
  screenX = (x) => (x - this.middle.x) * this.scale + this.width / 2;
  screenY = (y) => (y - this.middle.y) * this.scale + this.height / 2;
  mapX = (x) => (x - this.width / 2) / this.scale + this.middle.x;
  mapY = (y) => (y - this.height / 2) / this.scale + this.middle.y;
  /** The point nearest to a place on the screen, within some pixels. */
  nearest(x, y, within = 12) {
    let best = -1;
    let least = within * within;
    for (const index of this.#inside(x - within, y - within, x + within, y + within)) {
      const at = this.screen(index);
      const apart = (at.x - x) ** 2 + (at.y - y) ** 2;
      if (apart < least) [best, least] = [index, apart];
    }
    return best;
  }
  /** The points inside an outline on the screen. */
  within(outline) {
    const xs = outline.map((point) => point.x);
    const ys = outline.map((point) => point.y);
    const found = [];
    for (const index of this.#inside(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))) {
      if (contains(outline, this.screen(index))) found.push(index);
    }
    return Int32Array.from(found).sort();
  }
  *#inside(left, top, right, bottom) {
    const [x0, x1] = [this.#lane(this.mapX(left)), this.#lane(this.mapX(right))];
    const [y0, y1] = [this.#lane(this.mapY(top)), this.#lane(this.mapY(bottom))];
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) yield* this.#cells.get(y * _Space.GRID + x) ?? [];
  }
  #lane = (value) => Math.max(0, Math.min(_Space.GRID - 1, Math.floor(value * _Space.GRID)));
  #cell = (x, y) => this.#lane(y) * _Space.GRID + this.#lane(x);
  zoomAt(factor, x = this.width / 2, y = this.height / 2) {
    const [mapX, mapY] = [this.mapX(x), this.mapY(y)];
    this.zoom = Math.max(0.8, Math.min(60, this.zoom * factor));
    this.middle = { x: mapX - (x - this.width / 2) / this.scale, y: mapY - (y - this.height / 2) / this.scale };
  }
  pan(dx, dy) {
    this.middle = { x: this.middle.x - dx / this.scale, y: this.middle.y - dy / this.scale };
  }
  fit() {
    this.zoom = 1;
    this.middle = { x: 0.5, y: 0.5 };
  }
};
function contains(outline, { x, y }) {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [a, b] = [outline[i], outline[j]];
    if (a.y > y !== b.y > y && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

// src/explorer/map.ts
var NAMED = 14;
var LINE = 16;
var STRAY = 2.2;
var PointMap = class {
  constructor(points, host, signal) {
    this.host = host;
    this.space = new Space(points);
    this.el = h("div", { class: "wbw-map" }, this.#canvas, this.#tip);
    const on = (name, act, options = {}) => this.#canvas.addEventListener(name, act, { signal, ...options });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointerleave", () => this.#hover(null));
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    if (typeof ResizeObserver !== "undefined") {
      const observer = new ResizeObserver(() => this.#resize());
      observer.observe(this.el);
      signal.addEventListener("abort", () => observer.disconnect());
    }
    signal.addEventListener("abort", () => {
      clearTimeout(this.#sharp);
      cancelAnimationFrame(this.#frame);
    });
  }
  el;
  space;
  #canvas = h("canvas", { class: "wbw-map-canvas", role: "img", "aria-label": "Map of the sessions" });
  #picture = document.createElement("canvas");
  #drawn = { zoom: 0, middle: { x: 0, y: 0 }, width: 0, height: 0 };
  #tip = h("div", { class: "wbw-tip", hidden: true });
  #members = new Int32Array();
  #modes = [];
  #lit = null;
  #marks = null;
  #picked = /* @__PURE__ */ new Set();
  #outline = [];
  #hand = null;
  #frame = 0;
  #sharp;
  #stale = true;
  #places = null;
  show(members2, modes) {
    this.#members = members2;
    this.#modes = modes;
    this.#redraw();
  }
  /** Only some points in full colour; null: all. */
  light(lit) {
    this.#lit = lit;
    this.#redraw();
  }
  /** Colour the points by something else; null: by their modes. */
  paint(marks) {
    this.#marks = marks;
    this.#redraw();
  }
  /** Points with a ring around them. */
  ring(picked) {
    this.#picked = picked;
    this.#paint();
  }
  get dark() {
    return isDark(this.el);
  }
  zoom(factor) {
    this.space.zoomAt(factor);
    this.#follow();
  }
  pan(dx, dy) {
    this.space.pan(dx, dy);
    this.#follow();
  }
  fit() {
    this.space.fit();
    this.#follow();
  }
  // ---- the hand
  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
  #down(event) {
    const from = this.#at(event);
    const pans = event.button === 1 || event.button === 2 || event.altKey || event.ctrlKey || event.metaKey;
    this.#hand = { kind: pans ? "pan" : event.shiftKey ? "box" : "lasso", from };
    this.#outline = [from];
    this.#canvas.setPointerCapture(event.pointerId);
    this.#hover(null);
  }
  #move(event) {
    const at = this.#at(event);
    if (this.#hand === null) {
      this.#hover(at);
      return;
    }
    const { kind, from } = this.#hand;
    if (kind === "pan") {
      this.pan(at.x - (this.#outline.at(-1)?.x ?? at.x), at.y - (this.#outline.at(-1)?.y ?? at.y));
      this.#outline = [at];
    } else if (kind === "box") {
      this.#outline = [from, { x: at.x, y: from.y }, at, { x: from.x, y: at.y }];
      this.#paint();
    } else {
      this.#outline.push(at);
      this.#paint();
    }
  }
  #up(event) {
    const hand = this.#hand;
    const at = this.#at(event);
    const outline = this.#outline;
    this.#hand = null;
    this.#outline = [];
    if (hand !== null && hand.kind !== "pan") {
      if (Math.hypot(at.x - hand.from.x, at.y - hand.from.y) < 4 && outline.length < 6) {
        const row = this.space.nearest(at.x, at.y);
        if (row >= 0 && hand.kind === "box") this.host.picked(row);
        else if (row >= 0) this.host.opened(row);
        else this.host.selected(new Int32Array());
      } else this.host.selected(this.space.within(outline));
    }
    this.#paint();
  }
  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = this.#at(event);
    this.space.zoomAt(Math.exp(-event.deltaY / 300), at.x, at.y);
    this.#follow();
  }
  #hover(at) {
    const row = at === null ? -1 : this.space.nearest(at.x, at.y);
    this.#tip.hidden = row < 0;
    if (row < 0) return;
    const place = this.space.screen(row);
    const said = this.host.said(row);
    this.#tip.replaceChildren(h("strong", {}, visible(this.host.mode(row))), h("span", {}, visible(this.host.line(row))), ...said === "" ? [] : [h("span", { class: "wbw-hint" }, visible(said))]);
    this.#tip.style.left = `${Math.min(place.x + 12, Math.max(0, this.space.width - 290))}px`;
    this.#tip.style.top = `${place.y > this.space.height - 90 ? place.y - 70 : place.y + 12}px`;
  }
  // ---- drawing
  #resize() {
    const { clientWidth, clientHeight } = this.el;
    if (clientWidth === 0 || clientHeight === 0) return;
    const scale = window.devicePixelRatio || 1;
    [this.space.width, this.space.height] = [clientWidth, clientHeight];
    for (const canvas of [this.#canvas, this.#picture]) [canvas.width, canvas.height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    this.#redraw();
  }
  #redraw() {
    this.#stale = true;
    this.#paint();
  }
  #follow() {
    this.#tip.hidden = true;
    clearTimeout(this.#sharp);
    this.#sharp = setTimeout(() => this.#redraw(), 120);
    this.#paint();
  }
  #paint() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#now();
    });
  }
  #now() {
    const context = this.#canvas.getContext("2d");
    if (context === null || this.space.width <= 1) return;
    if (this.#stale) this.#points();
    const scale = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const by = this.space.zoom / this.#drawn.zoom;
    const unit = this.space.scale * scale;
    const x = (this.#drawn.middle.x - this.space.middle.x) * unit + this.#canvas.width / 2 * (1 - by);
    const y = (this.#drawn.middle.y - this.space.middle.y) * unit + this.#canvas.height / 2 * (1 - by);
    context.drawImage(this.#picture, x, y, this.#canvas.width * by, this.#canvas.height * by);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#rings(context);
    this.#names(context);
    this.#lasso(context);
  }
  #points() {
    const context = this.#picture.getContext("2d");
    if (context === null) return;
    const scale = window.devicePixelRatio || 1;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.space.width, this.space.height);
    const radius = this.#radius();
    const marks = this.#marks ?? this.#modeMarks();
    for (const lit of this.#lit === null ? [true] : [false, true]) {
      const paths = /* @__PURE__ */ new Map();
      for (let row = 0; row < this.space.count; row++) {
        if (this.#lit !== null && this.#lit(row) !== lit) continue;
        const { x, y } = this.space.screen(row);
        if (!(x > -radius && y > -radius && x < this.space.width + radius && y < this.space.height + radius)) continue;
        const key = marks.key(row);
        let path = paths.get(key);
        if (path === void 0) paths.set(key, path = new Path2D());
        marks.trace(path, key, x, y, radius);
      }
      for (const [key, path] of [...paths].sort((a, b) => a[0] - b[0])) {
        context.fillStyle = marks.colour(key);
        context.globalAlpha = lit ? marks.alpha(key) : 0.13;
        context.fill(path);
      }
    }
    context.globalAlpha = 1;
    this.#drawn = { zoom: this.space.zoom, middle: this.space.middle, width: this.space.width, height: this.space.height };
    this.#stale = false;
  }
  #radius = () => Math.max(1.6, Math.min(6, 120 / Math.sqrt(this.space.count + 1))) * Math.min(2, Math.sqrt(this.space.zoom));
  #modeMarks() {
    const retired = new Set(this.#modes.filter((mode) => mode.retired).map((mode) => mode.number));
    return { key: (row) => this.#members[row] ?? -1, colour: colourOf, alpha: (mode) => mode < 0 ? 0.45 : retired.has(mode) ? 0.35 : 0.8, trace };
  }
  #rings(context) {
    context.strokeStyle = getComputedStyle(this.el).color;
    context.lineWidth = 2;
    for (const row of this.#picked) {
      const { x, y } = this.space.screen(row);
      context.beginPath();
      context.arc(x, y, this.#radius() + 4, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  #names(context) {
    const style = getComputedStyle(this.el);
    context.font = `600 12px ${style.fontFamily}`;
    context.textAlign = "center";
    context.lineJoin = "round";
    const radius = this.#radius();
    const taken = [];
    for (const mode of this.#modes.slice(0, NAMED)) {
      const at = this.#place(mode.number);
      if (at === null) continue;
      const name = visible(mode.name.length > 28 ? `${mode.name.slice(0, 27)}…` : mode.name);
      const half = context.measureText(name).width / 2 + 4;
      const x = Math.max(half, Math.min(this.space.width - half, this.space.screenX(at.x)));
      const near = [this.space.screenY(at.top) - radius - 6, this.space.screenY(at.bottom) + radius + LINE, this.space.screenY(at.y) - 14];
      const free = (y2) => y2 >= 12 && y2 <= this.space.height - 6 && !taken.some((other) => x + half > other.left && x - half < other.right && Math.abs(y2 - other.y) < LINE);
      const y = near.find(free);
      if (y === void 0) continue;
      taken.push({ left: x - half, right: x + half, y });
      context.strokeStyle = style.backgroundColor;
      context.lineWidth = 4;
      context.strokeText(name, x, y);
      context.fillStyle = style.color;
      context.globalAlpha = mode.retired ? 0.5 : 1;
      context.fillText(name, x, y);
      context.globalAlpha = 1;
    }
  }
  #place(mode) {
    if (this.#places?.of !== this.#members) {
      const sums = /* @__PURE__ */ new Map();
      for (let row = 0; row < this.space.count; row++) {
        const { x, y } = this.space.screen(row);
        if (!Number.isFinite(x + y)) continue;
        const number = this.#members[row] ?? -1;
        const sum = sums.get(number) ?? { n: 0, x: 0, y: 0, squares: 0, top: y, bottom: y };
        sums.set(number, { n: sum.n + 1, x: sum.x + x, y: sum.y + y, squares: sum.squares + y * y, top: Math.min(sum.top, y), bottom: Math.max(sum.bottom, y) });
      }
      const at = [...sums].map(([number, sum]) => {
        const y = sum.y / sum.n;
        const reach = STRAY * Math.sqrt(Math.max(0, sum.squares / sum.n - y * y));
        const [top, bottom] = [Math.max(sum.top, y - reach), Math.min(sum.bottom, y + reach)];
        return [number, { x: this.space.mapX(sum.x / sum.n), y: this.space.mapY(y), top: this.space.mapY(top), bottom: this.space.mapY(bottom) }];
      });
      this.#places = { of: this.#members, at: new Map(at) };
    }
    return this.#places?.at.get(mode) ?? null;
  }
  #lasso(context) {
    if (this.#outline.length < 2 || this.#hand === null || this.#hand.kind === "pan") return;
    context.beginPath();
    this.#outline.forEach((point, index) => index === 0 ? context.moveTo(point.x, point.y) : context.lineTo(point.x, point.y));
    context.closePath();
    context.strokeStyle = getComputedStyle(this.el).color;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
};

// src/shared/reader.ts
var KEPT = 8;
var Reader = class {
  constructor(link) {
    this.link = link;
  }
  #kept = /* @__PURE__ */ new Map();
  #suggestions = /* @__PURE__ */ new Map();
  /** A session that is shown now; where its suggestions are shown first, that is on record before it is seen. */
  async open(id, first = false) {
    const session = await this.#read(id, false);
    if (first && session.held > 0 && this.suggestions(id) === null) {
      const { content } = await this.link.ask({ kind: "reveal", session_id: id });
      if (Array.isArray(content["suggestions"])) this.revealed(id, content["suggestions"]);
    }
    return session;
  }
  /** A session that may be shown next: nobody has seen it yet. */
  ahead(id) {
    this.#read(id, true).catch(() => void 0);
  }
  #read(id, ahead) {
    let session = this.#kept.get(id);
    this.#kept.delete(id);
    session ??= this.#fetch(id, ahead);
    this.#kept.set(id, session);
    for (const old of this.#kept.keys()) if (this.#kept.size > KEPT) this.#kept.delete(old);
    return session;
  }
  suggestions(id) {
    return this.#suggestions.get(id) ?? null;
  }
  revealed(id, suggestions) {
    this.#suggestions.set(id, suggestions);
  }
  async more(id, step, field) {
    const { content, buffers } = await this.link.ask({ kind: "more", session_id: id, number: step.number, field, left: step.more?.[field] ?? 0 });
    step[field] = (step[field] ?? "") + decode(buffers);
    step.more = { ...step.more, [field]: content["left"] };
  }
  async #fetch(id, ahead) {
    try {
      const { content, buffers } = await this.link.ask({ kind: "fetch", session_id: id, ahead });
      if (Array.isArray(content["suggestions"])) this.#suggestions.set(id, content["suggestions"]);
      return JSON.parse(decode(buffers));
    } catch (error) {
      this.#kept.delete(id);
      throw error;
    }
  }
};
function decode(buffers) {
  const [buffer] = buffers;
  return buffer === void 0 ? "" : new TextDecoder().decode(buffer);
}

// src/shared/json.ts
function indented(text) {
  if (!isStructure(text)) return text;
  let out = "";
  let depth = 0;
  const line = () => `
${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      out += token;
      depth += 1;
      if (next !== "}" && next !== "]") out += line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[index - 1];
      out += before === "{" || before === "[" ? token : line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  });
  return out;
}
function members(text) {
  if (!isStructure(text) || !text.trimStart().startsWith("{")) return null;
  const found = [];
  let depth = 0;
  let key = null;
  let value = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === "}" || token === "]";
    if (depth === 1 && (token === "," || closes)) {
      if (key !== null) found.push([key, value]);
      key = null;
      value = "";
    } else if (depth === 1 && token === ":" && key === null) {
      key = JSON.parse(value);
      value = "";
    } else if (depth > 0) value += depth > 1 && (token === "," || token === ":") ? `${token} ` : token;
    if (token === "{" || token === "[") depth += 1;
    else if (closes) depth -= 1;
  }
  return found;
}
function isStructure(text) {
  if (!/^\s*[{[]/.test(text) || text.length > 1e6) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// src/shared/loop.ts
var WORDS = {
  system: "System",
  user: "User",
  assistant: "Assistant",
  tool: "Tool",
  retrieval: "Retrieval",
  error: "Error"
};
var GLYPHS = {
  system: "§",
  user: "◯",
  assistant: "●",
  tool: "▸",
  retrieval: "≡",
  error: "✕"
};
var failed = (step) => step.kind === "error" || step.error !== null && step.error !== "";
function repeats(steps) {
  const seen = /* @__PURE__ */ new Map();
  const found = /* @__PURE__ */ new Map();
  for (const step of steps) {
    if (step.kind !== "tool" && step.kind !== "retrieval") continue;
    const key = `${step.kind}\0${step.tool_name}\0${canonical(step.tool_arguments ?? step.text ?? "")}`;
    const before = seen.get(key);
    if (before === void 0) seen.set(key, { first: step.number, times: 1, failed: failed(step) });
    else {
      before.times += 1;
      found.set(step.number, { of: before.first, times: before.times, retry: before.failed });
      before.failed = failed(step);
    }
  }
  return found;
}
function canonical(text) {
  const parts = members(text);
  return parts === null ? text.trim() : parts.map(([key, value]) => `${key}:${value}`).sort().join(",");
}
function call(step, limit) {
  const name = visible(step.tool_name ?? (step.kind === "retrieval" ? "retrieve" : "tool"));
  const given = step.tool_arguments ?? (step.kind === "retrieval" ? step.text : null) ?? "";
  const parts = members(given);
  const inside = parts === null ? given : parts.map(([key, value]) => `${key}: ${value}`).join(", ");
  return `${name}(${oneLine(inside, limit)})`;
}
function outcome(step, limit) {
  if (failed(step)) return oneLine(step.error ?? step.text ?? "", limit);
  if (step.tool_result === null) return "no result recorded";
  return step.tool_result.trim() === "" ? "empty result" : oneLine(step.tool_result, limit);
}
function lasting(seconds) {
  if (seconds === null) return "";
  if (seconds < 0.0995) return `${(seconds * 1e3).toFixed(0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}

// src/shared/payload.ts
var FIRST = 2e3;
var FURTHER = 2e4;
var opened = /* @__PURE__ */ new WeakMap();
function payload(host, step, field, options = {}) {
  const box = h("div", { class: `wbw-payload${options.code === true ? " wbw-code" : ""}` });
  const open = (limit) => {
    opened.set(step, { ...opened.get(step), [field]: limit });
    const held = box.contains(document.activeElement);
    draw();
    if (held) box.querySelector("button")?.focus({ preventScroll: true });
  };
  const draw = () => {
    const raw = step[field] ?? "";
    const whole = options.code === true ? indented(raw) : raw;
    const query = host.query();
    const limit = opened.get(step)?.[field] ?? FIRST;
    const last = query === "" ? void 0 : occurrences(whole, query).at(-1);
    const end = Math.max(limit, last === void 0 ? 0 : last + query.length + 200);
    const cut = end < whole.length && /[\ud800-\udbff]/.test(whole[end - 1] ?? "") ? end - 1 : end;
    const text = h("div", { class: "wbw-text", dir: "auto" });
    text.append(shown(whole.slice(0, cut), query));
    box.replaceChildren();
    if (options.name !== void 0) box.append(h("div", { class: "wbw-payload-name" }, options.name));
    box.append(text);
    const here = Math.max(0, whole.length - cut);
    const there = step.more?.[field] ?? 0;
    if (here + there > 0) box.append(rest(here, there));
    const lost = step.cuts?.[field] ?? 0;
    if (lost > 0) box.append(h("p", { class: "wbw-cut" }, `✂ ${plural(lost, "character")} were left out when this evidence was made`));
  };
  const rest = (here, there) => {
    const button2 = h("button", { type: "button", class: "wbw-link" }, `Show more — ${plural(here + there, "character")} not shown`);
    button2.addEventListener("click", () => {
      if (here > 0) {
        open((opened.get(step)?.[field] ?? FIRST) + FURTHER);
        return;
      }
      button2.textContent = "Fetching…";
      host.more(step, field).then(
        () => open((step[field] ?? "").length + FURTHER),
        (error) => {
          button2.textContent = `Not fetched: ${error instanceof Error ? error.message : String(error)} — try again`;
        }
      );
    });
    return h("p", { class: "wbw-cut" }, "✂ ", button2);
  };
  draw();
  return box;
}
var size = (step, field) => {
  const characters = (step[field] ?? "").length + (step.more?.[field] ?? 0);
  return characters > FIRST ? `${count(characters)} characters` : "";
};

// src/shared/step.ts
var folds = (step) => step.kind === "tool" || step.kind === "retrieval" || step.kind === "system";
function drawStep(host, step, index, repeat, flags) {
  const bad = failed(step);
  const article = h("article", {
    class: `wbw-step wbw-${step.kind}${bad ? " wbw-failed" : ""}${flags.current ? " wbw-current" : ""}`,
    "data-index": index,
    "aria-current": flags.current ? "step" : void 0,
    "aria-label": `Step ${step.number}, ${bad ? `${WORDS[step.kind]}, error` : WORDS[step.kind]}`
  });
  article.addEventListener("click", () => {
    if (!flags.current && document.getSelection()?.isCollapsed !== false) host.choose(index);
  });
  article.append(head(host, step, index, repeat, flags), body(host, step, flags));
  return article;
}
function head(host, step, index, repeat, flags) {
  const bad = failed(step);
  const line = h("div", { class: "wbw-line" }, h("span", { class: "wbw-number" }, String(step.number)));
  const role = h("span", { class: "wbw-role" }, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, bad ? "✕" : GLYPHS[step.kind]), WORDS[step.kind]);
  if (folds(step)) {
    const toggle = h("button", { type: "button", class: "wbw-fold", "aria-expanded": flags.open ? "true" : "false" });
    toggle.addEventListener("click", (event) => {
      event.stopPropagation();
      host.toggle(index);
    });
    toggle.append(h("span", { class: "wbw-caret", "aria-hidden": "true" }, flags.open ? "▾" : "▸"), role, summary(host, step));
    line.append(toggle);
  } else line.append(role);
  const chips = h("span", { class: "wbw-chips" });
  if (bad) chips.append(h("span", { class: "wbw-chip wbw-chip-bad" }, "✕ error"));
  if (repeat !== void 0) {
    const word = repeat.retry ? "retry of" : "same call as";
    const times = repeat.times > 2 ? ` (call ${repeat.times})` : "";
    chips.append(h("span", { class: "wbw-chip wbw-chip-warn", title: "the same tool with the same arguments" }, `↻ ${word} step ${repeat.of}${times}`));
  }
  if (flags.first) chips.append(h("span", { class: "wbw-chip wbw-chip-mark" }, "⚑ first failure"));
  if (flags.root) chips.append(h("span", { class: "wbw-chip wbw-chip-mark" }, "◆ root cause"));
  if (step.seconds !== null) chips.append(h("span", { class: "wbw-seconds" }, lasting(step.seconds)));
  if (flags.current) chips.append(markers(host, index, flags));
  line.append(chips);
  return line;
}
function summary(host, step) {
  const said = h("span", { class: "wbw-summary" });
  if (step.kind === "system") {
    said.append(shown((step.text ?? "").slice(0, 300).replace(/\s+/g, " "), host.query()));
    return said;
  }
  const called = h("span", { class: "wbw-call" });
  called.append(shown(call(step, 110), host.query()));
  said.append(called);
  if (failed(step)) return said;
  const came = h("span", { class: "wbw-outcome" });
  came.append(shown(outcome(step, 160), host.query()));
  said.append(h("span", { class: "wbw-arrow", "aria-label": "returned" }, "→"), came);
  return said;
}
function markers(host, index, flags) {
  const one = (as, glyph, name, on) => {
    const press = h("button", { type: "button", class: "wbw-marker", "aria-pressed": on ? "true" : "false", title: `${name}: this step`, "aria-label": `${name}: this step` }, glyph);
    press.addEventListener("click", (event) => {
      event.stopPropagation();
      host.mark(index, as);
    });
    return press;
  };
  return h("span", { class: "wbw-markers" }, one("first_failure", "⚑", "First failure", flags.first), one("root_cause", "◆", "Root cause", flags.root));
}
function body(host, step, flags) {
  const parts = h("div", { class: "wbw-body" });
  const bad = failed(step);
  if (folds(step) && !flags.open) {
    if (!bad) return "";
    parts.append(payload(host, step, step.error === null ? "text" : "error"));
    parts.firstElementChild?.classList.add("wbw-loud");
    return parts;
  }
  if (step.kind === "tool" || step.kind === "retrieval") {
    if (step.text !== null && step.text !== "") parts.append(payload(host, step, "text", { name: step.kind === "retrieval" ? "query" : "said" }));
    if (step.tool_arguments !== null) parts.append(payload(host, step, "tool_arguments", { name: named("arguments", size(step, "tool_arguments")), code: true }));
    if (step.error !== null) parts.append(loud(payload(host, step, "error", { name: "error" })));
    if (step.tool_result?.trim() === "" && step.error === null) parts.append(h("p", { class: "wbw-cut" }, "the result is empty"));
    else if (step.tool_result !== null && step.tool_result.trim() !== "") {
      const name = step.kind === "retrieval" ? "documents" : "result";
      parts.append(payload(host, step, "tool_result", { name: named(name, size(step, "tool_result")), code: true }));
    } else if (step.error === null) parts.append(h("p", { class: "wbw-cut" }, "no result was recorded"));
    return parts;
  }
  if (step.text !== null && step.text !== "") {
    const said = payload(host, step, "text");
    parts.append(step.kind === "error" ? loud(said) : said);
  } else if (step.error === null) parts.append(h("p", { class: "wbw-cut" }, "(empty)"));
  if (step.error !== null && step.error !== step.text) parts.append(loud(payload(host, step, "error")));
  return parts;
}
var named = (name, characters) => characters === "" ? name : `${name} · ${characters}`;
function loud(node) {
  node.classList.add("wbw-loud");
  return node;
}

// src/shared/transcript.ts
var BLOCK = 40;
var Transcript = class {
  constructor(host) {
    this.host = host;
  }
  el = h("div", { class: "wbw-transcript", role: "log", "aria-label": "Conversation", "aria-live": "off" });
  current = 0;
  #steps = [];
  #repeats = /* @__PURE__ */ new Map();
  #open = /* @__PURE__ */ new Set();
  #blocks = [];
  #nodes = /* @__PURE__ */ new Map();
  #query = "";
  #first = null;
  #root = null;
  #near = null;
  load(session) {
    this.#near?.disconnect();
    this.#steps = session.steps;
    this.#repeats = repeats(session.steps);
    this.#open.clear();
    this.#nodes.clear();
    this.#blocks = [];
    this.#query = "";
    this.current = Math.max(0, this.#steps.findIndex((step) => step.kind === "user"));
    this.el.replaceChildren();
    this.el.scrollTop = 0;
    for (let from = 0; from < this.#steps.length; from += BLOCK) {
      const block = h("div", { class: "wbw-block" });
      block.style.minHeight = `${this.#steps.slice(from, from + BLOCK).reduce((sum, step) => sum + guess(step), 0)}px`;
      this.#blocks.push(block);
      this.el.append(block);
    }
    if (this.#steps.length === 0) this.el.append(h("p", { class: "wbw-empty" }, "This session holds no steps."));
    this.#draw(0);
    this.#draw(Math.floor(this.current / BLOCK));
    this.#reveal(this.current, "nearest");
    if (typeof IntersectionObserver === "undefined") return;
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) this.#draw(this.#blocks.indexOf(entry.target));
      },
      { root: this.el, rootMargin: "800px" }
    );
    this.#blocks.forEach((block) => near.observe(block));
    this.#near = near;
  }
  close() {
    this.#near?.disconnect();
  }
  get step() {
    return this.#steps[this.current];
  }
  query() {
    return this.#query;
  }
  more(step, field) {
    return this.host.more(step, field);
  }
  mark(index, as) {
    this.host.mark(index, as);
  }
  choose(index) {
    this.host.chosen(index);
  }
  toggle(index) {
    if (this.#open.has(index)) this.#open.delete(index);
    else this.#open.add(index);
    this.#redraw(index);
    this.host.chosen(index);
  }
  toggleAll() {
    const foldable = this.#steps.flatMap((step, index) => folds(step) ? [index] : []);
    const close = foldable.every((index) => this.#open.has(index));
    this.#open = new Set(close ? [] : foldable);
    for (const index of [...this.#nodes.keys()]) this.#redraw(index);
    this.#reveal(this.current, "nearest");
  }
  /** Make a step the current one and bring it into view. */
  go(index, how = "nearest") {
    const before = this.current;
    this.current = Math.max(0, Math.min(index, this.#steps.length - 1));
    this.#draw(Math.floor(this.current / BLOCK));
    if (before !== this.current) this.#redraw(before);
    this.#redraw(this.current);
    this.#reveal(this.current, how);
  }
  scroll(pages) {
    this.el.scrollBy({ top: pages * this.el.clientHeight * 0.85 });
  }
  marks(first, root) {
    const old = [this.#first, this.#root];
    this.#first = first;
    this.#root = root;
    for (const [index] of this.#nodes) {
      const span = this.#steps[index]?.span ?? "";
      if (old.includes(span) || span === first || span === root) this.#redraw(index);
    }
  }
  find(query) {
    if (query === this.#query) return;
    this.#query = query;
    for (const index of [...this.#nodes.keys()]) this.#redraw(index);
  }
  openAt(index) {
    if (folds(this.#steps[index])) this.#open.add(index);
  }
  /** The next step that failed, after or before the current one. */
  nextError(by) {
    for (let index = this.current + by; index >= 0 && index < this.#steps.length; index += by) {
      if (failed(this.#steps[index])) return index;
    }
    return null;
  }
  #reveal(index, how) {
    const node = this.#nodes.get(index);
    if (node === void 0) return;
    const box = node.getBoundingClientRect();
    const view = this.el.getBoundingClientRect();
    const margin = 48;
    if (how === "start" || box.height > view.height - margin) this.el.scrollTop += box.top - view.top - margin / 2;
    else if (box.top < view.top + margin) this.el.scrollTop += box.top - view.top - margin;
    else if (box.bottom > view.bottom - margin) this.el.scrollTop += box.bottom - view.bottom + margin;
  }
  #draw(number) {
    const block = this.#blocks[number];
    if (block === void 0 || block.childElementCount > 0) return;
    const from = number * BLOCK;
    let turn = from === 0 ? null : this.#steps[from - 1]?.turn ?? null;
    this.#steps.slice(from, from + BLOCK).forEach((step, offset) => {
      if (step.turn !== null && step.turn !== turn) block.append(h("h4", { class: "wbw-turn" }, `Turn ${step.turn}`));
      turn = step.turn;
      const node = this.#make(from + offset);
      this.#nodes.set(from + offset, node);
      block.append(node);
    });
    block.style.minHeight = "";
  }
  #make(index) {
    const step = this.#steps[index];
    return drawStep(this, step, index, this.#repeats.get(step.number), {
      current: index === this.current,
      open: this.#open.has(index),
      first: step.span === this.#first,
      root: step.span === this.#root
    });
  }
  #redraw(index) {
    const old = this.#nodes.get(index);
    if (old === void 0) return;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    const node = this.#make(index);
    old.replaceWith(node);
    this.#nodes.set(index, node);
    if (held === null) return;
    const again = [...held.classList].map((name) => node.querySelector(`.${name}`)).find((found) => found !== null);
    (again ?? node.closest("[tabindex='0']"))?.focus({ preventScroll: true });
  }
};
function guess(step) {
  if (step.kind === "tool" || step.kind === "retrieval" || step.kind === "system") return 34;
  return 44 + Math.min(30, Math.ceil((step.text?.length ?? 0) / 80)) * 20;
}

// src/explorer/reading.ts
var Reading = class {
  constructor(link, close) {
    this.close = close;
    this.#reader = new Reader(link);
    this.transcript = new Transcript({
      chosen: (index) => this.transcript.go(index),
      mark: () => void 0,
      more: (step, field) => this.#reader.more(this.id ?? "", step, field)
    });
    this.el = h("section", { class: "wbw-reading", "aria-label": "Session", hidden: true }, this.#head, this.transcript.el);
  }
  el;
  transcript;
  id = null;
  #head = h("div", { class: "wbw-reading-head" });
  #reader;
  open(id, line) {
    this.id = id;
    this.el.hidden = false;
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the session", title: "Close (Esc)" }, "×");
    shut.addEventListener("click", () => this.close());
    const facts = h("ul", { class: "wbw-facts" });
    fill(this.#head, h("div", { class: "wbw-top-line" }, h("code", { title: visible(id) }, visible(id)), h("span", { class: "wbw-spring" }), shut), h("p", {}, visible(line)), facts);
    this.#reader.open(id).then(
      (session) => {
        if (this.id !== id) return;
        this.transcript.load(session);
        fill(facts, ...session.facts.map(([name, value]) => h("li", {}, h("span", { class: "wbw-fact" }, visible(name)), " ", visible(value))));
      },
      (error) => {
        if (this.id !== id) return;
        this.transcript.load({ session_id: id, because: "", facts: [], signals: [], steps: [], held: 0 });
        fill(facts, h("li", { role: "alert" }, `This session cannot be shown: ${error instanceof Error ? error.message : String(error)}`));
      }
    );
  }
  shut() {
    this.id = null;
    this.el.hidden = true;
  }
};

// src/explorer/legend.ts
var Legend = class {
  constructor(choose) {
    this.choose = choose;
    this.el.addEventListener("click", (event) => {
      const entry = event.target.closest("[data-entry]");
      if (entry !== null) this.choose(Number(entry.dataset["entry"]));
    });
  }
  el = h("div", { class: "wbw-legend", role: "group", "aria-label": "Legend", hidden: true });
  show(colouring, lit, dark) {
    const held = this.el.contains(document.activeElement);
    this.el.hidden = colouring === null;
    if (colouring === null) {
      fill(this.el);
      return;
    }
    const entries = colouring.entries.map((entry, place) => this.#entry(colouring, entry, place, place === lit, dark));
    const scaled = colouring.shade !== null;
    const [inside, beside] = [entries.filter((_, place) => colouring.entries[place]?.from !== void 0), entries.filter((_, place) => colouring.entries[place]?.from === void 0)];
    fill(
      this.el,
      h("span", { class: "wbw-legend-name", dir: "auto" }, visible(colouring.column), scaled && colouring.scale !== "linear" && h("span", { class: "wbw-hint" }, ` ${colouring.scale}`)),
      inside.length > 0 && h("span", { class: "wbw-scale" }, ...inside),
      ...beside
    );
    if (held) this.el.querySelector("[aria-pressed='true']")?.focus({ preventScroll: true });
  }
  #entry(colouring, entry, place, lit, dark) {
    const name = visible(entry.name);
    const props = { type: "button", class: "wbw-entry", "data-entry": place, "aria-pressed": lit ? "true" : "false", disabled: entry.count === 0, title: `${name}: ${count(entry.count)}` };
    const words2 = [h("span", { class: "wbw-entry-name", dir: "auto" }, name), " ", h("span", { class: "wbw-entry-count" }, count(entry.count))];
    if (entry.from === void 0 || entry.to === void 0) {
      const marks = columnMarks({ ...colouring, which: Uint8Array.of(place), shade: null }, dark);
      return h("button", props, swatchOf(marks, marks.key(0)), ...words2);
    }
    const ramp = h("span", { class: "wbw-ramp", "aria-hidden": "true" });
    const [from, to] = [entry.from / 255, entry.to / 255];
    ramp.style.background = `linear-gradient(to right, ${[from, (from + to) / 2, to].map((at) => shadeColour(at, dark)).join(", ")})`;
    const ends = name.split(" to ").flatMap((end, at, all) => [h("span", { class: "wbw-end" }, at < all.length - 1 ? `${end} to` : end), at < all.length - 1 && " "]);
    return h("button", props, ramp, h("span", { class: "wbw-entry-words" }, h("span", { class: "wbw-entry-name" }, ...ends), " ", words2[2]));
  }
};

// src/explorer/painter.ts
var Painter = class {
  constructor(columns, link, host, signal) {
    this.link = link;
    this.host = host;
    fill(this.#select, h("option", { value: "mode" }, "mode"), ...columns.map((name) => h("option", { value: name }, visible(name))));
    this.#select.addEventListener("change", () => this.host.chosen(this.#select.value));
    this.#select.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.host.leave();
    });
    this.chooser = h("label", { class: "wbw-by-label", hidden: columns.length === 0 }, "Colour by ", this.#select);
    this.#followTheme(signal);
  }
  chooser;
  legend = new Legend((entry) => this.#light(entry === this.#entry ? null : entry));
  #select = h("select", { class: "wbw-field wbw-by" });
  #colouring = null;
  #entry = null;
  #wanted = "mode";
  focus() {
    this.#select.focus({ preventScroll: true });
  }
  /** Whether colours are something else than modes. */
  get byColumn() {
    return this.#colouring !== null;
  }
  /** What is lit: "cost 0.1 to 1"; empty: no entry. */
  get lit() {
    return this.#entry === null || this.#colouring === null ? "" : `${this.#colouring.column} ${this.#colouring.entries[this.#entry]?.name ?? ""}`;
  }
  /** What the colour of a point says; empty where colours are modes. */
  said(row) {
    return this.#colouring === null ? "" : `${this.#colouring.column}: ${this.#colouring.entries[this.#colouring.which[row] ?? -1]?.name ?? ""}`;
  }
  /** Colour the points by a column, which the kernel sends when it is first wanted. */
  async by(column) {
    this.#select.value = this.#wanted = column;
    if (column === (this.#colouring?.column ?? "mode")) return;
    try {
      const made2 = column === "mode" ? null : colouringOf(column, await this.link.ask({ kind: "colour", column }));
      if (this.#wanted !== column) return;
      this.#colouring = made2;
      if (this.#entry !== null) this.#light(null);
      this.draw();
    } catch (error) {
      this.#select.value = this.#colouring?.column ?? "mode";
      this.host.failed(`the map cannot be coloured by ${visible(column)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  /** Light the next entry that has sessions, or the previous one. */
  step(by) {
    const places = (this.#colouring?.entries ?? []).flatMap((entry, place) => entry.count > 0 ? [place] : []);
    if (places.length === 0) return;
    const at = this.#entry === null ? by > 0 ? -1 : places.length : places.indexOf(this.#entry);
    this.#light(places[Math.max(0, Math.min(places.length - 1, at + by))] ?? null);
  }
  /** Something else was selected. */
  unlight() {
    if (this.#entry === null) return;
    this.#entry = null;
    this.#legend();
  }
  draw() {
    this.host.paint(this.#colouring === null ? null : columnMarks(this.#colouring, this.host.dark()));
    this.#legend();
  }
  #light(entry) {
    const rows = [];
    if (entry !== null) this.#colouring?.which.forEach((each, row) => each === entry && rows.push(row));
    this.#entry = entry;
    this.#legend();
    this.host.lit(Int32Array.from(rows));
  }
  #legend() {
    this.legend.show(this.#colouring, this.#entry, this.host.dark());
  }
  /** JupyterLab changes its theme under an open notebook; what is drawn, and not styled, has to follow. */
  #followTheme(signal) {
    const observer = new MutationObserver(() => this.draw());
    observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
    signal.addEventListener("abort", () => observer.disconnect());
    if (typeof matchMedia === "function") matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(), { signal });
  }
};

// src/explorer/together.ts
function offered(rows, members2, modes) {
  const held = /* @__PURE__ */ new Map();
  let open = 0;
  for (const row of Array.from(rows)) {
    const mode = members2[row] ?? -1;
    if (mode < 0) open += 1;
    else held.set(mode, (held.get(mode) ?? 0) + 1);
  }
  const inside = modes.filter((mode) => held.has(mode.number));
  inside.sort((a, b) => held.get(b.number) - held.get(a.number) || b.size - a.size || a.number - b.number);
  return { into: inside[0] ?? null, merged: inside.slice(1), open };
}

// src/explorer/types.ts
var floats = (view) => new Float32Array(copied(view));
var numbers = (view) => new Int32Array(copied(view));
var strings = (view) => view.byteLength === 0 ? [] : JSON.parse(new TextDecoder().decode(view));
var copied = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

// src/explorer/view.ts
var View = class {
  constructor(model, signal) {
    this.model = model;
    const channel = model;
    this.#ids = strings(model.get("ids"));
    this.#lines = strings(model.get("lines"));
    this.#link = new Link(channel, signal);
    this.#status = new Status(() => this.#outbox.retry(), () => this.#discard(), "", model.get("acknowledged"));
    this.map = new PointMap(
      floats(model.get("points")),
      {
        selected: (rows) => this.#select(rows),
        opened: (row) => this.#open(row),
        line: (row) => this.#lines[row] ?? "",
        mode: (row) => this.#name(this.#members[row] ?? -1),
        said: (row) => this.#painter.said(row),
        picked: (row) => this.#pick(row)
      },
      signal
    );
    this.#list = new ModeList((mode) => this.#choose(mode === this.#current ? null : mode));
    this.#sessions = new SessionList((row) => this.#lines[row] ?? this.#ids[row] ?? "", (row) => this.#open(row), (row) => this.#pick(row));
    this.#editor = new Editor(() => this.root.focus({ preventScroll: true }));
    this.#reading = new Reading(this.#link, () => this.#shut());
    this.#painter = new Painter(
      model.get("columns"),
      this.#link,
      {
        paint: (marks) => {
          this.root.classList.toggle("wbw-by-column", marks !== null);
          this.map.paint(marks);
        },
        dark: () => this.map.dark,
        chosen: (column) => {
          this.model.set("colour", column);
          this.model.save_changes();
          void this.#painter.by(column);
        },
        lit: (rows) => {
          this.#current = null;
          this.#take(rows);
        },
        failed: (why) => this.#notice(why),
        leave: () => this.root.focus({ preventScroll: true })
      },
      signal
    );
    this.root = this.#build();
    bindKeys(this.root, this.#actions(), signal);
    guardFocus(this.root, signal);
    this.#outbox = new Outbox(channel, this.#link, model.get("queue"), (delivery) => this.#delivered(delivery), (_change, reply) => this.#notice(typeof reply["refused"] === "string" ? reply["refused"] : ""), signal);
    this.#link.watch((alive) => this.#status.show(this.#outbox.delivery, alive));
    const changed = () => this.#read();
    for (const name of ["membership", "modes"]) model.on(`change:${name}`, changed);
    const recoloured = () => void this.#painter.by(model.get("colour"));
    model.on("change:colour", recoloured);
    signal.addEventListener("abort", () => {
      for (const name of ["membership", "modes"]) model.off(`change:${name}`, changed);
      model.off("change:colour", recoloured);
      this.#reading.transcript.close();
    });
    this.#read();
    recoloured();
  }
  root;
  map;
  #link;
  #outbox;
  #status;
  #list;
  #sessions;
  #painter;
  #editor;
  #reading;
  #ids;
  #lines;
  #says = h("p", { class: "wbw-progress-text" });
  #refused = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  #tools = h("div", { class: "wbw-tools", role: "group", "aria-label": "This mode" });
  #members = new Int32Array();
  #modes = [];
  #current = null;
  #selection = new Int32Array();
  #at = 0;
  #picked = /* @__PURE__ */ new Set();
  #help = null;
  #build() {
    const title = this.model.get("title");
    const tool = (name, label, act) => {
      const press = h("button", { type: "button", class: "wbw-button wbw-quiet", "aria-label": label, title: label }, name);
      press.addEventListener("click", act);
      return press;
    };
    const root = h(
      "section",
      { class: "wbw-explorer", tabindex: 0, role: "region", "aria-label": "Map of failure modes", "data-lm-suppress-shortcuts": "true" },
      h(
        "header",
        { class: "wbw-top" },
        h(
          "div",
          { class: "wbw-top-line" },
          title !== "" && h("strong", {}, visible(title)),
          this.#says,
          h("span", { class: "wbw-spring" }),
          this.#painter.chooser,
          tool("+", "Zoom in", () => this.map.zoom(1.5)),
          tool("−", "Zoom out", () => this.map.zoom(1 / 1.5)),
          tool("Fit", "Show the whole map", () => this.map.fit()),
          button("Keys", () => this.#toggleHelp(), { key: "?", class: "wbw-quiet" })
        )
      ),
      h("div", { class: "wbw-sides" }, h("div", { class: "wbw-ground" }, this.map.el, this.#painter.legend.el), h("aside", { class: "wbw-side", "aria-label": "Modes and sessions" }, this.#refused, this.#list.el, this.#tools, this.#editor.el, this.#sessions.el), this.#reading.el),
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-spring" }), h("span", { class: "wbw-hint" }, "draw around points to select · Shift: box · Ctrl: move and zoom · click: read"), button("Undo", () => this.#undo(), { key: "u", class: "wbw-quiet" }))
    );
    h("div", { class: "wbw-frame" }, root);
    return root;
  }
  #actions() {
    return [
      { keys: ["j", "ArrowDown"], says: "next mode, or step of the open session", repeats: true, run: () => this.#step(1) },
      { keys: ["k", "ArrowUp"], says: "previous mode or step", repeats: true, run: () => this.#step(-1) },
      { keys: ["r"], says: "rename the mode", run: () => this.#rename() },
      { keys: ["m"], says: "merge the mode into another", run: () => this.#merge() },
      { keys: ["x"], says: "not a failure, or a failure again", run: () => this.#retire() },
      { keys: ["a"], says: "move the selected sessions to a mode, known or new", run: () => this.#move() },
      { keys: ["s"], says: "pick the session, or let go of it; Shift and click does the same", run: () => this.#pickHere() },
      { keys: ["t"], says: "the picked sessions, or the selected ones, belong together", run: () => this.#together() },
      { keys: ["u", "Ctrl+z"], says: "undo the last edit", run: () => this.#undo() },
      { keys: ["o"], says: "read a session; then open and close its steps", run: () => this.#openHere() },
      { keys: ["]", "l", "ArrowRight"], says: "next session of the list", repeats: true, run: () => this.#walk(1) },
      { keys: ["[", "h", "ArrowLeft"], says: "previous session of the list", repeats: true, run: () => this.#walk(-1) },
      { keys: ["c"], says: "colour by something else", run: () => this.#painter.focus() },
      { keys: ["."], says: "light the next entry of the legend", repeats: true, run: () => this.#painter.step(1) },
      { keys: [","], says: "light the previous one", repeats: true, run: () => this.#painter.step(-1) },
      { keys: ["+", "="], says: "zoom in", repeats: true, run: () => this.map.zoom(1.25) },
      { keys: ["-"], says: "zoom out", repeats: true, run: () => this.map.zoom(0.8) },
      { keys: ["0"], says: "show the whole map", run: () => this.map.fit() },
      { keys: ["?"], says: "show or hide the keys", run: () => this.#toggleHelp() },
      { keys: ["Escape"], says: "close, select nothing, or leave for the notebook", run: () => this.#leave() }
    ];
  }
  // ---- what is shown
  #read() {
    this.#members = numbers(this.model.get("membership"));
    const sizes = /* @__PURE__ */ new Map();
    for (const mode of this.#members) sizes.set(mode, (sizes.get(mode) ?? 0) + 1);
    const total = Math.max(1, this.#members.length);
    this.#modes = this.model.get("modes").map((mode, number) => ({ ...mode, number, size: sizes.get(number) ?? 0, share: (sizes.get(number) ?? 0) / total })).filter((mode) => mode.name !== "").sort((a, b) => b.size - a.size || a.number - b.number);
    if (this.#current !== null && !this.#modes.some((mode) => mode.number === this.#current)) this.#current = null;
    const open = sizes.get(-1) ?? 0;
    this.#says.title = this.#says.textContent = `${plural(this.#members.length, "session")} · ${plural(this.#modes.length, "mode")} · ${count(open)} in no mode (${(open / total * 100).toFixed(1)}%)`;
    this.map.show(this.#members, this.#modes);
    if (this.#current !== null) this.#choose(this.#current);
    else this.#show();
  }
  #showTools() {
    const mode = this.#mode();
    const chosen = this.#selection.length > 0;
    fill(
      this.#tools,
      mode !== void 0 && button("Rename", () => this.#rename(), { key: "r", class: "wbw-quiet" }),
      mode !== void 0 && button("Merge into…", () => this.#merge(), { key: "m", class: "wbw-quiet" }),
      mode !== void 0 && button(mode.retired ? "A failure again" : "Not a failure", () => this.#retire(), { key: "x", class: "wbw-quiet" }),
      chosen && button("Move to…", () => this.#move(), { key: "a", class: "wbw-quiet" }),
      (chosen && mode === void 0 && this.#selection.length > 1 || this.#picked.size > 1) && button(this.#picked.size > 1 ? `${count(this.#picked.size)} picked belong together` : "Belong together", () => this.#together(), { key: "t", class: "wbw-quiet" }),
      this.#picked.size > 0 && button("Let go", () => this.#letGo(), { class: "wbw-quiet" })
    );
  }
  #show() {
    this.#list.show(this.#modes, this.#current);
    this.#showTools();
    const mode = this.#mode();
    const chosen = this.#selection.length > 0;
    const { lit } = this.#painter;
    const what = lit !== "" ? `${plural(this.#selection.length, "session")} with ${visible(lit)}` : mode !== void 0 ? `${plural(this.#selection.length, "session")} in “${visible(mode.name)}”` : chosen ? `${plural(this.#selection.length, "session")} selected` : "No session selected";
    this.#sessions.show(this.#selection, what);
  }
  #mode() {
    return this.#modes.find((mode) => mode.number === this.#current);
  }
  #name(number) {
    return this.#modes.find((mode) => mode.number === number)?.name ?? "in no mode";
  }
  #choose(mode) {
    this.#current = mode;
    this.#painter.unlight();
    const rows = [];
    if (mode !== null) this.#members.forEach((number, row) => number === mode && rows.push(row));
    this.#take(Int32Array.from(rows));
  }
  #select(rows) {
    this.#current = null;
    this.#painter.unlight();
    this.#take(rows);
  }
  #take(rows) {
    this.#selection = rows;
    this.#at = 0;
    const lit = new Set(rows);
    this.map.light(rows.length === 0 ? null : (row) => lit.has(row));
    this.model.set("selected", new DataView(rows.slice().buffer));
    this.model.save_changes();
    this.#show();
  }
  #step(by) {
    if (this.#reading.id !== null) {
      this.#reading.transcript.go(this.#reading.transcript.current + by);
      return;
    }
    const at = this.#modes.findIndex((mode) => mode.number === this.#current);
    const next = this.#modes[at < 0 ? by > 0 ? 0 : this.#modes.length - 1 : Math.max(0, Math.min(this.#modes.length - 1, at + by))];
    if (next !== void 0) this.#choose(next.number);
  }
  #open(row) {
    const id = this.#ids[row];
    if (id === void 0) return;
    const place = Array.prototype.indexOf.call(this.#selection, row);
    if (place >= 0) this.#at = place;
    this.#reading.open(id, this.#lines[row] ?? "");
  }
  #openHere() {
    if (this.#reading.id !== null) this.#reading.transcript.toggle(this.#reading.transcript.current);
    else if (this.#selection.length > 0) this.#open(this.#selection[this.#at]);
  }
  #walk(by) {
    if (this.#selection.length === 0) return;
    if (this.#reading.id !== null) this.#at = Math.max(0, Math.min(this.#selection.length - 1, this.#at + by));
    this.#open(this.#selection[this.#at]);
  }
  #shut() {
    this.root.focus({ preventScroll: true });
    this.#reading.shut();
  }
  // ---- what is said
  #edit(event) {
    this.#outbox.add(event);
  }
  #rename() {
    const mode = this.#mode();
    if (mode !== void 0) this.#editor.rename(mode.name, (into) => this.#edit({ kind: "rename", mode: mode.name, into }));
  }
  #merge() {
    const mode = this.#mode();
    if (mode === void 0) return;
    const others = this.#modes.filter((other) => other !== mode).map((other) => other.name);
    this.#editor.pick("Merge into", others, `“${visible(mode.name)}” is gone then; undo brings it back`, (into) => this.#edit({ kind: "merge", mode: mode.name, into }));
  }
  #retire() {
    const mode = this.#mode();
    if (mode !== void 0) this.#edit({ kind: mode.retired ? "restore" : "retire", mode: mode.name });
  }
  #move() {
    if (this.#selection.length > 0) this.#moveRows([...this.#selection]);
  }
  #moveRows(rows) {
    const known = this.#modes.map((mode) => mode.name);
    this.#editor.pick(`Move ${plural(rows.length, "session")} to`, known, "pick a mode, or type a new name to make one", (into) => this.#edit({ kind: "move", into, rows }));
  }
  #pickHere() {
    const row = this.#selection[this.#at];
    if (this.#reading.id !== null) this.#pick(this.#ids.indexOf(this.#reading.id));
    else if (row !== void 0) this.#pick(row);
  }
  #pick(row) {
    if (!this.#picked.delete(row)) this.#picked.add(row);
    this.#showPicked();
  }
  #letGo() {
    this.#picked.clear();
    this.#showPicked();
    this.root.focus({ preventScroll: true });
  }
  #showPicked() {
    this.map.ring(this.#picked);
    this.#sessions.mark(this.#picked);
    this.#showTools();
  }
  #together() {
    const rows = this.#picked.size > 1 ? [...this.#picked] : [...this.#selection];
    if (rows.length < 2) {
      this.#notice("nothing is picked that could belong together: draw around two or more sessions, or pick them one by one with s");
      return;
    }
    this.#notice("");
    const { into, merged, open } = offered(rows, this.#members, this.#modes);
    const say = (name2) => {
      this.#edit({ kind: "together", into: name2, rows });
      this.#letGo();
    };
    const these = plural(rows.length, "session");
    if (into === null) {
      this.#editor.pick(`${these} in no mode belong together, in`, this.#modes.map((mode) => mode.name), "type a name to make a mode of them, or pick one", say);
      return;
    }
    if (merged.length === 0 && open === 0) {
      this.#notice(`these ${these} are together already, in “${visible(into.name)}”`);
      return;
    }
    const name = (mode) => `“${visible(mode.name)}” (${count(mode.size)})`;
    const joins = open > 0 ? `${plural(open, "open session")} ${open === 1 ? "joins" : "join"} ${name(into)}` : "";
    const merges = merged.length > 0 ? `Merge ${merged.map(name).join(", ")} into ${name(into)}${joins === "" ? "" : `; ${plural(open, "open session")} ${open === 1 ? "joins" : "join"}`}` : joins;
    this.#editor.choose(`${these} belong together`, [
      { name: merges, run: () => say(into.name) },
      { name: `Move only these ${count(rows.length)}…`, run: () => this.#moveRows(rows) }
    ]);
  }
  #undo() {
    this.#edit({ kind: "undo", undo: "last" });
  }
  /** Why an edit could not be. */
  #notice(why) {
    this.#refused.hidden = why === "";
    this.#refused.textContent = why === "" ? "" : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  }
  #discard() {
    this.#outbox.discard();
    this.root.focus({ preventScroll: true });
  }
  #delivered(delivery) {
    this.#status.show(delivery, this.#link.alive);
  }
  // ---- the frame
  #toggleHelp() {
    if (this.#help === null) {
      this.#help = helpCard(this.#actions(), () => this.#toggleHelp(), "");
      this.root.append(this.#help);
    } else {
      this.#help.remove();
      this.#help = null;
      this.root.focus({ preventScroll: true });
    }
  }
  #leave() {
    if (this.#help !== null) this.#toggleHelp();
    else if (this.#editor.opened) this.#editor.close();
    else if (this.#reading.id !== null) this.#shut();
    else if (this.#selection.length > 0) this.#choose(null);
    else if (this.#picked.size > 0) this.#letGo();
    else document.activeElement?.blur();
  }
};

// src/explorer/index.ts
function render({ model, el, signal }) {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
}
var explorer_default = { render };
export {
  explorer_default as default
};
