import { beforeEach, expect, test } from "vitest";
import { code, link, route, startRoute } from "./route";

beforeEach(() => {
  code.value = "";
  history.replaceState(null, "", "/f/");
});

test("an address names a screen and the rest, whatever is in it", () => {
  history.replaceState(null, "", `/f/${link("doors", "a/b", "c d")}`);
  startRoute();
  dispatchEvent(new Event("hashchange"));
  expect(route.value).toEqual(["doors", "a/b", "c d"]);
});

test("a code is taken out of the address, also when it comes later", () => {
  history.replaceState(null, "", "/f/#enrol=abcd-efgh");
  startRoute();
  expect([code.value, location.hash, route.value]).toEqual(["abcd-efgh", "", []]);
  history.replaceState(null, "", "/f/#enrol=next-one");
  dispatchEvent(new Event("hashchange"));
  expect([code.value, location.hash]).toEqual(["next-one", ""]);
});
