// What is kept on the phone is encrypted under the view key, which the PIN opens; what waits to be sent is sealed to
// the server, so that it can be uploaded, but read here no more, once the view key is gone (docs/methods/sync.md).
export type Bytes = Uint8Array<ArrayBuffer>;

export interface ServerKey {
  id: string | number;
  /** The point, 65 bytes, base64url. */
  public: string;
}

/** A sealed operation as it is sent; a retry sends the same. */
export interface Envelope {
  op_id: string;
  key: string | number;
  epk: string;
  nonce: string;
  box: string;
  /** Of the plaintext, hex. */
  sha256: string;
  /** That the actor made it; none on answers, which the phone seals to itself. */
  proof?: string;
}

/** Something encrypted under the view key. */
export interface Box {
  nonce: Bytes;
  bytes: Bytes;
}

/** The view secret as the PIN wraps it. */
export interface Wrapped extends Box {
  salt: Bytes;
  rounds: number;
}

/** What the view secret opens: `box` encrypts, `name` gives records names that say nothing. */
export interface ViewKeys {
  box: CryptoKey;
  name: CryptoKey;
}

const ROUNDS = 600_000;
export const OPERATION = "fangxian operation 1";
export const PHOTO = "fangxian photo 1";
const ANSWER = "fangxian answer 1";
const EC = { name: "ECDH", namedCurve: "P-256" } as const;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

export function base64url(bytes: Bytes): string {
  let text = "";
  // In parts: one call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function unbase64url(text: string): Bytes {
  const said = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(said, (letter) => letter.charCodeAt(0));
}

export function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function join(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

export async function sha256(bytes: Bytes): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A new id: UUID version 7, in the order in which they are made. */
export function uuid7(now: number = Date.now()): string {
  const bytes = random(16);
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) % 256;
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function unhex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
}

/** The 16 bytes of an id. */
export function uuidBytes(id: string): Bytes {
  return unhex(id.replaceAll("-", ""));
}

// --- sealing to the server

/** The key by which who is signed in proves what he makes; no script reads it again. */
export function proofKey(text: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", unbase64url(text), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** Over what it is, its id and the hash of its plaintext; nothing without a key. */
export async function prove(key: CryptoKey | null, info: string, id: string, digest: string): Promise<string> {
  if (!key) return "";
  const said = join(utf8(info), uuidBytes(id), unhex(digest));
  return base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, said)));
}

/** Seal an operation to the server's key; nobody but the server opens it, this phone neither. */
export async function seal(plain: Bytes, opId: string, server: ServerKey, by: CryptoKey | null): Promise<Envelope> {
  const envelope = await sealWith(plain, opId, server, OPERATION);
  return { ...envelope, proof: await prove(by, OPERATION, opId, envelope.sha256) };
}

/** As `seal`; a test gives the pair and the nonce, which are otherwise made and thrown away here. */
export async function sealWith(
  plain: Bytes,
  opId: string,
  server: ServerKey,
  info: string,
  pair?: CryptoKeyPair,
  nonce?: Bytes,
): Promise<Envelope> {
  const sealed = await sealBytes(plain, opId, server, info, pair, nonce);
  return { op_id: opId, key: server.id, ...sealed, box: base64url(sealed.box), sha256: await sha256(plain) };
}

/** How a photo was sealed, as it is announced. */
export interface PhotoHead {
  key: string | number;
  epk: string;
  nonce: string;
  sha256: string;
  box_sha256: string;
  /** Bytes of the box. */
  size: number;
  proof: string;
}

/** Seal a photo; the box goes up in parts. */
export async function sealPhoto(
  plain: Bytes,
  id: string,
  server: ServerKey,
  by: CryptoKey | null,
): Promise<{ head: PhotoHead; box: Bytes }> {
  const { epk, nonce, box } = await sealBytes(plain, id, server, PHOTO);
  const [of, ofBox] = [await sha256(plain), await sha256(box)];
  const proof = await prove(by, PHOTO, id, of);
  return { head: { key: server.id, epk, nonce, sha256: of, box_sha256: ofBox, size: box.length, proof }, box };
}

