/** A behaviour put on one element; what it returns undoes it. */
export type Mount = (element: HTMLElement) => (() => void) | void;
/** A behaviour, or the loading of one that only some pages need. */
export type Registry = Record<string, Mount | (() => Promise<{ mount: Mount }>)>;

const mounted = new WeakMap<HTMLElement, Map<string, () => void>>();
const lazy = new Set(["chart", "map"]);

/** Put the behaviours named by `data-island` on `root` and what lies in it, each once. */
export async function start(root: ParentNode, registry: Registry): Promise<void> {
  const found = [...root.querySelectorAll<HTMLElement>("[data-island]")];
  if (root instanceof HTMLElement && root.matches("[data-island]")) found.unshift(root);
  await Promise.all(found.flatMap((element) => names(element).map((name) => mountOne(element, name, registry))));
}

/** Undo the behaviours on `root` and what lies in it; htmx also tells of the text between elements. */
export function stop(root: Node): void {
  if (!(root instanceof HTMLElement)) return;
  for (const element of [root, ...root.querySelectorAll<HTMLElement>("[data-island]")]) {
    mounted.get(element)?.forEach((undo) => undo());
    mounted.delete(element);
  }
}

async function mountOne(element: HTMLElement, name: string, registry: Registry): Promise<void> {
  const entry = registry[name];
  if (!entry) throw new Error(`data-island="${name}" names no island`);
  const own = mounted.get(element) ?? new Map<string, () => void>();
  mounted.set(element, own);
  if (own.has(name)) return;
  own.set(name, () => undefined);
  const mount = lazy.has(name) ? (await (entry as () => Promise<{ mount: Mount }>)()).mount : (entry as Mount);
  // It may be gone again by the time that its code has come.
  if (mounted.get(element) !== own) return;
  own.set(name, mount(element) ?? (() => undefined));
}

function names(element: HTMLElement): string[] {
  return (element.dataset["island"] ?? "").split(/\s+/).filter(Boolean);
}

/** Listen, and return what stops listening. */
export function on<T extends Event>(
  target: EventTarget,
  type: string,
  handler: (event: T) => void,
  options?: AddEventListenerOptions,
): () => void {
  target.addEventListener(type, handler as EventListener, options);
  return () => target.removeEventListener(type, handler as EventListener, options);
}

/** Keys typed into a field or an input method belong to that field. */
export function typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return (
    event.isComposing ||
    event.keyCode === 229 ||
    Boolean(target?.isContentEditable || target?.closest("input:not([type=checkbox], [type=radio]), textarea, select"))
  );
}

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** What each request of a script says: that it is one, and from which page, to which a new sign-in returns. */
export function fromPage(extra: Record<string, string> = {}): Record<string, string> {
  return { "HX-Request": "true", "HX-Current-URL": location.href, ...extra };
}

/** POST a form's fields as a script of this page. */
export function post(
  url: string,
  fields: Record<string, string>,
  { headers = {}, signal = null }: { headers?: Record<string, string>; signal?: AbortSignal | null } = {},
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    signal,
    headers: fromPage({ "X-CSRFToken": csrfToken(), ...headers }),
    body: new URLSearchParams(fields),
    credentials: "same-origin",
  });
}

/** The JSON of `<script type="application/json" id=…>`. */
export function embedded<T>(id: string): T {
  const script = document.getElementById(id);
  if (!script?.textContent) throw new Error(`no JSON script with id ${id}`);
  return JSON.parse(script.textContent) as T;
}
