/**
 * Recording in the browser, beside a file field of uploads.js: device check, level, timer, pause, preview, again.
 * The markup is templates/components/recorder.html; this only shows the parts of the present state:
 *
 *   <section data-recorder="audio|video|audio_or_video" data-field="id_files" data-texts='{…}' hidden>
 *     <div data-when="check recording paused">…</div> …
 *
 * What is recorded goes into IndexedDB piece by piece, and stays there until the server has it: after a reload or a
 * crash the page offers it again. "Use this recording" hands a File to the field ("upload:add"); whether it arrived,
 * was refused or was removed is heard from there, so this module is loaded before uploads.js.
 */

const SLICE = 2000; // milliseconds of sound that a crash may cost
const SOUND = 96_000; // bits a second
const FILM = 1_500_000;
const ROOM = 512 * 1024; // bytes left free below the largest size, for the last pieces
const LONGEST_SHOWN = 3 * 3600; // seconds; a limit beyond is nobody's concern
const TICK = 100; // milliseconds
const QUIET = 0.001; // root mean square, of 1
const PATIENCE = 5000; // milliseconds of silence before we ask

/** The first that the browser records is taken: { type, ending }. Safari has no WebM. */
const FORMATS = {
  audio: [
    ["audio/webm;codecs=opus", "webm"],
    ["audio/mp4", "m4a"],
    ["audio/ogg;codecs=opus", "ogg"],
  ],
  video: [
    ["video/webm;codecs=vp8,opus", "webm"],
    ["video/webm", "webm"],
    ["video/mp4", "mp4"],
  ],
};

