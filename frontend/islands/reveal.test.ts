import { afterEach, beforeEach, expect, test, vi } from "vitest";

const swap = vi.hoisted(() =>
  vi.fn((target: HTMLElement, html: string) => {
    target.outerHTML = html;
  }),
);
vi.mock("htmx.org", () => ({ default: { swap } }));
const { mount } = await import("./reveal");

const fetching = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  fetching.mockReset();
  vi.stubGlobal("fetch", fetching);
  document.head.innerHTML = '<meta name="csrf-token" content="token">';
  document.body.innerHTML =
    '<span id="v"><code>138****0001</code></span><a href="/reveal/1/" data-url="/reveal/1/" data-target="#v" data-what="phone" data-seconds="30">Show</a>';
  const link = document.querySelector("a") as HTMLElement;
  mount(link);
  link.click();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const dialog = (): HTMLDialogElement | null => document.querySelector("dialog");

async function answer(reason: string): Promise<void> {
  (dialog()?.querySelector("input") as HTMLInputElement).value = reason;
  dialog()?.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(0);
}

test("the link is not followed", () => {
  dialog()?.close();
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  document.querySelector("a")?.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
});

test("without a reason nothing is asked", async () => {
  await answer(" ");
  expect(fetching).not.toHaveBeenCalled();
  expect(dialog()?.querySelector("[role=alert]")?.textContent).toContain("Write why");
});

test("the value is shown after a reason, and hidden again", async () => {
  fetching.mockResolvedValue(new Response('<span id="v"><code>13800000001</code></span>'));
  await answer("call about the visit");
  const [url, init] = fetching.mock.calls[0] ?? [];
  expect(url).toBe("/reveal/1/");
  expect(String(init?.body)).toBe("reason=call+about+the+visit");
  expect(init?.headers).toMatchObject({ "X-CSRFToken": "token" });
  expect(document.getElementById("v")?.textContent).toBe("13800000001");
  expect(document.activeElement?.id).toBe("v");
  expect(dialog()).toBeNull();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(document.getElementById("v")?.textContent).toBe("138****0001");
});

test("where the page has purposes one must be chosen, and is sent", async () => {
  dialog()?.close();
  document.body.insertAdjacentHTML(
    "beforeend",
    '<template id="fx-purposes"><option value="visit">Visit</option><option value="other">Other</option></template>',
  );
  document.querySelector("a")?.click();
  await answer("call about the visit");
  expect(fetching).not.toHaveBeenCalled();
  const select = dialog()?.querySelector("select") as HTMLSelectElement;
  expect(select.getAttribute("aria-invalid")).toBe("true");
  fetching.mockResolvedValue(new Response('<span id="v"><code>13800000001</code></span>'));
  select.value = "visit";
  await answer("call about the visit");
  expect(String(fetching.mock.calls[0]?.[1]?.body)).toBe("reason=call+about+the+visit&purpose=visit");
});

test("a used-up quota is said in the dialog and the value stays masked", async () => {
  fetching.mockResolvedValue(new Response("", { status: 429 }));
  await answer("again");
  expect(dialog()?.querySelector("[role=alert]")?.textContent).toContain("Too many");
  expect(document.getElementById("v")?.textContent).toBe("138****0001");
});
