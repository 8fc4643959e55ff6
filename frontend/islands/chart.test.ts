import { expect, test } from "vitest";
import { type ChartData, optionsOf } from "./chart";

const data: ChartData = {
  kind: "line",
  labels: ["a", "b"],
  series: [
    { name: "visits", data: [1, 2] },
    { name: "gaps", data: [3, null], kind: "bar" },
  ],
  unit: "%",
};

interface Drawn {
  series: { type: string; symbol: string; lineStyle: { type: string } }[];
  legend: { show: boolean };
  aria: { decal: { show: boolean } };
  tooltip: { renderMode: string; valueFormatter: (value: unknown) => string };
}

const drawn = (input: ChartData): Drawn => optionsOf(input, (name) => name) as unknown as Drawn;

test("series differ by dash, mark and pattern, never by colour alone", () => {
  const options = drawn(data);
  expect(options.series.map((one) => one.type)).toEqual(["line", "bar"]);
  expect(new Set(options.series.map((one) => one.lineStyle.type)).size).toBe(2);
  expect(new Set(options.series.map((one) => one.symbol)).size).toBe(2);
  expect(options.aria.decal.show).toBe(true);
});

test("tips are drawn, not written as markup, and name missing values", () => {
  const { tooltip } = drawn(data);
  expect(tooltip.renderMode).toBe("richText");
  expect(tooltip.valueFormatter(12)).toBe("12%");
  expect(tooltip.valueFormatter(null)).toBe("–%");
});

test("one series needs no legend", () => {
  expect(drawn({ ...data, series: data.series.slice(0, 1) }).legend.show).toBe(false);
});

test("the text follows the page's size: elders' edition, wall", () => {
  const sized = (px: string): number =>
    (optionsOf(data, (name) => (name === "font-size" ? px : name)) as unknown as { textStyle: { fontSize: number } }).textStyle.fontSize;
  expect([sized("15px"), sized("20px"), sized("30px")]).toEqual([12, 16, 24]);
});
