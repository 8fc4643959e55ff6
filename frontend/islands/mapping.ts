// Column mapping of an import: one <select data-column> a column. A field is given once; missing ones are named;
// the preview table ([data-preview] cells by data-column) shows what would be read under which name.
import { type Mount, on } from "./core";
import { fill, gettext } from "./i18n";

export const mount: Mount = (form) => {
  const selects = [...form.querySelectorAll<HTMLSelectElement>("select[data-column]")];
  const status = form.querySelector<HTMLElement>("[data-mapping-status]");
  const submit = form.querySelector<HTMLButtonElement>("[data-mapping-submit]");
  const required = (form.dataset["required"] ?? "").split(/\s+/).filter(Boolean);
  const many = new Set((form.dataset["many"] ?? "").split(/\s+/).filter(Boolean));

  const label = (value: string): string =>
    [...(selects[0]?.options ?? [])].find((option) => option.value === value)?.text.trim() ?? value;
  const check = (): void => {
    const problems: string[] = [];
    const holders = new Map<string, HTMLSelectElement[]>();
    for (const select of selects) {
      if (select.value) holders.set(select.value, [...(holders.get(select.value) ?? []), select]);
      select.removeAttribute("aria-invalid");
      const head = form.querySelector(`[data-preview-head="${CSS.escape(select.dataset["column"] ?? "")}"]`);
      if (head) head.textContent = select.value ? (select.selectedOptions[0]?.text.trim() ?? "") : gettext("not read");
      for (const cell of form.querySelectorAll(`[data-preview="${CSS.escape(select.dataset["column"] ?? "")}"]`)) {
        cell.classList.toggle("fx-muted", !select.value);
      }
    }
    for (const [value, of] of holders) {
      if (of.length < 2 || many.has(value)) continue;
      of.forEach((select) => select.setAttribute("aria-invalid", "true"));
      problems.push(fill(gettext("%(field)s is chosen for %(n)s columns; keep one."), { field: label(value), n: of.length }));
    }
    for (const value of required.filter((name) => !name.split("|").some((one) => holders.has(one)))) {
      const names = value.split("|").map(label).join(gettext(" or "));
      problems.push(fill(gettext("No column is %(field)s; choose it."), { field: names }));
    }
    if (status) {
      status.textContent = problems.join(" ") || gettext("All needed columns are there.");
      status.classList.toggle("fx-bad", problems.length > 0);
    }
    if (submit) submit.disabled = problems.length > 0;
  };
  check();
  return on(form, "change", check);
};
