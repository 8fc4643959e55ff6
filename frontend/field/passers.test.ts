import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draft, keepDraft, load, model, save } from "./model";
import { putAway } from "./outbox";
import { forgetPassers } from "./passers";
import { choosePin, redeem } from "./session";
import { byOp } from "./store";
import { rest, run } from "./sync";
import { Server, newPhone } from "./testing";
import { draftAt } from "./written";

let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = ["g1", "g2"].map((id) => ({ entity: "gate", id, version: 1, data: { name: id, kind: "", place_code: "1", place_name: "", asks: [] } }));
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
});

afterEach(() => {
  rest();
  vi.unstubAllGlobals();
});

test("who passed a gate is forgotten an hour after the server has it, what was refused once it was looked at", async () => {
  const passed = (who: string) =>
    save("gate_entry", null, { gate_id: "g1", who, identity: "110101199001011237", phone: "13800000000", plate: "", note: "Code PASS-0042" }, { title: `${who} · 36.5 °C` });
  const [taken, refused] = [await passed("张三丰"), await passed("李四")];
  server.answers.set(refused.op_id, { op_id: refused.op_id, result: "rejected", problems: [{ code: "gate", message: "No such gate" }] });
  await run();
  const later = await (async () => {
    server.before = () => "offline";
    return passed("王五");
  })();
  const known = () => Object.fromEntries(model.done("gate_entry").map(({ op_id, title, patch }) => [op_id, [title, patch["who"], patch["identity"], patch["phone"], patch["note"]]]));
  const whole = (who: string) => [`${who} · 36.5 °C`, who, "110101199001011237", "13800000000", "Code PASS-0042"];
  await forgetPassers(Date.now());
  expect(known()).toEqual({ [taken.op_id]: whole("张三丰"), [refused.op_id]: whole("李四"), [later.op_id]: whole("王五") });
  // A correction that was begun and left lying, and what stands half written for somebody else.
  const begun = [draftAt.gate("g1", taken.op_id), draftAt.gate("g1", "")];
  for (const key of begun) await keepDraft(key, { who: "张三丰" });
  await forgetPassers(Date.now() + 3_700_000);
  expect(await Promise.all(begun.map(async (key) => (await draft(key)) !== null))).toEqual([false, true]);
  // Nor does one that was open at that time bring the name back.
  await keepDraft(begun[0]!, { who: "张三丰" });
  await forgetPassers(Date.now() + 3_700_000);
  expect(await draft(begun[0]!)).toBeNull();
  await load();
  expect(known()).toEqual({
    [taken.op_id]: ["张** · 36.5 °C", undefined, undefined, undefined, undefined],
    [refused.op_id]: whole("李四"),
    [later.op_id]: whole("王五"),
  });
  expect(model.done("gate_entry").at(-1)?.patch["gate_id"]).toBe("g1");
  await putAway((await byOp(refused.op_id))!.seq);
  await forgetPassers(Date.now() + 3_700_000);
  expect(known()[refused.op_id]).toEqual(["李** · 36.5 °C", undefined, undefined, undefined, undefined]);
});
