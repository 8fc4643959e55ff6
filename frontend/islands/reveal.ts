// Shows a masked value: asks purpose (options of #fx-purposes, if the page has them) and reason, POSTs them to data-url, puts the answer in place of data-target, and
// hides it again after data-seconds (60). The full value is never in the page before.
import htmx from "htmx.org";
import { type Mount, on, post } from "./core";
import { fill, gettext } from "./i18n";
import { refusal } from "./session";
import { toast } from "./toast";

export const mount: Mount = (link) =>
  on(link, "click", (event) => {
    // Without scripts the link leads to a page that asks the same.
    event.preventDefault();
    ask(link);
  });

function ask(button: HTMLElement): void {
  const dialog = document.createElement("dialog");
  dialog.className = "fx-dialog";
  dialog.setAttribute("aria-labelledby", "fx-reveal-title");
  dialog.innerHTML =
    '<form method="dialog"><div class="fx-dialog__head"><h2 id="fx-reveal-title"></h2></div>' +
    '<div class="fx-dialog__body"><p class="fx-muted" data-note></p><div class="fx-field" data-purpose><label class="fx-label" for="fx-reveal-purpose"></label><select class="form-select" id="fx-reveal-purpose" required></select></div>' +
    '<div class="fx-field"><label class="fx-label" for="fx-reveal-reason" data-reason></label>' +
    '<p class="fx-error" id="fx-reveal-error" role="alert" hidden></p>' +
    '<input id="fx-reveal-reason" maxlength="200" autocomplete="off" required></div></div>' +
    '<div class="fx-dialog__foot"><button class="btn" type="button" data-cancel></button><button class="btn btn-primary"></button></div></form>';
  const part = <T extends HTMLElement>(selector: string): T => dialog.querySelector(selector) as T;
  part("h2").textContent = fill(gettext("Show %(what)s in full"), { what: button.dataset["what"] ?? "" });
  part("[data-note]").textContent = gettext("Who looked, when and why is kept, and the person concerned can see it.");
  part("[data-reason]").textContent = gettext("Reason");
  part("[data-cancel]").textContent = gettext("Cancel");
  part(".btn-primary").textContent = gettext("Show");
  const input = part<HTMLInputElement>("input");
  const error = part("#fx-reveal-error");
  const purpose = choice(part("[data-purpose]"));
  const complain = (text: string, field: HTMLElement = input): void => {
    error.textContent = text;
    error.hidden = false;
    for (const other of [input, purpose]) {
      other?.toggleAttribute("aria-invalid", false);
      other?.removeAttribute("aria-describedby");
    }
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", error.id);
    field.focus();
  };
  part("form").setAttribute("novalidate", "");
  part("[data-cancel]").addEventListener("click", () => dialog.close());
  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (purpose && !purpose.value) return complain(gettext("Choose what you need it for."), purpose);
    const reason = input.value.trim();
    if (reason.length < 2) return complain(gettext("Write why you need it, in a few words."));
    void send(button, { reason, ...(purpose && { purpose: purpose.value }) }).then((problem) => (problem ? complain(problem) : dialog.close()));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Fills the choice of purposes; where the page has none there is no choice. */
function choice(field: HTMLElement): HTMLSelectElement | null {
  const options = document.querySelector<HTMLTemplateElement>("#fx-purposes");
  const select = field.querySelector("select");
  if (!options || !select) {
    field.remove();
    return null;
  }
  (field.querySelector("label") as HTMLElement).textContent = gettext("What you need it for");
  select.append(document.createElement("option"), options.content.cloneNode(true));
  return select;
}

/** POST purpose and reason; returns what went wrong, or nothing. */
async function send(button: HTMLElement, values: Record<string, string>): Promise<string> {
  const target = document.querySelector<HTMLElement>(button.dataset["target"] ?? "");
  let answer: Response;
  try {
    answer = await post(button.dataset["url"] ?? "", values);
  } catch {
    return gettext("No connection. Nothing was sent; try again.");
  }
  const redirect = answer.headers.get("HX-Redirect");
  if (redirect) {
    location.assign(redirect);
    return "";
  }
  if (!answer.ok) {
    return refusal({
      status: answer.status,
      responseText: await answer.text(),
      getResponseHeader: (name) => answer.headers.get(name),
    });
  }
  const html = await answer.text();
  if (!target || /<html[\s>]/i.test(html)) return gettext("Sign in again, then repeat this.");
  const masked = target.outerHTML;
  htmx.swap(target, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  const shown = document.getElementById(target.id);
  if (shown) {
    shown.tabIndex = -1;
    shown.focus();
    hideLater(shown, masked, Number(button.dataset["seconds"] ?? 60));
  } else {
    toast({ text: gettext("Shown") });
  }
  return "";
}

function hideLater(shown: HTMLElement, masked: string, seconds: number): void {
  window.setTimeout(() => {
    if (shown.isConnected) htmx.swap(shown, masked, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  }, 1000 * seconds);
}
