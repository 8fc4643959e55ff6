import { afterEach, expect, test } from "vitest";
import { fill, gettext, ngettext } from "./i18n";

const world = globalThis as { gettext?: unknown; ngettext?: unknown };

afterEach(() => {
  delete world.gettext;
  delete world.ngettext;
});

test("texts come from the catalogue, else stay English", () => {
  expect(gettext("Close")).toBe("Close");
  expect(ngettext("row", "rows", 1)).toBe("row");
  expect(ngettext("row", "rows", 2)).toBe("rows");
  world.gettext = (text: string) => `<${text}>`;
  expect(gettext("Close")).toBe("<Close>");
});

test("places are filled, unknown ones left visible", () => {
  expect(fill("%(n)s of %(m)s at 50%", { n: 3 })).toBe("3 of %(m)s at 50%");
});
