// Short messages at the edge of the page: from the server by the header HX-Trigger {"fx:toast": {...}}, or by `toast()`.
import { type Mount, on } from "./core";
import { gettext } from "./i18n";

export interface ToastOptions {
  text: string;
  kind?: "ok" | "bad";
  /** What is done when the reader takes it back. */
  undo?: () => void;
  /** Address of a POST that takes it back. */
  undoUrl?: string;
  /** How long it stays; one with an undo or an error stays at least 10 s. */
  seconds?: number;
}

export function toast(options: ToastOptions): HTMLElement | null {
  const region = document.getElementById("fx-toasts");
  if (!region) return null;
  const element = document.createElement("div");
  element.className = options.kind === "bad" ? "fx-toast fx-toast--bad" : "fx-toast";
  const text = document.createElement("span");
  text.textContent = options.text;
  element.append(text);
  const { undo } = options;
  if (undo || options.undoUrl) {
    element.append(
      button(gettext("Undo"), () => {
        element.remove();
        if (undo) undo();
        else if (options.undoUrl) submit(options.undoUrl);
      }),
    );
  }
  element.append(button(gettext("Close"), () => element.remove()));
  region.append(element);
  let timer = 0;
  const leave = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => element.remove(), 1000 * stay(options));
  };
  // A reader who is on it is not hurried.
  for (const type of ["mouseenter", "focusin"]) element.addEventListener(type, () => window.clearTimeout(timer));
  for (const type of ["mouseleave", "focusout"]) element.addEventListener(type, leave);
  leave();
  return element;
}

export const mount: Mount = (body) =>
  on<CustomEvent<ToastOptions & { undo_url?: string }>>(body, "fx:toast", (event) => {
    const { undo_url, ...options } = event.detail;
    toast(undo_url ? { ...options, undoUrl: undo_url } : options);
  });

function stay(options: ToastOptions): number {
  const least = options.undo || options.undoUrl || options.kind === "bad" ? 10 : 5;
  return Math.max(options.seconds ?? least, least);
}

function button(label: string, act: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "btn btn-sm";
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
}

function submit(url: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  form.append(token);
  document.body.append(form);
  form.submit();
}
