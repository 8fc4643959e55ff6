// Copies data-text, or the text of the element that data-source selects.
import { type Mount, on } from "./core";
import { gettext } from "./i18n";
import { toast } from "./toast";

export const mount: Mount = (button) =>
  on(button, "click", () => {
    const { source, text } = button.dataset;
    const holder = source ? document.querySelector<HTMLElement>(source) : null;
    const value = holder instanceof HTMLTextAreaElement ? holder.value : (holder?.innerText ?? text ?? "");
    void write(value).then((done) =>
      toast(done ? { text: gettext("Copied") } : { text: gettext("Your browser does not let pages copy; select the text and press Ctrl+C."), kind: "bad" }),
    );
  });

async function write(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    // Plain http in the local network has no clipboard interface.
    const area = document.createElement("textarea");
    area.value = value;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
