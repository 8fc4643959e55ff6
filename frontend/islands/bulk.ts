// The bar of bulk actions: a <form data-list="#list"> that appears when rows are ticked and sends their values as `ids`.
// In the list: [data-bulk-item] check boxes, [data-bulk-all] ticks all that are shown.
import { type Mount, on } from "./core";
import { fill, ngettext } from "./i18n";

export const mount: Mount = (element) => {
  const form = element as HTMLFormElement;
  const list = document.querySelector<HTMLElement>(form.dataset["list"] ?? "");
  if (!list) throw new Error(`data-list="${form.dataset["list"]}" matches nothing`);
  const items = (): HTMLInputElement[] => [...list.querySelectorAll<HTMLInputElement>("[data-bulk-item]:not(:disabled)")];
  const all = (): HTMLInputElement | null => list.querySelector("[data-bulk-all]");
  const count = form.querySelector<HTMLElement>("[data-bulk-count]");

  const show = (): void => {
    const chosen = items().filter((item) => item.checked);
    form.hidden = chosen.length === 0;
    if (count) {
      count.textContent = fill(ngettext("%(n)s row selected", "%(n)s rows selected", chosen.length), { n: chosen.length });
    }
    const top = all();
    if (top) {
      top.checked = chosen.length > 0 && chosen.length === items().length;
      top.indeterminate = chosen.length > 0 && !top.checked;
    }
  };
  const set = (checked: boolean): void => {
    items().forEach((item) => (item.checked = checked));
    show();
  };
  let last: HTMLInputElement | null = null;
  const stops = [
    on<MouseEvent>(list, "click", (event) => {
      const item = event.target as HTMLInputElement;
      if (!item.matches?.("[data-bulk-item]")) return;
      // Shift ticks everything between the last tick and this one.
      if (event.shiftKey && last && last !== item) {
        const every = items();
        const [from, to] = [every.indexOf(last), every.indexOf(item)].sort((a, b) => a - b);
        every.slice(from, (to ?? 0) + 1).forEach((one) => (one.checked = item.checked));
      }
      last = item;
      show();
    }),
    on(list, "change", (event) => {
      const target = event.target as HTMLInputElement;
      if (target.matches("[data-bulk-all]")) set(target.checked);
      else show();
    }),
    on(form, "click", (event) => {
      if (!(event.target as HTMLElement).closest("[data-bulk-clear]")) return;
      set(false);
      all()?.focus();
    }),
    on<FormDataEvent>(form, "formdata", (event) => {
      event.formData.delete("ids");
      items()
        .filter((item) => item.checked)
        .forEach((item) => event.formData.append("ids", item.value));
    }),
    on(document.body, "htmx:afterSettle", show),
  ];
  show();
  return () => stops.forEach((stop) => stop());
};
