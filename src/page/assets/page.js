/**
 * Keeps the operator's page true and saves it the reloading. Everything here also works without it, by links and forms.
 * The server makes all HTML; nothing in this file builds any from text.
 */

/** Pauses between tries to connect again, where the browser has given up. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
/** A connection that comes back within this time was never told as lost. */
const PATIENCE_MS = 1500;
/** Changes are read out together, at most this often. */
const SAY_EVERY_MS = 4000;
/** Budgets and schedules are not in the stream: they are asked for again so often. */
const RENEW_MS = 60_000;
/** The page that is asked for again has to be there by then. */
const LONGEST_ANSWER_MS = 15_000;
/** More changes at once than this are told in one sentence. */
const MOST_SAID = 3;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const { dataset: words } = document.body;

/** @param {string} selector */
function find(selector) {
  return /** @type {HTMLElement | null} */ (document.querySelector(selector));
}

/** @param {string} markup */
function elementOf(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return /** @type {HTMLElement | null} */ (template.content.firstElementChild);
}

// --- Making an element equal to another one, in place: focus, selection, scroll and what is folded open stay.

/**
 * @param {Node} from
 * @param {Node} to
 */
function isSameKind(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) return false;
  if (!(from instanceof Element) || !(to instanceof Element)) return true;
  const isLike = from.id === to.id && from.getAttribute("data-act") === to.getAttribute("data-act");
  return isLike && from.classList[0] === to.classList[0];
}

/**
 * @param {Element} from
 * @param {Element} to
 */
function becomeElement(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (name === "open" && from.nodeName === "DETAILS") continue;
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  let old = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    // What is no longer wanted in front of something that stays is taken out, so that the latter is kept.
    const kept = nextOfKind(old, wanted);
    if (kept === null) {
      from.insertBefore(wanted, old);
      continue;
    }
    while (old !== null && old !== kept) old = removed(old);
    if (kept instanceof Element && wanted instanceof Element) becomeElement(kept, wanted);
    else if (kept.nodeValue !== wanted.nodeValue) kept.nodeValue = wanted.nodeValue;
    old = kept.nextSibling;
  }
  while (old !== null) old = removed(old);
}

/**
 * @param {ChildNode | null} start
 * @param {Node} wanted
 */
function nextOfKind(start, wanted) {
  for (let node = start; node !== null; node = node.nextSibling) if (isSameKind(node, wanted)) return node;
  return null;
}

/** @param {ChildNode} node */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/**
 * Makes `element` equal to `wanted`. Where the focused button is gone then, the next sensible thing has the focus.
 * @param {HTMLElement} element
 * @param {Element} wanted
 */
function become(element, wanted) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const before = element.dataset["said"];
  becomeElement(element, wanted);
  if (focused !== null && !focused.isConnected) focusIn(element);
  const after = element.dataset["said"];
  if (after !== undefined && after !== before) say(after);
}

/** @param {HTMLElement} element */
function focusIn(element) {
  const next = element.querySelector("button") ?? element.querySelector("a");
  next?.focus({ preventScroll: true });
}

// --- Reading out: states only, together, and never progress.

/** @type {Set<string>} */
const unsaid = new Set();

/** @param {string} text */
function say(text) {
  unsaid.add(text);
  // The first of several starts the clock for all.
  if (unsaid.size > 1) return;
  window.setTimeout(() => {
    const place = find("#said");
    if (place !== null) place.textContent = unsaid.size > MOST_SAID ? (words["several"] ?? "") : [...unsaid].join(". ");
    unsaid.clear();
  }, SAY_EVERY_MS);
}

/**
 * Tells what came of something that was asked for.
 * @param {string} text
 */
function tell(text) {
  const place = find("#told") ?? find("#said");
  if (place !== null) place.textContent = text;
}

// --- The stream.

/** @param {{ html: Record<string, string>, counts: Record<string, number>, removed: string[], loose?: string[] }} event */
function takeLots({ html, counts, removed: gone, loose }) {
  const list = find(".lots");
  if (list === null) return;
  // What is below the eyes must not move when something is put in above them.
  const anchor = window.scrollY > list.offsetTop ? firstInSight(list) : null;
  const top = anchor?.getBoundingClientRect().top ?? 0;
  for (const key of gone) cardOf(key)?.remove();
  if (loose !== undefined) {
    for (const card of list.querySelectorAll("[data-loose]")) {
      if (!loose.includes(card.getAttribute("data-key") ?? "")) card.remove();
    }
  }
  const most = Number(main.dataset["most"] ?? Number.POSITIVE_INFINITY);
  for (const [key, markup] of Object.entries(html)) {
    const wanted = elementOf(markup);
    if (wanted === null) continue;
    const card = cardOf(key);
    const { filter = "", page = "1" } = main.dataset;
    const fits = filter === "" || filter === wanted.dataset["state"];
    if (card !== null && fits) become(card, wanted);
    else if (card !== null) card.remove();
    else if (fits && page === "1") {
      // The newest stand on top. What is older than a whole page of lots is on another one.
      const next = [...list.children].find((older) => atOf(older) < atOf(wanted));
      if (next === undefined && list.childElementCount >= most) continue;
      list.insertBefore(wanted, next ?? null);
      say(wanted.dataset["said"] ?? "");
    }
  }
  while (list.childElementCount > most && list.lastElementChild !== null) list.lastElementChild.remove();
  const none = find(".none");
  const isEmpty = list.childElementCount === 0;
  if (none !== null && none.hidden === isEmpty) none.hidden = !isEmpty;
  if (anchor?.isConnected) window.scrollBy(0, anchor.getBoundingClientRect().top - top);
  showCounts(counts);
}

