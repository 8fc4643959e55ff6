// What the tests of the app share: a database of their own, a server of their own.
import "fake-indexeddb/auto";
import { vi } from "vitest";
import { type Envelope, OPERATION, PHOTO, type ServerKey, base64url, proofKey, prove, sha256, unbase64url, utf8, uuidBytes } from "./crypto";
import { type Exported, fileOf, planned } from "./outbox";
import { load } from "./model";
import { choosePin, destroy, redeem } from "./session";
import { NAME, close } from "./store";
import { type Answer, rest, run } from "./sync";

// One after the other, over all tabs, as browsers have it.
let last: Promise<unknown> = Promise.resolve();
Object.defineProperty(navigator, "locks", {
  configurable: true,
  value: {
    request<T>(_name: string, work: () => Promise<T>): Promise<T> {
      const next = last.then(work);
      last = next.catch(() => undefined);
      return next;
    },
  },
});

const derive = crypto.subtle.deriveBits.bind(crypto.subtle);

/** Forget everything: the next test has a new phone, whose PIN is weighed quickly. */
export async function newPhone(): Promise<void> {
  rest();
  vi.spyOn(crypto.subtle, "deriveBits").mockImplementation((how, key, length) =>
    derive(typeof how === "object" && how.name === "PBKDF2" ? { ...how, iterations: 10 } : how, key, length),
  );
  await close();
  await new Promise<void>((done, failed) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = () => done();
    asked.onerror = () => failed(asked.error);
  });
  await destroy("");
}

/** The phone is enrolled with a PIN, and has fetched what the server has. */
export async function enrolled(): Promise<void> {
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
  await load();
}

/** All files that a hand would save. */
export async function exported(mostBytes?: number): Promise<Exported[]> {
  return Promise.all((await planned(mostBytes)).map(fileOf));
}

export interface Plain {
  op_id: string;
  device: string;
  seq: number;
  entity: string;
  id: string;
  base_version: number | null;
  patch: Record<string, unknown>;
  captured_at: string;
  clock_offset: number | null;
  actor: string;
  salt: string;
  schema: number;
}

type Call = { path: string; body: Record<string, unknown>; token: string; language: string; bytes: Uint8Array };
type Made = Response | "lost" | "offline" | null;

/** A server small enough to be read whole, which holds to the protocol: what it once answered it remembers. */
export class Server {
  epoch = "epoch-1";
  keepDays = 14;
  user = "7";
  /** Server's clock less the phone's. */
  offset = 0;
  /** Of those made before there were proofs, or by somebody without the PIN. */
  unproven: string[] = [];
  calls: Call[] = [];
  operations = new Map<string, Plain>();
  /** Of what is pushed, by op_id; the others are applied. */
  answers = new Map<string, Answer>();
  photos = new Map<string, { announced: Call["body"]; box: number[]; visit: string }>();
  records: unknown[] = [];
  gone: unknown[] = [];
  /** What a pull tells of operations: decisions, and both values where two had changed something. */
  told: Answer[] = [];
  /** Called before an answer; what it returns is answered in its place ("lost": done, but the reply never arrives). */
  before: (call: Call) => Made = () => null;
  #pair: CryptoKeyPair | null = null;
  #seen = new Map<string, { sha256: string; answer: Answer }>();

  static async start(): Promise<Server> {
    const server = new Server();
    server.#pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => server.#fetch(url, init));
    return server;
  }

