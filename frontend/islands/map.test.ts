import type { FeatureCollection } from "geojson";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

type Handler = (event?: unknown) => void;
const drawn = vi.hoisted(() => ({ views: [] as FakeView[], hits: [] as unknown[], refuses: false }));

// What the island asks of MapLibre, which needs WebGL.
class FakeView {
  readonly handlers = new Map<string, Handler>();
  readonly states: [string, boolean][] = [];
  readonly setData = vi.fn();
  readonly jumpTo = vi.fn();
  readonly fitBounds = vi.fn();
  readonly remove = vi.fn();
  readonly addLayer = vi.fn();
  readonly addImage = vi.fn();
  readonly touchZoomRotate = { disableRotation: vi.fn() };
  readonly canvas = document.createElement("canvas");

  constructor(readonly options: { bounds: number[] }) {
    if (drawn.refuses) throw new Error("no WebGL");
    drawn.views.push(this);
  }

  on(event: string, handler: Handler): void {
    this.handlers.set(event, handler);
  }

  getCanvas = (): HTMLCanvasElement => this.canvas;
  getBounds = (): { contains: () => boolean } => ({ contains: () => true });
  project = ([x, y]: [number, number]): { x: number; y: number } => ({ x: x * 100, y });
  getSource = (): { setData: unknown } => ({ setData: this.setData });
  queryRenderedFeatures = (): unknown[] => drawn.hits;
  setFeatureState = ({ id }: { id: string }, state: { selected: boolean }): void => void this.states.push([id, state.selected]);
}

vi.mock("maplibre-gl/dist/maplibre-gl-worker.mjs?url", () => ({ default: "" }));
vi.mock("maplibre-gl", () => ({
  Map: FakeView,
  Marker: class {
    constructor(readonly options: { element: HTMLElement }) {}
    setLngLat = (): this => this;
    addTo(): this {
      document.body.append(this.options.element);
      return this;
    }
    remove = (): void => this.options.element.remove();
  },
  setWorkerUrl: () => undefined,
}));
const toast = vi.hoisted(() => vi.fn<(what: { text: string; kind?: string; undo?: () => void }) => void>());
vi.mock("./toast", () => ({ toast }));
const { mount } = await import("./map");