/** @param {HTMLElement} list */
function firstInSight(list) {
  return [...list.children].find((card) => card.getBoundingClientRect().bottom > 0) ?? null;
}

/** @param {Element} card */
function atOf(card) {
  return Number(card.getAttribute("data-at"));
}

/** @param {string} key */
function cardOf(key) {
  return document.getElementById(`card-${encodeURIComponent(key)}`);
}

/** @param {Record<string, number>} counts */
function showCounts(counts) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  for (const [state, count] of Object.entries({ ...counts, all })) {
    const place = find(`[data-count="${state}"]`);
    if (place === null) continue;
    const shown = String(count).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
    if (place.textContent === shown) continue;
    place.textContent = shown;
    place.parentElement?.classList.toggle("zero", count === 0 && state !== "all");
  }
}

/** @param {{ html: string }} event */
function takeLot({ html }) {
  const wanted = elementOf(html);
  const shown = find("#lot");
  if (wanted === null || shown === null) return;
  const [head, wantedHead] = [find("#lot .head"), wanted.querySelector(".head")];
  const before = head?.dataset["said"];
  become(shown, wanted);
  const after = wantedHead?.getAttribute("data-said");
  if (after && after !== before) say(after);
}

/** @param {string} address */
function follow(address) {
  const note = find("#connection p");
  /** @type {EventSource | undefined} */
  let source;
  /** @type {number | undefined} */
  let telling;
  /** @type {number | undefined} */
  let trying;
  let pause = FIRST_PAUSE_MS;
  let isBack = false;
  // What the stream tells while the page is asked for is newer than the answer, and waits for it.
  let renewed = Promise.resolve();

  const connected = () => {
    clearTimeout(telling);
    telling = undefined;
    pause = FIRST_PAUSE_MS;
    words["live"] = "";
    // What went on during a break, however short, and what is no more.
    if (isBack) renewed = renew([".tiles", "#lots", ".second"]);
    isBack = true;
    if (note === null || note.hidden) return;
    note.hidden = true;
    say(words["back"] ?? "");
  };
  const lost = () => {
    telling ??= window.setTimeout(() => {
      if (note !== null) note.hidden = false;
    }, PATIENCE_MS);
    // A browser tries again by itself, but not after an answer such as 401 or 503.
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(trying);
    trying = window.setTimeout(connect, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
  const connect = () => {
    source?.close();
    source = new EventSource(address);
    source.addEventListener("open", connected);
    source.addEventListener("error", lost);
    source.addEventListener("lots", ({ data }) => renewed.then(() => takeLots(JSON.parse(data))));
    source.addEventListener("lot", ({ data }) => takeLot(JSON.parse(data)));
  };
  const close = () => {
    clearTimeout(telling);
    clearTimeout(trying);
    telling = undefined;
    source?.close();
    source = undefined;
  };
  // A page that is kept aside holds no connection: a browser has six of them for a server.
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) connect();
  });
  connect();
}

/**
 * Makes parts of the page as they are now.
 * @param {string[]} parts
 */
async function renew(parts) {
  if (find("#lots") === null) return;
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
  const text = await fetch(location.href, { signal })
    .then((answer) => (answer.ok ? answer.text() : undefined))
    .catch(() => undefined);
  if (text === undefined) return;
  const page = documentOf(text);
  for (const part of parts) {
    const [shown, wanted] = [find(part), page.querySelector(part)];
    if (shown !== null && wanted !== null) become(shown, wanted);
  }
}

// --- What is asked for: the forms, without leaving the page.

/** @param {Document} answer */
function problemIn(answer) {
  return answer.querySelector("#problem")?.textContent ?? words["failed"] ?? "";
}

/** @param {string} text */
function documentOf(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<string | null>} what went wrong
 */
async function ask(form) {
  try {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
    const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
    if (answer.ok || answer.type === "opaqueredirect") return null;
    return problemIn(documentOf(await answer.text()));
  } catch {
    return words["failed"] ?? "";
  }
}