async function sealBytes(
  plain: Bytes,
  id: string,
  server: ServerKey,
  info: string,
  pair?: CryptoKeyPair,
  nonce: Bytes = random(12),
): Promise<{ epk: string; nonce: string; box: Bytes }> {
  const once = pair ?? ((await crypto.subtle.generateKey(EC, false, ["deriveBits"])) as CryptoKeyPair);
  const point = unbase64url(server.public);
  const theirs = await crypto.subtle.importKey("raw", point, EC, false, []);
  const mine = new Uint8Array(await crypto.subtle.exportKey("raw", once.publicKey));
  const key = await shared(once.privateKey, theirs, join(mine, point), info, "encrypt");
  const how = { name: "AES-GCM", iv: nonce, additionalData: uuidBytes(id) };
  const box = new Uint8Array(await crypto.subtle.encrypt(how, key, plain));
  return { epk: base64url(mine), nonce: base64url(nonce), box };
}

async function shared(
  own: CryptoKey,
  other: CryptoKey,
  salt: Bytes,
  info: string,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own, 256);
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: utf8(info) };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, [use]);
}

// --- answers, which may come while the app is locked: sealed to a key of the phone that the view key opens

export interface AnswerPair {
  public: string;
  /** PKCS #8, to be kept under the view key. */
  private: Bytes;
}

export async function answerPair(): Promise<AnswerPair> {
  const pair = (await crypto.subtle.generateKey(EC, true, ["deriveBits"])) as CryptoKeyPair;
  return {
    public: base64url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
    private: new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
  };
}

export function sealAnswer(value: unknown, opId: string, publicKey: string): Promise<Envelope> {
  return sealWith(utf8(JSON.stringify(value)), opId, { id: 0, public: publicKey }, ANSWER);
}

export async function openAnswer<T>(envelope: Envelope, pair: AnswerPair): Promise<T> {
  const own = await crypto.subtle.importKey("pkcs8", pair.private, EC, false, ["deriveBits"]);
  const point = unbase64url(envelope.epk);
  const other = await crypto.subtle.importKey("raw", point, EC, false, []);
  const key = await shared(own, other, join(point, unbase64url(pair.public)), ANSWER, "decrypt");
  const how = { name: "AES-GCM", iv: unbase64url(envelope.nonce), additionalData: uuidBytes(envelope.op_id) };
  const plain = await crypto.subtle.decrypt(how, key, unbase64url(envelope.box));
  return JSON.parse(new TextDecoder().decode(plain)) as T;
}

// --- the view key and the PIN

/** A key that only this browser can use and no script can read: a copy of the wrapped secret alone opens nothing. */
export function deviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]) as Promise<CryptoKey>;
}

async function pinKey(pin: string, salt: Bytes, rounds: number, device: CryptoKey): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  const slow = await crypto.subtle.deriveBits(how, base, 256);
  const mixed = await crypto.subtle.sign("HMAC", device, slow);
  return crypto.subtle.importKey("raw", mixed, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export async function wrap(secret: Bytes, pin: string, device: CryptoKey, rounds: number = ROUNDS): Promise<Wrapped> {
  const [salt, nonce] = [random(16), random(12)];
  const key = await pinKey(pin, salt, rounds, device);
  const bytes = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, secret));
  return { salt, nonce, bytes, rounds };
}

/** The secret, null where the PIN is another. */
export async function unwrap(wrapped: Wrapped, pin: string, device: CryptoKey): Promise<Bytes | null> {
  const key = await pinKey(pin, wrapped.salt, wrapped.rounds, device);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: wrapped.nonce }, key, wrapped.bytes));
  } catch {
    return null;
  }
}

export async function viewKeys(secret: Bytes): Promise<ViewKeys> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = (info: string): HkdfParams => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) });
  const aes = { name: "AES-GCM", length: 256 };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return {
    box: await crypto.subtle.deriveKey(how("records"), base, aes, false, ["encrypt", "decrypt"]),
    name: await crypto.subtle.deriveKey(how("names"), base, hmac, false, ["sign"]),
  };
}

/** What a record is called in the store: who has no view key learns neither its kind nor its id. */
export async function nameOf(keys: ViewKeys, entity: string, id: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.sign("HMAC", keys.name, utf8(`${entity} ${id}`))));
}

/** Encrypt under the view key; `place` is where it belongs, and it opens nowhere else. */
export async function encrypt(keys: ViewKeys, place: string, value: unknown): Promise<Box> {
  const nonce = random(12);
  const how = { name: "AES-GCM", iv: nonce, additionalData: utf8(place) };
  return { nonce, bytes: new Uint8Array(await crypto.subtle.encrypt(how, keys.box, utf8(JSON.stringify(value)))) };
}

export async function decrypt<T>(keys: ViewKeys, place: string, box: Box): Promise<T> {
  const how = { name: "AES-GCM", iv: box.nonce, additionalData: utf8(place) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, keys.box, box.bytes))) as T;
}
