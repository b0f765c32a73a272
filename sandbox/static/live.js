// Keeps the marked parts of a page fresh. Forms lie outside of them; a part in which the keyboard
// focus is, or a text is being selected, waits. Hidden tabs are silent.
"use strict";

const EVERY = 2000;

function busy(part) {
  const selection = document.getSelection();
  return (
    (part !== document.activeElement && part.contains(document.activeElement)) ||
    (!selection.isCollapsed && part.contains(selection.anchorNode))
  );
}

function atEnd(part) {
  return part.scrollHeight - part.scrollTop - part.clientHeight < 40;
}

function refresh(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || busy(part) || fresh.innerHTML === part.innerHTML) continue;
    const follow = atEnd(part);
    part.replaceChildren(...document.adoptNode(fresh).childNodes);
    if (follow) part.scrollTop = part.scrollHeight;
  }
}

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(location.href, { redirect: "error" });
      if (answer.ok) {
        refresh(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch {
      // The sandbox is being restarted: the next look will tell.
    }
  }
  setTimeout(look, EVERY);
}

for (const thread of document.querySelectorAll(".thread")) thread.scrollTop = thread.scrollHeight;
setTimeout(look, EVERY);
