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
    return ["unsaved", "✕", `not saved: ${delivery.why}. ${kept(delivery.waiting)}`];
  }
  if (delivery.state === "unsaved" || !alive) {
    const what = delivery.waiting > 0 ? `not saved: the kernel is not answering. ${kept(delivery.waiting)}` : "the kernel is not answering: nothing can be saved.";
    return ["unsaved", "✕", `${what} ${remedy}`];
  }
  if (delivery.state === "saving") return ["saving", "…", delivery.waiting > 1 ? `saving ${delivery.waiting} changes` : "saving"];
  return delivery.state === "saved" ? ["saved", "✓", done] : ["idle", "", ""];
}
var kept = (waiting) => `${plural(waiting, "change is", "changes are")} kept in this page and sent again.`;

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
    this.#queue = kept2(name);
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
function kept2(name) {
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

// src/promoter/drafts.ts
var Drafts = class {
  constructor(name, known) {
    this.name = name;
    for (const [id, pick] of Object.entries(stored(name))) if (known.has(id) && isPick(pick)) this.#picks.set(id, pick);
  }
  #picks = /* @__PURE__ */ new Map();
  get size() {
    return this.#picks.size;
  }
  of(id) {
    return this.#picks.get(id);
  }
  /** Pick a session or put it back; the answer is whether it is picked now. */
  toggle(id, fresh) {
    if (!this.#picks.delete(id)) this.#picks.set(id, { ...fresh });
    this.#keep();
    return this.#picks.has(id);
  }
  /** An edit picks. */
  edit(id, fresh, change) {
    this.#picks.set(id, { ...this.#picks.get(id) ?? fresh, ...change });
    this.#keep();
  }
  all() {
    return [...this.#picks].map(([session_id, pick]) => ({ session_id, ...pick }));
  }
  /** Forget what was saved, but not what was edited since. */
  settle(saved) {
    for (const { session_id, ...pick } of saved) {
      const now = this.#picks.get(session_id);
      if (now !== void 0 && JSON.stringify(sorted(now)) === JSON.stringify(sorted(pick))) this.#picks.delete(session_id);
    }
    this.#keep();
  }
  #keep() {
    try {
      sessionStorage.setItem(place(this.name), JSON.stringify(Object.fromEntries(this.#picks)));
    } catch {
    }
  }
};
var place = (name) => `trace-workbench:picks:${name}`;
var sorted = ({ turn, expected_output, criteria }) => [turn, expected_output, criteria];
function stored(name) {
  try {
    const value = JSON.parse(sessionStorage.getItem(place(name)) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
function isPick(value) {
  const pick = value;
  return typeof pick === "object" && pick !== null && typeof pick.expected_output === "string" && typeof pick.criteria === "string" && (pick.turn === null || typeof pick.turn === "number");
}

// src/promoter/view.ts
var KEPT = 20;
var View = class {
  constructor(model, signal) {
    this.model = model;
    this.signal = signal;
    const channel = model;
    this.#items = model.get("items");
    this.#there = new Set(model.get("there"));
    this.#drafts = new Drafts(model.get("queue"), new Set(this.#items.map((item) => item.session_id)));
    this.#link = new Link(channel, signal);
    this.#status = new Status(() => this.#outbox.retry(), () => this.#outbox.discard(), "r");
    this.#pick = button("Pick", () => this.#toggle(), { key: "x" });
    this.#save = button("Save", () => this.#send(), { key: "s", class: "wbw-primary" });
    this.root = this.#build();
    bindKeys(this.root, this.#actions(), signal);
    guardFocus(this.root, signal);
    for (const [field, name] of [[this.#expected, "expected_output"], [this.#criteria, "criteria"]]) {
      field.addEventListener("input", () => this.#edit({ [name]: field.value }), { signal });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Escape" || event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          this.root.focus({ preventScroll: true });
          if (event.key === "Enter") this.#send();
        }
      }, { signal });
    }
    this.#outbox = new Outbox(channel, this.#link, model.get("queue"), (delivery) => this.#delivered(delivery), (change, reply) => this.#saved(change, reply), signal);
    this.#link.watch((alive) => this.#status.show(this.#outbox.delivery, alive));
    this.#go(0);
  }
  root;
  #drafts;
  #link;
  #outbox;
  #status;
  #items;
  #there;
  #previews = /* @__PURE__ */ new Map();
  #rows = [];
  #list = h("ul", { class: "wbw-outline-rows wbw-picks", tabindex: 0, role: "listbox", "aria-label": "Sessions", "aria-multiselectable": "true" });
  #middle = h("div", { class: "wbw-transcript", role: "log", "aria-label": "What the agent is handed", "aria-live": "off" });
  #progress = h("span", { class: "wbw-progress-text" });
  #notice = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  #turn = h("span", { class: "wbw-turn-name" });
  #expected = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Expected output", placeholder: "A good answer, in full" });
  #criteria = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Criteria", placeholder: "What an answer has to meet" });
  #pick;
  #save;
  #at = 0;
  #actions() {
    return [
      { keys: ["j", "ArrowDown"], says: "Next session", run: () => this.#go(this.#at + 1), repeats: true },
      { keys: ["k", "ArrowUp"], says: "Previous session", run: () => this.#go(this.#at - 1), repeats: true },
      { keys: ["x", " "], says: "Pick or put back", run: () => this.#toggle() },
      { keys: ["]"], says: "Later turn", run: () => this.#turnBy(1) },
      { keys: ["["], says: "Earlier turn", run: () => this.#turnBy(-1) },
      { keys: ["e"], says: "Expected output", run: () => this.#expected.focus() },
      { keys: ["c"], says: "Criteria", run: () => this.#criteria.focus() },
      { keys: ["s"], says: "Save what is picked", run: () => this.#send() },
      { keys: ["r"], says: "Try again", run: () => this.#outbox.retry() }
    ];
  }
  #build() {
    const dataset = visible(this.model.get("dataset"));
    this.#items.forEach((_, index) => {
      const row = h("li", { class: "wbw-outline-row wbw-pick", role: "option" });
      row.addEventListener("click", () => this.#go(index));
      this.#rows.push(row);
      this.#list.append(row);
    });
    const turns = h("div", { class: "wbw-section" }, h("div", { class: "wbw-heading" }, "Turn", h(
      "span",
      { class: "wbw-group" },
      button("Earlier", () => this.#turnBy(-1), { key: "[", class: "wbw-quiet" }),
      button("Later", () => this.#turnBy(1), { key: "]", class: "wbw-quiet" })
    )), this.#turn);
    const field = (name, key, box) => h("div", { class: "wbw-section" }, h("div", { class: "wbw-heading" }, name, h("kbd", { "aria-hidden": "true" }, key)), box);
    const root = h(
      "section",
      { class: "wbw-labeller wbw-promoter", tabindex: 0, role: "region", "aria-label": `Promote sessions to ${dataset}`, "data-lm-suppress-shortcuts": "true" },
      h("header", { class: "wbw-top" }, h("div", { class: "wbw-top-line" }, h("strong", { class: "wbw-title" }, `Promote to ${dataset}`), h("span", { class: "wbw-spring" }), this.#progress), this.#notice),
      h(
        "div",
        { class: "wbw-columns" },
        h("nav", { class: "wbw-outline", "aria-label": "Sessions" }, this.#list),
        h("div", { class: "wbw-middle" }, this.#middle),
        h(
          "aside",
          { class: "wbw-panel-side", "aria-label": "The case" },
          h("div", { class: "wbw-section" }, this.#pick),
          turns,
          field("Expected output", "e", this.#expected),
          field("Criteria", "c", this.#criteria),
          h("p", { class: "wbw-hint" }, "Ground truth: graders see it, the agent does not.")
        )
      ),
      h("footer", { class: "wbw-bottom" }, this.#status.el, h(
        "span",
        { class: "wbw-group" },
        h("span", { class: "wbw-asleep" }, "click here to use the keys"),
        button("Previous", () => this.#go(this.#at - 1), { key: "k", class: "wbw-quiet" }),
        button("Next", () => this.#go(this.#at + 1), { key: "j", class: "wbw-quiet" }),
        this.#save
      ))
    );
    return h("div", { class: "wbw-frame" }, root).firstElementChild;
  }
  get #id() {
    return this.#items[this.#at]?.session_id ?? "";
  }
  #fresh() {
    const preview = this.#previews.get(this.#id);
    return { turn: preview?.turn ?? null, expected_output: preview?.expected_output ?? "", criteria: preview?.criteria ?? "" };
  }
  #go(index) {
    if (this.#items.length === 0) {
      this.#say("There is no session to promote.");
      this.#draw();
      return;
    }
    this.#at = Math.max(0, Math.min(index, this.#items.length - 1));
    this.#draw();
    const row = this.#rows[this.#at];
    const list = this.#list.parentElement;
    if (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = row.offsetTop - list.clientHeight / 2;
    const id = this.#id;
    if (this.#previews.has(id)) return;
    this.#link.ask({ kind: "fetch", session_id: id }).then(
      ({ content }) => {
        this.#previews.set(id, content["preview"]);
        for (const old of this.#previews.keys()) if (this.#previews.size > KEPT && old !== id) this.#previews.delete(old);
        if (!this.signal.aborted && this.#id === id) {
          this.#say("");
          this.#draw();
        }
      },
      (error) => {
        if (this.#id === id) this.#say(`This session cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
      }
    );
  }
  #toggle() {
    if (this.#id === "" || !this.#previews.has(this.#id)) return;
    this.#drafts.toggle(this.#id, this.#fresh());
    this.#draw();
  }
  #edit(change) {
    if (!this.#previews.has(this.#id)) return;
    this.#drafts.edit(this.#id, this.#fresh(), change);
    this.#overview();
  }
  #turnBy(by) {
    const preview = this.#previews.get(this.#id);
    if (preview === void 0) return;
    const now = preview.turns.findIndex(({ turn }) => turn === (this.#drafts.of(this.#id)?.turn ?? preview.turn));
    const to = preview.turns[now + by];
    if (to === void 0) return;
    const own = this.#drafts.of(this.#id) ?? this.#fresh();
    const about = (turn) => turn === preview.turn ? { expected_output: preview.expected_output, criteria: preview.criteria } : { expected_output: "", criteria: "" };
    const was = about(own.turn);
    const kept3 = own.expected_output !== was.expected_output || own.criteria !== was.criteria;
    this.#edit({ turn: to.turn, ...kept3 ? {} : about(to.turn) });
    this.#draw();
  }
  #send() {
    if (this.#outbox.waiting.length > 0) return;
    if (this.#drafts.size === 0) {
      this.#say("Nothing is picked yet: press x on a session.");
      return;
    }
    this.#say("");
    this.#outbox.add({ picks: this.#drafts.all() });
  }
  #delivered(delivery) {
    this.#status.show(delivery, this.#link.alive);
    this.#save.disabled = delivery.state === "saving";
  }
  #saved(change, reply) {
    this.#drafts.settle(change["picks"] ?? []);
    for (const id of reply["there"] ?? []) this.#there.add(id);
    this.#say(String(reply["sentence"] ?? ""));
    this.#draw();
  }
  #say(text) {
    this.#notice.hidden = text === "";
    this.#notice.textContent = visible(text);
  }
  #overview() {
    this.#items.forEach((item, index) => {
      const row = this.#rows[index];
      const picked2 = this.#drafts.of(item.session_id) !== void 0;
      const there = this.#there.has(item.session_id);
      row.classList.toggle("wbw-current", index === this.#at);
      row.setAttribute("aria-selected", picked2 ? "true" : "false");
      if (index === this.#at) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      fill(
        row,
        h("span", { class: "wbw-glyph", "aria-hidden": "true" }, picked2 ? "☑" : "☐"),
        h("span", { class: "wbw-gist" }, oneLine(item.gist, 90) || visible(item.session_id)),
        (there || item.mode !== "") && h("span", { class: "wbw-pick-facts" }, there && h("span", { class: "wbw-pick-there" }, "✓ in the dataset"), item.mode !== "" && h("span", {}, oneLine(item.mode, 40)))
      );
    });
    const picked = this.#drafts.of(this.#id) !== void 0;
    this.#pick.setAttribute("aria-pressed", picked ? "true" : "false");
    this.#pick.firstElementChild.textContent = picked ? "Picked" : "Pick";
    this.#progress.textContent = `${count(this.#drafts.size)} picked of ${plural(this.#items.length, "session")}`;
  }
  #draw() {
    this.#overview();
    const preview = this.#previews.get(this.#id);
    const pick = this.#drafts.of(this.#id) ?? this.#fresh();
    for (const [field, text] of [[this.#expected, pick.expected_output], [this.#criteria, pick.criteria]]) {
      field.disabled = preview === void 0;
      if (field.value !== text) field.value = text;
    }
    if (preview === void 0) {
      fill(this.#middle, h("p", { class: "wbw-empty" }, this.#items.length > 0 ? "Opening the session…" : ""));
      this.#turn.textContent = "";
      return;
    }
    const turn = pick.turn ?? preview.turn;
    const end = preview.turns.find((each) => each.turn === turn)?.end ?? preview.messages.length;
    this.#turn.textContent = `${turn} of ${preview.turns.map((each) => each.turn).at(-1) ?? turn}: the agent is handed ${plural(end, "message")}`;
    fill(this.#middle, ...preview.messages.slice(0, end).map((message, index) => drawn(message, index, index === end - 1)));
    this.#middle.scrollTop = this.#middle.scrollHeight;
  }
};
function drawn(message, index, last) {
  const text = h("div", { class: "wbw-text", dir: "auto" });
  text.append(shown(message.text));
  const kind = ["user", "assistant", "tool", "system"].includes(message.role) ? message.role : "user";
  return h(
    "article",
    { class: `wbw-step wbw-${kind}${last ? " wbw-current" : ""}` },
    h("div", { class: "wbw-line" }, h("span", { class: "wbw-number" }, String(index + 1)), h("span", { class: "wbw-role" }, visible(message.role)), last && h("span", { class: "wbw-chips" }, h("span", { class: "wbw-chip wbw-chip-mark" }, "answered by the agent under test"))),
    h("div", { class: "wbw-body" }, text, message.cut > 0 && h("p", { class: "wbw-cut" }, `✂ ${plural(message.cut, "character")} not shown here; the case has them`))
  );
}

// src/promoter/index.ts
function render({ model, el, signal }) {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
}
var promoter_default = { render };
export {
  promoter_default as default
};
