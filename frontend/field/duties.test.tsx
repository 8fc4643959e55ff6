// Duties over days, grids and corrections: nothing counts where it was not done, nothing is replaced unseen.
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { dayAfter, today } from "./clock";
import { begin, end, fill, gate, message, named, open, pause, pick, point, root, round, rules, said, sent, server, shows, tap, title, value, walk } from "./hands";
import { load, model, save } from "./model";
import { queued } from "./store";
import { run, sync } from "./sync";

const HOUR = 3_600_000;
const GRIDS = [
  { code: "11", name: "One" },
  { code: "12", name: "Two" },
];

beforeEach(begin);
afterEach(() => {
  vi.useRealTimers();
  end();
});

const soon = (): Promise<void> => act(() => pause(100));
/** The hands of the clock alone. */
const at = (time: number | Date): void => void vi.useFakeTimers({ toFake: ["Date"], now: time });
const tell = (outcome: string, place_code: string): ReturnType<typeof save> =>
  save("outreach", null, { place_code, kind: "told", outcome, people: 0, message_id: "m1" }, { title: `Told in ${place_code}` });

async function shoot(text: string): Promise<void> {
  await act(() => {
    for (const letter of text) {
      const code = /\d/.test(letter) ? `Digit${letter}` : `Key${letter.toUpperCase()}`;
      document.dispatchEvent(new KeyboardEvent("keydown", { code, key: "Process" }));
    }
    document.dispatchEvent(new KeyboardEvent("keydown", { code: "Enter", key: "Enter" }));
  });
  await walk(location.hash);
}

describe("what is to be said", () => {
  const yesterday = { ...message, data: { ...message.data, from_date: dayAfter(-3), to_date: dayAfter(3) } };

  test("what was said yesterday, elsewhere, or was refused, was not said here today", async () => {
    server.records = [rules, yesterday];
    await open("#/today");
    pick(GRIDS);
    const midnight = new Date(`${today()}T00:00:00`).getTime();
    at(midnight - HOUR);
    await tell("said", "11");
    at(midnight + HOUR);
    const elsewhere = await tell("said", "12");
    const refused = await tell("not_said", "11");
    server.answers.set(refused.op_id, { op_id: refused.op_id, result: "rejected", problems: [] });
    await sent();
    await walk("#/messages");
    expect(named("Wear a mask.").textContent).toContain("To be said");
    await walk("#/messages/say/m1");
    await tap("Not said");
    const first = (await sent()).at(-1);
    expect(first?.patch).toEqual({ place_code: "11", kind: "told", outcome: "not_said", people: 0, message_id: "m1" });
    await tap("Said");
    expect((await sent()).at(-1)?.patch).toMatchObject({ outcome: "said", corrects: first?.op_id });
    // In the other grid it takes the place of what was recorded there.
    await tap("Two");
    await tap("Not said");
    expect((await sent()).at(-1)?.patch).toMatchObject({ place_code: "12", outcome: "not_said", corrects: elsewhere.op_id });
    await walk("#/messages");
    expect(named("Wear a mask.").textContent).toContain("Not said");
  });

  test("it stands on today until it was said in each grid that it is for, and only on its days", async () => {
    const other = (id: string, more: object) => ({ ...message, id, data: { ...message.data, text: id, ...more } });
    server.records = [rules, other("m1", { text: "Wear a mask.", place_code: "11" }), other("tomorrow", { from_date: dayAfter(1), to_date: dayAfter(2) }), other("over", { from_date: dayAfter(-2), to_date: dayAfter(-1) }), other("second", { place_code: "12" })];
    await open("#/today");
    pick(GRIDS);
    await soon();
    expect([said().includes("Wear a mask."), said().includes("second"), said().includes("tomorrow"), said().includes("over")]).toEqual([true, true, false, false]);
    // Its place is the first grid alone.
    await tap("Wear a mask.");
    await tap("Said");
    await walk("#/today");
    expect([said().includes("Wear a mask."), said().includes("second")]).toEqual([false, true]);
    at(Date.now() + 24 * HOUR);
    await act(() => load());
    expect(said()).toContain("tomorrow");
  });

  test("what was said in the community was said in its grids", async () => {
    server.records = [rules, message];
    await open("#/today");
    pick([{ code: "1", name: "Community" }, ...GRIDS]);
    await tell("said", "12");
    await soon();
    expect(said()).toContain("Wear a mask.");
    await tap("Wear a mask.");
    await tap("Said");
    expect((await sent()).at(-1)?.patch).toMatchObject({ place_code: "1" });
    await walk("#/today");
    expect(said()).not.toContain("Wear a mask.");
  });

  test("a number of people that can't be read is not taken for none", async () => {
    await open("#/messages/say/m1");
    await fill("How many heard it", "many");
    await tap("Said");
    expect(said()).toContain("People: write a number, or nothing.");
    expect(await queued()).toEqual([]);
  });
});

