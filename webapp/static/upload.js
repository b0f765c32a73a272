// Files are sent by themselves, one after the other, each with a bar, a way to stop it, and what became of it.
(() => {
  const form = document.querySelector("form[data-upload]");
  const field = form.querySelector("input[type=file]");
  const drop = form.querySelector(".upload-drop");
  const list = document.getElementById("upload-list");
  const after = document.getElementById("upload-after");
  const row = document.getElementById("upload-row");
  const announcer = document.getElementById("announcer");
  const sprite = row.content.querySelector("use").getAttribute("href").split("#")[0];
  const MARKS = { ok: "circle-check", info: "info-circle", bad: "alert-triangle", stopped: "ban" };
  const MEGABYTE = 1024 * 1024;
  const LOST = "The connection was lost, and nothing was kept.";

  const waiting = [];
  let busy = null;

  // What turns the direction of writing would let a name look like another one.
  const plain = (name) => name.replace(/[\u0000-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, " ");

  const megabytes = (bytes) => (bytes / MEGABYTE).toLocaleString(undefined, { maximumFractionDigits: bytes < 10 * MEGABYTE ? 1 : 0 });

  const sized = (bytes) => (bytes < 0.1 * MEGABYTE ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${megabytes(bytes)} MB`);

  const left = (seconds) => {
    if (!Number.isFinite(seconds)) return "";
    if (seconds < 60) return `, about ${Math.max(1, Math.round(seconds))} s left`;
    return `, about ${Math.round(seconds / 60)} min left`;
  };

  const add = (file) => {
    const item = row.content.firstElementChild.cloneNode(true);
    const name = plain(file.name);
    item.querySelector("bdi").textContent = name;
    item.querySelector("progress").setAttribute("aria-label", `Upload of ${name}`);
    item.querySelectorAll(".visually-hidden").forEach((hidden) => { hidden.textContent = ` ${name}`; });
    const one = { file, name, item, xhr: null };
    item.querySelector("[data-do=cancel]").addEventListener("click", () => cancel(one));
    item.querySelector("[data-do=again]").addEventListener("click", () => wait(one));
    if (!field.multiple) list.replaceChildren();
    list.append(item);
    if (file.size > Number(form.dataset.most)) return end(one, "bad", form.dataset.tooLarge);
    wait(one);
  };

  const say = (one, text) => { one.item.querySelector(".upload-state").textContent = text; };

  const show = (one, what, visible) => {
    const part = one.item.querySelector(what);
    // Who has just pressed it must not find himself at the top of the page.
    if (!visible && part === document.activeElement) one.item.focus();
    part.hidden = !visible;
  };

  const wait = (one) => {
    one.item.dataset.state = "waiting";
    one.item.tabIndex = -1;
    one.item.querySelector(".upload-state").removeAttribute("role");
    one.item.querySelector("use").setAttribute("href", `${sprite}#file-text`);
    show(one, "progress", true);
    one.item.querySelector("progress").value = 0;
    show(one, "[data-do=cancel]", true);
    show(one, "[data-do=again]", false);
    say(one, `Waiting, ${sized(one.file.size)}`);
    waiting.push(one);
    next();
  };

  const next = () => {
    if (busy) return;
    busy = waiting.shift() ?? null;
    if (busy) send(busy);
  };

  const send = (one) => {
    const xhr = one.xhr = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    body.append("file", one.file);
    const bar = one.item.querySelector("progress");
    const since = Date.now();
    one.item.dataset.state = "sending";
    say(one, `0 of ${sized(one.file.size)}`);
    xhr.upload.addEventListener("progress", (event) => {
      const share = event.total ? event.loaded / event.total : 0;
      const seconds = (Date.now() - since) / 1000;
      bar.value = share;
      say(one, `${megabytes(share * one.file.size)} of ${sized(one.file.size)}${seconds > 2 ? left((seconds / share) * (1 - share)) : ""}`);
    });
    xhr.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      show(one, "[data-do=cancel]", false); // it is there now: too late to take it back
      say(one, "Being stored");
    });
    xhr.addEventListener("load", () => answered(one, xhr));
    xhr.addEventListener("error", () => finish(one, "bad", LOST, null, true));
    xhr.addEventListener("abort", () => finish(one, "stopped", "Cancelled. Nothing was kept.", null, true));
    xhr.open("POST", form.action);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.send(body);
  };

  const cancel = (one) => {
    if (one === busy) return one.xhr.abort();
    waiting.splice(waiting.indexOf(one), 1);
    end(one, "stopped", "Cancelled. Nothing was kept.", null, true);
  };

  const answered = (one, xhr) => {
    const answer = (() => { try { return JSON.parse(xhr.responseText); } catch { return {}; } })();
    const kept = answer.documents?.[0];
    if (!kept) {
      const problem = answer.errors?.[0];
      const told = problem?.error ?? [answer.error ?? "Something went wrong, and the file was not kept.", answer.advice].filter(Boolean).join(" ");
      return finish(one, "bad", told, problem?.url, !problem?.url && xhr.status !== 413);
    }
    const changed = !kept.duplicate && !kept.unchanged;
    const alone = !field.multiple || list.children.length === 1;
    finish(one, changed ? "ok" : "info", kept.note, kept.url);
    if (changed && alone) location.assign(kept.url); // to see how it is read
  };

  const finish = (one, ...how) => {
    busy = null;
    end(one, ...how);
    next();
  };

  const end = (one, state, text, url = null, again = false) => {
    one.item.dataset.state = state;
    one.item.tabIndex = -1;
    one.item.querySelector("use").setAttribute("href", `${sprite}#${MARKS[state]}`);
    show(one, "[data-do=again]", again);
    const link = one.item.querySelector("a");
    if (url) link.href = url;
    show(one, "a", Boolean(url));
    show(one, "[data-do=cancel]", false);
    show(one, "progress", false);
    // An alert is heard by itself; the others are told by the page's own voice.
    if (state === "bad") one.item.querySelector(".upload-state").setAttribute("role", "alert");
    else announcer.textContent = `${one.name}: ${text}`;
    say(one, text);
    if (after && (state === "ok" || state === "info")) after.hidden = false;
  };

  // --- Choosing and dropping ------------------------------------------------------------------------------------

  const take = (files) => { [...files].slice(0, field.multiple ? undefined : 1).forEach(add); };

  field.addEventListener("change", () => {
    take(field.files);
    field.value = ""; // so that the same file can be chosen again
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  let leaving;
  // Anywhere on the page: a file that misses the field would else be opened in place of it.
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    drop.dataset.over = "";
    clearTimeout(leaving);
    leaving = setTimeout(() => delete drop.dataset.over, 200);
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    delete drop.dataset.over;
    const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()?.isDirectory ?? false);
    take([...event.dataTransfer.files].filter((_, number) => !folders[number]));
    if (folders.includes(true)) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { level: "warn", text: "Folders cannot be uploaded. Open the folder, and drop the files in it." } }));
    }
  });

  addEventListener("beforeunload", (event) => { if (busy || waiting.length) event.preventDefault(); });
})();
