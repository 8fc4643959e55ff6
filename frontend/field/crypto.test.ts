import { expect, test } from "vitest";
import {
  answerPair,
  base64url,
  decrypt,
  deviceKey,
  encrypt,
  nameOf,
  openAnswer,
  proofKey,
  prove,
  random,
  seal,
  sealWith,
  sealAnswer,
  sha256,
  unbase64url,
  unwrap,
  utf8,
  uuid7,
  uuidBytes,
  viewKeys,
  wrap,
} from "./crypto";
import sealing from "../../tests/corpus/sealing.json";
import { Server } from "./testing";

const FEW = 10;

test("what is sealed the server opens, and each sealing is another", async () => {
  const server = await Server.start();
  const key = await server.sealKey();
  const id = uuid7();
  const plain = utf8(JSON.stringify({ note: "三楼 302" }));
  const by = await proofKey(server.proofKey("7"));
  const [one, two] = [await seal(plain, id, key, by), await seal(plain, id, key, by)];
  expect(await server.open(one)).toEqual({ note: "三楼 302" });
  expect(one.sha256).toBe(await sha256(plain));
  expect([one.epk, one.box]).not.toEqual([two.epk, two.box]);
  // No number: random hex may hold it.
  expect(JSON.stringify(one)).not.toContain("三楼");
  await expect(server.open({ ...one, op_id: uuid7() })).rejects.toThrow();
  expect([await server.isProven(one, "7"), await server.isProven(one, "8")]).toEqual([true, false]);
  expect((await seal(plain, id, key, null)).proof).toBe("");
  await expect(crypto.subtle.exportKey("raw", by)).rejects.toThrow();
});

test("ids carry their time and sort by it", () => {
  const id = uuid7(0x0123456789ab);
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid7(1) < uuid7(2)).toBe(true);
  expect(base64url(uuidBytes("00000000-0000-7000-8000-0000000000ff"))).toBe("AAAAAAAAcACAAAAAAAAA_w");
  expect(unbase64url(base64url(new Uint8Array(100_000).fill(7)))).toHaveLength(100_000);
});

test("the PIN opens only with the phone's own key", async () => {
  const [secret, device] = [random(32), await deviceKey()];
  const wrapped = await wrap(secret, "135790", device, FEW);
  expect(await unwrap(wrapped, "135790", device)).toEqual(secret);
  expect(await unwrap(wrapped, "135791", device)).toBeNull();
  expect(await unwrap(wrapped, "135790", await deviceKey())).toBeNull();
  await expect(crypto.subtle.exportKey("raw", device)).rejects.toThrow();
  expect((await wrap(secret, "135790", device)).rounds).toBe(600_000);
});

test("a box opens only where it belongs, and names tell nothing", async () => {
  const keys = await viewKeys(random(32));
  const box = await encrypt(keys, "here", { name: "张三" });
  expect(await decrypt(keys, "here", box)).toEqual({ name: "张三" });
  await expect(decrypt(keys, "there", box)).rejects.toThrow();
  await expect(decrypt(await viewKeys(random(32)), "here", box)).rejects.toThrow();
  expect(await nameOf(keys, "door", "1")).toBe(await nameOf(keys, "door", "1"));
  expect(await nameOf(keys, "door", "1")).not.toBe(await nameOf(keys, "task", "1"));
});

test("answers that come while it is locked are read once it is open", async () => {
  const [pair, id] = [await answerPair(), uuid7()];
  const sealed = await sealAnswer({ problems: [1] }, id, pair.public);
  expect(await openAnswer(sealed, pair)).toEqual({ problems: [1] });
  await expect(openAnswer(sealed, { ...(await answerPair()), public: pair.public })).rejects.toThrow();
});

test.each(sealing.operations)("both sides seal alike: operation %#", async ({ plain, ephemeral_private, nonce, envelope }) => {
  const pair = await pairOf(ephemeral_private, envelope.epk);
  const made = await sealWith(utf8(plain), envelope.op_id, sealing.key, sealing.info, pair, unbase64url(nonce));
  const proof = await prove(await proofKey(sealing.proof_key), sealing.info, envelope.op_id, made.sha256);
  expect({ ...made, proof }).toEqual(envelope);
});

/** A key pair from its scalar and its point. */
async function pairOf(secret: string, point: string): Promise<CryptoKeyPair> {
  const raw = unbase64url(point);
  const jwk = { kty: "EC", crv: "P-256", x: base64url(raw.slice(1, 33)), y: base64url(raw.slice(33)) };
  const ec = { name: "ECDH", namedCurve: "P-256" };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, ec, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: secret }, ec, false, ["deriveBits"]),
  };
}
