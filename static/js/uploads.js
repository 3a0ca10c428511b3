/**
 * File fields that send in pieces, with progress, pause, and going on after a lost connection or a reload: to the site, by
 * tus 1.0 (https://tus.io/protocols/resumable-upload), or, where the site says so, a large file straight to its object
 * store (S3), each part to a signed address. The page can't tell one from the other. The field is the one `lms.files.forms.UploadInput` draws:
 *
 *   <div class="upload" data-resumable='{"url", "purpose", "provider", "owner", "largest"}' data-texts='{…}'>
 *     <input type="file" name="files" data-most="3"> <input type="hidden" name="files-upload" value="an upload's id"> …
 *
 * Another script gives it a file (a recording, say) by
 *   input.dispatchEvent(new CustomEvent("upload:add", { detail: { file } }))
 * and hears on the input, each with { key, file } (key: the upload's in this browser, the same after a reload; file: as
 * it was given, until a reload): "upload:kept" (it would survive one), "upload:ready" ({ id }), "upload:failed"
 * ({ message, refused }) and "upload:removed" (by hand, or since it was handed in before). A page that has used what was
 * sent, and stays, says so: "upload:taken".
 */

const MIN = 256 * 1024; // bytes of a piece
const MAX = 8 * 1024 * 1024;
const QUICK = 2000; // milliseconds: a piece sent faster makes the next one larger
const SLOW = 10_000;
const STALLED = 60_000; // without a byte going out
const LONGEST_WAIT = 30_000;
const MISSES = 4; // parts that a store did not take, though the site was there: then the site takes it all
const PROTOCOL = { "Tus-Resumable": "1.0.0", Accept: "application/json" };

// --- What is kept in the browser until the server has it -----------------------------------------------
class Shelf {
  /** Rows: { key, field, file, name, size, type, url, plain }. A browser that keeps nothing (a private window) still sends. */
  constructor() {
    this.opened = new Promise((resolve) => {
      const asked = indexedDB.open("uploads", 1);
      asked.onupgradeneeded = () =>
        asked.result.createObjectStore("files", { keyPath: "key" }).createIndex("field", "field");
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    }).catch(() => null);
  }

  async ask(mode, request) {
    const database = await this.opened;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction("files", mode);
      const asked = request(transaction.objectStore("files"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => resolve(undefined); // full: go on without
    });
  }

  put(row) {
    return this.ask("readwrite", (store) => store.put(row));
  }

  remove(key) {
    return this.ask("readwrite", (store) => store.delete(key));
  }

  async of(field) {
    return (await this.ask("readonly", (store) => store.index("field").getAll(field))) ?? [];
  }
}

const shelf = new Shelf();

// --- The protocol ------------------------------------------------------------------------------------------
/** A refusal that trying again won't change. */
class Final extends Error {}

/** The upload is not there any more. */
class Gone extends Error {}

/** Ask again, after `wait` milliseconds where the server says so. */
class Again extends Error {
  constructor(wait) {
    super();
    this.wait = wait;
  }
}

/** What the store says in words is for nobody: an address that has ended is asked for anew, like anything else. */
const missed = ({ status }) => (status >= 200 && status < 300 ? null : new Again());

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Sends one file. `tell(state, detail)` hears: waiting, sending, paused, lost, checking, quarantined, ready, failed. */
class Transfer {
  offset = 0;
  size = MIN * 4;
  running = false;
  paused = false;
  failures = 0;
  direct = false; // to the object store
  misses = 0;

  constructor(row, { told, texts, token, tell }) {
    Object.assign(this, { row, told, texts, token, tell });
  }