// --- What is kept in the browser until the server has it -----------------------------------------------
class Kept {
  /** Rows: { id, field, camera, type, ending, seconds, used }, with pieces { id, blob } in order. `used` is the key of the
   * upload it became. */
  constructor() {
    this.opened = new Promise((resolve) => {
      const asked = indexedDB.open("recordings", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("rows", { keyPath: "id" }).createIndex("field", "field");
        asked.result.createObjectStore("pieces", { autoIncrement: true }).createIndex("id", "id");
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    }).catch(() => null);
  }

  /** Whether it went well, and what `request` found. */
  async ask(mode, request) {
    const database = await this.opened;
    if (!database) return { ok: false };
    return new Promise((resolve) => {
      const transaction = database.transaction(["rows", "pieces"], mode);
      const asked = request(transaction.objectStore("rows"), transaction.objectStore("pieces"));
      transaction.oncomplete = () => resolve({ ok: true, found: asked?.result });
      transaction.onabort = transaction.onerror = () => resolve({ ok: false });
    }).catch(() => ({ ok: false }));
  }

  async put(row, blob = null) {
    const { ok } = await this.ask("readwrite", (rows, pieces) => {
      rows.put(row);
      if (blob) pieces.add({ id: row.id, blob });
    });
    return ok;
  }

  remove(id) {
    return this.ask("readwrite", (rows, pieces) => {
      rows.delete(id);
      pieces.index("id").openKeyCursor(id).onsuccess = ({ target: { result } }) => {
        if (!result) return;
        pieces.delete(result.primaryKey);
        result.continue();
      };
    });
  }

  async of(field) {
    return (await this.ask("readonly", (rows) => rows.index("field").getAll(field))).found ?? [];
  }

  async row(id) {
    return (await this.ask("readonly", (rows) => rows.get(id))).found;
  }

  async pieces(id) {
    const { found } = await this.ask("readonly", (_rows, pieces) => pieces.index("id").getAll(id));
    return (found ?? []).map(({ blob }) => blob);
  }
}

const kept = new Kept();

// --- A WebM that says how long it is ------------------------------------------------------------------------
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;

/** An EBML element's head at `at`: { id, size (-1 for unknown), body (where it begins) }; null where there is none. */
function element(bytes, at) {
  const number = (from, keepMark) => {
    const length = Math.clz32(bytes[from]) - 23;
    if (!(length >= 1 && length <= 8) || from + length > bytes.length) return null;
    let value = keepMark ? bytes[from] : bytes[from] & (0xff >> length);
    let ones = (bytes[from] | (0xff << (8 - length))) & 0xff;
    for (let next = from + 1; next < from + length; next++) {
      value = value * 256 + bytes[next];
      ones &= bytes[next];
    }
    return { value, unknown: ones === 0xff, end: from + length };
  };
  const id = number(at, true);
  const size = id && number(id.end, false);
  return size && { id: id.value, size: size.unknown ? -1 : size.value, sizeAt: id.end, body: size.end };
}

/** Recorders write WebM as it comes and never say how long it became; without that no player can jump. We add it to the
 * head where that moves nothing another part points to; any other file stays as it is. */
async function withDuration(blob, seconds) {
  const head = new Uint8Array(await blob.slice(0, 4096).arrayBuffer());
  const ebml = element(head, 0);
  const segment = ebml && ebml.id === 0x1a45dfa3 && element(head, ebml.body + ebml.size);
  const info = segment && segment.id === SEGMENT && segment.size === -1 && element(head, segment.body);
  if (!info || info.id !== INFO || info.size < 0 || info.body + info.size > head.length) return blob;
  for (let at = info.body; at < info.body + info.size; ) {
    const child = element(head, at);
    if (!child || child.size < 0 || child.id === 0x4489) return blob;
    at = child.body + child.size;
  }
  const end = info.body + info.size;
  const size = new DataView(new ArrayBuffer(8));
  size.setUint32(0, 0x01000000);
  size.setUint32(4, info.size + 11);
  const duration = new DataView(new ArrayBuffer(11));
  duration.setUint16(0, 0x4489);
  duration.setUint8(2, 0x88);
  duration.setFloat64(3, seconds * 1000);
  return new Blob([head.slice(0, info.sizeAt), size, head.slice(info.body, end), duration, blob.slice(end)], { type: blob.type });
}

// --- The recorder --------------------------------------------------------------------------------------------
const two = (number) => String(number).padStart(2, "0");

/** 75 as "1:15". */
function spell(seconds) {
  const all = Math.floor(seconds);
  const minutes = Math.floor(all / 60);
  return minutes < 60 ? `${minutes}:${two(all % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(all % 60)}`;
}

/** Runs `deed` with the lock of a recording: while it is made or looked at in one page, no other page offers it. */
function holding(id, deed) {
  if (navigator.locks) navigator.locks.request(`recording ${id}`, deed);
  else deed();
}

class Recorder {
  state = "start";
  safe = true; // whether this browser keeps what is recorded
  waiting = []; // recordings that were not sent, each as a function that shows it
  life = new AbortController(); // ends with the recorder

