// What is no longer the officer's leaves the phone also where it is half written, and where it was sent.
import { afterEach, beforeEach, expect, test } from "vitest";
import { act } from "preact/test-utils";
import { encrypt, nameOf } from "./crypto";
import { campaign, begin, door, end, gate, home, open, resident, round, server, words } from "./hands";
import { draft, keepDraft, model, remembered, save } from "./model";
import { openKeys } from "./session";
import { byOp, open as store } from "./store";
import { run, sync } from "./sync";
import { draftAt } from "./written";

const DAY = 86_400_000;

beforeEach(async () => {
  await begin();
  const grid = { entity: "grid", id: "grid1", version: 1, data: { code: "1", name: "Grid 1" } };
  server.records = [campaign(), door(1), door(2), home(1), home(2), resident(1), words, gate, round, grid];
  await open("#/today");
});
afterEach(end);

/** The server says that these are no longer this phone's. */
async function leave(...gone: [entity: string, id: string][]): Promise<void> {
  server.before = () => null;
  server.records = [];
  server.gone = gone.map(([entity, id]) => ({ entity, id }));
  await act(() => run());
}

const visited = { outcome: "all_well", answers: { picture: "pic" }, photos: { pic: "AAAA" }, note: "half" };

test("drafts go with the household, the gate, the round or the grid that they are about", async () => {
  const about = {
    [draftAt.visit("d1", "")]: visited,
    [draftAt.visit("d2", "")]: visited,
    [draftAt.edit("h1", "")]: { begun: {} },
    [draftAt.edit("r1", "")]: { begun: {} },
    [draftAt.home("op")]: { id: "r1", patch: {}, again: null },
    [draftAt.gate("g1", "")]: { who: "张三丰", identity: "110101199001011237" },
    [draftAt.round("p1", "")]: { note: "dark" },
    [draftAt.disinfection("")]: { grid: "", operator: "李四" },
  };
  for (const [key, value] of Object.entries(about)) await keepDraft(key, value);
  const left = async (): Promise<string[]> => {
    const found = await Promise.all(Object.keys(about).map(async (key) => ((await draft(key)) ? [key] : [])));
    return found.flat();
  };
  await leave(["household", "h1"], ["resident", "r1"], ["door", "d1"]);
  expect(await left()).toEqual([draftAt.visit("d2", ""), draftAt.gate("g1", ""), draftAt.round("p1", ""), draftAt.disinfection("")]);
  await leave(["gate", "g1"], ["round", "round1"]);
  expect(await left()).toEqual([draftAt.visit("d2", ""), draftAt.disinfection("")]);
  // The sweep was closed: what is late is taken, while the household is still the officer's.
  await leave(["door", "d2"], ["campaign", "c1"]);
  expect(await draft(draftAt.visit("d2", ""))).toEqual(visited);
  await keepDraft(draftAt.visit("d2", ""), { ...visited, note: "more" });
  await leave(["household", "h2"], ["grid", "grid1"]);
  expect([await left(), await (await store()).count("drafts")]).toEqual([[], 0]);
  // Screens that stand open wrote on: it goes with the next that leaves.
  for (const [key, value] of Object.entries(about)) await keepDraft(key, value);
  await leave(["door", "d9"]);
  expect(await left()).toEqual([]);
});

test("a correction that was begun goes with what the phone remembers of the entry; one of an older version stays", async () => {
  const made = await save("gate_entry", null, { gate_id: "g1", plate: "A" }, { title: "A" });
  const begun = [draftAt.gate("g1", made.op_id), draftAt.gate("g1", "0199-forgotten"), draftAt.disinfection("0199-forgotten")];
  for (const key of begun) await keepDraft(key, { plate: "B" });
  const keys = openKeys()!;
  const older = await nameOf(keys, "draft", "older");
  await (await store()).put("drafts", await encrypt(keys, older, { value: { plate: "C" }, photos: [] }), older);
  await leave(["door", "d9"]);
  expect(await Promise.all(begun.map(async (key) => (await draft(key)) !== null))).toEqual([true, false, false]);
  expect(await (await store()).count("drafts")).toBe(2);
  expect(sync.value.line).toBe("ok");
});

test("a draft of a door whose sweep was closed stays as long as what was sent", async () => {
  await keepDraft(draftAt.visit("d1", ""), visited);
  await leave(["door", "d1"], ["campaign", "c1"]);
  expect(await draft(draftAt.visit("d1", ""))).toEqual(visited);
  server.offset = 15 * DAY;
  await leave(["door", "d1"]);
  await leave(["door", "d1"]);
  expect(await draft(draftAt.visit("d1", ""))).toBeNull();
});

test("of what was sent the words go with the household, but what the sync box still shows; a restored server gets it all", async () => {
  const visit = (at: number) => save("visit", null, { campaign_id: "c1", household_id: `h${at}`, outcome: "all_well", note: "dog" }, { title: `10${at} Person` });
  const [first, second, refused, passed] = [await visit(1), await visit(2), await visit(1), await save("gate_entry", null, { gate_id: "g1", plate: "A" }, { title: "A" })];
  server.answers.set(refused.op_id, { op_id: refused.op_id, result: "rejected", problems: [{ code: "x", message: "No" }] });
  server.before = () => null;
  await run();
  const titles = (): Promise<(string | undefined)[]> => Promise.all([first, second, refused, passed].map(async ({ op_id }) => (await remembered(op_id))?.title));
  expect(await titles()).toEqual(["101 Person", "102 Person", "101 Person", "A"]);
  await leave(["household", "h1"], ["door", "d1"], ["gate", "g1"]);
  expect(await titles()).toEqual([undefined, "102 Person", "101 Person", undefined]);
  expect((await byOp(first.op_id))?.own).toBeUndefined();
  expect(model.done("visit").map((one) => one.title)).toEqual(["101 Person", "102 Person"]);
  server.restore();
  await run();
  expect(server.operations.get(first.op_id)?.patch).toMatchObject({ household_id: "h1", note: "dog" });
  expect([...server.operations.keys()].sort()).toEqual([first, second, refused, passed].map((one) => one.op_id).sort());
});
