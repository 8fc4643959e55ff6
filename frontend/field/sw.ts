// Keeps the app's own files, so that it opens without a network. Only addresses of the app; data never pass here.
// `FANGXIAN_APP` is put before this file by the server (fangxian/field/shell.py).
export {};

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

/** Built files, which are named by their content: the same name is the same file in each version. */
const BUILT = /\/assets\/[^/]+-[\w-]{8}\.\w+$/;

worker.addEventListener("install", (event) => {
  const install = async (): Promise<void> => {
    await keep([page, ...shell]);
    // What an older version had on this phone must not be missing in this one, when it is taken without a network.
    if ((await others()).length) await keepLater();
  };
  event.waitUntil(install());
});

worker.addEventListener("activate", (event) => {
  const forget = async (): Promise<void> => {
    await takeOver(later);
    for (const name of await others()) await caches.delete(name);
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

/** The caches of other versions. */
async function others(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== CURRENT);
}

async function missing(paths: string[]): Promise<string[]> {
  const cache = await caches.open(CURRENT);
  const found = await Promise.all(paths.map((path) => cache.match(path)));
  return paths.filter((_path, at) => !found[at]);
}

/** Take over built files that another version had. */
async function takeOver(paths: string[]): Promise<void> {
  const cache = await caches.open(CURRENT);
  const before = await Promise.all((await others()).map((name) => caches.open(name)));
  for (const path of (await missing(paths)).filter((one) => BUILT.test(one))) {
    for (const old of before) {
      const known = await old.match(path);
      if (known) await cache.put(path, known);
    }
  }
}

/** All of them, or an error; those that came stay. */
async function keep(paths: string[]): Promise<void> {
  await takeOver(paths);
  const cache = await caches.open(CURRENT);
  const kept = await Promise.allSettled((await missing(paths)).map(async (path) => cache.put(path, await fetched(path))));
  const failed = kept.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
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