  async run() {
    this.paused = false;
    if (this.running) return; // the loop below goes on
    this.running = true;
    while (!this.paused) {
      try {
        await this.step();
        if (this.done) break;
        if (!this.direct) this.failures = 0;
      } catch (problem) {
        if (this.paused) break;
        if (problem instanceof Final) {
          this.tell("failed", problem.message);
          break;
        }
        if (problem instanceof Gone) {
          // Begun anew, as long as the file is here.
          this.row.url = null;
          this.offset = 0;
          if (!this.row.file || this.failures++ > 3) {
            this.tell("failed", this.texts.failed);
            break;
          }
          continue;
        }
        this.lost = true;
        this.tell("lost");
        await this.pauseFor(problem.wait ?? Math.min(LONGEST_WAIT, 1000 * 2 ** this.failures++));
      }
    }
    this.running = false;
  }

  /** One exchange: begin, ask where it stands, send a piece, or ask how the examination went. */
  async step() {
    const { row } = this;
    if (!row.url) {
      await this.begin();
    } else if (this.lost || this.offset === null) {
      const answer = await this.ask("HEAD", row.url);
      this.stands(answer);
      this.lost = false;
    } else if (this.direct) {
      await this.part();
    } else if (this.offset < row.size) {
      if (!row.file) throw new Gone();
      await this.piece();
    } else {
      await this.examined();
    }
  }

  async begin() {
    const { row, told } = this;
    this.tell("waiting");
    const metadata = { purpose: told.purpose, filename: row.name, filetype: row.type, provider: told.provider };
    const answer = await this.ask("POST", told.url, {
      ...(row.plain ? {} : { "Upload-Direct": "1" }),
      "Upload-Length": row.size,
      "Upload-Metadata": Object.entries(metadata)
        .filter(([, text]) => text)
        .map(([key, text]) => `${key} ${encoded(text)}`)
        .join(","),
    });
    row.url = answer.getResponseHeader("Location");
    this.stands(answer);
    await shelf.put(row);
  }

  stands(answer) {
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.direct = answer.getResponseHeader("Upload-Direct") !== null;
    this.urls = null;
  }

  /** To the store: ask which parts are there, send one that is not, or say that all are. */
  async part() {
    const { row } = this;
    if (!this.urls) {
      const found = JSON.parse((await this.ask("POST", `${row.url}parts/`)).responseText);
      Object.assign(this, { bytes: found.part, there: new Set(found.there), urls: found.urls });
      this.offset = this.sent();
      return;
    }
    const count = Math.ceil(row.size / this.bytes);
    let number = 1;
    while (this.there.has(number)) number += 1;
    if (number > count) {
      this.stands(await this.ask("POST", `${row.url}whole/`));
      return;
    }
    if (!row.file) throw new Gone();
    if (!this.urls[number]) {
      this.urls = null;
      return;
    }
    const start = (number - 1) * this.bytes;
    const before = this.sent();
    this.tell("sending", before);
    try {
      const body = row.file.slice(start, start + this.bytes);
      await this.exchange("PUT", this.urls[number], {}, body, (sent) => this.tell("sending", before + sent), missed);
    } catch (problem) {
      if (!this.paused) await this.missed();
      throw problem;
    }
    this.there.add(number);
    this.misses = this.failures = 0;
    this.reached = true;
    this.offset = this.sent();
  }

  /** How many bytes are in the store. */
  sent() {
    let bytes = this.there.size * this.bytes;
    const last = Math.ceil(this.row.size / this.bytes);
    if (this.there.has(last)) bytes -= last * this.bytes - this.row.size;
    return bytes;
  }

  /** A store that no part gets to, though the site is there: firewalls and wrong settings are not worth a lost file. */
  async missed() {
    this.urls = null;
    if (this.reached || !navigator.onLine) return;
    await this.ask("GET", this.row.url); // raises where it is the connection
    this.misses += 1;
    if (this.misses < MISSES) return;
    const { url } = this.row;
    Object.assign(this.row, { url: null, plain: true });
    this.direct = false;
    this.offset = 0;
    await shelf.put(this.row);
    this.ask("DELETE", url).catch(() => {});
  }

