// A <dialog>: closed by its buttons and by a click outside; data-open shows it at once.
import { type Mount, on } from "./core";

export const mount: Mount = (element) => {
  const dialog = element as HTMLDialogElement;
  if ("open" in dialog.dataset && !dialog.open) dialog.showModal();
  return on(dialog, "click", (event) => {
    const target = event.target as HTMLElement;
    // The dialog itself is hit only by clicks on its backdrop; nothing typed is thrown away by one.
    const outside = target === dialog && !dialog.querySelector("form");
    if (outside || target.closest("[data-dialog-close]")) dialog.close();
  });
};
