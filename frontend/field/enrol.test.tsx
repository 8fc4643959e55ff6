// Signing in by the code that the app itself reads: an app on an iPhone's home screen has a store of its own, which the
// phone's camera does not open.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "./app";
import { choosePin, lock, redeem, session, start } from "./session";
import { draft, keepDraft } from "./model";
import { code } from "./route";
import { meta } from "./store";
import { rest } from "./sync";
import { Server, newPhone } from "./testing";

const read = vi.hoisted(() => ({ code: "" }));
// No camera here: what it would read is told.
vi.mock("./camera", () => ({ Camera: ({ onCode }: { onCode: (code: string) => void }) => <button onClick={() => onCode(read.code)}>shoot</button> }));

let server: Server;
let root: HTMLElement;

beforeEach(async () => {
  document.documentElement.lang = "en";
  server = await Server.start();
  await newPhone();
  await start();
  root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<App />, root));
});

afterEach(() => {
  render(null, root);
  root.remove();
  rest();
  vi.unstubAllGlobals();
});

async function shoot(code: string): Promise<void> {
  read.code = code;
  const button = (name: string): HTMLElement => [...root.querySelectorAll("button")].find((one) => one.textContent?.includes(name))!;
  await act(() => button("Scan the code").click());
  await vi.waitFor(() => button("shoot").click());
  await act(() => new Promise((next) => setTimeout(next, 50)));
}

test("the code is read in the app; what is no code of “My phones” is not tried", async () => {
  await shoot("https://example.test/pay?to=someone");
  expect(root.textContent).toContain("This is not the code that “My phones” shows.");
  expect(server.calls).toEqual([]);
  await shoot("https://fangxian.test/f/#enrol=AB12-CD34");
  await vi.waitFor(() => expect([session.value.stage, root.querySelector("h1")?.textContent]).toEqual(["pin", "Choose a PIN"]));
  expect(server.calls[0]).toMatchObject({ path: "enrol", body: { code: "AB12-CD34" } });
});

test("the sixth digit and the Enter after it are one try", async () => {
  await redeem("CODE", "phone");
  await choosePin("135790");
  await act(() => lock());
  const field = root.querySelector("input")!;
  await act(() => {
    field.value = "000000";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await act(() => void root.querySelector("form")!.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await vi.waitFor(() => expect(root.textContent).toContain("Wrong PIN."));
  await act(() => new Promise((next) => setTimeout(next, 50)));
  expect(await meta("tries")).toBe(1);
});

test("“PIN forgotten” is left again, by hand and by what comes after it: the next lock asks for the PIN", async () => {
  const tap = async (name: string): Promise<void> => {
    await act(() => [...root.querySelectorAll("button")].find((one) => one.textContent === name)!.click());
  };
  const heading = (): string => root.querySelector("h1")?.textContent ?? "";
  await redeem("CODE", "phone");
  await act(() => choosePin("135790"));
  await act(() => lock());
  await tap("PIN forgotten");
  expect(heading()).toBe("Sign this phone in");
  await tap("Back");
  expect(heading()).toBe("Enter the PIN");
  await tap("PIN forgotten");
  await act(() => redeem("CODE2", "phone"));
  await act(() => choosePin("246802"));
  await act(() => lock());
  expect(heading()).toBe("Enter the PIN");
});

test("a link alone signs nobody out of an open phone; the button does", async () => {
  await redeem("CODE", "phone");
  await act(() => choosePin("135790"));
  await keepDraft("visit d1", "half written");
  server.user = "8";
  const before = server.calls.length;
  await act(() => {
    code.value = "NEXT-ONE";
  });
  await act(() => new Promise((next) => setTimeout(next, 50)));
  expect([server.calls.slice(before).map((call) => call.path), session.value.stage]).toEqual([[], "open"]);
  expect(root.textContent).toContain("You are signed in as Kit.What is half written is removed if the code is somebody else's.");
  expect(root.querySelector("input")?.value).toBe("NEXT-ONE");
  expect(await draft("visit d1")).toBe("half written");
  await act(() => void root.querySelector("form")!.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await vi.waitFor(() => expect(session.value.stage).toBe("pin"));
  expect(server.calls.at(-1)).toMatchObject({ path: "enrol", body: { code: "NEXT-ONE" } });
});