  async piece() {
    const { row, offset } = this;
    const began = performance.now();
    const body = row.file.slice(offset, offset + this.size);
    this.tell("sending", offset);
    const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
    const answer = await this.ask("PATCH", row.url, headers, body, (sent) => this.tell("sending", offset + sent));
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    const took = performance.now() - began;
    if (took < QUICK) this.size = Math.min(MAX, this.size * 2);
    else if (took > SLOW) this.size = Math.max(MIN, this.size / 2);
  }

  async examined() {
    const answer = await this.ask("GET", this.row.url);
    const found = JSON.parse(answer.responseText);
    Object.assign(this.row, { name: found.name, size: found.size });
    if (found.state === "receiving") {
      if (found.offset === this.row.size) {
        // All is there, but the site stopped before it looked at it.
        this.stands(await this.ask("POST", `${this.row.url}whole/`));
        return;
      }
      if (!this.row.file) throw new Gone();
      this.offset = found.offset;
      return;
    }
    if (found.state === "refused") {
      await shelf.remove(this.row.key);
      this.refused = true;
      throw new Final(found.message);
    }
    if (found.state === "checking") {
      this.tell("checking");
      await this.pauseFor((this.patience = Math.min(10_000, (this.patience ?? 500) * 1.5)));
      return;
    }
    this.done = true;
    this.used = found.used;
    this.row.file = null;
    await shelf.put(this.row);
    this.tell(found.state, found.id);
  }

  /** With the site. */
  ask(method, url, headers = {}, body = null, progress = null) {
    const all = { ...PROTOCOL, "X-CSRFToken": this.token(), ...headers };
    return this.exchange(method, url, all, body, progress, (request) => this.problem(request));
  }

  exchange(method, url, headers, body, progress, judged) {
    return new Promise((resolve, reject) => {
      const request = (this.request = new XMLHttpRequest());
      request.open(method, url);
      Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
      let watch;
      const alive = () => {
        clearTimeout(watch);
        watch = setTimeout(() => request.abort(), STALLED);
      };
      alive();
      request.upload.onprogress = (event) => {
        alive();
        progress?.(event.loaded);
      };
      request.onloadend = () => {
        clearTimeout(watch);
        const problem = judged(request);
        if (problem) reject(problem);
        else resolve(request);
      };
      request.send(body);
    });
  }

  problem({ status, responseText }) {
    if (status >= 200 && status < 300) return null;
    // A conflict over where the piece belongs is settled by asking; one over room is not.
    const elsewhere = status === 409 && this.row.url;
    if (status === 0 || status >= 500 || elsewhere || status === 423 || status === 460) return new Again();
    if (status === 429) return new Again(this.retryAfter());
    if (status === 404 || status === 410) return this.row.url ? new Gone() : new Final(this.said(responseText));
    if (status === 401) return new Final(this.texts.signIn);
    return new Final(this.said(responseText));
  }

  retryAfter() {
    return 1000 * (Number(this.request.getResponseHeader("Retry-After")) || 5);
  }

  said(text) {
    try {
      return JSON.parse(text).error.message;
    } catch {
      return this.texts.failed;
    }
  }

  /** Waits; less long where the connection comes back, or somebody wants to go on. */
  pauseFor(milliseconds) {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        resolve();
      };
      const timer = setTimeout(go, milliseconds);
      addEventListener("online", go);
      this.wake = go;
    });
  }

  pause() {
    this.paused = true;
    this.lost = true; // a piece may have arrived whose answer has not
    this.request?.abort();
    this.wake?.();
    this.tell("paused", this.offset);
  }

  async discard() {
    this.paused = true;
    this.request?.abort();
    this.wake?.();
    await shelf.remove(this.row.key);
    if (this.row.url) this.ask("DELETE", this.row.url).catch(() => {});
  }
}

// --- The field ----------------------------------------------------------------------------------------------
class Field {
  rows = new Set();
  life = new AbortController(); // ends with the field

