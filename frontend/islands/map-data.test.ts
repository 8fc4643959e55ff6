import type { Feature, FeatureCollection } from "geojson";
import { expect, test } from "vitest";
import * as data from "./map-data";

const square = (id: string, west: number, share: number | null): Feature => ({
  type: "Feature",
  geometry: { type: "Polygon", coordinates: [[[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]] },
  properties: { kind: "grid", id, name: `Grid ${id}`, share },
});

const building = (id: string, grid: string, at: [number, number]): Feature => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: at },
  properties: { id, name: `Building ${id}`, grid, grid_name: `Grid ${grid}` },
});

const all = (...features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

test("coverage classes keep full apart from nearly full", () => {
  expect([0, 0.499, 0.5, 0.8, 0.95, 0.9999, 1].map(data.classOf)).toEqual([0, 0, 1, 2, 3, 3, 4]);
  expect([null, undefined, Number.NaN].map(data.classOf)).toEqual([-1, -1, -1]);
  expect([0, 0.9999, 1, null].map(data.shareText)).toEqual(["0%", "99.9%", "100%", ""]);
});

test("classes differ by pattern: dense strokes, wide strokes, dots, plain", () => {
  const filled = [0, 1, 2, 3].map((cls) => data.hatch(cls, [0, 0, 0]).filter((value, i) => i % 4 === 3 && value > 0).length);
  expect(filled).toEqual([64, 32, 4, 0]);
});

test("bounds and middles hold for every shape, and for nothing", () => {
  expect(data.boundsOf(all())).toBeNull();
  expect(data.boundsOf(all(square("1", 2, 1), building("b", "1", [5, -1])))).toEqual([2, -1, 5, 1]);
  expect(data.middleOf(square("1", 2, 1))).toEqual([2.5, 0.5]);
});

test("a grid without a boundary is labelled among its buildings", () => {
  const labels = data.labelsOf(all(square("1", 0, 0.25), building("a", "1", [0.5, 0.5]), building("b", "2", [3, 1]), building("c", "2", [5, 3])));
  expect(labels.map(({ text, at }) => [text, at])).toEqual([
    ["Grid 1 25%", [0.5, 0.5]],
    ["Grid 2", [4, 2]],
  ]);
});

test("grids to choose from come from boundaries and from buildings", () => {
  expect(data.gridsOf(all(building("a", "2", [0, 0]), square("1", 0, 1)))).toEqual([
    { id: "2", name: "Grid 2" },
    { id: "1", name: "Grid 1" },
  ]);
});

test("moving a building changes it alone, and the server's features replace ours", () => {
  const before = all(building("a", "1", [0, 0]), building("b", "1", [1, 1]), square("1", 0, 1));
  const after = data.merged(before, [square("1", 0, 0.5), square("9", 4, 1)], "a", "2");
  expect(after.features.map((one) => one.properties?.["grid"] ?? one.properties?.["share"])).toEqual(["2", "1", 0.5, 1]);
  expect(before.features[0]?.properties?.["grid"]).toBe("1");
});

test("buildings of one grid share a tone, neighbours differ", () => {
  const tones = data.prepared(all(building("a", "1", [0, 0]), building("b", "1", [1, 1]), building("c", "2", [2, 2]))).features.map(
    (one) => one.properties?.["tone"] as number,
  );
  expect(tones[0]).toBe(tones[1]);
  expect(tones[2]).not.toBe(tones[0]);
});
