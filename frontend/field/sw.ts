// Keeps the app's own files, so that it opens without a network. Only addresses of the app; data never pass here.
// `FANGXIAN_APP` is put before this file by the server (fangxian/field/shell.py).
interface Files {
  version: string;
  /** The page itself, the first of those without which nothing starts. */
  page: string;
  shell: string[];
  /** What only some screens load; fetched when the rest is there. */
  later: string[];
}

interface Worker {
  FANGXIAN_APP: Files;
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: string, handler: (event: WorkerEvent) => void): void;
}

interface WorkerEvent extends Event {
  request: Request;
  data: unknown;
  waitUntil(work: Promise<unknown>): void;
  respondWith(reply: Promise<Response>): void;
}

const worker = self as unknown as Worker;
const { version, page, shell, later } = worker.FANGXIAN_APP;
const NAME = "fangxian-field-";
const CURRENT = NAME + version;

worker.addEventListener("install", (event) => event.waitUntil(keep([page, ...shell])));

worker.addEventListener("activate", (event) => {
  const forget = async (): Promise<void> => {
    for (const name of await caches.keys()) if (name.startsWith(NAME) && name !== CURRENT) await caches.delete(name);
    await worker.clients.claim();
    await keepLater();
  };
  event.waitUntil(forget());
});

worker.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(worker.skipWaiting());
  if (event.data === "keep") event.waitUntil(keepLater());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate") return event.respondWith(kept(page, request));
  if ([...shell, ...later].includes(url.pathname)) event.respondWith(kept(url.pathname, request));
});

async function kept(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(CURRENT)).match(path)) ?? fetch(request);
}

async function keep(paths: string[]): Promise<void> {
  const cache = await caches.open(CURRENT);
  const missing: string[] = [];
  for (const path of paths) if (!(await cache.match(path))) missing.push(path);
  await Promise.all(missing.map(async (path) => cache.put(path, await fetched(path))));
}

async function keepLater(): Promise<void> {
  await keep(later).catch(() => undefined);
}

const TYPES: Record<string, string> = { js: "javascript", css: "css", json: "json", svg: "svg", png: "png", wasm: "wasm" };

/** Fetched from our server and nobody else's: a network's sign-in page must not be kept as the app. */
async function fetched(path: string): Promise<Response> {
  const reply = await fetch(path, { cache: "reload", credentials: "same-origin", redirect: "error" });
  const type = TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ""];
  const ours = type ? (reply.headers.get("Content-Type") ?? "").includes(type) : reply.headers.get("X-Fangxian") === "app";
  if (!reply.ok || !ours) throw new Error(`${path}: not from our server`);
  return reply;
}