  constructor(root, input) {
    this.root = root;
    this.input = input;
    this.texts = JSON.parse(root.dataset.texts);
    this.told = JSON.parse(input.closest("[data-resumable]").dataset.resumable);
    this.field = [this.told.owner, location.pathname, input.name].join("|");
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((one) => [one.dataset.part, one]));
    root.addEventListener("click", ({ target }) => {
      const deed = target.closest("[data-do]")?.dataset.do;
      if (deed) this[deed]();
    });
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.target.dataset.then) this.discard(event.target.dataset.then);
    });
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.closest("select, dialog")) return;
      if (this.state === "check") this.close();
      else if (this.state === "recording") this.pause();
    });
    for (const list of [this.part.microphone, this.part.camera]) {
      list.addEventListener("change", () => this.prepare(this.withCamera));
    }
    const { signal } = this.life;
    const leaving = (event) => {
      if (this.isOn || (this.state === "preview" && !this.safe)) event.preventDefault();
    };
    addEventListener("beforeunload", leaving, { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.isOn) this.recorder.requestData();
      else if (this.state === "recording") this.stayAwake();
    }, { signal });
    input.form.addEventListener("submit", (event) => this.submitted(event), { capture: true, signal });
    // On to another student, say: what is recorded would go with this part of the page.
    document.body.addEventListener("htmx:beforeRequest", (event) => {
      if (event.detail.target.contains(root)) this.submitted(event);
    }, { signal });
    this.listen();
    const can = isSecureContext && navigator.mediaDevices;
    root.hidden = false;
    this.show("start");
    if (!can) {
      this.complain(this.texts.insecure);
      root.querySelectorAll("[data-do=sound], [data-do=film]").forEach((button) => (button.disabled = true));
    }
    this.restore();
  }

  /** The recorder is no longer on the page. What was recorded stays in the browser. */
  end() {
    this.life.abort();
    this.asked = null;
    if (this.isOn) this.stop();
    else this.release();
    this.forgetPreview();
    this.letGo?.();
    this.waiting.forEach((show) => show());
  }

  get isOn() {
    return this.state === "recording" || this.state === "paused";
  }

  // --- What is shown ---
  /** Shows the parts of `state`; the focus goes along where it was with us. */
  show(state, text = "") {
    const had = state !== this.state && (this.root.contains(document.activeElement) || document.activeElement === document.body);
    this.root.dataset.state = this.state = state;
    for (const one of this.root.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(state);
    for (const one of this.root.querySelectorAll("[data-camera]")) one.hidden = !this.withCamera;
    this.part.problem.hidden = true;
    this.say((this.text = text));
    if (had && this.begun) this.root.querySelector(`[data-lead~="${state}"]`)?.focus();
    this.tick();
    const fold = this.root.closest("details");
    if (fold && state !== "start") fold.open = true;
    if (state === "start") this.next();
  }

  say(text) {
    if (this.part.status.textContent !== text) this.part.status.textContent = text;
  }

  complain(text) {
    this.part.problem.hidden = false;
    this.part.complaint.textContent = text;
  }

  // --- Devices ---
  sound() {
    return this.prepare(false);
  }

  film() {
    return this.prepare(true);
  }

  /** Opens the microphone, and the camera too; then the check. */
  async prepare(withCamera) {
    this.begun = true;
    this.release();
    const chosen = (list) => (list.value ? { deviceId: { exact: list.value } } : {});
    const asked = (this.asked = Symbol("the latest question counts"));
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: chosen(this.part.microphone),
        video: withCamera && { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, ...chosen(this.part.camera) },
      });
    } catch (problem) {
      if (asked !== this.asked) return;
      this.show("start");
      this.complain(this.texts[{ NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy" }[problem.name] ?? "failed"]);
      this.part.microphone.value = this.part.camera.value = "";
      return;
    }
    if (asked !== this.asked) {
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    this.stream = stream;
    this.withCamera = withCamera;
    stream.getTracks().forEach((track) => (track.onended = () => this.gone()));
    this.part.live.srcObject = withCamera ? stream : null;
    this.hear(stream);
    await this.offerDevices(stream);
    this.show("check", this.texts.check);
  }

  async offerDevices(stream) {
    const found = await navigator.mediaDevices.enumerateDevices();
    for (const [name, kind] of [["microphone", "audioinput"], ["camera", "videoinput"]]) {
      const list = this.part[name];
      const devices = found.filter((device) => device.kind === kind && device.deviceId);
      const used = stream.getTracks().find((track) => kind.startsWith(track.kind))?.getSettings().deviceId;
      list.replaceChildren(...devices.map((device, number) => {
        const label = device.label || this.texts[name].replace("{number}", number + 1);
        return new Option(label, device.deviceId, false, device.deviceId === used);
      }));
      if (!used) list.value = "";
      list.closest("label").classList.toggle("is-only", devices.length < 2);
    }
  }

  hear(stream) {
    this.context = new AudioContext();
    this.context.resume();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 8192; // longer than a tick: nothing is missed between two
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.heard = performance.now();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), TICK);
  }

  release() {
    clearInterval(this.timer);
    this.stream?.getTracks().forEach((track) => {
      track.onended = null;
      track.stop();
    });
    this.context?.close();
    this.lamp?.release();
    this.part.live.srcObject = null;
    this.stream = this.context = this.analyser = this.lamp = null;
  }

  close() {
    this.asked = null;
    this.release();
    this.show("start");
  }

  /** The device was unplugged, or the permission taken back. */
  gone() {
    if (this.isOn) this.stop(this.texts.gone);
    else {
      this.close();
      this.complain(this.texts.none);
    }
  }

  async stayAwake() {
    this.lamp = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!this.isOn) this.lamp?.release();
  }

  // --- Level and time ---
  get seconds() {
    return this.counted + (this.since ? (performance.now() - this.since) / 1000 : 0);
  }

  tick() {
    if (this.analyser) {
      const samples = (this.samples ??= new Float32Array(this.analyser.fftSize));
      this.analyser.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
      this.part.level.value = loud ? Math.max(0, 1 + Math.log10(loud) / 3) : 0; // -60 dB to 0 dB
      const now = performance.now();
      if (loud > QUIET || this.state === "paused") this.heard = now;
      this.say(now - this.heard > PATIENCE ? this.texts.silent : this.text);
    }
    if (this.isOn) this.part.time.textContent = spell(this.seconds);
  }

  // --- Recording ---
  start() {
    const [type, ending] = FORMATS[this.withCamera ? "video" : "audio"].find(([one]) => MediaRecorder.isTypeSupported(one)) ?? ["", ""];
    const row = { id: crypto.randomUUID(), field: this.field, camera: this.withCamera, seconds: 0, used: null };
    const pieces = [];
    let size = 0;
    let recorder;
    try {
      recorder = new MediaRecorder(this.stream, {
        ...(type && { mimeType: type }),
        audioBitsPerSecond: SOUND,
        ...(this.withCamera && { videoBitsPerSecond: FILM }),
      });
      recorder.start(SLICE);
    } catch {
      this.complain(this.texts.failed);
      return;
    }
    Object.assign(this, { recorder, counted: 0, since: performance.now(), message: "", safe: true, saving: Promise.resolve() });
    row.type = (recorder.mimeType || type).split(";")[0];
    row.ending = ending || (row.type.includes("mp4") ? "mp4" : "webm");
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      pieces.push(data);
      size += data.size;
      row.seconds = this.seconds;
      // One after the other, and none after one that is missing.
      this.saving = this.saving.then(async () => (this.safe &&= await kept.put({ ...row }, data)));
      if (size > this.told.largest - ROOM && this.isOn) this.stop(this.texts.full);
    };
    recorder.onstop = async () => {
      const { message } = this;
      this.halt();
      row.seconds = this.counted;
      this.release();
      await this.saving;
      await kept.put(row);
      this.present(row, pieces, message);
    };
    recorder.onerror = () => this.stop(this.texts.gone);
    holding(row.id, () => new Promise((resolve) => (this.letGo = resolve)));
    const most = ((this.told.largest - ROOM) * 8) / (SOUND + (this.withCamera ? FILM : 0));
    this.part.limit.textContent = most < LONGEST_SHOWN ? this.texts.limit.replace("{time}", spell(most)) : "";
    this.stayAwake();
    this.show("recording", this.texts.recording);
  }

  halt() {
    this.counted = this.seconds;
    this.since = null;
  }

  pause() {
    if (this.recorder.state !== "recording") return;
    this.recorder.pause();
    this.halt();
    this.show("paused", this.texts.paused);
  }

  resume() {
    if (this.recorder.state !== "paused") return;
    this.recorder.resume();
    this.since = performance.now();
    this.show("recording", this.texts.recording);
  }

  stop(message = "") {
    if (this.recorder.state === "inactive") return;
    this.message = message;
    this.halt();
    this.recorder.stop();
  }

  // --- What was recorded ---
  /** The preview of `row`, with a word about it. */
  async present(row, pieces, message = "") {
    if (this.life.signal.aborted) return;
    const whole = new Blob(pieces, { type: row.type });
    const blob = row.type.endsWith("webm") ? await withDuration(whole, row.seconds) : whole;
    const at = new Date();
    const when = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
    this.file = new File([blob], `${this.texts.name} ${when}.${row.ending}`, { type: row.type });
    this.row = row;
    this.withCamera = row.camera;
    const player = this.part[row.camera ? "picture" : "player"];
    this.forgetPreview();
    this.part.player.hidden = row.camera;
    this.part.picture.hidden = !row.camera;
    this.part.copy.href = player.src = URL.createObjectURL(this.file);
    this.part.copy.download = this.file.name;
    this.show("preview", this.texts.stopped.replace("{time}", spell(row.seconds)));
    const words = [message, this.safe === false ? this.texts.unsafe : ""].filter(Boolean).join(" ");
    this.part.note.hidden = !words;
    this.part.words.textContent = words;
  }

  forgetPreview() {
    for (const player of [this.part.player, this.part.picture]) {
      if (player.src) URL.revokeObjectURL(player.src);
      player.removeAttribute("src");
      player.load();
    }
  }

  use() {
    const { row, file } = this;
    this.using = { row, file };
    this.input.dispatchEvent(new CustomEvent("upload:add", { detail: { file } }));
    this.leave();
    this.show("start", this.texts.used);
  }

  /** Throws it away; then to the "start", or "again" with the same devices. */
  async discard(then) {
    const { row } = this;
    this.leave();
    await kept.remove(row.id);
    if (then === "again") await this.prepare(row.camera);
    else this.show("start");
  }

  leave() {
    this.forgetPreview();
    this.row = this.file = null;
    this.safe = true;
    this.letGo?.();
    this.letGo = null;
  }

  // --- After a reload, and what became of it ---
  async restore() {
    for (const row of await kept.of(this.field)) if (!row.used) this.offer(row.id, this.texts.unsent);
  }

  /** Shows a recording that was not sent, once no other page has it and nothing else is shown. */
  offer(id, message) {
    holding(id, () => new Promise((resolve) => {
      this.waiting.push(async () => {
        if (this.life.signal.aborted) return resolve();
        const row = await kept.row(id);
        const pieces = row && !row.used ? await kept.pieces(id) : [];
        if (!pieces.length) return resolve();
        this.letGo = resolve;
        return this.present(row, pieces, message);
      });
      this.next();
    }));
  }

  async next() {
    if (this.busy || this.state !== "start" || !this.waiting.length) return;
    this.busy = true;
    await this.waiting.shift()();
    this.busy = false;
    this.next();
  }

  /** What uploads.js says about what we gave it, maybe before a reload. */
  listen() {
    const ours = async (key, deed) => {
      for (const row of await kept.of(this.field)) if (row.used === key) await deed(row);
    };
    this.input.addEventListener("upload:kept", ({ detail: { key, file } }) => {
      if (file === this.using?.file) kept.put({ ...this.using.row, used: key });
    });
    this.input.addEventListener("upload:ready", ({ detail: { key, file } }) => {
      if (file && file === this.using?.file) kept.remove(this.using.row.id);
      else ours(key, (row) => kept.remove(row.id));
    });
    this.input.addEventListener("upload:removed", ({ detail: { key } }) => ours(key, (row) => kept.remove(row.id)));
    this.input.addEventListener("upload:failed", ({ detail: { key, refused, message } }) => {
      if (refused) ours(key, async (row) => (await kept.put({ ...row, used: null }), this.offer(row.id, message)));
    });
  }

  /** Handing in without what was just recorded is a mistake. */
  submitted(event) {
    if (!this.isOn && this.state !== "preview") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = this.isOn ? this.texts.stopFirst : this.texts.useFirst;
    this.complain(text);
    this.say(text);
    this.root.querySelector(`[data-lead~="${this.state}"]`).focus();
  }
}

const recorders = new Map();

/** Sets up the recorders that are there, and ends those that went: htmx swaps parts of pages. */
function look() {
  for (const [root, recorder] of recorders) {
    if (!root.isConnected) {
      recorder.end();
      recorders.delete(root);
    }
  }
  for (const root of document.querySelectorAll("[data-recorder]")) {
    const input = document.getElementById(root.dataset.field);
    if (window.MediaRecorder && input?.closest("[data-resumable]") && !recorders.has(root)) recorders.set(root, new Recorder(root, input));
  }
}

look();
document.body.addEventListener("htmx:load", look);
