// Where in the app one is: the part of the address after #, such as #/door/ID.
import { Cell } from "./cell";

/** "door/ID" as ["door", "ID"]; none is the first screen. */
export const route = new Cell<string[]>(parts());

function parts(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

export function startRoute(): void {
  addEventListener("hashchange", () => {
    route.value = parts();
  });
}

export function go(...to: string[]): void {
  location.hash = link(...to);
}

export function link(...to: string[]): string {
  return `#/${to.map(encodeURIComponent).join("/")}`;
}

/** The code that a QR brought, taken out of the address: it must not stay in the browser's history. */
export function takeCode(): string {
  const code = /^#enrol=([\w-]+)/.exec(location.hash)?.[1] ?? "";
  if (code) {
    history.replaceState(null, "", location.pathname);
    route.value = [];
  }
  return code;
}
