// Built from widgets/src (d693101158bb430e) by "npm run build". Do not edit.

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
function focusIn(box, field) {
  field.focus({ preventScroll: true });
  const [outer, inner] = [box.getBoundingClientRect(), field.getBoundingClientRect()];
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 12;
  else if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 40;
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
    const same2 = [...this.known()].find((name) => name.toLowerCase() === typed.toLowerCase());
    this.#choose(typed === "" ? null : same2 ?? typed);
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

// src/labeller/codebook.ts
var GROUP_HINT = "↑ ↓ choose · a take the name · n give another · Esc back.";
var HINT = "↑ ↓ choose · r rename · m merge · s split · d define · x retire · Enter its sessions · g group the open notes · Esc back";
var CodebookPane = class {
  constructor(company, drawer, host, edits, groups) {
    this.company = company;
    this.drawer = drawer;
    this.host = host;
    this.edits = edits;
    this.groups = groups;
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-at]");
      if (row !== null) this.#choose(Number(row.dataset["at"]));
    });
  }
  #book = { sentence: "", modes: [], reread: [] };
  #at = 0;
  #groups = [];
  #body = null;
  #list = h("ul", { class: "wbw-modes", role: "listbox", tabindex: 0, "aria-label": "Failure modes" });
  #below = h("div", { class: "wbw-below" });
  #says = h("p", { class: "wbw-hint", role: "status" });
  #reread = h("div", {});
  open() {
    this.#body = this.drawer.show("codebook", "Codebook", this.edits ? HINT : "");
    this.#body.append(this.#says, this.#list, this.#below, this.#reread);
    this.#book = { sentence: "", modes: [], reread: [] };
    this.#draw();
    fill(this.#below);
    this.#list.focus({ preventScroll: true });
    this.#says.textContent = "Reading the codebook…";
    this.#take(this.company.ask("codebook"), "");
  }
  get #mode() {
    return this.#book.modes[this.#at];
  }
  /** Show what came; `follow` is the mode that is chosen in it, wherever it stands now. */
  #take(answer2, done, follow) {
    answer2.then(
      (book) => {
        this.#book = book;
        const there = book.modes.findIndex((mode) => mode.name === follow);
        this.#at = there >= 0 ? there : Math.min(this.#at, Math.max(0, book.modes.length - 1));
        this.host.known(book.modes.map((mode) => mode.name));
        fill(this.#below);
        this.#says.textContent = `${done}${visible(book.sentence)}`;
        this.#draw();
        if (this.drawer.what === "codebook") this.#list.focus({ preventScroll: true });
      },
      (error) => this.#says.textContent = `Not done: ${error instanceof Error ? error.message : String(error)}`
    );
  }
  #edit(edit, done) {
    this.#take(this.company.ask("edit", { edit }), `${done} `, edit.into?.[0] ?? edit.name);
  }
  #draw() {
    fill(
      this.#list,
      ...this.#book.modes.map(
        (mode, at) => h(
          "li",
          { role: "option", id: `wbw-mode-${at}`, "data-at": at, "aria-selected": at === this.#at ? "true" : "false" },
          h("strong", {}, visible(mode.name)),
          ` ${plural(mode.count, "session")}${mode.sessions.length < mode.count ? `, ${mode.sessions.length} of them read by you` : ""}`,
          mode.reread > 0 && h("span", { class: "wbw-chip wbw-chip-warn" }, `${mode.reread} to read again`),
          mode.definition !== null && h("span", { class: "wbw-hint" }, visible(mode.definition))
        )
      )
    );
    this.#list.setAttribute("aria-activedescendant", `wbw-mode-${this.#at}`);
    fill(
      this.#reread,
      this.#book.reread.length > 0 && h("div", { class: "wbw-heading" }, h("span", {}, "To be read again")),
      h("ul", { class: "wbw-notes" }, ...this.#book.reread.map((each) => h("li", {}, this.#link(each.session_id), ` ${visible(each.failure_mode)}: ${visible(each.why)}`)))
    );
  }
  #choose(at) {
    this.#at = Math.max(0, Math.min(at, this.#book.modes.length - 1));
    this.#draw();
    this.#list.children[this.#at]?.scrollIntoView?.({ block: "nearest" });
  }
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    const mode = this.#mode;
    const does = {
      ArrowDown: () => this.#choose(this.#at + 1),
      ArrowUp: () => this.#choose(this.#at - 1),
      j: () => this.#choose(this.#at + 1),
      k: () => this.#choose(this.#at - 1),
      Escape: () => this.drawer.close(),
      g: this.groups && (() => this.#group()),
      ...mode !== void 0 && { Enter: () => this.#sessions(mode) },
      ...mode !== void 0 && this.edits && {
        r: () => this.#ask(`Rename “${mode.name}” to`, mode.name, (name) => this.#edit({ kind: "rename", name: mode.name, into: [name] }, "Renamed.")),
        d: () => this.#ask(`What belongs to “${mode.name}”, and what does not`, mode.definition ?? "", (definition) => this.#edit({ kind: "define", name: mode.name, definition }, "Defined: earlier labels are to be read again.")),
        x: () => this.#ask(`Why is “${mode.name}” retired`, "", (reason2) => this.#edit({ kind: "retire", name: mode.name, reason: reason2 }, "Retired.")),
        m: () => this.#merge(mode.name),
        s: () => this.#split(mode)
      }
    };
    const act = does[event.key];
    event.stopPropagation();
    if (!act) return;
    event.preventDefault();
    act();
  }
  #back = () => {
    fill(this.#below);
    this.#list.focus({ preventScroll: true });
  };
  #ask(what, now, done, back = this.#back) {
    const field = h("input", { class: "wbw-field", type: "text", "aria-label": what });
    field.value = now;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      event.stopPropagation();
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "Escape") back();
      else if (event.key === "Enter" && field.value.trim() !== "" && (field.value.trim() !== now || back !== this.#back)) done(field.value.trim());
    });
    fill(this.#below, h("label", {}, `${visible(what)} `, field));
    field.focus();
    field.select();
  }
  #merge(name) {
    const into = new Completion(`Merge “${visible(name)}” into`, () => this.#book.modes.map((mode) => mode.name).filter((each) => each !== name), (chosen) => {
      if (chosen !== null && chosen !== name) this.#edit({ kind: "merge", name, into: [chosen] }, "Merged.");
    }, this.#back);
    fill(this.#below, h("div", {}, `Merge “${visible(name)}” into `, into.el));
    into.input.addEventListener("keydown", (event) => event.stopPropagation());
    into.input.focus();
  }
  #split(mode) {
    this.#ask(`Parts of “${mode.name}”, separated by ;`, "", (text) => {
      const parts = [...new Set(text.split(";").map((part) => part.trim()).filter((part) => part !== ""))];
      const picks = /* @__PURE__ */ new Map();
      const rows = mode.sessions.map(([session, note]) => {
        const pick = h("select", { class: "wbw-field", "aria-label": `Part of ${visible(session)}` }, h("option", { value: "" }, "to be read again"), ...parts.map((part) => h("option", { value: part }, visible(part))));
        picks.set(session, pick);
        return h("li", {}, pick, " ", this.#link(session), ` ${visible(note ?? "")}`);
      });
      const save = button("Split", () => {
        const assignment = Object.fromEntries([...picks].filter(([, pick]) => pick.value !== "").map(([session, pick]) => [session, pick.value]));
        this.#edit({ kind: "split", name: mode.name, into: parts, assignment }, "Split.");
      }, { class: "wbw-primary" });
      fill(this.#below, h("p", { class: "wbw-hint" }, "Tab from one to the next; a letter picks a part."), h("ul", { class: "wbw-notes" }, ...rows), save);
      (picks.values().next().value ?? save).focus();
    });
  }
  #sessions(mode) {
    fill(this.#below, h("div", { class: "wbw-heading" }, h("span", {}, visible(mode.name))), mode.sessions.length === 0 && h("p", { class: "wbw-hint" }, "None of them was read by you."), h("ul", { class: "wbw-notes" }, ...mode.sessions.map(([session, note]) => h("li", {}, this.#link(session), ` ${visible(note ?? "")}`))));
    this.#below.querySelector("button")?.focus();
  }
  #group() {
    this.#says.textContent = "Grouping the notes…";
    this.company.ask("suggest").then(
      ({ groups }) => {
        this.#groups = groups;
        this.#says.textContent = groups.length === 0 ? "No groups yet: too few notes without a failure mode, or no two alike." : `${plural(groups.length, "group")} of notes; nothing is named until you name it. ${GROUP_HINT}`;
        if (groups.length > 0) this.#drawGroups();
      },
      (error) => this.#says.textContent = `No groups: ${error instanceof Error ? error.message : String(error)}`
    );
  }
  #drawGroups = () => {
    fill(this.#below, ...this.#groups.map((group) => this.#groupOf(group)));
    const first = this.#below.querySelector(".wbw-group-of");
    if (first === null) this.#back();
    else first.focus();
  };
  #groupOf(group) {
    const taken = () => this.#coded(group, group.name);
    const named2 = () => this.#ask("Failure mode of these sessions", group.name, (name) => this.#coded(group, name), this.#drawGroups);
    const row = h(
      "div",
      { class: "wbw-group-of", role: "group", tabindex: 0, "aria-label": `${visible(group.name)}: ${plural(group.notes.length, "session")}` },
      h("strong", {}, visible(group.name)),
      ` ${plural(group.notes.length, "session")} `,
      button("Name it", named2, { key: "n", class: "wbw-quiet wbw-small" }),
      button("So named", taken, { key: "a", class: "wbw-quiet wbw-small", title: "Take the suggested name" }),
      h("ul", { class: "wbw-notes" }, ...group.notes.slice(0, 6).map(([session, note]) => h("li", {}, this.#link(session), ` ${visible(note ?? "")}`)))
    );
    const beside = (way) => () => row[way]?.focus();
    const does = {
      a: taken,
      n: named2,
      Escape: this.#back,
      ArrowDown: beside("nextElementSibling"),
      ArrowUp: beside("previousElementSibling"),
      j: beside("nextElementSibling"),
      k: beside("previousElementSibling")
    };
    row.addEventListener("keydown", (event) => {
      const act = does[event.key];
      if (act === void 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return row;
  }
  #coded(group, name) {
    const coded = this.host.code(group.notes.map(([session]) => session), name);
    this.#groups = this.#groups.filter((each) => each !== group);
    this.#says.textContent = `${plural(coded, "session")} of this queue without a failure mode ${coded === 1 ? "is" : "are"} now “${visible(name)}”; undo takes each back.${this.#groups.length > 0 ? ` ${GROUP_HINT}` : ""}`;
    this.#drawGroups();
  }
  #link(session) {
    const go = h("button", { type: "button", class: "wbw-link" }, visible(session));
    go.addEventListener("click", () => {
      if (this.host.visit(session)) this.drawer.close();
      else this.#says.textContent = `${visible(session)} is not in this queue.`;
    });
    return go;
  }
};

// src/labeller/commands.ts
function commands(view, keymap) {
  return Object.entries(table(view)).map(([name, action]) => {
    const own = keymap[name];
    return own === void 0 ? action : { ...action, keys: [own] };
  });
}
function table(view) {
  return {
    pass: { keys: ["p"], says: "pass", run: () => view.saying.say({ verdict: "pass" }) },
    fail: { keys: ["f"], says: "fail", run: () => view.saying.say({ verdict: "fail" }) },
    defer: { keys: ["d"], says: "defer: it comes again at the end", run: () => view.saying.say({ verdict: "defer" }) },
    skip: { keys: ["s"], says: "skip", run: () => view.saying.say({ verdict: "skip" }) },
    next: { keys: ["Enter"], says: "save and show the next session", run: () => view.saveAndNext() },
    note: { keys: ["n"], says: "write a note", run: () => view.panel.focusNote() },
    mode: { keys: ["m"], says: "failure mode: pick or coin one", run: () => view.panel.focusMode() },
    also: { keys: ["M"], says: "one more failure mode, of what went wrong after", run: () => view.panel.focusAlso() },
    first_failure: { keys: ["1"], says: "mark this step as the first failure", run: () => view.saying.mark("first_failure") },
    root_cause: { keys: ["2"], says: "mark this step as the root cause", run: () => view.saying.mark("root_cause") },
    expected: { keys: ["e"], says: "edit the output into the expected one", run: () => view.panel.openExpected() },
    question: { keys: ["q"], says: "answer the next open question; in one, a digit picks", run: () => view.panel.questions.focus() },
    flag: { keys: ["!"], says: "flag, to be looked at again", run: () => view.saying.flag() },
    undo: { keys: ["u", "Ctrl+z"], says: "undo the last thing said", run: () => view.saying.undo() },
    down: { keys: ["j", "ArrowDown"], says: "next step", repeats: true, run: () => view.walk.step(1) },
    up: { keys: ["k", "ArrowUp"], says: "previous step", repeats: true, run: () => view.walk.step(-1) },
    open: { keys: ["o"], says: "open or close the step", run: () => view.walk.toggle() },
    open_all: { keys: ["O"], says: "open or close all steps", run: () => view.transcript.toggleAll() },
    error: { keys: ["x"], says: "next error", repeats: true, run: () => view.walk.error(1) },
    error_back: { keys: ["X"], says: "previous error", repeats: true, run: () => view.walk.error(-1) },
    signal: { keys: ["i"], says: "next step where a signal fired", repeats: true, run: () => view.walk.signal() },
    tree: { keys: ["t"], says: "tree and timeline of the spans, or the steps", run: () => view.side.turn() },
    side: { keys: ["b"], says: "show or hide the side", run: () => view.side.hide() },
    top: { keys: ["Home"], says: "first step", run: () => view.walk.goto(0) },
    bottom: { keys: ["End"], says: "last step", run: () => view.walk.goto(Number.MAX_SAFE_INTEGER) },
    page: { keys: ["PageDown", " "], says: "scroll the conversation", repeats: true, run: () => view.transcript.scroll(1) },
    page_back: { keys: ["PageUp"], says: "", repeats: true, run: () => view.transcript.scroll(-1) },
    forward: { keys: ["]", "l", "ArrowRight"], says: "next session", run: () => view.move(1) },
    back: { keys: ["[", "h", "ArrowLeft"], says: "previous session", run: () => view.move(-1) },
    jump: { keys: ["g"], says: "go to a session by number or id", run: () => view.finder.open("jump") },
    search: { keys: ["/"], says: "search in this session", run: () => view.finder.open("search") },
    again: { keys: [","], says: "next place found", repeats: true, run: () => view.finder.next(1) },
    reveal: { keys: ["v"], says: "show suggestions before the verdict", run: () => view.reveal() },
    stopping: { keys: ["w"], says: "when to stop, by segment", run: () => view.segments() },
    codebook: { keys: ["c"], says: "the codebook: merge, split, rename, read again", run: () => view.codebook() },
    retry: { keys: ["r"], says: "try again to save", run: () => view.outbox.retry() },
    help: { keys: ["?"], says: "show or hide the keys", run: () => view.toggleHelp() },
    leave: { keys: ["Escape"], says: "close, or leave for the notebook", run: () => view.leave() }
  };
}
function keyOfAction(name, keymap) {
  const defaults = {
    pass: "p",
    fail: "f",
    defer: "d",
    skip: "s",
    note: "n",
    mode: "m",
    also: "M",
    first_failure: "1",
    root_cause: "2",
    expected: "e",
    reveal: "v",
    next: "Enter",
    forward: "]",
    back: "[",
    retry: "r",
    help: "?",
    search: "/",
    undo: "u",
    jump: "g",
    question: "q",
    flag: "!",
    tree: "t",
    side: "b",
    stopping: "w",
    codebook: "c",
    signal: "i"
  };
  return keymap[name] ?? defaults[name] ?? "";
}

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

// src/labeller/drawer.ts
var Drawer = class {
  constructor(root) {
    this.root = root;
  }
  #open = null;
  get what() {
    return this.#open?.what ?? null;
  }
  help(actions) {
    this.#put("help", helpCard(actions, () => this.close()));
  }
  /** Show something under a title; what is returned is filled by the caller. */
  show(what, title, hint = "") {
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": `Close: ${title}` }, "×");
    shut.addEventListener("click", () => this.close());
    const body2 = h("div", { class: "wbw-drawer-body" });
    const el = h(
      "div",
      { class: "wbw-help wbw-drawer", role: "dialog", "aria-label": title, tabindex: -1 },
      h("div", { class: "wbw-heading" }, h("span", {}, title), shut),
      hint !== "" && h("p", { class: "wbw-hint" }, hint),
      body2
    );
    el.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
    this.#put(what, el);
    el.focus({ preventScroll: true });
    return body2;
  }
  close() {
    if (this.#open === null) return false;
    this.root().focus({ preventScroll: true });
    this.#open.el.remove();
    this.#open = null;
    return true;
  }
  #put(what, el) {
    this.#open?.el.remove();
    this.#open = { what, el };
    this.root().append(el);
  }
};
function tableOf(el, heads, rows) {
  fill(
    el,
    h(
      "table",
      { class: "wbw-table" },
      h("thead", {}, h("tr", {}, ...heads.map((head2) => h("th", { scope: "col" }, head2)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))))
    )
  );
}

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

// src/labeller/company.ts
var CALM2 = 1200;
var Company = class {
  constructor(link, offers, taken, told2, signal) {
    this.link = link;
    this.offers = offers;
    this.told = told2;
    this.signal = signal;
    this.taken = new Set(taken);
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }
  /** Items that somebody else reads, or that have enough readers. */
  taken;
  #timer;
  /** Reserve an item; why it is not to be read now, or null. */
  async hold(id) {
    if (!this.offers.has("hold")) return null;
    const { content } = await this.link.ask({ kind: "hold", session_id: id });
    const why = typeof content["taken"] === "string" ? content["taken"] : null;
    if (why === null) this.taken.delete(id);
    else this.taken.add(id);
    return why;
  }
  /** Ask when to stop as soon as the reader pauses, so that no save waits for the answer. */
  stopping() {
    if (!this.offers.has("stopping")) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.ask("stopping").then(({ sentence }) => this.signal.aborted || this.told(sentence), () => void 0);
    }, CALM2);
  }
  segments(drawer) {
    if (!this.offers.has("stopping")) return;
    const body2 = drawer.show("segments", "When to stop, by segment");
    body2.textContent = "Counting…";
    this.ask("stopping", { segments: true }).then(
      ({ sentence, rows }) => {
        this.told(sentence);
        const [first] = rows ?? [];
        if (first === void 0) body2.textContent = sentence;
        else tableOf(body2, Object.keys(first), (rows ?? []).map((row) => Object.values(row).map((value) => visible(String(value ?? "–")))));
      },
      (error) => body2.textContent = `This cannot be told: ${error instanceof Error ? error.message : String(error)}`
    );
  }
  spans(id) {
    return this.ask("spans", { session_id: id });
  }
  async ask(kind, more = {}) {
    const { buffers } = await this.link.ask({ kind, ...more });
    return JSON.parse(decode(buffers));
  }
};

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
function gist(step, limit) {
  if (step.kind === "tool" || step.kind === "retrieval") return call(step, limit);
  return oneLine(step.text ?? step.error ?? "", limit) || "(empty)";
}
function lasting(seconds) {
  if (seconds === null) return "";
  if (seconds < 0.0995) return `${(seconds * 1e3).toFixed(0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}
function spoken(step, total) {
  const what = failed(step) ? `${WORDS[step.kind]}, error` : WORDS[step.kind];
  return `Step ${step.number} of ${total}, ${what}: ${gist(step, 160)}`;
}
function search(steps, query) {
  const needle = query.trim().toLowerCase();
  if (needle === "") return [];
  const found = [];
  steps.forEach((step, index) => {
    let hits = 0;
    for (const text of [step.text, step.tool_name, step.tool_arguments, step.tool_result, step.error]) {
      if (text === null) continue;
      const hay = text.toLowerCase();
      for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) hits += 1;
    }
    if (hits > 0) found.push({ index, hits });
  });
  return found;
}

// src/labeller/finder.ts
var Finder = class {
  constructor(host) {
    this.host = host;
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the search", onclick: () => this.close(true) }, "×");
    this.el = h("div", { class: "wbw-finder", role: "search", hidden: true }, this.#input, this.#says, shut);
    this.#input.addEventListener("input", () => this.opened === "search" && this.#search());
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") this.close(true);
      else if (event.key !== "Enter") return;
      else if (this.opened === "search") this.next(event.shiftKey ? -1 : 1);
      else this.#jump();
      event.preventDefault();
    });
  }
  el;
  opened = null;
  #input = h("input", { class: "wbw-field", type: "text", autocomplete: "off", spellcheck: "false" });
  #says = h("span", { class: "wbw-finder-says", role: "status" });
  #hits = [];
  #at = -1;
  open(what) {
    this.opened = what;
    this.el.hidden = false;
    this.#says.textContent = "";
    this.#input.placeholder = what === "search" ? "Search in this session" : "Go to: number or session id";
    this.#input.setAttribute("aria-label", this.#input.placeholder);
    if (what === "jump") this.#input.value = "";
    this.#input.focus({ preventScroll: true });
    this.#input.select();
  }
  close(focus = false) {
    if (this.opened === null) return;
    this.opened = null;
    this.#hits = [];
    this.#at = -1;
    this.#input.value = "";
    if (focus || this.el.contains(document.activeElement)) this.host.done();
    this.el.hidden = true;
    this.host.show("", []);
  }
  next(by) {
    if (this.opened !== "search" || this.#hits.length === 0) return;
    this.#at = (this.#at + by + this.#hits.length) % this.#hits.length;
    const field = document.activeElement === this.#input;
    this.host.go(this.#hits[this.#at]?.index ?? 0);
    if (field) this.#input.focus({ preventScroll: true });
    this.#count();
  }
  #search() {
    const query = this.#input.value.trim();
    this.#hits = search(this.host.steps(), query);
    this.#at = -1;
    this.host.show(query, this.#hits.map((hit) => hit.index));
    this.#count();
  }
  #count() {
    const total = this.#hits.reduce((sum, hit) => sum + hit.hits, 0);
    const partly = this.host.steps().some((step) => step.more !== void 0 && Object.values(step.more).some((left) => left > 0));
    const where = this.#at >= 0 ? `step ${this.#at + 1} of ${this.#hits.length}` : `in ${plural(this.#hits.length, "step")}`;
    const found = total === 0 ? "not found" : `${plural(total, "time")}, ${where}; Enter for the next`;
    this.#says.textContent = this.#input.value.trim() === "" ? "" : `${found}${partly ? " (what is trimmed is not searched)" : ""}`;
  }
  #jump() {
    const problem = this.host.jump(this.#input.value.trim());
    if (problem === null) this.close(true);
    else this.#says.textContent = problem;
  }
};
function placeOf(ids, where) {
  const exact = ids.indexOf(where);
  if (exact >= 0) return exact;
  const number = /^\d+$/.test(where) ? Number(where) - 1 : -1;
  return ids[number] !== void 0 ? number : ids.findIndex((id) => id.includes(where));
}

