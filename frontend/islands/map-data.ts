// What the map is told and how it is drawn, apart from MapLibre so that it can be tested without WebGL.
import type { Feature, FeatureCollection, Position } from "geojson";

/** Coverage classes: below 50 %, below 80 %, below 95 %, below 100 %, all. */
export const LIMITS = [0.5, 0.8, 0.95, 1] as const;
export const CLASSES = LIMITS.length + 1;
/** How many grids in a row look different before the tones repeat; labels tell the rest. */
export const TONES = 6;

export type Kind = "place" | "grid" | "building" | "edge";

export interface Thing {
  id: string;
  kind: Kind;
  name: string;
  grid: string;
  url: string;
}

/** Coverage class 0 to 4 of a share; -1 where there is nothing to count. */
export function classOf(share: unknown): number {
  if (typeof share !== "number" || Number.isNaN(share)) return -1;
  return LIMITS.filter((limit) => share >= limit).length;
}

/** Per cent in words; never 100 % while something is missing. */
export function shareText(share: unknown): string {
  if (typeof share !== "number") return "";
  return share < 1 ? `${Math.min(99.9, Math.round(share * 1000) / 10)}%` : "100%";
}

export function thingOf(feature: Feature): Thing {
  const { id, kind, name, grid, url } = (feature.properties ?? {}) as Record<string, unknown>;
  return {
    id: String(id ?? feature.id ?? ""),
    kind: (kind as Kind | undefined) ?? (feature.geometry.type === "Point" ? "building" : "place"),
    name: String(name ?? id ?? ""),
    grid: String(grid ?? ""),
    url: String(url ?? ""),
  };
}

/** The collection with what the layers draw by: `cls`, `tone` and `kind` on every feature. */
export function prepared(data: FeatureCollection): FeatureCollection {
  const tones = new Map<string, number>();
  const toneOf = (grid: string): number => {
    if (!tones.has(grid)) tones.set(grid, tones.size % TONES);
    return tones.get(grid) ?? 0;
  };
  return {
    type: "FeatureCollection",
    features: data.features.map((feature) => {
      const thing = thingOf(feature);
      const share = feature.properties?.["share"] as unknown;
      const tone = toneOf(thing.kind === "building" ? thing.grid : thing.id);
      return { ...feature, properties: { ...feature.properties, ...thing, cls: classOf(share), tone } };
    }),
  };
}

/** West, south, east, north of everything; null when there is nothing. */
export function boundsOf(data: FeatureCollection): [number, number, number, number] | null {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  data.features.forEach((feature) => each(feature, ([x = 0, y = 0]) => {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }));
  return Number.isFinite(bounds[0]) ? bounds : null;
}

/** Middle of a feature's box: where its label stands. */
export function middleOf(feature: Feature): [number, number] {
  const box = boundsOf({ type: "FeatureCollection", features: [feature] }) ?? [0, 0, 0, 0];
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

/** Labels: one a place or grid; grids without a boundary stand at the mean of their buildings. */
export function labelsOf(data: FeatureCollection): { text: string; at: [number, number]; box: [number, number, number, number] }[] {
  const labels: { text: string; at: [number, number]; box: [number, number, number, number] }[] = [];
  const drawn = new Set<string>();
  const loose = new Map<string, Feature[]>();
  for (const feature of data.features) {
    const thing = thingOf(feature);
    if (thing.kind === "building") loose.set(thing.grid, [...(loose.get(thing.grid) ?? []), feature]);
    if (thing.kind !== "place" && thing.kind !== "grid") continue;
    drawn.add(thing.id);
    const share = shareText(feature.properties?.["share"]);
    labels.push({
      text: share ? `${thing.name} ${share}` : thing.name,
      at: middleOf(feature),
      box: boundsOf({ type: "FeatureCollection", features: [feature] }) ?? [0, 0, 0, 0],
    });
  }
  for (const [grid, features] of loose) {
    if (!grid || drawn.has(grid)) continue;
    const box = boundsOf({ type: "FeatureCollection", features }) ?? [0, 0, 0, 0];
    const name = features[0]?.properties?.["grid_name"] as string | undefined;
    labels.push({ text: name ?? grid, at: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box });
  }
  return labels;
}

/** The grids that a building can be given to, by id and name. */
export function gridsOf(data: FeatureCollection): { id: string; name: string }[] {
  const grids = new Map<string, string>();
  for (const feature of data.features) {
    const thing = thingOf(feature);
    if (thing.kind === "grid") grids.set(thing.id, thing.name);
    else if (thing.kind === "building" && thing.grid && !grids.has(thing.grid)) {
      grids.set(thing.grid, String(feature.properties?.["grid_name"] ?? thing.grid));
    }
  }
  return [...grids].map(([id, name]) => ({ id, name }));
}

/** The collection with some features replaced by those of the same id, and one building moved to a grid. */
export function merged(data: FeatureCollection, newer: Feature[], building = "", grid = ""): FeatureCollection {
  const byId = new Map(newer.map((feature) => [thingOf(feature).id, feature]));
  const features = data.features.map((feature) => {
    const thing = thingOf(feature);
    const next = thing.id ? byId.get(thing.id) : undefined;
    if (next) {
      byId.delete(thing.id);
      return next;
    }
    return thing.id === building && building
      ? { ...feature, properties: { ...feature.properties, grid } }
      : feature;
  });
  return { type: "FeatureCollection", features: [...features, ...byId.values()] };
}

/** Pixels (RGBA) of a hatched tile: classes differ by pattern as well as by shade. */
export function hatch(cls: number, rgb: [number, number, number], size = 16): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  // Class 0 has dense strokes, 1 wide ones, 2 dots; the higher ones are plain.
  const step = [4, 8, 8][cls] ?? 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const on = cls === 2 ? x % step === 0 && y % step === 0 : step > 0 && (x + y) % step === 0;
      pixels.set(on ? [...rgb, 150] : [0, 0, 0, 0], (y * size + x) * 4);
    }
  }
  return pixels;
}

function each(feature: Feature, visit: (position: Position) => void): void {
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === "number") visit(value as Position);
    else value.forEach(walk);
  };
  if (feature.geometry && "coordinates" in feature.geometry) walk(feature.geometry.coordinates);
}
