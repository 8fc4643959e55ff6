import { expect, test, vi } from "vitest";
import { type Mount, start, stop } from "./core";

test("each behaviour is mounted once and undone with its element", async () => {
  document.body.innerHTML = '<main><p data-island="one two"></p></main>';
  const undo = vi.fn();
  const one = vi.fn(() => undo);
  const two = vi.fn();
  await start(document.body, { one, two });
  await start(document.body, { one, two });
  expect(one).toHaveBeenCalledTimes(1);
  expect(two).toHaveBeenCalledTimes(1);
  stop(document.querySelector("main") as HTMLElement);
  expect(undo).toHaveBeenCalledTimes(1);
});

test("an unknown behaviour is named", async () => {
  document.body.innerHTML = '<p data-island="nothing"></p>';
  await expect(start(document.body, {})).rejects.toThrow('data-island="nothing"');
});

test("code that arrives after its element has gone is not mounted", async () => {
  document.body.innerHTML = '<p data-island="map"></p>';
  const mount = vi.fn<Mount>();
  let arrive: (value: { mount: Mount }) => void = () => undefined;
  const coming = start(document.body, { map: () => new Promise<{ mount: Mount }>((resolve) => (arrive = resolve)) });
  stop(document.querySelector("p") as HTMLElement);
  arrive({ mount });
  await coming;
  expect(mount).not.toHaveBeenCalled();
});

test("text that goes with its element is no harm", () => {
  expect(() => stop(document.createTextNode("between"))).not.toThrow();
});
