// The service worker through an update: what the phone had before it has afterwards, also without a network.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const PAGE = "/f/";
const [MAIN_1, MAIN_2] = ["/static/dist/assets/main-AAAAaaaa.js", "/static/dist/assets/main-BBBBbbbb.js"];
const [CAMERA, READER] = ["/static/dist/assets/camera-CCCCcccc.js", "/static/dist/assets/zxing_reader-DDDDdddd.wasm"];
const ICON = "/static/field/icon-192.png";
const TYPES: Record<string, string> = { js: "text/javascript", wasm: "application/wasm", png: "image/png" };

let stored: Map<string, Map<string, string>>;
let reachable: (path: string) => boolean;
let fetched: string[];

beforeEach(() => {
  stored = new Map();
  fetched = [];
  reachable = () => true;
  const cache = (name: string) => {
    const files = stored.get(name) ?? new Map<string, string>();
    stored.set(name, files);
    return {
      match: async (path: string) => (files.has(path) ? new Response(files.get(path)) : undefined),
      put: async (path: string, reply: Response) => void files.set(path, await reply.text()),
    };
  };
  vi.stubGlobal("caches", { open: async (name: string) => cache(name), keys: async () => [...stored.keys()], delete: async (name: string) => stored.delete(name) });
  vi.stubGlobal("fetch", async (path: string) => {
    if (!reachable(path)) throw new TypeError("no network");
    fetched.push(path);
    const type = TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ""];
    return new Response(path, { headers: type ? { "Content-Type": type } : { "X-Fangxian": "app" } });
  });
});

afterEach(() => vi.unstubAllGlobals());

/** A version of the worker; what is returned sends it an event and waits for what it does. */
async function worker(version: string, main: string): Promise<(type: string) => Promise<void>> {
  const handlers = new Map<string, (event: unknown) => void>();
  vi.stubGlobal("self", {
    FANGXIAN_APP: { version, page: PAGE, shell: [main], later: [CAMERA, READER, ICON] },
    location: new URL("https://fangxian.test/f/sw.js"),
    clients: { claim: async () => undefined },
    addEventListener: (type: string, handler: (event: unknown) => void) => handlers.set(type, handler),
  });
  vi.resetModules();
  await import("./sw");
  return async (type) => {
    let work: Promise<unknown> = Promise.resolve();
    handlers.get(type)?.({ waitUntil: (one: Promise<unknown>) => (work = one) });
    await work;
  };
}

const kept = (version: string): string[] => [...(stored.get(`fangxian-field-${version}`)?.keys() ?? [])].sort();

test("an update that is taken without a network keeps the reader of codes", async () => {
  const first = await worker("1", MAIN_1);
  await first("install");
  // Nobody waits for what only some screens load.
  expect(kept("1")).toEqual([PAGE, MAIN_1].sort());
  await first("activate");
  expect(kept("1")).toEqual([PAGE, MAIN_1, CAMERA, READER, ICON].sort());

  fetched = [];
  reachable = (path) => [PAGE, MAIN_2].includes(path);
  const second = await worker("2", MAIN_2);
  await second("install");
  reachable = () => false;
  await second("activate");
  expect(kept("2")).toEqual([PAGE, MAIN_2, CAMERA, READER].sort());
  expect([[...stored.keys()], fetched.sort()]).toEqual([["fangxian-field-2"], [PAGE, MAIN_2].sort()]);
  // What has no hash in its name may be another file by now: it comes with the next network.
  reachable = () => true;
  await second("activate");
  expect(kept("2")).toContain(ICON);
});

test("an update that breaks off leaves the version before as it was", async () => {
  const first = await worker("1", MAIN_1);
  await first("install");
  await first("activate");
  const second = await worker("2", MAIN_2);
  reachable = (path) => path === PAGE;
  await expect(second("install")).rejects.toThrow();
  expect(kept("1")).toContain(CAMERA);
  reachable = () => true;
  await second("install");
  await second("activate");
  expect(kept("2")).toEqual([PAGE, MAIN_2, CAMERA, READER, ICON].sort());
});