  constructor(box) {
    this.box = box;
    this.input = box.querySelector("input[type=file]");
    this.told = JSON.parse(box.dataset.resumable);
    this.texts = JSON.parse(box.dataset.texts);
    this.most = Number(this.input.dataset.most) || 1;
    this.key = [this.told.owner, location.pathname, this.input.name].join("|");
    this.list = document.createElement("ul");
    this.list.className = "uploads";
    this.list.setAttribute("aria-label", this.texts.list);
    this.spoken = document.createElement("p");
    this.spoken.className = "visually-hidden";
    this.spoken.setAttribute("role", "status");
    box.append(this.list, this.spoken);
    this.input.addEventListener("change", () => this.chosen());
    const { signal } = this.life;
    for (const deed of ["click", "submit"]) {
      this.input.form?.addEventListener(deed, (event) => this.submitted(event), { capture: true, signal });
    }
    this.input.addEventListener("upload:add", ({ detail }) => this.add(detail.file));
    this.input.addEventListener("upload:taken", () => this.taken());
    this.restore();
    // On a slow line somebody may have chosen before this script was there.
    if (this.input.files.length) this.chosen();
  }

  /** The field is no longer on the page; the next one there goes on with what was on its way. */
  end() {
    this.life.abort();
    this.rows.forEach((row) => row.transfer.pause());
  }

  /** Something uses by now what was sent. */
  taken() {
    for (const row of [...this.rows].filter(({ hidden }) => hidden)) {
      shelf.remove(row.row.key);
      row.leave();
    }
  }

  token() {
    const own = this.input.form?.querySelector("[name=csrfmiddlewaretoken]")?.value;
    return own ?? JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
  }

  chosen() {
    const files = [...this.input.files];
    // They go by pieces, not with the form; but others may want to read what was chosen.
    setTimeout(() => (this.input.value = ""));
    files.forEach((file) => this.add(file));
  }

  async add(file) {
    if (this.most === 1) [...this.rows].forEach((row) => row.discard());
    const key = `${this.key}|${Date.now()}|${Math.random()}`;
    const row = { key, field: this.key, file, name: file.name, size: file.size, type: file.type, url: null };
    const shown = new Row(this, row);
    if (file.size > this.told.largest) {
      shown.transfer.refused = true;
      shown.tell("failed", this.texts.tooLarge);
      return;
    }
    if (await shelf.put(row)) shown.fire("upload:kept", {});
    shown.transfer.run();
  }

  /** What was on its way before a reload, and what the server drew into the form. */
  async restore() {
    const rows = await shelf.of(this.key);
    if (this.life.signal.aborted) return;
    const drawn = new Map(
      [...this.box.querySelectorAll(":scope > input[type=hidden]")].map((input) => [input.value, input]),
    );
    for (const row of rows) {
      const id = row.url?.split("/").filter(Boolean).pop();
      drawn.get(id)?.remove();
      drawn.delete(id);
      const shown = new Row(this, row);
      shown.transfer.offset = row.url ? null : 0;
      shown.transfer.run();
    }
    for (const [id, input] of drawn) {
      input.remove();
      const url = `${this.told.url}${id}/`;
      const row = new Row(this, { key: id, field: this.key, file: null, name: "", size: 0, type: "", url });
      row.transfer.run();
    }
  }