describe("grids", () => {
  const grid = (code: string, name: string) => ({ entity: "grid", id: `grid${code}`, version: 1, data: { code, name, kind: "grid" } });

  test("they are those that the server told last, and the settings show them", async () => {
    server.records = [rules, grid("8", "Eight"), grid("7", "Seven")];
    await open("#/settings");
    expect(said()).toContain("Seven, Eight");
    await walk("#/disinfection");
    await tap("Eight");
    await tap("Staircase");
    await walk("#/today");
    await soon();
    await walk("#/disinfection");
    await soon();
    await tap("Save");
    expect((await sent())[0]?.patch).toMatchObject({ place_code: "8", site: "stairs" });
    // The grid was taken away.
    server.records = [];
    server.gone = [{ entity: "grid", id: "grid8" }];
    await act(() => run());
    await walk("#/settings");
    expect(said()).not.toContain("Eight");
  });

  test.each([
    ["disinfection", "#/disinfection", ["Staircase", "Save"], ["Alcohol", "Save"]],
    ["outreach", "#/messages/rumour", ["Answered", "Save"], ["Save"]],
  ])("a correction of %s is of the grid of what it corrects", async (_entity, path, write, mend) => {
    server.records = [rules, grid("1", "One"), grid("2", "Two")];
    await open(path);
    await tap("Two");
    for (const name of write) await tap(name);
    await tap("One");
    await tap("Correct it");
    expect([...root.querySelectorAll("legend")].map((one) => one.textContent)).not.toContain("Grid");
    expect(root.querySelector(".ff-where")?.textContent).toBe("Two");
    for (const name of mend) await tap(name);
    const [first, second] = await sent();
    expect([first?.patch["place_code"], second?.patch["place_code"], second?.patch["corrects"]]).toEqual(["2", "2", first?.op_id]);
  });
});

describe("a correction", () => {
  const WRITE: [string, string, string[], string, string[]][] = [
    ["at a gate", "#/gates", ["Let through"], "Plate of the car", ["Handed over"]],
    ["of a check", "#/rounds/round1/p2", ["All in order"], "Note", ["Dirt"]],
    ["of a disinfection", "#/disinfection", ["Staircase", "Save"], "Area", ["Save"]],
    ["of a rumour", "#/messages/rumour", ["Answered", "Save"], "People", ["Save"]],
  ];

  test.each(WRITE)("%s that was left lying takes the place of nothing on the next day", async (_name, path, write, label, again) => {
    await open(path);
    if (path === "#/gates") await fill("Plate of the car", "A1");
    for (const name of write) await tap(name);
    await sent();
    server.before = () => "offline";
    await walk(path);
    await tap("Correct it");
    await shows("This takes the place of");
    const correction = location.hash;
    await fill(label, "7");
    await walk("#/today");
    await soon();
    at(Date.now() + 25 * HOUR);
    await act(() => load());
    await walk(correction);
    await soon();
    expect([value(label), said().includes("This takes the place of")]).toEqual(["7", false]);
    for (const name of again) await tap(name);
    const [, next] = await sent();
    expect(next).toBeDefined();
    expect(next?.patch["corrects"]).toBeUndefined();
    expect(next?.patch["token"]).toBeUndefined();
  });

  test("tells what was emptied, since what it does not name stays", async () => {
    await open("#/messages/rumour");
    await tap("Answered");
    await fill("What it was about", "Garlic.");
    await tap("Save");
    await tap("Correct it");
    await fill("What it was about", "");
    await tap("Save");
    expect((await sent())[1]?.patch).toMatchObject({ note: "", people: 0, outcome: "answered" });
  });
});

