// One request to the server. A network that answers in its place (a hotel's or station's sign-in page) is found out
// by the header that only our server sets.
import { prefs } from "./prefs";

export const SCHEMA = 1;
const BASE = "/api/field/sync/";
const PATIENCE = 60_000;

/** offline: no answer; captive: something else answered; busy: later (`after` seconds); refused: the server said no
 * (`status`, `code`); failed: the server is in trouble. */
export class WireError extends Error {
  constructor(
    readonly kind: "offline" | "captive" | "busy" | "refused" | "failed",
    readonly status = 0,
    readonly body: Record<string, unknown> = {},
    readonly after = 0,
  ) {
    super(`${kind} ${status}`);
  }

  get code(): string {
    return String(this.body["code"] ?? "");
  }
}

/** Whether it is the line that is away, or asks for patience: nothing else fares better then. */
export function isAway(error: unknown): boolean {
  return error instanceof WireError && ["offline", "captive", "busy"].includes(error.kind);
}

/** Whether nobody is signed in here any more, or may be. */
export function isSignIn({ kind, status }: WireError): boolean {
  return kind === "refused" && (status === 401 || status === 403);
}

/** POST JSON, with the token where one is given. Raises WireError. */
export function send<T>(path: string, body: unknown, token: string | null = null): Promise<T> {
  return exchange<T>(path, { method: "POST", body: JSON.stringify(body), type: "application/json", token });
}

interface Request {
  method: string;
  body: BodyInit;
  type: string;
  token?: string | null;
  headers?: Record<string, string>;
}

export async function exchange<T>(path: string, { method, body, type, token = null, headers = {} }: Request): Promise<T> {
  const patience = new AbortController();
  const clock = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const reply = await fetch(BASE + path, {
      method,
      body,
      headers: { "Content-Type": type, "Accept-Language": prefs.value.language, ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: patience.signal,
    });
    if (reply.headers.get("X-Fangxian") !== "sync") {
      throw new WireError(reply.status >= 500 ? "failed" : "captive", reply.status);
    }
    const said = (await reply.json()) as T & Record<string, unknown>;
    if (reply.ok) return said;
    if (reply.status === 429) throw new WireError("busy", 429, said, Number(reply.headers.get("Retry-After")) || 60);
    throw new WireError(reply.status >= 500 ? "failed" : "refused", reply.status, said);
  } catch (error) {
    if (error instanceof WireError) throw error;
    // A body that is cut off or no JSON is a broken connection as well.
    throw new WireError("offline");
  } finally {
    clearTimeout(clock);
  }
}