  /** Forms that ask the browser to check nothing (the Wagtail admin's) are held here. */
  submitted(event) {
    if (!this.input.form.noValidate || this.input.validity.valid) return;
    // Before the button begins to look busy.
    if (event.type === "click" && !event.target.closest("[type=submit]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.say(this.texts.unfinished);
    this.input.focus();
  }

  say(text) {
    this.spoken.textContent = text;
  }

  changed() {
    const busy = [...this.rows].some((row) => row.busy);
    this.input.setCustomValidity(busy ? this.texts.unfinished : "");
  }
}

class Row {
  busy = true;

  constructor(field, row) {
    this.field = field;
    this.row = row;
    this.given = row.file;
    this.transfer = new Transfer(row, {
      told: field.told,
      texts: field.texts,
      token: () => field.token(),
      tell: (state, detail) => this.tell(state, detail),
    });
    this.element = document.createElement("li");
    this.element.className = "uploads__row";
    this.name = this.part("span", "uploads__name", row.name);
    this.progress = this.part("progress", "");
    this.progress.max = row.size || 1;
    this.progress.value = 0;
    this.progress.setAttribute("aria-label", row.name);
    this.status = this.part("span", "uploads__status small");
    this.pauser = this.button("pause", () => this.toggle());
    this.remover = this.button("remove", () => this.discard());
    field.list.append(this.element);
    const fold = field.box.closest("details");
    if (fold) fold.open = true;
    field.rows.add(this);
    field.changed();
  }

  toggle() {
    if (this.transfer.running && !this.transfer.paused) this.transfer.pause();
    else this.transfer.run();
  }

  part(tag, className, text = "") {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    this.element.append(element);
    return element;
  }

  button(action, deed) {
    const button = this.part("button", "button button--small button--quiet");
    button.type = "button";
    this.label(button, action);
    button.addEventListener("click", deed);
    return button;
  }

  label(button, action) {
    button.textContent = this.field.texts[action];
    button.setAttribute("aria-label", `${this.field.texts[action]}: ${this.row.name}`);
  }

  /** Shows where it stands; the change of state is also spoken, not each percent. */
  tell(state, detail) {
    const { texts } = this.field;
    this.name.textContent = this.row.name;
    const percent = Math.floor((100 * (Number(detail) || 0)) / (this.row.size || 1));
    const text = state === "failed" ? detail : texts[state].replace("{percent}", percent);
    if (state === "sending" || state === "paused") this.progress.value = Number(detail) || 0;
    this.status.textContent = text;
    this.element.classList.toggle("is-failed", state === "failed");
    this.busy = !["ready", "quarantined", "failed"].includes(state);
    this.progress.hidden = !this.busy;
    const goesOn = state === "failed" ? !this.transfer.refused : this.busy && state !== "checking";
    this.pauser.hidden = !goesOn;
    this.label(this.pauser, state === "paused" || state === "failed" ? "resume" : "pause");
    if (state !== this.state) this.field.say(`${this.row.name}: ${text}`);
    this.state = state;
    if (!this.busy && state !== "failed") this.arrived(detail);
    if (state === "failed") this.fire("upload:failed", { message: detail, refused: Boolean(this.transfer.refused) });
    this.field.changed();
  }

  arrived(id) {
    if (this.transfer.used) {
      // Handed in before: this form is a new one.
      shelf.remove(this.row.key);
      this.leave();
      return;
    }
    this.hidden ??= this.part("input", "");
    Object.assign(this.hidden, { type: "hidden", name: `${this.field.input.name}-upload`, value: id });
    const { input } = this.field;
    if (input.hasAttribute("form")) this.hidden.setAttribute("form", input.getAttribute("form"));
    this.fire("upload:ready", { id });
  }

  fire(name, detail) {
    const { key } = this.row;
    this.field.input.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { ...detail, key, file: this.given } }));
  }

  discard() {
    this.transfer.discard();
    this.leave();
    this.field.input.focus();
  }

  leave() {
    this.element.remove();
    this.field.rows.delete(this);
    this.field.changed();
    this.fire("upload:removed", {});
  }
}

const fields = new Map();

/** Sets up the fields that are there, and ends those that went: htmx swaps parts of pages. */
function look() {
  for (const [box, field] of fields) {
    if (!box.isConnected) {
      field.end();
      fields.delete(box);
    }
  }
  for (const box of document.querySelectorAll("[data-resumable]")) if (!fields.has(box)) fields.set(box, new Field(box));
}

look();
document.body.addEventListener("htmx:load", look);