describe("rounds", () => {
  const read = (): boolean => said().includes("its code was read");

  test("that a code was read holds for one check, and for no address", async () => {
    await open("#/rounds");
    await shoot("token2");
    await vi.waitFor(() => expect(read()).toBe(true));
    expect([title(), read(), location.hash]).toEqual(["Point 2", true, "#/rounds/round1/p2"]);
    await tap("All in order");
    // Back, as the phone's own key does it.
    await walk("#/rounds/round1/p2");
    expect(read()).toBe(false);
    await walk("#/rounds/round1/p2/qr");
    expect(read()).toBe(false);
    await tap("Dirt");
    // Read and left without a check: it was then, not now.
    await shoot("token1");
    await vi.waitFor(() => expect(read()).toBe(true));
    await walk("#/today");
    await walk("#/rounds/round1/p1");
    expect(read()).toBe(false);
    // Read where the point is open already.
    await shoot("token1");
    await vi.waitFor(() => expect(read()).toBe(true));
    await tap("All in order");
    expect((await sent()).map((one) => one.patch["token"])).toEqual(["TOKEN2", undefined, "TOKEN1"]);
  });

  test("the position that was found is there again", async () => {
    const found = { coords: { longitude: 116.8, latitude: 38.3, accuracy: 5 } } as GeolocationPosition;
    const asked = { getCurrentPosition: (take: PositionCallback) => take(found) } as Geolocation;
    vi.spyOn(navigator, "geolocation", "get").mockReturnValue(asked);
    await open("#/rounds/round1/p2");
    await tap("Note, position");
    await tap("My position");
    await walk("#/today");
    await soon();
    await walk("#/rounds/round1/p2");
    await soon();
    await tap("All in order");
    expect((await sent())[0]?.patch).toMatchObject({ longitude: 116.8, latitude: 38.3 });
  });

  test("nothing was missed at a point that was made after the walk had begun", async () => {
    const made = { ...round.data, first_at: "00:00", last_at: "00:01", points: [{ ...point(1, 0), made_at: new Date().toISOString() }, point(2, 0)] };
    server.records = [rules, { ...round, data: made }];
    await open("#/rounds/round1");
    expect(said()).toContain("1 point was missed.");
  });
});

test("a busy gate draws the latest only, and no entry anew for a key that is typed", async () => {
  await open("#/today");
  const yesterday = new Date(`${today()}T00:00:00`).getTime() - HOUR;
  at(yesterday);
  await save("gate_entry", null, { gate_id: "g1", plate: "Y" }, { title: "Y · Let through" });
  at(yesterday + 2 * HOUR);
  for (let n = 0; n < 99; n++) await save("gate_entry", null, { gate_id: "g1", plate: String(n) }, { title: `${n} · Let through` });
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  await act(() => walk("#/gates"));
  expect(said()).toContain("99 entries today on this phone");
  const drawn = (): number => root.querySelectorAll(".ff-entry").length;
  expect([drawn(), said().includes("98 · Let through"), said().includes("60 · Let through")]).toEqual([30, true, false]);
  const words = vi.spyOn(Date.prototype, "toLocaleString");
  await fill("Plate of the car", "A");
  await fill("Plate of the car", "A1");
  expect(words).not.toHaveBeenCalled();
  await tap("Show 70 more");
  expect(drawn()).toBe(100);
  await tap("Let through");
  expect([drawn(), said().includes("100 entries today on this phone"), model.done("gate_entry").length]).toEqual([101, true, 101]);
  await shows("A1 · Let through");
  expect(gate.data.name).toBe(title());
});
