// Menus are <details class="fx-menu">: one open at a time, closed by Escape, a click or a focus elsewhere.
// Buttons with data-dialog-open="id" open a dialog.
import { type Mount, on } from "./core";

export const mount: Mount = (body) => {
  const open = (): HTMLDetailsElement[] => [...body.querySelectorAll<HTMLDetailsElement>("details.fx-menu[open]")];
  const stops = [
    on(body, "click", (event) => {
      const target = event.target as HTMLElement;
      open().forEach((menu) => menu.contains(target) || (menu.open = false));
      const opener = target.closest<HTMLElement>("[data-dialog-open]");
      if (!opener) return;
      const dialog = document.getElementById(opener.dataset["dialogOpen"] ?? "");
      if (dialog instanceof HTMLDialogElement) dialog.showModal();
    }),
    on<FocusEvent>(body, "focusin", (event) => {
      open().forEach((menu) => menu.contains(event.target as Node) || (menu.open = false));
    }),
    on<KeyboardEvent>(body, "keydown", (event) => {
      if (event.key !== "Escape") return;
      const menu = open().find((one) => one.contains(event.target as Node)) ?? open()[0];
      if (!menu) return;
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }),
  ];
  return () => stops.forEach((stop) => stop());
};
