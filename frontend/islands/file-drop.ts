// A place to drop a file on. Checks the size before sending, sends the form with progress when it is submitted.
// The server answers with HX-Redirect (or a redirect) on success, with 422 and the page's new body on errors.
import { type Mount, csrfToken, fromPage, on } from "./core";
import { fill, gettext } from "./i18n";
import { refusal } from "./session";

export const mount: Mount = (zone) => {
  const input = zone.querySelector<HTMLInputElement>("input[type=file]");
  const status = zone.querySelector<HTMLElement>("[data-drop-status]");
  const form = zone.closest("form");
  if (!input || !status) throw new Error("a file drop needs a file field and [data-drop-status]");
  const most = Number(zone.dataset["maxBytes"] ?? 0);

  const tell = (text: string, bad = false): void => {
    status.textContent = text;
    status.classList.toggle("fx-bad", bad);
    input.toggleAttribute("aria-invalid", bad);
    if (bad) input.setAttribute("aria-invalid", "true");
  };
  const check = (): boolean => {
    const file = input.files?.[0];
    if (!file) {
      tell(gettext("Choose a file first."), true);
      return false;
    }
    if (most && file.size > most) {
      tell(fill(gettext("%(name)s has %(size)s; at most %(most)s can be taken. Split it and send the parts."), {
        name: file.name,
        size: bytes(file.size),
        most: bytes(most),
      }), true);
      return false;
    }
    if (file.size === 0) {
      tell(fill(gettext("%(name)s is empty."), { name: file.name }), true);
      return false;
    }
    tell(`${file.name} · ${bytes(file.size)}`);
    return true;
  };
  const stops = [
    on<DragEvent>(zone, "dragover", (event) => {
      event.preventDefault();
      zone.dataset["over"] = "";
    }),
    on(zone, "dragleave", () => delete zone.dataset["over"]),
    on<DragEvent>(zone, "drop", (event) => {
      event.preventDefault();
      delete zone.dataset["over"];
      if (!event.dataTransfer?.files.length) return;
      input.files = event.dataTransfer.files;
      check();
    }),
    on(input, "change", check),
    ...(form
      ? [
          on(form, "submit", (event) => {
            event.preventDefault();
            if (check()) send(form, zone, tell);
          }),
        ]
      : []),
  ];
  return () => stops.forEach((stop) => stop());
};

/** A size as people read it. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const unit = size < 1024 ** 2 ? "KB" : "MB";
  const value = size / (unit === "KB" ? 1024 : 1024 ** 2);
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

function send(form: HTMLFormElement, zone: HTMLElement, tell: (text: string, bad?: boolean) => void): void {
  const holder = zone.querySelector<HTMLElement>("[data-drop-progress]");
  const bar = holder?.querySelector("progress");
  const buttons = [...form.querySelectorAll<HTMLButtonElement>("button:not([type=button])")];
  const request = new XMLHttpRequest();
  const busy = (on: boolean): void => {
    buttons.forEach((button) => (button.disabled = on));
    if (holder) holder.hidden = !on;
  };
  request.open("POST", form.action || location.href);
  for (const [name, value] of Object.entries(fromPage({ "X-CSRFToken": csrfToken() }))) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.floor((100 * event.loaded) / event.total);
    if (bar) bar.value = share;
    tell(share < 100 ? fill(gettext("Sent: %(n)s"), { n: `${share}%` }) : gettext("Sent; the file is being read."));
  });
  request.addEventListener("load", () => {
    busy(false);
    const redirect = request.getResponseHeader("HX-Redirect");
    if (redirect) return location.assign(redirect);
    if (request.status < 300 && request.responseURL && request.responseURL !== location.href) {
      return location.assign(request.responseURL);
    }
    if (request.status === 422 || request.status < 300) {
      const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("#main");
      const main = document.getElementById("main");
      if (answer && main) {
        main.dispatchEvent(new CustomEvent("fx:replace", { bubbles: true, detail: { html: answer.innerHTML } }));
        return;
      }
    }
    tell(refusal(request), true);
  });
  request.addEventListener("error", () => {
    busy(false);
    tell(gettext("No connection. Nothing was sent; try again."), true);
  });
  busy(true);
  request.send(new FormData(form));
}
