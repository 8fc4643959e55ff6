import { afterEach, beforeEach, expect, test, vi } from "vitest";

const swap = vi.hoisted(() => vi.fn((target: HTMLElement, html: string) => (target.innerHTML = html)));
vi.mock("htmx.org", () => ({ default: { swap } }));
const { mount } = await import("./poll");

let region: HTMLElement;
let undo: (() => void) | void;
const fetching = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  swap.mockClear();
  fetching.mockReset();
  vi.stubGlobal("fetch", fetching);
  document.body.innerHTML = '<div data-url="/today/" data-every="5">old</div>';
  region = document.querySelector("div") as HTMLElement;
  undo = mount(region);
});

afterEach(() => {
  undo?.();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const answer = (body: string | null, status: number, headers: Record<string, string> = {}): Response =>
  new Response(body, { status, headers });

test("a new state is put in and its tag sent with the next question", async () => {
  fetching.mockResolvedValueOnce(answer("new", 200, { ETag: '"2"' })).mockResolvedValue(answer(null, 304));
  await vi.advanceTimersByTimeAsync(5000);
  expect(region.innerHTML).toBe("new");
  await vi.advanceTimersByTimeAsync(5000);
  expect(fetching.mock.calls[1]?.[1]?.headers).toMatchObject({ "If-None-Match": '"2"' });
  expect(swap).toHaveBeenCalledTimes(1);
});

test("a whole page (a captive portal) is never put in", async () => {
  fetching.mockResolvedValue(answer("<!doctype html><html><body>pay</body></html>", 200));
  await vi.advanceTimersByTimeAsync(5000);
  expect(region.innerHTML).toBe("old");
});

test("without an answer it slows down and says that it is stale", async () => {
  fetching.mockRejectedValue(new TypeError("network"));
  await vi.advanceTimersByTimeAsync(5000 + 10_000 + 20_000);
  expect(fetching).toHaveBeenCalledTimes(3);
  expect(region.hasAttribute("data-stale")).toBe(true);
  fetching.mockResolvedValue(answer("back", 200));
  await vi.advanceTimersByTimeAsync(40_000);
  expect(region.hasAttribute("data-stale")).toBe(false);
});

test("nothing is asked after the element has gone", async () => {
  undo?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetching).not.toHaveBeenCalled();
});