/** @param {HTMLFormElement} form */
async function askForLot(form) {
  const button = form.querySelector("button");
  if (button?.getAttribute("aria-disabled") === "true") return;
  button?.setAttribute("aria-disabled", "true");
  tell(words["asked"] ?? "");
  const problem = await ask(form);
  button?.removeAttribute("aria-disabled");
  tell(problem ?? "");
}

/** @param {HTMLFormElement} form */
async function askForPreview(form) {
  const preview = form.closest("#preview");
  const isStart = form.dataset["act"] === "start";
  // At once: a second press must find nothing.
  preview?.querySelector(".acts")?.remove();
  const problem = await ask(form);
  if (problem !== null) tell(problem);
  else {
    preview?.remove();
    tell(isStart ? (find("#upload")?.dataset["started"] ?? "") : "");
  }
  find("#manifest")?.focus({ preventScroll: true });
}

// --- Handing in a manifest.

/** @type {XMLHttpRequest | undefined} */
let handingIn;

/** @param {FileList | null | undefined} files */
function handIn(files) {
  const place = find("#upload");
  const [file] = files ?? [];
  if (place === null || file === undefined) return;
  if (files?.length !== 1) {
    tell(place.dataset["one"] ?? "");
    return;
  }
  handingIn?.abort();
  tell("");
  const form = new FormData();
  form.append("manifest", file, file.name);
  const request = new XMLHttpRequest();
  handingIn = request;
  const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
  const text = /** @type {HTMLElement} */ (place.querySelector(".words"));
  text.textContent = `${place.dataset["uploading"]}: ${file.name}`;
  bar.value = 0;
  place.hidden = false;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    if (total > 0) bar.value = (loaded / total) * 100;
  });
  request.upload.addEventListener("load", () => {
    text.textContent = `${place.dataset["reading"]}: ${file.name}`;
    // How long reading takes is not known.
    bar.removeAttribute("value");
  });
  request.addEventListener("loadend", () => {
    if (handingIn !== request) return;
    handingIn = undefined;
    place.hidden = true;
    const input = /** @type {HTMLInputElement | null} */ (find("#manifest"));
    if (input !== null) input.value = "";
    const answer = documentOf(request.responseText);
    const preview = answer.querySelector("#preview");
    if (preview !== null) showPreview(preview);
    else if (request.status >= 400) tell(problemIn(answer));
    else if (request.status === 0) tell(place.dataset["failed"] ?? "");
    else tell(words["failed"] ?? "");
  });
  request.open("POST", "/manifests");
  request.send(form);
}

/** @param {Element} preview */
function showPreview(preview) {
  find("#preview-place")?.replaceChildren(document.adoptNode(preview));
  find("#preview-title")?.focus();
}

function cancelHandingIn() {
  const request = handingIn;
  handingIn = undefined;
  request?.abort();
  const place = find("#upload");
  if (place !== null) place.hidden = true;
  const input = /** @type {HTMLInputElement | null} */ (find("#manifest"));
  if (input !== null) {
    input.value = "";
    input.focus();
  }
}

/** The whole page takes a file; a file that is dropped beside it must not replace the page. */
function takeDrops() {
  const veil = find("#drop");
  /** @param {DragEvent} event */
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files") === true;
  /** @param {boolean} shown */
  const show = (shown) => {
    if (veil !== null) veil.hidden = !shown;
  };
  document.addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    show(true);
  });
  document.addEventListener("dragleave", (event) => {
    // The pointer has left the window.
    if (event.relatedTarget === null) show(false);
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    show(false);
    handIn(event.dataTransfer?.files);
  });
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const act = form.dataset["act"];
  if (act === undefined && !("upload" in form.dataset)) return;
  event.preventDefault();
  if (act === undefined) {
    handIn(/** @type {HTMLInputElement | null} */ (find("#manifest"))?.files);
  } else if (form.closest("#preview") === null) {
    void askForLot(form);
  } else if (find("#manifest") === null) {
    // On the preview's own page the answer leads back to all lots.
    form.closest(".acts")?.setAttribute("hidden", "");
    form.submit();
  } else {
    void askForPreview(form);
  }
});

const upload = find("form[data-upload]");
if (upload !== null) {
  // A chosen file is looked at right away.
  upload.querySelector("button")?.remove();
  upload.querySelector("input")?.addEventListener("change", (event) => {
    handIn(/** @type {HTMLInputElement} */ (event.target).files);
  });
  find("#upload button")?.addEventListener("click", cancelHandingIn);
  takeDrops();
}

const { stream } = document.body.dataset;
if (stream !== undefined) {
  follow(stream);
  window.setInterval(() => {
    if (!document.hidden) void renew([".second"]);
  }, RENEW_MS);
}
