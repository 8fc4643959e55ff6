// Where in the app one is: the part of the address after #, such as #/door/ID.
import { Cell } from "./cell";

const PAUSE = 150;

/** "door/ID" as ["door", "ID"]; none is the first screen. */
export const route = new Cell<string[]>(parts());

/** The code that a QR brought, until it is used. */
export const code = new Cell("");

function parts(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

export function startRoute(): void {
  takeCode();
  // Browsers restore it before the screen is drawn.
  history.scrollRestoration = "manual";
  let kept: ReturnType<typeof setTimeout> | undefined;
  const keep = (): void => history.replaceState({ y: scrollY }, "");
  const scrolled = (): void => {
    clearTimeout(kept);
    kept = setTimeout(keep, PAUSE);
  };
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("hashchange", () => {
    clearTimeout(kept);
    if (!takeCode()) route.value = parts();
    // Who comes back to a long list finds the line that was left; a new screen begins at its top.
    const { y = 0 } = (history.state ?? {}) as { y?: number };
    requestAnimationFrame(() => scrollTo(0, y));
  });
}

export function go(...to: string[]): void {
  location.hash = link(...to);
}

/** As `go`; the phone's own key leads back to what was before the screen that is left. */
export function instead(...to: string[]): void {
  location.replace(link(...to));
}

export function link(...to: string[]): string {
  return `#/${to.map(encodeURIComponent).join("/")}`;
}

/** The code in an address that a QR brought; "" where it has none. */
export function codeIn(address: string): string {
  return /#enrol=([\w-]+)/.exec(address)?.[1] ?? "";
}

/** Take a code out of the address: it must not stay in the browser's history. */
function takeCode(): boolean {
  const found = codeIn(location.hash);
  if (!found) return false;
  history.replaceState(null, "", location.pathname);
  route.value = [];
  code.value = found;
  return true;
}