// src/labeller/head.ts
var Head = class {
  constructor(title, tools, host) {
    this.host = host;
    this.el = h(
      "header",
      { class: "wbw-top" },
      h(
        "div",
        { class: "wbw-top-line" },
        title !== "" && h("strong", { class: "wbw-title" }, visible(title)),
        this.#where,
        h("span", { class: "wbw-progress", "aria-hidden": "true" }, this.#bar),
        this.#progress,
        h("span", { class: "wbw-group" }, ...tools)
      ),
      this.#because,
      this.#stop,
      this.#facts
    );
  }
  el;
  #progress = h("span", { class: "wbw-progress-text" });
  #bar = h("span", { class: "wbw-progress-fill" });
  #where = h("span", { class: "wbw-where" });
  #because = h("p", { class: "wbw-because" });
  #stop = h("p", { class: "wbw-stop", hidden: true });
  #facts = h("ul", { class: "wbw-facts", "aria-label": "Facts" });
  overview(position, total, name, counts) {
    const { pass, fail, defer, skip } = counts;
    const done = pass + fail + skip;
    fill(this.#where, h("strong", {}, `Session ${count(total === 0 ? 0 : position + 1)} of ${count(total)}`), name !== void 0 && h("code", { title: visible(name) }, visible(name)));
    const parts = [`${count(done)} of ${count(total)} done`, `${count(pass)} pass`, `${count(fail)} fail`];
    if (defer > 0) parts.push(`${count(defer)} deferred`);
    if (skip > 0) parts.push(`${count(skip)} skipped`);
    this.#progress.textContent = parts.join(" · ");
    this.#bar.style.width = `${total === 0 ? 0 : done / total * 100}%`;
  }
  show(session) {
    this.#because.textContent = session.because === "" ? "" : `Why this one: ${visible(session.because)}`;
    fill(
      this.#facts,
      ...session.facts.map(([name, value]) => fact(name, visible(value))),
      ...session.signals.map((signal) => {
        const step = session.steps.findIndex((each) => each.number === signal.number);
        const value = step < 0 ? visible(signal.text) : h("button", { type: "button", class: "wbw-link", onclick: () => this.host.goto(step) }, `${visible(signal.text)} (step ${signal.number})`);
        return fact(signal.name, value);
      })
    );
  }
  /** When to stop, in one sentence. */
  stopping(sentence) {
    this.#stop.hidden = sentence === "";
    fill(this.#stop, `When to stop: ${visible(sentence)} `, button("By segment", () => this.host.segments(), { key: this.host.key("stopping"), class: "wbw-quiet wbw-small" }));
  }
};
var fact = (name, value) => h("li", {}, h("span", { class: "wbw-fact" }, visible(name)), " ", value);

// src/labeller/journal.ts
var FIELDS = ["verdict", "note", "failure_mode", "other_modes", "first_failure", "root_cause", "expected_output", "flag"];
var Journal = class {
  constructor(ids, labels, waiting) {
    this.ids = ids;
    this.waiting = waiting;
    for (const [id, label] of Object.entries(labels)) this.take(id, label);
  }
  #acknowledged = /* @__PURE__ */ new Map();
  #undo = [];
  #counts = { pass: 0, fail: 0, defer: 0, skip: 0 };
  /** The label as it will stand when everything on its way has arrived. */
  label(id) {
    let label = this.#acknowledged.get(id) ?? { revision: 0 };
    for (const change of this.waiting()) if (change["session_id"] === id) label = { ...label, ...patchOf(change) };
    return label;
  }
  acknowledged(id) {
    return this.#acknowledged.get(id) ?? { revision: 0 };
  }
  verdict(id) {
    return this.label(id).verdict ?? null;
  }
  /** The kernel's word on a session. */
  take(id, label) {
    const before = this.#acknowledged.get(id)?.verdict;
    if (this.ids.has(id)) {
      if (before) this.#counts[before] -= 1;
      if (label.verdict) this.#counts[label.verdict] += 1;
    }
    this.#acknowledged.set(id, label);
  }
  /** Remember how to take an operation back. */
  did(operation, session_id, before, patch) {
    const old = {};
    for (const field of Object.keys(patch)) Object.assign(old, { [field]: before[field] ?? null });
    this.#undo.push({ operation, session_id, before: old });
  }
  /** The last operation of this page, or null: then the log knows the last one. */
  last() {
    return this.#undo.pop() ?? null;
  }
  dropped(operation) {
    this.#undo = this.#undo.filter((each) => each.operation !== operation);
  }
  get counts() {
    const counts = { ...this.#counts };
    const changed = new Set(this.waiting().map((change) => change["session_id"]));
    for (const id of changed) {
      if (!this.ids.has(id)) continue;
      const was = this.#acknowledged.get(id)?.verdict;
      const will = this.verdict(id);
      if (was) counts[was] -= 1;
      if (will) counts[will] += 1;
    }
    return counts;
  }
  /** The next item to read after `from`: unlabelled first, then what was deferred; null when all is said or passed over. */
  next(order, from, passed) {
    for (const wanted of [null, "defer"]) {
      for (let ahead = 1; ahead <= order.length; ahead++) {
        const index = (from + ahead) % order.length;
        const id = order[index];
        if (id !== void 0 && index !== from && this.verdict(id) === wanted && !passed?.has(id)) return index;
      }
    }
    return null;
  }
};
function patchOf(change) {
  const patch = {};
  const from = change["undo"] === void 0 ? change : change["restores"] ?? {};
  for (const [field, value] of Object.entries(from)) if (FIELDS.includes(field) || field.startsWith("answer: ")) Object.assign(patch, { [field]: value });
  return patch;
}

// src/labeller/modes.ts
var othersOf = (label) => (label.other_modes ?? "").split("\n").filter((name) => name !== "");
var lines = (names) => names.length === 0 ? null : names.join("\n");
var ModeFields = class {
  constructor(host) {
    this.host = host;
    const lead = (name) => {
      host.mode(name);
      this.first.show(this.#label.failure_mode ?? "");
    };
    this.first = new Completion("Failure mode", () => host.modes(), lead, () => host.leaveField(), true);
    const free = () => host.modes().filter((name) => name !== this.#label.failure_mode && !othersOf(this.#label).includes(name));
    const add = (name) => {
      this.#also.show("");
      if (name !== null) host.also(name);
    };
    this.#also = new Completion("Further failure mode", free, add, () => host.leaveField(), true);
    this.#also.input.placeholder = "what else went wrong";
    this.el.append(this.first.el, this.#others, this.#also.el);
  }
  el = h("div", { class: "wbw-mode-fields" });
  first;
  #also;
  #others = h("ul", { class: "wbw-others", "aria-label": "Further failure modes" });
  #label = { revision: 0 };
  /** The field that takes one more mode: the first while there is none. */
  get next() {
    return (this.#label.failure_mode ? this.#also : this.first).input;
  }
  /** Hand over what was typed and not yet said. */
  commit() {
    for (const field of [this.first, this.#also]) if (document.activeElement === field.input) field.commit();
  }
  show(label, other) {
    this.#label = label;
    if (other || document.activeElement !== this.first.input) this.first.show(label.failure_mode ?? "");
    if (other) this.#also.show("");
    this.#also.el.hidden = !label.failure_mode;
    fill(this.#others, ...othersOf(label).map((name) => this.#other(name)));
  }
  #other(name) {
    const lead = h("button", { type: "button", class: "wbw-link", title: "Let this be what went wrong first" }, visible(name));
    lead.addEventListener("click", () => this.host.other(name, "lead"));
    const drop = h("button", { type: "button", class: "wbw-clear", "aria-label": `Take ${visible(name)} away`, title: "Take away" }, "×");
    drop.addEventListener("click", () => this.host.other(name, "drop"));
    return h("li", {}, h("span", { class: "wbw-hint" }, "and "), lead, drop);
  }
};

// src/labeller/outline.ts
var ROW = 24;
var SPARE = 12;
var Outline = class {
  constructor(choose) {
    this.choose = choose;
    this.el.append(this.#inner);
    this.el.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#inner.addEventListener("click", (event) => {
      const row = event.target.closest("[data-index]");
      if (row !== null) this.choose(Number(row.dataset["index"]));
    });
  }
  el = h("nav", { class: "wbw-outline", "aria-label": "Steps" });
  #inner = h("div", { class: "wbw-outline-rows" });
  #rows = [];
  #rowOf = [];
  #steps = [];
  #slowest = 1;
  #current = 0;
  #first = null;
  #root = null;
  #hits = /* @__PURE__ */ new Set();
  load(session) {
    this.#steps = session.steps;
    this.#slowest = Math.max(...session.steps.slice(0, 2e4).map((step) => step.seconds ?? 0), 1e-3);
    this.#rows = [];
    this.#rowOf = [];
    this.#hits.clear();
    let turn = null;
    session.steps.forEach((step, index) => {
      if (step.turn !== null && step.turn !== turn) this.#rows.push({ turn: step.turn });
      turn = step.turn;
      this.#rowOf.push(this.#rows.length);
      this.#rows.push({ index });
    });
    this.#inner.style.height = `${this.#rows.length * ROW}px`;
    this.#current = 0;
    this.el.scrollTop = 0;
    this.#draw();
  }
  go(index) {
    this.#current = index;
    const top = (this.#rowOf[index] ?? 0) * ROW;
    const height = this.el.clientHeight;
    if (top < this.el.scrollTop + ROW) this.el.scrollTop = Math.max(0, top - ROW * 3);
    else if (top > this.el.scrollTop + height - ROW * 2) this.el.scrollTop = top - height + ROW * 4;
    this.#draw();
  }
  marks(first, root) {
    this.#first = first;
    this.#root = root;
    this.#draw();
  }
  found(hits) {
    this.#hits = new Set(hits);
    this.#draw();
  }
  #draw() {
    const from = Math.max(0, Math.floor(this.el.scrollTop / ROW) - SPARE);
    const to = Math.min(this.#rows.length, Math.ceil((this.el.scrollTop + (this.el.clientHeight || 600)) / ROW) + SPARE);
    const drawn = [];
    for (let place = from; place < to; place++) {
      const row = this.#rows[place];
      if (row === void 0) continue;
      const node = "turn" in row ? h("div", { class: "wbw-outline-turn" }, `Turn ${row.turn}`) : this.#row(row.index);
      node.style.top = `${place * ROW}px`;
      drawn.push(node);
    }
    this.#inner.replaceChildren(...drawn);
  }
  #row(index) {
    const step = this.#steps[index];
    const bad = failed(step);
    const marks = `${step.span === this.#first ? "⚑" : ""}${step.span === this.#root ? "◆" : ""}`;
    const row = h(
      "div",
      {
        class: `wbw-outline-row wbw-${step.kind}${bad ? " wbw-failed" : ""}${index === this.#current ? " wbw-current" : ""}${this.#hits.has(index) ? " wbw-hit" : ""}`,
        "data-index": index,
        "aria-current": index === this.#current ? "step" : void 0,
        title: `${gist(step, 300)}${step.seconds === null ? "" : ` (${lasting(step.seconds)})`}`
      },
      h("span", { class: "wbw-number" }, String(step.number)),
      h("span", { class: "wbw-glyph" }, bad ? "✕" : GLYPHS[step.kind]),
      h("span", { class: "wbw-gist" }, step.kind === "tool" ? step.tool_name ?? "tool" : gist(step, 60)),
      marks !== "" && h("span", { class: "wbw-outline-marks" }, marks)
    );
    if (step.seconds !== null) {
      const bar = h("span", {});
      bar.style.width = `${Math.max(4, Math.round(step.seconds / this.#slowest * 100))}%`;
      row.append(h("span", { class: "wbw-bar", "aria-hidden": "true" }, bar));
    }
    return row;
  }
};

// src/labeller/typed.ts
var PAUSE = 1500;
var Typed = class {
  constructor(field, keep2, host, lines2, signal) {
    this.field = field;
    this.keep = keep2;
    field.addEventListener("input", () => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(keep2, PAUSE);
    });
    field.addEventListener("blur", keep2);
    const pressed = (event) => {
      if (event.isComposing) return;
      const combined = event.ctrlKey || event.metaKey;
      if (event.key === "Escape" || event.key === "Enter" && !event.shiftKey && (combined || !lines2)) {
        event.preventDefault();
        event.stopPropagation();
        this.commit();
        host.leaveField();
        if (combined) host.saveAndNext();
      }
    };
    field.addEventListener("keydown", pressed);
    signal.addEventListener("abort", () => clearTimeout(this.#pause));
  }
  #pause;
  get typing() {
    return document.activeElement === this.field;
  }
  /** Hand over what was typed and not yet said. */
  commit() {
    clearTimeout(this.#pause);
    if (this.typing) this.keep();
  }
  /** Show a value; what is being typed stays, but for another session. */
  show(value, other) {
    if (other) clearTimeout(this.#pause);
    if (other || !this.typing) this.field.value = value;
  }
};

// src/labeller/questions.ts
var MOST_BUTTONS = 11;
var nameOf = (question) => `answer: ${question.name}`;
var Questions = class {
  constructor(questions, host, signal) {
    this.host = host;
    for (const question of questions) {
      const asked = choices(question).length > 0 ? this.#buttons(question) : this.#text(question, signal);
      this.#asked.push(asked);
      this.el.append(asked.row);
    }
  }
  el = h("div", { class: "wbw-questions" });
  #asked = [];
  #label = { revision: 0 };
  #session = null;
  /** Required questions without an answer. */
  get missing() {
    return this.#asked.filter((each) => each.question.required && this.#open(each)).map((each) => each.question.name);
  }
  show(session, label) {
    const other = this.#session?.session_id !== session.session_id;
    this.#label = label;
    this.#session = session;
    for (const each of this.#asked) {
      each.show(label, session, other);
      each.row.classList.toggle("wbw-answered", !this.#open(each) && !each.question.closed);
    }
  }
  /** To the first question without an answer: a required one if there is one; else the first of all. */
  focus() {
    const open = this.#asked.filter((each) => this.#open(each));
    const to = open.find((each) => each.question.required) ?? open[0] ?? this.#asked.find((each) => !each.question.closed);
    to?.focus();
  }
  commit() {
    for (const each of this.#asked) each.typed?.commit();
  }
  #open(asked) {
    return !asked.question.closed && (this.#label[nameOf(asked.question)] ?? null) === null;
  }
  #after(question) {
    const place = this.#asked.findIndex((each) => each.question === question);
    const next = this.#asked.slice(place + 1).find((each) => this.#open(each));
    if (next === void 0) this.host.leaveField();
    else next.focus();
  }
  #buttons(question) {
    const offered = choices(question);
    const group = h("div", { class: "wbw-choices", role: "group", "aria-label": told(question) });
    const presses = offered.map((value, place) => {
      const press = h("button", { type: "button", class: "wbw-choice", disabled: question.closed, "aria-pressed": "false" }, visible(value));
      press.addEventListener("click", () => this.#pick(question, value));
      if (offered.length <= 9 && question.kind !== "score") press.append(h("kbd", { "aria-hidden": "true" }, String(place + 1)));
      group.append(press);
      return press;
    });
    group.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = presses.indexOf(document.activeElement);
      const digit = /^\d$/.test(event.key) ? question.kind === "score" ? event.key : offered[Number(event.key) - 1] : void 0;
      if (digit !== void 0 && offered.includes(digit)) {
        this.#pick(question, digit);
        this.#after(question);
      } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
        presses[(at + (event.key === "ArrowRight" ? 1 : -1) + presses.length) % presses.length]?.focus({ preventScroll: true });
      } else if (event.key === "Escape") this.host.leaveField();
      else if (digit === void 0 && !/^\d$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    return {
      question,
      row: rowOf(question, group),
      show: (label) => {
        const answer2 = label[nameOf(question)] ?? null;
        presses.forEach((press, place) => press.setAttribute("aria-pressed", String(answer2 !== null && same(answer2, offered[place]))));
      },
      focus: () => {
        const current = presses.find((press) => press.getAttribute("aria-pressed") === "true") ?? presses[0];
        current?.focus();
      }
    };
  }
  #pick(question, value) {
    const now = this.#label[nameOf(question)] ?? null;
    this.host.answer(nameOf(question), now !== null && same(now, value) ? null : value);
  }
  #text(question, signal) {
    const number = question.kind === "score";
    const field = number ? h("input", { class: "wbw-field", type: "text", inputmode: "decimal", "aria-label": told(question), placeholder: `${question.values[0]} to ${question.values[1]}`, disabled: question.closed }) : h("textarea", { class: "wbw-field", rows: question.kind === "text" ? 2 : 4, "aria-label": told(question), placeholder: hints[question.kind] ?? "", disabled: question.closed });
    const start = () => question.kind === "edited output" && this.#session !== null ? this.host.proposal(this.#session) : "";
    const keep2 = () => {
      if (this.#session === null) return;
      const text = field.value.trim() === "" || field.value === start() ? null : field.value.trim();
      if ((this.#label[nameOf(question)] ?? null) !== text) this.host.answer(nameOf(question), text);
    };
    const typed = new Typed(field, keep2, this.host, question.kind === "edited output" || question.kind === "criteria", signal);
    return {
      question,
      typed,
      row: rowOf(question, field),
      show: (label, _session, other) => typed.show(label[nameOf(question)] ?? "", other),
      focus: () => {
        if (field.value === "") field.value = start();
        field.focus();
      }
    };
  }
};
var hints = {
  criteria: "what a right answer fulfils, one a line",
  "edited output": "what the agent should have answered"
};
function choices(question) {
  if (question.kind === "binary") return ["pass", "fail"];
  if (question.kind === "categorical") return question.values.map(String);
  const [low, high] = question.values.map(Number);
  if (question.kind !== "score" || low === void 0 || high === void 0 || !Number.isInteger(low) || !Number.isInteger(high) || high - low >= MOST_BUTTONS) return [];
  return Array.from({ length: high - low + 1 }, (_, step) => String(low + step));
}
var same = (one, other) => one === other || one !== "" && other !== "" && Number(one) === Number(other);
var told = (question) => `${visible(question.name)}${question.closed ? " (for experts)" : question.required ? " (required)" : ""}`;
function rowOf(question, control) {
  const mark = question.closed ? h("span", { class: "wbw-hint" }, "for experts") : question.required && h("span", { class: "wbw-required" }, "required");
  return h("div", { class: "wbw-question" }, h("div", { class: "wbw-heading" }, h("span", {}, visible(question.name)), mark), !question.closed && control);
}

// src/labeller/reviews.ts
function drawReviews(el, session, visit) {
  const reviews = session.reviews ?? [];
  if (reviews.length === 0) {
    fill(el);
    return;
  }
  const where = (span) => {
    const step = session.steps.find((each) => each.span === span && span !== null);
    if (span === null) return "–";
    if (step === void 0) return "a step that is not shown";
    const go = h("button", { type: "button", class: "wbw-link", title: gist(step, 200) }, `step ${step.number}`);
    go.addEventListener("click", () => visit(span));
    return go;
  };
  const rows = [
    ["verdict", (review) => h("strong", { class: `wbw-said-${review.verdict ?? ""}` }, visible(review.verdict ?? "–"))],
    ["mode", (review) => visible(review.failure_mode ?? "–")],
    ["note", (review) => visible(review.note ?? "–")],
    ["first failure", (review) => where(review.first_failure)],
    ["root cause", (review) => where(review.root_cause)]
  ];
  const asked = [...new Set(reviews.flatMap((review) => review.answers.map(([name]) => name)))];
  for (const name of asked) rows.push([name, (review) => visible(review.answers.find(([each]) => each === name)?.[1] ?? "–")]);
  fill(
    el,
    h("div", { class: "wbw-heading" }, h("span", {}, "What they said")),
    h(
      "div",
      { class: "wbw-reviews", tabindex: 0, role: "group", "aria-label": "What the reviewers said" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("td", {}), ...reviews.map((review) => h("th", { scope: "col" }, visible(review.reviewer))))),
        h("tbody", {}, ...rows.map(([name, cell]) => h("tr", {}, h("th", { scope: "row" }, visible(name)), ...reviews.map((review) => h("td", {}, cell(review))))))
      )
    )
  );
}

// src/labeller/panel.ts
var VERDICTS = [
  { verdict: "pass", name: "Pass", glyph: "✓" },
  { verdict: "fail", name: "Fail", glyph: "✕" },
  { verdict: "defer", name: "Defer", glyph: "◷" },
  { verdict: "skip", name: "Skip", glyph: "⇥" }
];
var Panel = class {
  constructor(host, rubric, signal) {
    this.host = host;
    const group = h("div", { class: "wbw-verdicts", role: "group", "aria-label": "Verdict" });
    for (const { verdict, name, glyph } of VERDICTS) {
      const press = button(name, () => host.verdict(verdict), { key: host.key(verdict), class: `wbw-verdict wbw-verdict-${verdict}` });
      press.prepend(h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph));
      this.#verdicts.set(verdict, press);
      group.append(press);
    }
    this.mode = new ModeFields(host);
    this.#typed = [
      new Typed(this.#note, () => this.#session !== null && host.note(this.#note.value), host, false, signal),
      new Typed(this.#expected, () => this.#commitExpected(), host, true, signal)
    ];
    this.questions = new Questions(rubric, { ...host, proposal: answer }, signal);
    this.#flag = button("Flag", () => host.flag(), { key: host.key("flag"), class: "wbw-quiet wbw-flag", title: "To be looked at again, or shown to somebody; says nothing of quality" });
    this.#expectedToggle = button("Expected output", () => this.openExpected(), { key: host.key("expected"), class: "wbw-quiet" });
    this.#expectedBox.append(heading("Expected output", ""), this.#expected);
    this.el.append(
      section(this.#reviews),
      section(group, this.#flag),
      section(heading("Note", host.key("note")), this.#note),
      section(heading("Failure mode", host.key("mode")), this.mode.el),
      section(this.questions.el),
      section(heading("Where it went wrong", ""), this.#marks),
      section(this.#expectedToggle, this.#expectedBox),
      section(this.#suggestions)
    );
  }
  el = h("aside", { class: "wbw-panel-side", "aria-label": "Your label" });
  mode;
  questions;
  #verdicts = /* @__PURE__ */ new Map();
  #note = h("textarea", { class: "wbw-field", rows: 4, "aria-label": "Note", placeholder: "The first thing that went wrong, in your words" });
  #expected = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Expected output" });
  #expectedBox = h("div", { hidden: true });
  #expectedToggle;
  #marks = h("div", { class: "wbw-marks" });
  #suggestions = h("div", { class: "wbw-suggestions" });
  #reviews = h("div", {});
  #flag;
  #typed;
  #session = null;
  /** Hand over what was typed and not yet said. */
  commit() {
    if (this.#session === null) return;
    for (const typed of this.#typed) typed.commit();
    this.mode.commit();
    this.questions.commit();
  }
  focusNote() {
    focusIn(this.el, this.#note);
    this.#note.setSelectionRange(this.#note.value.length, this.#note.value.length);
  }
  focusMode() {
    focusIn(this.el, this.mode.first.input);
  }
  focusAlso() {
    focusIn(this.el, this.mode.next);
  }
  openExpected() {
    this.#expectedBox.hidden = false;
    this.#expectedToggle.hidden = true;
    if (this.#expected.value === "") this.#expected.value = answer(this.#session);
    focusIn(this.el, this.#expected);
  }
  show(session, label) {
    const other = this.#session?.session_id !== session.session_id;
    this.#session = session;
    if (other) drawReviews(this.#reviews, session, (span) => this.host.visit(span));
    for (const [verdict, press] of this.#verdicts) press.setAttribute("aria-pressed", String(label.verdict === verdict));
    this.#flag.setAttribute("aria-pressed", String((label.flag ?? null) !== null));
    const [note, expected] = this.#typed;
    note.show(label.note ?? "", other);
    this.mode.show(label, other);
    if (other || !expected.typing) {
      expected.show(label.expected_output ?? "", other);
      this.#expectedBox.hidden = (label.expected_output ?? null) === null;
      this.#expectedToggle.hidden = !this.#expectedBox.hidden;
    }
    this.questions.show(session, label);
    fill(
      this.#marks,
      this.#mark("first_failure", "⚑", "First failure", label.first_failure ?? null, session),
      this.#mark("root_cause", "◆", "Root cause", label.root_cause ?? null, session)
    );
  }
  /** What software thinks; `first`: it stands above what is asked, since it is to be seen before the verdict. */
  suggestions(list, held, first = false) {
    const box = this.#suggestions.parentElement;
    if (first && this.el.firstElementChild !== box) this.el.prepend(box);
    else if (!first && this.el.lastElementChild !== box) this.el.append(box);
    if (list !== null && list.length > 0) {
      fill(
        this.#suggestions,
        heading("Suggestions", ""),
        h("ul", {}, ...list.map((each) => h("li", {}, h("strong", {}, visible(each.source)), " ", visible(each.text))))
      );
    } else if (held > 0) {
      const one = held === 1;
      fill(
        this.#suggestions,
        h("p", { class: "wbw-hint" }, `${plural(held, "suggestion")} ${one ? "waits" : "wait"} for your verdict, so that yours is your own.`),
        button(`Show ${one ? "it" : "them"} now`, () => this.host.reveal(), { key: this.host.key("reveal"), class: "wbw-quiet", title: "Your label is then stored as given after a suggestion was seen" })
      );
    } else fill(this.#suggestions);
  }
  #mark(field, glyph, name, span, session) {
    const step = session.steps.find((each) => each.span === span && span !== null);
    const row = h("div", { class: "wbw-mark" }, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph), h("span", { class: "wbw-mark-name" }, name));
    if (span === null) {
      row.append(h("span", { class: "wbw-hint" }, h("kbd", {}, this.host.key(field)), " on the step"));
      return row;
    }
    const what = step === void 0 ? "a step that is not shown" : `${step.number} · ${markedName(step)}`;
    const go = h("button", { type: "button", class: "wbw-link", title: "Go to this step" }, what);
    go.addEventListener("click", () => this.host.visit(span));
    const clear = h("button", { type: "button", class: "wbw-clear", "aria-label": `Clear ${name.toLowerCase()}`, title: "Clear" }, "×");
    clear.addEventListener("click", () => this.host.clear(field));
    row.append(go, clear);
    return row;
  }
  #commitExpected() {
    if (this.#session === null) return;
    const text = this.#expected.value;
    this.host.expected(text === "" || text === answer(this.#session) ? null : text);
  }
};
var markedName = (step) => step.kind === "tool" ? visible(step.tool_name ?? "tool") : gist(step, 28);
function answer(session) {
  return session?.steps.filter((step) => step.kind === "assistant" && (step.text ?? "") !== "").at(-1)?.text ?? "";
}
var section = (...children) => h("div", { class: "wbw-section" }, ...children);
function heading(name, key) {
  return h("div", { class: "wbw-heading" }, h("span", {}, name), key !== "" && h("kbd", { "aria-hidden": "true" }, key));
}

// src/labeller/saying.ts
var Saying = class {
  constructor(journal, modes, outbox, host) {
    this.journal = journal;
    this.modes = modes;
    this.outbox = outbox;
    this.host = host;
  }
  say(patch) {
    const id = this.host.session()?.session_id;
    if (id === void 0) return;
    this.host.begin();
    this.#of(id, patch);
    this.host.refresh();
  }
  text(field, text) {
    const id = this.host.session()?.session_id;
    if (id !== void 0 && (this.journal.label(id)[field] ?? null) !== text) this.say({ [field]: text });
  }
  mode(name) {
    const id = this.host.session()?.session_id;
    if (id === void 0 || (this.journal.label(id).failure_mode ?? null) === name) return;
    const others = othersOf(this.journal.label(id));
    if (name === null) {
      this.say(others.length === 0 ? { failure_mode: null } : { failure_mode: others[0], other_modes: lines(others.slice(1)) });
      return;
    }
    this.modes.add(name);
    const patch = this.#named(id, name);
    this.say(others.includes(name) ? { ...patch, other_modes: lines(others.filter((each) => each !== name)) } : patch);
  }
  /** One more failure mode, beside the first. */
  also(name) {
    const id = this.host.session()?.session_id;
    if (id === void 0) return;
    const label = this.journal.label(id);
    if (!label.failure_mode) this.mode(name);
    else if (label.failure_mode !== name && !othersOf(label).includes(name)) {
      this.modes.add(name);
      this.say({ other_modes: lines([...othersOf(label), name]) });
    }
  }
  /** Take one of the further modes away, or let it be what went wrong first. */
  other(name, does) {
    const id = this.host.session()?.session_id;
    if (id === void 0) return;
    const label = this.journal.label(id);
    const rest = othersOf(label).filter((each) => each !== name);
    if (does === "drop") this.say({ other_modes: lines(rest) });
    else this.say({ failure_mode: name, other_modes: lines(label.failure_mode ? [label.failure_mode, ...rest] : rest) });
  }
  mark(as) {
    const id = this.host.session()?.session_id;
    const span = this.host.span();
    if (id !== void 0 && span !== void 0) this.say({ [as]: this.journal.label(id)[as] === span ? null : span });
  }
  flag() {
    const id = this.host.session()?.session_id;
    if (id !== void 0) this.say({ flag: (this.journal.label(id).flag ?? null) === null ? "flagged" : null });
  }
  /** Name the failure of several sessions at once, those that have no name yet; how many it were. */
  code(sessions, mode) {
    const open = sessions.filter((id) => !this.journal.label(id).failure_mode);
    for (const id of open) this.#of(id, this.#named(id, mode));
    this.modes.add(mode);
    this.host.refresh();
    return open.length;
  }
  undo() {
    const last = this.journal.last();
    const undo = last === null ? { session_id: null, undo: "last" } : { session_id: last.session_id, undo: last.operation, restores: last.before };
    this.outbox().add({ ...undo, revision: last === null ? null : this.journal.acknowledged(last.session_id).revision });
    if (last !== null && last.session_id !== this.host.session()?.session_id) this.host.open(last.session_id);
    else this.host.refresh();
  }
  /** A failure mode without a verdict says that it failed. */
  #named(id, mode) {
    return this.journal.verdict(id) === null ? { failure_mode: mode, verdict: "fail" } : { failure_mode: mode };
  }
  #of(id, patch) {
    const before = this.journal.label(id);
    const operation = this.outbox().add({ session_id: id, revision: this.journal.acknowledged(id).revision, ...patch });
    this.journal.did(operation, id, before, patch);
  }
};

// src/labeller/side.ts
var Side = class {
  constructor(host, outline, tree, offered) {
    this.host = host;
    this.outline = outline;
    this.tree = tree;
    this.offered = offered;
    this.#steps = button("Steps", () => this.#show("steps"), { class: "wbw-quiet" });
    this.#spans = button("Spans", () => this.#show("spans"), { key: host.key("tree"), class: "wbw-quiet", title: "The tree and timeline of the spans" });
    const bar = h("div", { class: "wbw-side-bar", role: "group", "aria-label": "Beside the conversation", hidden: !offered }, this.#steps, this.#spans);
    this.el.append(bar, outline.el, tree.el);
    this.#draw();
  }
  el = h("div", { class: "wbw-side" });
  #shows = "steps";
  #hidden = false;
  #steps;
  #spans;
  get showsSpans() {
    return this.#shows === "spans" && !this.#hidden;
  }
  /** From the steps to the tree and back. */
  turn() {
    if (!this.offered) return;
    this.#show(this.showsSpans ? "steps" : "spans");
    if (this.showsSpans) this.tree.el.focus({ preventScroll: true });
    else this.host.focus();
  }
  hide() {
    this.#hidden = !this.#hidden;
    if (this.#hidden) this.host.focus();
    this.#draw();
  }
  /** Another session is shown: its tree is fetched when it is looked at. */
  load() {
    const here = this.host.here();
    if (!this.showsSpans || here === null) return;
    const same2 = () => this.host.here()?.id === here.id;
    this.tree.load([]);
    this.host.spans(here.id).then(
      (spans) => {
        if (!same2()) return;
        this.tree.load(spans);
        const span = this.host.here()?.span;
        if (span !== void 0) this.tree.at(span);
      },
      (error) => same2() && this.host.problem(`The spans cannot be shown: ${error instanceof Error ? error.message : String(error)}`)
    );
  }
  #show(what) {
    this.#shows = what;
    this.#hidden = false;
    this.#draw();
    this.load();
  }
  #draw() {
    this.#steps.setAttribute("aria-pressed", String(this.#shows === "steps"));
    this.#spans.setAttribute("aria-pressed", String(this.#shows === "spans"));
    this.outline.el.hidden = this.#shows !== "steps";
    this.tree.el.hidden = this.#shows !== "spans";
    this.el.hidden = this.#hidden;
    this.host.resized(this.#hidden, this.#shows === "spans");
  }
};

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

// src/labeller/tree.ts
var ROW2 = 24;
var SPARE2 = 12;
var made2 = 0;
var Tree = class {
  constructor(host) {
    this.host = host;
    this.el.append(this.#inner);
    this.el.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.el.addEventListener("keydown", (event) => this.#key(event));
    this.#inner.addEventListener("click", (event) => {
      const target = event.target;
      const row = target.closest("[data-place]");
      if (row === null) return;
      this.#at = Number(row.dataset["place"]);
      if (target.closest(".wbw-caret") !== null) this.#fold(!this.#shut.has(this.#index));
      else this.#go();
      this.el.focus({ preventScroll: true });
    });
  }
  el = h("div", { class: "wbw-tree", role: "tree", tabindex: 0, "aria-label": "Spans" });
  #inner = h("div", { class: "wbw-outline-rows", role: "presentation" });
  #spans = [];
  #shut = /* @__PURE__ */ new Set();
  #shown = [];
  #at = 0;
  /** How long the trace of each span took: a pause of the user between two traces is no part of either. */
  #whole = [];
  #id = `wbw-tree-${made2 += 1}`;
  load(spans) {
    this.#spans = spans;
    this.#shut.clear();
    this.#at = 0;
    this.#whole = [];
    for (let from = 0; from < spans.length; ) {
      let to = from;
      let whole = 1e-3;
      do {
        whole = Math.max(whole, (spans[to]?.start ?? 0) + (spans[to]?.seconds ?? 0));
        to += 1;
      } while (to < spans.length && spans[to]?.depth !== 0);
      while (from < to) this.#whole[from++] = whole;
    }
    this.el.scrollTop = 0;
    this.#list();
  }
  /** Show where the reader is. */
  at(span) {
    const place = this.#shown.findIndex((index) => this.#spans[index]?.span === span);
    if (place >= 0) this.#move(place);
  }
  get #index() {
    return this.#shown[this.#at] ?? 0;
  }
  #list() {
    this.#shown = [];
    let hidden = Infinity;
    this.#spans.forEach((span, index) => {
      if (span.depth > hidden) return;
      hidden = this.#shut.has(index) ? span.depth : Infinity;
      this.#shown.push(index);
    });
    this.#inner.style.height = `${this.#shown.length * ROW2}px`;
    this.#draw();
  }
  #fold(shut) {
    const index = this.#index;
    if ((this.#spans[index]?.kids ?? 0) === 0) return;
    if (shut) this.#shut.add(index);
    else this.#shut.delete(index);
    this.#list();
  }
  #move(place) {
    this.#at = Math.max(0, Math.min(place, this.#shown.length - 1));
    const top = this.#at * ROW2;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    else if (top > this.el.scrollTop + this.el.clientHeight - ROW2) this.el.scrollTop = top - this.el.clientHeight + ROW2;
    this.#draw();
  }
  /** The step of the span, or of the first one inside it that has one. */
  #go() {
    const from = this.#index;
    const depth = this.#spans[from]?.depth ?? 0;
    for (let index = from; index < this.#spans.length; index++) {
      const span = this.#spans[index];
      if (index > from && span.depth <= depth) break;
      if (this.host.go(span.span)) break;
    }
    this.#draw();
  }
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const span = this.#spans[this.#index];
    const page = Math.max(1, Math.floor(this.el.clientHeight / ROW2) - 1);
    const does = {
      ArrowDown: () => this.#move(this.#at + 1),
      ArrowUp: () => this.#move(this.#at - 1),
      PageDown: () => this.#move(this.#at + page),
      PageUp: () => this.#move(this.#at - page),
      Home: () => this.#move(0),
      End: () => this.#move(this.#shown.length - 1),
      ArrowRight: () => this.#shut.has(this.#index) ? this.#fold(false) : this.#move(this.#at + 1),
      ArrowLeft: () => {
        if ((span?.kids ?? 0) > 0 && !this.#shut.has(this.#index)) this.#fold(true);
        else {
          for (let place = this.#at - 1; place >= 0; place--) {
            if ((this.#spans[this.#shown[place]]?.depth ?? 0) < (span?.depth ?? 0)) {
              this.#move(place);
              break;
            }
          }
        }
      },
      Enter: () => this.#go(),
      " ": () => this.#go(),
      Escape: () => this.host.leave()
    };
    const act = does[event.key];
    if (act === void 0) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  #draw() {
    const from = Math.max(0, Math.floor(this.el.scrollTop / ROW2) - SPARE2);
    const to = Math.min(this.#shown.length, Math.ceil((this.el.scrollTop + (this.el.clientHeight || 600)) / ROW2) + SPARE2);
    const rows = [];
    for (let place = from; place < to; place++) rows.push(this.#row(place));
    this.#inner.replaceChildren(...rows);
    this.el.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
  }
  #row(place) {
    const index = this.#shown[place];
    const span = this.#spans[index];
    const shut = this.#shut.has(index);
    const took = span.seconds === null ? "" : lasting(span.seconds);
    const lane = h("span", { class: "wbw-lane", "aria-hidden": "true" });
    if (span.start !== null) {
      const whole = this.#whole[index] ?? 1;
      const bar = h("span", {});
      bar.style.left = `${Math.min(98, span.start / whole * 100)}%`;
      bar.style.width = `${Math.max(2, (span.seconds ?? 0) / whole * 100)}%`;
      lane.append(bar);
    }
    const row = h(
      "div",
      {
        class: `wbw-outline-row${span.failed ? " wbw-failed" : ""}${place === this.#at ? " wbw-current" : ""}`,
        id: `${this.#id}-${place}`,
        role: "treeitem",
        "data-place": place,
        "aria-level": span.depth + 1,
        "aria-selected": place === this.#at ? "true" : "false",
        "aria-expanded": span.kids === 0 ? void 0 : shut ? "false" : "true",
        "aria-label": `${visible(span.name)}${span.failed ? ", error" : ""}${took === "" ? "" : `, ${took}`}`,
        title: `${visible(span.name)} (${visible(span.kind)}${took === "" ? "" : `, ${took}`})`
      },
      h("span", { class: "wbw-caret", "aria-hidden": "true" }, span.kids === 0 ? "" : shut ? "▸" : "▾"),
      h("span", { class: "wbw-gist" }, `${span.failed ? "✕ " : ""}${visible(span.name)}`),
      h("span", { class: "wbw-seconds" }, took),
      lane
    );
    row.style.top = `${place * ROW2}px`;
    row.style.paddingLeft = `${4 + Math.min(span.depth, 12) * 11}px`;
    return row;
  }
};

// src/labeller/walk.ts
var Walk = class {
  constructor(transcript, outline, session, aloud) {
    this.transcript = transcript;
    this.outline = outline;
    this.session = session;
    this.aloud = aloud;
  }
  #signal = -1;
  /** A new session is shown. */
  begin() {
    this.#signal = -1;
    this.outline.go(this.transcript.current);
  }
  goto(index, how = "nearest") {
    const session = this.session();
    if (session === null || session.steps.length === 0) return;
    this.transcript.go(index, how);
    this.outline.go(this.transcript.current);
    const step = this.transcript.step;
    if (step !== void 0) this.aloud(spoken(step, session.steps.length));
  }
  step(by) {
    this.goto(this.transcript.current + by);
  }
  toggle() {
    this.transcript.toggle(this.transcript.current);
  }
  error(by) {
    const index = this.transcript.nextError(by);
    if (index === null) this.aloud(by > 0 ? "No error after this step" : "No error before this step");
    else this.goto(index);
  }
  /** To the next step that a signal points to, round and round. */
  signal() {
    const steps = this.session()?.steps ?? [];
    const fired = (this.session()?.signals ?? []).flatMap((signal) => {
      const index = steps.findIndex((step2) => step2.number === signal.number);
      return index < 0 ? [] : [{ index, signal }];
    });
    this.#signal = (this.#signal + 1) % Math.max(1, fired.length);
    const to = fired[this.#signal];
    if (to === void 0) {
      this.aloud("No signal points to a step");
      return;
    }
    this.goto(to.index, "start");
    const step = steps[to.index];
    if (step !== void 0) this.aloud(`${visible(to.signal.name)}: ${visible(to.signal.text)}. ${spoken(step, steps.length)}`);
  }
  /** To the step of a span; false where the conversation shows none. */
  visit(span) {
    const index = this.session()?.steps.findIndex((step) => step.span === span) ?? -1;
    if (index >= 0) this.goto(index, "start");
    return index >= 0;
  }
};

// src/labeller/view.ts
var View = class {
  constructor(model, signal) {
    this.model = model;
    this.signal = signal;
    const channel = model;
    this.#ids = model.get("ids");
    this.#keymap = model.get("keymap");
    this.#first = new Set(model.get("first"));
    for (const name of model.get("modes")) this.#modes.add(name);
    this.#link = new Link(channel, signal);
    this.#reader = new Reader(this.#link);
    this.#journal = new Journal(new Set(this.#ids), model.get("labels"), () => this.outbox?.waiting ?? []);
    for (const label of Object.values(model.get("labels"))) this.#learn(label);
    const remedy = model.get("page") ? "Reload this page to go on." : void 0;
    this.#status = new Status(() => this.outbox.retry(), () => this.#discard(), this.#key("retry"), void 0, remedy);
    this.transcript = new Transcript({
      chosen: (index) => this.walk.goto(index),
      mark: (index, as) => {
        this.walk.goto(index);
        this.saying.mark(as);
      },
      more: (step, field) => this.#reader.more(this.#session?.session_id ?? "", step, field)
    });
    this.outline = new Outline((index) => this.walk.goto(index, "start"));
    this.walk = new Walk(this.transcript, this.outline, () => this.#session, (text) => this.#spoken.textContent = text);
    this.saying = new Saying(this.#journal, this.#modes, () => this.outbox, {
      session: () => this.#session,
      begin: () => this.#say(null),
      refresh: () => this.#refresh(),
      open: (id) => this.#open(this.#ids.indexOf(id)),
      span: () => this.transcript.step?.span
    });
    const offers = new Set(model.get("offers"));
    this.#head = this.#top();
    this.#company = new Company(this.#link, offers, model.get("taken"), (sentence) => this.#head.stopping(sentence), signal);
    this.#codebook = new CodebookPane(
      this.#company,
      this.#drawer,
      {
        visit: (session) => this.#jump(session, true) === null,
        code: (sessions, mode) => this.saying.code(sessions.filter((id) => this.#ids.includes(id)), mode),
        known: (modes) => modes.forEach((mode) => this.#modes.add(mode))
      },
      offers.has("edit"),
      offers.has("suggest")
    );
    const focus = () => this.root?.focus({ preventScroll: true });
    const tree = new Tree({ go: (span) => this.walk.visit(span), leave: focus });
    this.side = new Side(
      {
        key: (action) => this.#key(action),
        here: () => this.#session === null ? null : { id: this.#session.session_id, span: this.transcript.step?.span },
        spans: (id) => this.#company.spans(id),
        problem: (text) => this.#say(text),
        focus,
        resized: (alone, wide) => this.#columns.className = `wbw-columns${alone ? " wbw-alone" : wide ? " wbw-wide" : ""}`
      },
      this.outline,
      tree,
      offers.has("spans")
    );
    this.panel = new Panel(
      {
        verdict: (verdict) => this.saying.say({ verdict }),
        note: (text) => this.saying.text("note", text.trim() === "" ? null : text.trim()),
        mode: (name) => this.saying.mode(name),
        also: (name) => this.saying.also(name),
        other: (name, does) => this.saying.other(name, does),
        expected: (text) => this.saying.text("expected_output", text),
        clear: (mark) => this.saying.say({ [mark]: null }),
        answer: (name, value) => this.saying.say({ [name]: value }),
        flag: () => this.saying.flag(),
        visit: (span) => this.walk.visit(span),
        reveal: () => this.reveal(),
        leaveField: focus,
        saveAndNext: () => this.saveAndNext(),
        key: (action) => this.#key(action),
        modes: () => [...this.#modes]
      },
      model.get("rubric"),
      signal
    );
    this.finder = new Finder({
      steps: () => this.#session?.steps ?? [],
      go: (index) => {
        this.transcript.openAt(index);
        this.walk.goto(index, "start");
      },
      show: (query, hits) => {
        this.transcript.find(query);
        this.outline.found(hits);
      },
      jump: (where) => this.#jump(where),
      done: focus
    });
    this.root = this.#build();
    const actions = commands(this, this.#keymap);
    bindKeys(this.root, actions, signal);
    guardFocus(this.root, signal);
    this.outbox = new Outbox(
      channel,
      this.#link,
      model.get("queue"),
      (delivery) => this.#status.show(delivery, this.#link.alive),
      (change, reply) => this.#saved(change, reply),
      signal
    );
    this.#listen(channel);
    const asked = this.#ids.indexOf(model.get("session_id"));
    const first = this.#journal.next(this.#ids, -1, this.#company.taken);
    this.#over = this.#passed;
    this.#open(asked >= 0 ? asked : first ?? 0, asked >= 0 ? "choice" : first === null ? "end" : "next");
    this.#company.stopping();
  }
  root;
  transcript;
  outline;
  panel;
  side;
  walk;
  saying;
  outbox;
  #link;
  #reader;
  #journal;
  #status;
  finder;
  #ids;
  #modes = /* @__PURE__ */ new Set();
  #first;
  #keymap;
  #head;
  #company;
  #codebook;
  #drawer = new Drawer(() => this.root);
  #notice = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  #spoken = h("span", { class: "wbw-aloud", "aria-live": "polite" });
  #middle = h("div", { class: "wbw-middle" });
  #columns = h("div", { class: "wbw-columns" });
  #position = 0;
  #over = 0;
  // how many were passed over since the last one that was read
  #session = null;
  #key(action) {
    return keyOfAction(action, this.#keymap);
  }
  #listen(channel) {
    const heard = (reply) => this.#heard(reply);
    const asked = () => {
      const index = this.#ids.indexOf(this.model.get("session_id"));
      if (index >= 0 && index !== this.#position) this.#open(index);
    };
    const modes = () => this.model.get("modes").forEach((name) => this.#modes.add(name));
    channel.on("msg:custom", heard);
    this.model.on("change:session_id", asked);
    this.model.on("change:modes", modes);
    this.#link.watch((alive) => this.#status.show(this.outbox.delivery, alive));
    window.addEventListener("pagehide", () => this.panel.commit(), { signal: this.signal });
    this.signal.addEventListener("abort", () => {
      this.panel.commit();
      this.transcript.close();
      channel.off("msg:custom", heard);
      this.model.off("change:session_id", asked);
      this.model.off("change:modes", modes);
    });
  }
  #top() {
    const book = this.model.get("offers").includes("codebook") ? [button("Codebook", () => this.codebook(), { key: this.#key("codebook"), class: "wbw-quiet" })] : [];
    const find = button("Search", () => this.finder.open("search"), { key: this.#key("search"), class: "wbw-quiet" });
    const keys = button("Keys", () => this.toggleHelp(), { key: this.#key("help"), class: "wbw-quiet" });
    return new Head(this.model.get("title"), [...book, find, keys], {
      key: (action) => this.#key(action),
      goto: (step) => this.walk.goto(step, "start"),
      segments: () => this.segments()
    });
  }
  #build() {
    const back = button("Previous", () => this.move(-1), { key: this.#key("back"), class: "wbw-quiet" });
    const on = button("Next", () => this.move(1), { key: this.#key("forward"), class: "wbw-quiet" });
    const next = button("Save and next", () => this.saveAndNext(), { key: this.#key("next"), class: "wbw-primary" });
    const undo = button("Undo", () => this.saying.undo(), { key: this.#key("undo"), class: "wbw-quiet" });
    this.#middle.append(this.#notice, this.finder.el, this.transcript.el);
    this.#columns.append(this.side.el, this.#middle, this.panel.el);
    const root = h(
      "section",
      { class: "wbw-labeller", tabindex: 0, role: "region", "aria-label": `Label agent sessions as ${visible(this.model.get("reviewer"))}`, "data-lm-suppress-shortcuts": "true" },
      this.#head.el,
      this.#columns,
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-group" }, h("span", { class: "wbw-asleep" }, "click here to use the keys"), undo, back, on, next)),
      this.#spoken
    );
    return h("div", { class: this.model.get("page") ? "wbw-frame wbw-page" : "wbw-frame" }, root).firstElementChild;
  }
  // ---- reading
  /** Open a session: by choice, as the next to be read, or at the end, when nothing is left. */
  #open(position, by = "choice") {
    const id = this.#ids[position];
    if (id === void 0) {
      this.#say("Nothing to read: the queue is empty.");
      this.#overview();
      return;
    }
    this.panel.commit();
    this.#position = position;
    this.finder.close();
    if (this.model.get("session_id") !== id) {
      this.model.set("session_id", id);
      this.model.save_changes();
    }
    this.#overview();
    this.root.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.#say("Opening the session…"), 250);
    this.#reader.open(id, this.#first.has(id)).then((session) => {
      if (this.signal.aborted || this.#ids[this.#position] !== id) return;
      this.#session = session;
      this.#say(null);
      this.#show(session);
      this.side.load();
      if (by === "end") this.#finished();
      else void this.#hold(id, by);
      const ahead = this.#journal.next(this.#ids, position, this.#company.taken);
      if (ahead !== null) this.#reader.ahead(this.#ids[ahead]);
    }).catch((error) => {
      if (this.#ids[this.#position] !== id) return;
      this.#session = null;
      this.transcript.load({ session_id: id, because: "", facts: [], signals: [], steps: [], held: 0 });
      this.#say(`This session cannot be shown: ${reason(error)}`);
    }).finally(() => {
      clearTimeout(slow);
      if (this.#ids[this.#position] === id) this.root.removeAttribute("aria-busy");
    });
  }
  #show(session) {
    const label = this.#journal.label(session.session_id);
    this.transcript.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.transcript.load(session);
    this.outline.load(session);
    this.#head.show(session);
    this.walk.begin();
    this.#refresh();
  }
  async #hold(id, by) {
    const why = await this.#company.hold(id).catch(() => null);
    if (this.signal.aborted || this.#ids[this.#position] !== id) return;
    if (why === null) {
      if (by === "next" && this.#over > 0) this.#say(`${plural(this.#over, "session was", "sessions were")} passed over: others have read or are reading ${this.#over === 1 ? "it" : "them"}, and this queue asks for no more readers of each.`);
      this.#over = 0;
    } else if (this.#journal.verdict(id) === null) {
      if (by === "next") this.#over += 1;
      if (by === "next") this.#next();
      else this.#say(`${why} ${this.#key("next")} goes on to one that is free.`);
    }
  }
  /** How many others have read or are reading, and this reader has not. */
  get #passed() {
    return [...this.#company.taken].filter((id) => this.#journal.verdict(id) === null).length;
  }
  /** To the next that is free; where there is none, say so. */
  #next() {
    const next = this.#journal.next(this.#ids, this.#position, this.#company.taken);
    if (next !== null) this.#open(next, "next");
    else this.#finished();
  }
  /** What depends on the label alone. */
  #refresh() {
    const session = this.#session;
    if (session === null) return;
    const label = this.#journal.label(session.session_id);
    this.transcript.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.outline.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.panel.show(session, label);
    this.panel.suggestions(this.#reader.suggestions(session.session_id), session.held, this.#first.has(session.session_id));
    this.root.dataset["verdict"] = label.verdict ?? "";
    this.#overview();
  }
  #overview() {
    const id = this.#ids[this.#position];
    this.#head.overview(this.#position, this.#ids.length, id === void 0 ? id : this.model.get("names")[id] ?? id, this.#journal.counts);
  }
  move(by) {
    const to = this.#position + by;
    if (to >= 0 && to < this.#ids.length) this.#open(to);
  }
  #jump(where, exact = false) {
    const near = exact ? this.#ids.indexOf(where) : placeOf(this.#ids, where);
    if (near < 0) return `no session here has the number or id ${where}`;
    this.#open(near);
    return null;
  }
  // ---- saying
  saveAndNext() {
    const session = this.#session;
    this.panel.commit();
    if (session !== null && this.#journal.verdict(session.session_id) === null) {
      if (this.#company.taken.has(session.session_id)) {
        this.#next();
        return;
      }
      const [pass, fail, defer, skip, on] = ["pass", "fail", "defer", "skip", "forward"].map((action) => this.#key(action));
      this.#say(`No verdict yet: ${pass} pass, ${fail} fail, ${defer} defer, ${skip} skip; ${on} goes on without one.`);
      return;
    }
    const verdict = session === null ? null : this.#journal.verdict(session.session_id);
    const missing = verdict === "pass" || verdict === "fail" ? this.panel.questions.missing : [];
    if (missing.length > 0) {
      this.#say(`Not complete: ${missing.map(visible).join(", ")} ${missing.length === 1 ? "is" : "are"} required; ${this.#key("question")} goes there, ${this.#key("forward")} goes on without.`);
      this.panel.questions.focus();
      return;
    }
    this.#next();
  }
  /** Say that nothing is left, and what it came to. */
  #finished() {
    const { pass, fail, skip, defer } = this.#journal.counts;
    const others = this.#passed;
    const read = others > 0 ? `Nothing is left for you: ${count(this.#ids.length - others)} of ${count(this.#ids.length)} are read` : `All ${count(this.#ids.length)} are read`;
    const over = others > 0 ? `; ${plural(others, "was", "were")} passed over, which others have read or are reading, and this queue asks for no more readers of each` : "";
    const close = this.model.get("page") ? " When it says saved below, this page may be closed." : "";
    this.#say(`${read}: ${count(pass)} pass, ${count(fail)} fail${skip > 0 ? `, ${count(skip)} skipped` : ""}${defer > 0 ? `; ${plural(defer, "is", "are")} still deferred` : ""}${over}.${close}`);
    this.#over = 0;
  }
  reveal() {
    const session = this.#session;
    if (session === null || session.held === 0 || this.#reader.suggestions(session.session_id) !== null) return;
    this.#link.ask({ kind: "reveal", session_id: session.session_id }).catch((error) => this.#say(`The suggestions cannot be shown: ${reason(error)}`));
  }
  #saved(change, reply) {
    const id = reply["session_id"];
    if (change["undo"] === "last") {
      const index = id === null ? -1 : this.#ids.indexOf(id);
      if (id === null) this.#say("Nothing is left to undo.");
      else if (index >= 0 && index !== this.#position) this.#open(index);
    }
    this.#refresh();
    if (change["undo"] !== void 0 || "verdict" in change || "failure_mode" in change) this.#company.stopping();
  }
  /** Every view of the widget hears every answer, so that two views agree. */
  #heard(reply) {
    const id = reply["session_id"];
    if (typeof id !== "string" || reply.error !== void 0) return;
    const label = reply["label"];
    if (label !== void 0) this.#journal.take(id, label);
    if (label !== void 0) this.#learn(label);
    if (Array.isArray(reply["suggestions"])) this.#reader.revealed(id, reply["suggestions"]);
    if (this.#session?.session_id === id) this.#refresh();
    else this.#overview();
  }
  #learn(label) {
    for (const name of [label.failure_mode, ...othersOf(label)]) if (name) this.#modes.add(name);
  }
  #discard() {
    const change = this.outbox.discard();
    if (change !== void 0) this.#journal.dropped(change.operation);
    this.#refresh();
    this.root.focus({ preventScroll: true });
  }
  // ---- the frame
  toggleHelp() {
    if (this.#drawer.what === "help") this.#drawer.close();
    else this.#drawer.help(commands(this, this.#keymap));
  }
  codebook() {
    if (this.model.get("offers").includes("codebook")) this.#codebook.open();
  }
  segments() {
    this.#company.segments(this.#drawer);
  }
  leave() {
    if (this.#drawer.close()) return;
    if (this.finder.opened) this.finder.close();
    else if (!this.model.get("page")) document.activeElement?.blur();
    else this.root.focus({ preventScroll: true });
  }
  #say(notice) {
    this.#notice.hidden = notice === null;
    this.#notice.textContent = notice ?? "";
  }
};
var reason = (error) => error instanceof Error ? error.message : String(error);

// src/labeller/index.ts
function render({ model, el, signal }) {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
  if (!model.get("page")) return;
  document.title = [model.get("title"), model.get("reviewer")].filter((part) => part !== "").map(visible).join(" · ");
  const wake = () => {
    if (view.root.isConnected) view.root.focus({ preventScroll: true });
    else if (!signal.aborted) requestAnimationFrame(wake);
  };
  wake();
}
var labeller_default = { render };
export {
  labeller_default as default
};
