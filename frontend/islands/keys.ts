// Work lists by keyboard: j/k or arrows move, Enter or o opens, x selects, Home/End, ? help.
// Rows: [data-key-row], or the body rows of a table. data-url on the row, else its first link, is opened.
import { type Mount, on, typing } from "./core";
import { gettext } from "./i18n";

export const mount: Mount = (list) => {
  const rows = (): HTMLElement[] => {
    const marked = [...list.querySelectorAll<HTMLElement>("[data-key-row]")];
    return marked.length ? marked : [...list.querySelectorAll<HTMLElement>("tbody > tr")];
  };
  const current = (): number => rows().findIndex((row) => "current" in row.dataset);
  const go = (index: number): void => {
    const all = rows();
    const row = all[Math.max(0, Math.min(index, all.length - 1))];
    if (!row) return;
    all.forEach((one) => delete one.dataset["current"]);
    row.dataset["current"] = "";
    const target = row.querySelector<HTMLElement>("a[href], button") ?? row;
    if (target === row) row.tabIndex = -1;
    target.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const act = (event: KeyboardEvent): boolean => {
    const at = current();
    const row = rows()[at];
    switch (event.key) {
      case "j":
      case "ArrowDown":
        go(at + 1);
        return true;
      case "k":
      case "ArrowUp":
        go(at < 0 ? 0 : at - 1);
        return true;
      case "Home":
        go(0);
        return true;
      case "End":
        go(rows().length - 1);
        return true;
      case "o":
      case "Enter":
        return row ? open(row, event) : false;
      case "x":
        row?.querySelector<HTMLInputElement>("[data-bulk-item]")?.click();
        return Boolean(row);
      case "?":
        help();
        return true;
      default:
        return false;
    }
  };
  return on<KeyboardEvent>(document, "keydown", (event) => {
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    // Only the list that has the focus, or the first of the page when nothing has.
    const target = event.target as Node;
    const free = target === document.body || target === document.documentElement || (target as HTMLElement).id === "main";
    if (!list.contains(target) && !(free && first(list))) return;
    // A link or button does by Enter what it always does.
    if (event.key === "Enter" && (target as HTMLElement).closest("a[href], button, summary")) return;
    if (act(event)) event.preventDefault();
  });
};

function first(list: HTMLElement): boolean {
  return document.querySelector('[data-island~="keys"]') === list;
}

function open(row: HTMLElement, event: KeyboardEvent): boolean {
  const url = row.dataset["url"] ?? row.querySelector<HTMLAnchorElement>("a[href]")?.getAttribute("href");
  if (!url) return false;
  event.preventDefault();
  const link = document.createElement("a");
  link.href = url;
  document.body.append(link);
  link.click();
  link.remove();
  return true;
}

function help(): void {
  let dialog = document.getElementById("fx-keys-help") as HTMLDialogElement | null;
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "fx-keys-help";
    dialog.className = "fx-dialog fx-keys-help";
    const title = document.createElement("h2");
    title.id = "fx-keys-help-title";
    title.textContent = gettext("Keys of this list");
    dialog.setAttribute("aria-labelledby", title.id);
    const entries: [string, string][] = [
      ["j  ↓", gettext("Next row")],
      ["k  ↑", gettext("Previous row")],
      ["Enter  o", gettext("Open the row")],
      ["x", gettext("Select the row")],
      ["Home  End", gettext("First, last row")],
      ["/", gettext("Search")],
      ["Esc", gettext("Close")],
    ];
    const names = document.createElement("dl");
    for (const [keys, meaning] of entries) {
      const term = document.createElement("dt");
      for (const key of keys.split("  ")) {
        const mark = document.createElement("kbd");
        mark.textContent = key;
        term.append(mark, " ");
      }
      const detail = document.createElement("dd");
      detail.textContent = meaning;
      names.append(term, detail);
    }
    const head = document.createElement("div");
    head.className = "fx-dialog__head";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-quiet";
    close.textContent = gettext("Close");
    const own = dialog;
    close.addEventListener("click", () => own.close());
    head.append(title, close);
    const body = document.createElement("div");
    body.className = "fx-dialog__body";
    body.append(names);
    dialog.append(head, body);
    document.body.append(dialog);
  }
  dialog.showModal();
}
