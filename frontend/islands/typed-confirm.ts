// A destructive form: its button works only after data-word has been typed into the field named `confirm`.
import { type Mount, on } from "./core";

export const mount: Mount = (form) => {
  const word = (form.dataset["word"] ?? "").trim();
  const input = form.querySelector<HTMLInputElement>("[name=confirm]");
  const button = form.querySelector<HTMLButtonElement>("[data-confirm-submit]");
  if (!word || !input || !button) throw new Error("a typed confirmation needs data-word, a field `confirm` and a button");
  const check = (): boolean => {
    const right = input.value.trim() === word;
    button.disabled = !right;
    return right;
  };
  check();
  const stops = [
    on(input, "input", check),
    on(form, "submit", (event) => {
      if (!check()) event.preventDefault();
    }),
  ];
  return () => stops.forEach((stop) => stop());
};
