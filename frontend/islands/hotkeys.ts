// One key presses a button or follows a link: data-hotkey on it, inside the element that has this island.
import { type Mount, on, typing } from "./core";

export const mount: Mount = (root) =>
  on<KeyboardEvent>(document, "keydown", (event) => {
    if (typing(event) || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    // The digit's place, also under an input method or a layout that gives another character.
    const key = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key;
    const target = root.querySelector<HTMLElement>(`[data-hotkey="${CSS.escape(key)}"]`);
    if (!target || target.closest("[hidden]")) return;
    event.preventDefault();
    target.focus();
    target.click();
  });