const square = (id: string, west: number, share: number): FeatureCollection["features"][number] => ({
  type: "Feature",
  geometry: { type: "Polygon", coordinates: [[[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]] },
  properties: { kind: "grid", id, name: `Grid ${id}`, share },
});
const places: FeatureCollection = {
  type: "FeatureCollection",
  features: [
    square("1", 0, 1),
    square("2", 1, 0.2),
    { type: "Feature", geometry: { type: "Point", coordinates: [0.5, 0.5] }, properties: { kind: "building", id: "b", name: "Block 1", grid: "1", grid_name: "Grid 1" } },
  ],
};

const fetching = vi.fn<typeof fetch>();
let undo: (() => void) | void;

beforeEach(() => {
  drawn.views.length = 0;
  drawn.hits = [];
  drawn.refuses = false;
  fetching.mockReset();
  toast.mockReset();
  vi.stubGlobal("fetch", fetching);
  // happy-dom has no such constructor.
  vi.stubGlobal("Option", function option(text: string, value: string, _default: boolean, selected: boolean) {
    return Object.assign(document.createElement("option"), { text, value, selected });
  });
});

afterEach(() => {
  undo?.();
  vi.unstubAllGlobals();
});

async function show(found: FeatureCollection | null, attributes = ""): Promise<FakeView | undefined> {
  document.body.innerHTML = `<div><div data-src="/places/1/children.geojson" data-table="#t" ${attributes}></div>
    <ul data-map-legend></ul><p data-map-status></p></div>
    <table id="t"><tr><td><button data-map-select="b">Block 1</button></td><td data-map-grid>Grid 1</td></tr>
    <tr><td><button data-map-select="2">Grid 2</button></td></tr></table>`;
  fetching.mockResolvedValueOnce(found ? Response.json(found) : new Response("", { status: 502 }));
  undo = mount(document.querySelector("[data-src]") as HTMLElement);
  await vi.waitFor(() => expect(drawn.views.length || status()).toBeTruthy());
  drawn.views[0]?.handlers.get("load")?.();
  return drawn.views[0];
}

const status = (): string => document.querySelector("[data-map-status]")?.textContent ?? "";
const press = (selector: string): void => document.querySelector<HTMLElement>(selector)?.click();
const selected = (): string[] => [...document.querySelectorAll("tr[aria-selected=true] button")].map((one) => one.textContent ?? "");

test("without data, positions or WebGL the line below says so", async () => {
  expect(await show(null)).toBeUndefined();
  expect(status()).toContain("did not come");
  expect(await show({ type: "FeatureCollection", features: [] })).toBeUndefined();
  expect(status()).toContain("Nothing here has a position yet");
  drawn.refuses = true;
  expect(await show(places)).toBeUndefined();
  expect(status()).toContain("cannot draw the map");
});

test("the legend names the classes that are there, the labels what is wide enough", async () => {
  const view = await show(places);
  expect([...document.querySelectorAll("[data-map-legend] li")].map((one) => one.textContent)).toEqual(["under 50% covered", "all covered"]);
  expect([...document.querySelectorAll(".fx-map__label")].map((one) => one.textContent)).toEqual(["Grid 1 100%", "Grid 2 20%"]);
  if (view) view.project = ([x, y]) => ({ x: x * 10, y });
  view?.handlers.get("moveend")?.();
  expect(document.querySelectorAll(".fx-map__label")).toHaveLength(0);
  expect(view?.options.bounds).toEqual([0, 0, 2, 1]);
});

test("the table behind it selects, the map shows where; a click on the map marks the row", async () => {
  const view = await show(places);
  press('[data-map-select="2"]');
  expect(status()).toContain("Selected: Grid 2, covered 20%");
  expect(view?.jumpTo).toHaveBeenCalledWith({ center: [1.5, 0.5] });
  drawn.hits = [places.features[2]];
  view?.handlers.get("click")?.({ point: { x: 0, y: 0 } });
  expect(selected()).toEqual(["Block 1"]);
  expect(view?.states).toEqual([["2", true], ["2", false], ["b", true]]);
  expect(view?.jumpTo).toHaveBeenCalledOnce();
});

test("a building goes to another grid, and back by undo", async () => {
  const view = await show(places, 'data-edit-url="/plans/1/assign/"');
  press('[data-map-select="b"]');
  drawn.hits = [places.features[1]];
  view?.handlers.get("click")?.({ point: { x: 0, y: 0 } });
  fetching.mockImplementation(() => Promise.resolve(Response.json({ features: [] })));
  press("[data-map-status] button");
  await vi.waitFor(() => expect(toast).toHaveBeenCalled());
  expect(JSON.parse(String(fetching.mock.lastCall?.[1]?.body))).toEqual({ building: "b", grid: "2" });
  expect(document.querySelector("[data-map-grid]")?.textContent).toBe("Grid 2");
  const moved = view?.setData.mock.lastCall?.[0] as FeatureCollection;
  expect(moved.features.find((one) => one.properties?.["id"] === "b")?.properties?.["grid"]).toBe("2");
  toast.mock.lastCall?.[0].undo?.();
  await vi.waitFor(() => expect(document.querySelector("[data-map-grid]")?.textContent).toBe("Grid 1"));
  expect(JSON.parse(String(fetching.mock.lastCall?.[1]?.body))).toEqual({ building: "b", grid: "1" });
});

test("what the server refuses stays as it was, with its reason", async () => {
  const view = await show(places, 'data-edit-url="/plans/1/assign/"');
  press('[data-map-select="b"]');
  (document.querySelector("[data-map-choice]") as HTMLSelectElement).value = "2";
  fetching.mockResolvedValueOnce(Response.json({ errors: ["Grid 1 would fall apart."] }, { status: 422 }));
  press("[data-map-status] button");
  await vi.waitFor(() => expect(toast).toHaveBeenCalledWith({ text: "Grid 1 would fall apart.", kind: "bad" }));
  expect(status()).toBe("Grid 1 would fall apart.");
  expect(document.querySelector("[data-map-grid]")?.textContent).toBe("Grid 1");
  expect(view?.setData).not.toHaveBeenCalled();
});

test("taken off the page it leaves no map behind", async () => {
  const view = await show(places);
  undo?.();
  undo = undefined;
  expect(view?.remove).toHaveBeenCalledOnce();
  press('[data-map-select="2"]');
  expect(selected()).toEqual([]);
});
