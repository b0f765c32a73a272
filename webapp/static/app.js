// What htmx leaves to the page. Driven by attributes; nothing here knows a page by name.
(() => {
  const ERRORS_UNTIL_STOP = 5;
  const TOAST_MS = 8000;
  const byId = (id) => document.getElementById(id);
  const polls = () => document.querySelectorAll("[data-poll]");

  // --- Requests -------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb === "get") return;
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  });

  // --- Polling: silent in hidden tabs, slower after errors, stopped after five ----------------------------------------

  let errors = 0;
  let notBefore = 0;

  const refresh = () => polls().forEach((poll) => htmx.trigger(poll, "refresh"));

  const answered = (event, fine) => {
    if (!event.target.matches?.(".live")) return;
    errors = fine ? 0 : errors + 1;
    notBefore = fine ? 0 : Date.now() + 1000 * 2 ** errors;
    byId("connection-lost").hidden = errors < ERRORS_UNTIL_STOP;
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.matches?.(".live")) return;
    if (document.hidden || errors >= ERRORS_UNTIL_STOP || Date.now() < notBefore) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr.status;
    answered(event, status >= 200 && status < 400);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

  // --- Updates leave alone what the person is doing -----------------------------------------------------------------

  const FIELDS = "input, textarea, select";
  const changed = (field) => {
    if (field.multiple && field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected);
    if (field.options) return field.value !== ([...field.options].find((one) => one.defaultSelected) ?? field.options[0])?.value;
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  };
  const typedInto = (node) => [...(node.querySelectorAll?.(FIELDS) ?? [])].some(changed);

  Object.assign(Idiomorph.defaults.callbacks, {
    beforeNodeMorphed: (node) => node.tagName !== "FORM" || !typedInto(node),
    beforeNodeRemoved: (node) => {
      const busy = node.matches?.("dialog[open]") || node.querySelector?.("dialog[open]") || typedInto(node);
      if (busy) node.dataset.gone = "";
      return !busy;
    },
    beforeAttributeUpdated: (name, node) => {
      if (name === "open") return !node.matches("details, dialog");
      const field = ["value", "checked", "selected"].includes(name) && node.closest(FIELDS);
      return !field || (field !== document.activeElement && !changed(field));
    },
  });
  document.addEventListener("close", (event) => event.target.closest("[data-gone]")?.remove(), true);

  // --- Said aloud, at milestones only: [data-announce] with an id ----------------------------------------------------

  const said = new Map();
  const listen = (speak) => {
    const news = [];
    for (const node of document.querySelectorAll("[data-announce][id]")) {
      const text = node.dataset.announce;
      if (said.has(node.id) && said.get(node.id) !== text) news.push(text);
      said.set(node.id, text);
    }
    if (speak && news.length) byId("announcer").textContent = news.join(". ");
  };

  const focusErrors = (within) => within.querySelector?.("[data-focus]")?.focus();

  let focused = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    focused = event.detail.target.contains(document.activeElement) ? event.detail.target.id : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    listen(true);
    // What had the focus is gone: stay in the region instead of falling back to the top of the page.
    if (focused && document.activeElement === document.body) byId(focused)?.focus({ preventScroll: true });
    focused = null;
    if (!event.target.matches(".live")) focusErrors(event.target);
  });

  // --- Toasts: HX-Trigger {"toast": {"level": "ok", "text": "…"}} -----------------------------------------------------

  const leaveLater = (toast) => {
    if (["bad", "error", "warn", "warning"].includes(toast.dataset.toast)) return;
    const tick = () => (toast.matches(":hover, :focus-within") ? setTimeout(tick, TOAST_MS) : toast.remove());
    setTimeout(tick, TOAST_MS);
  };
  document.addEventListener("toast", (event) => {
    const { level = "info", text = "" } = event.detail;
    const toast = (byId(`toast-${level}`) ?? byId("toast-info")).content.firstElementChild.cloneNode(true);
    toast.querySelector(".toast-text").textContent = text;
    byId("toasts").append(toast);
    leaveLater(toast);
  });

  // --- The bell: looks rarely and silently ------------------------------------------------------------------------------

  // By itself and not by htmx: a session that has ended must not lead away from a half-filled form, and what cannot be
  // reached now is no news.
  const look = async () => {
    const bell = byId("bell");
    if (!bell || document.hidden) return;
    const answer = await fetch(`${bell.href}/bell?seen=${bell.dataset.seen}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status !== 200) return;
    const focused = document.activeElement === bell;
    bell.outerHTML = await answer.text();
    if (focused) byId("bell").focus({ preventScroll: true });
    listen(true);
  };
  setInterval(look, Number(byId("bell")?.dataset.every) || 30_000);
  document.addEventListener("visibilitychange", look);

  // --- Forms: asked first, and sent once -----------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const dialog = byId(event.target.dataset.confirm);
    if (!dialog) return;
    if (event.submitter?.hasAttribute("data-confirmed")) return dialog.close();
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.showModal();
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target || form.hasAttribute("data-again")) return;
    const buttons = [...form.elements].filter((element) => element.type === "submit");
    setTimeout(() => buttons.forEach((button) => { button.disabled = true; button.dataset.sent = ""; }));
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("[data-sent]").forEach((button) => { button.disabled = false; });
  });

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("input[type=file][data-most]")) return;
    const tooLarge = [...field.files].some((file) => file.size > Number(field.dataset.most));
    field.setCustomValidity(tooLarge ? field.dataset.tooLarge : "");
    field.reportValidity();
  });

  // --- Boxes: [data-tick-all] ticks all that belong to its form, [data-ticked] says how many are -----------------------

  const boxes = (form) => [...form.elements].filter((field) => field.type === "checkbox" && field.name);
  const countTicks = () => document.querySelectorAll("[data-tick-all]").forEach((all) => {
    const of = boxes(all.form);
    const ticked = of.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === of.length;
    all.indeterminate = ticked > 0 && ticked < of.length;
    all.form.querySelector("[data-ticked]").textContent = ticked ? `${ticked} ticked` : "";
  });
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (all) boxes(all.form).forEach((box) => { box.checked = all.checked; });
    countTicks();
  });
  document.addEventListener("htmx:afterSettle", countTicks);
  addEventListener("pageshow", countTicks);

  // --- Clicks ---------------------------------------------------------------------------------------------------------

  const clicks = {
    "[data-open]": (button) => byId(button.dataset.open).showModal(),
    "[data-close]": (button) => button.closest("dialog").close(),
    "[data-dismiss]": (button) => button.closest("[data-toast]").remove(),
    "[data-toggle]": (button) => {
      const open = byId(button.dataset.toggle).classList.toggle("show");
      button.setAttribute("aria-expanded", String(open));
    },
    "[data-reveal]": (box) => { byId(box.dataset.reveal).type = box.checked ? "text" : "password"; },
    "[data-copy]": (button) => {
      const input = byId(button.dataset.copy);
      input.select();
      // Browsers give the clipboard to secure pages only; the selected text can still be copied by hand.
      navigator.clipboard?.writeText(input.value).then(() => { byId("announcer").textContent = button.lastChild.textContent = "Copied"; });
    },
    "[data-reconnect]": () => { errors = 0; notBefore = 0; refresh(); },
  };
  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const button = event.target.closest?.(selector);
      if (button) act(button);
    }
    document.querySelectorAll("[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  listen(false);
  document.querySelectorAll("#toasts [data-toast]").forEach(leaveLater);
  focusErrors(document);
})();