  async sealKey(): Promise<ServerKey> {
    const raw = await crypto.subtle.exportKey("raw", (this.#pair as CryptoKeyPair).publicKey);
    return { id: 1, public: base64url(new Uint8Array(raw)) };
  }

  /** Restored from a backup: it knows nothing of what came since. */
  restore(): void {
    this.epoch = `${this.epoch}+`;
    this.operations.clear();
    this.photos.clear();
    this.#seen.clear();
  }

  time(): string {
    return new Date(Date.now() + this.offset).toISOString();
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const [token, language] = [headers.get("Authorization") ?? "", headers.get("Accept-Language") ?? ""];
    const bytes = init.body instanceof Uint8Array ? init.body : new Uint8Array();
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Call["body"];
    const call = { path: url.replace("/api/field/sync/", ""), body, token, language, bytes };
    this.calls.push(call);
    const made = this.before(call);
    if (made === "offline") throw new TypeError("no network");
    if (made instanceof Response) return made;
    const reply = await this.#answer(call);
    if (made === "lost") throw new TypeError("connection reset");
    return reply;
  }

  async #answer({ path, body, token, bytes }: Call): Promise<Response> {
    if (path.startsWith("photos")) return this.#photo(path, body, bytes);
    const common = { epoch: this.epoch, server_time: this.time() };
    if (path === "enrol") {
      const user = { user_id: this.user, user_name: "Kit", pull_token: `token-${this.user}`, grids: [{ code: "1", name: "One" }] };
      return json({ ...common, ...user, proof_key: this.proofKey(this.user), device_id: body["device_id"] ?? "device-1", seal_key: await this.sealKey(), lease_hours: 72 });
    }
    if (path === "push") {
      const answers: Answer[] = [];
      for (const envelope of body["operations"] as Envelope[]) answers.push(await this.#take(envelope));
      return json({ ...common, answers });
    }
    if (token !== `Bearer token-${this.user}`) return json({ code: "sign_in_again" }, 401);
    const lease = new Date(Date.now() + this.offset + 72 * 3_600_000).toISOString();
    const { records, gone, told } = this;
    return json({ ...common, lease_until: lease, keep_days: this.keepDays, cursor: "c1", reset: false, more: false, seal_key: await this.sealKey(), proof_key: this.proofKey(this.user), records, gone, answers: told });
  }

  async #photo(path: string, body: Call["body"], bytes: Uint8Array): Promise<Response> {
    const [, id = String(body["photo"]), begin] = path.split("/");
    const actor = this.operations.get(String(body["op_id"]))?.actor;
    if (actor && !(await this.isProven({ ...(body as unknown as Envelope), op_id: id }, actor, PHOTO))) {
      return json({ code: "proof", message: "" }, 422);
    }
    const photo = this.photos.get(id) ?? { announced: body, box: [], visit: String(body["op_id"]) };
    this.photos.set(id, photo);
    if (Number(begin) === photo.box.length) photo.box.push(...bytes);
    const whole = photo.box.length === photo.announced["size"];
    if (whole && (await sha256(Uint8Array.from(photo.box))) !== photo.announced["box_sha256"]) photo.box = [];
    const state = photo.box.length < Number(photo.announced["size"]) ? "receiving" : this.operations.has(photo.visit) ? "stored" : "waiting";
    return json({ photo: id, state, received: photo.box.length, part: 1000, problems: [] });
  }

  async #take(envelope: Envelope): Promise<Answer> {
    const { op_id, sha256 } = envelope;
    const known = this.#seen.get(op_id);
    if (known && known.sha256 !== sha256) return { op_id, result: "rejected", problems: [{ code: "other_body", message: "" }] };
    if (known) return { ...known.answer, result: "duplicate", first: known.answer.result as Exclude<Answer["result"], "duplicate"> };
    const plain = await this.open(envelope);
    if (!(await this.isProven(envelope, plain.actor))) this.unproven.push(op_id);
    const answer = this.answers.get(op_id) ?? { op_id, result: "applied", problems: [] };
    if (answer.result === "retry") return answer;
    this.#seen.set(op_id, { sha256, answer });
    this.operations.set(op_id, plain);
    return answer;
  }

  /** What the holder of a phone proves by: his own on each. */
  proofKey(user: string): string {
    return base64url(utf8(`proof of ${user}`.padEnd(32)));
  }

  async isProven({ op_id, sha256, proof }: Envelope, actor: string, info = OPERATION): Promise<boolean> {
    return proof === (await prove(await proofKey(this.proofKey(actor)), info, op_id, sha256));
  }

  /** Unseal, as the server does. */
  async open(envelope: Envelope): Promise<Plain> {
    const own = this.#pair as CryptoKeyPair;
    const point = unbase64url(envelope.epk);
    const other = await crypto.subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, false, []);
    const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own.privateKey, 256);
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const mine = unbase64url((await this.sealKey()).public);
    const salt = new Uint8Array([...point, ...mine]);
    const how = { name: "HKDF", hash: "SHA-256", salt, info: utf8("fangxian operation 1") };
    const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const gcm = { name: "AES-GCM", iv: unbase64url(envelope.nonce), additionalData: uuidBytes(envelope.op_id) };
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(gcm, key, unbase64url(envelope.box)))) as Plain;
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "X-Fangxian": "sync", ...headers } });
}
