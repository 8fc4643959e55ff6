// Our own places, grids, buildings and neighbour edges on a plain ground; no outside tiles, fonts or pictures.
// data-source (id of a JSON script) or data-src (address) gives GeoJSON; data-table the table behind the map, whose
// [data-map-select=id] buttons select by keyboard; data-edit-url lets a selected building be given to another grid.
import type { FeatureCollection } from "geojson";
import { type GeoJSONSource, type LayerSpecification, Map as MapView, Marker, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { type Mount, csrfToken, embedded, fromPage, on } from "./core";
import { fill, gettext } from "./i18n";
import * as data from "./map-data";
import { refusal } from "./session";
import { toast } from "./toast";

setWorkerUrl(workerUrl);

const TONES = ["--fx-accent", "--fx-warn", "--fx-ok", "--fx-bad", "--fx-text-2", "--fx-line-strong"];

export const mount: Mount = (element) => {
  const own = new MapIsland(element);
  void own.load();
  return () => own.close();
};

class MapIsland {
  private view: MapView | null = null;
  private places: FeatureCollection = { type: "FeatureCollection", features: [] };
  private labels: Marker[] = [];
  private captions: ReturnType<typeof data.labelsOf> = [];
  private selected = "";
  private readonly stops: (() => void)[] = [];
  private readonly status: HTMLElement | null;
  private readonly legend: HTMLElement | null;
  private readonly table: HTMLElement | null;

  constructor(private readonly element: HTMLElement) {
    const frame = element.parentElement;
    this.status = frame?.querySelector("[data-map-status]") ?? null;
    this.legend = frame?.querySelector("[data-map-legend]") ?? null;
    this.table = document.querySelector(element.dataset["table"] || "#no-table");
  }

  async load(): Promise<void> {
    try {
      this.places = await this.read();
    } catch {
      return this.tell(gettext("The map's data did not come. Reload the page; the table below has the same."));
    }
    this.captions = data.labelsOf(this.places);
    this.writeLegend();
    const bounds = data.boundsOf(this.places);
    if (!bounds) return this.tell(gettext("Nothing here has a position yet. Give buildings a position to see them on the map."));
    try {
      this.view = new MapView({
        container: this.element,
        style: { version: 8, sources: { places: { type: "geojson", data: data.prepared(this.places), promoteId: "id" } }, layers: [] },
        bounds,
        fitBoundsOptions: { padding: 32 },
        attributionControl: false,
        maxPitch: 0,
        dragRotate: false,
        cooperativeGestures: false,
        maxZoom: 20,
      });
    } catch {
      return this.tell(gettext("This browser cannot draw the map (WebGL is off). The table below has the same."));
    }
    const view = this.view;
    view.touchZoomRotate.disableRotation();
    view.getCanvas().setAttribute("aria-label", this.element.getAttribute("aria-label") ?? "");
    view.on("load", () => {
      this.draw(view);
      this.element.dataset["ready"] = "";
    });
    view.on("moveend", () => this.writeLabels(view));
    this.listen(view);
    if (this.element.dataset["editUrl"]) this.tell(gettext("Select a building, then choose the grid it goes to."));
  }

  close(): void {
    this.stops.forEach((stop) => stop());
    this.view?.remove();
  }

  private async read(): Promise<FeatureCollection> {
    const { source, src } = this.element.dataset;
    if (source) return embedded<FeatureCollection>(source);
    const answer = await fetch(src ?? "", { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()) as FeatureCollection;
  }

  private colour(name: string): string {
    return getComputedStyle(this.element).getPropertyValue(name).trim();
  }

  private draw(view: MapView): void {
    const dark = document.documentElement.dataset["bsTheme"] === "dark";
    for (let cls = 0; cls < 3; cls++) {
      view.addImage(`hatch-${cls}`, { width: 16, height: 16, data: data.hatch(cls, dark ? [255, 255, 255] : [60, 20, 20]) });
    }
    const area = ["in", ["get", "kind"], ["literal", ["place", "grid"]]];
    const pick = (values: string[], by: string): unknown[] => [
      "match",
      ["get", by],
      ...values.flatMap((value, index) => [index, value]),
      this.colour("--fx-surface-3"),
    ];
    const shades = [0, 1, 2, 3, 4].map((cls) => this.colour(`--fx-cover-${cls}`));
    const tones = TONES.map((name) => this.colour(name));
    const chosen = ["boolean", ["feature-state", "selected"], false];
    const layers: unknown[] = [
      { id: "ground", type: "background", paint: { "background-color": this.colour("--fx-surface-2") } },
      { id: "areas", type: "fill", filter: area, paint: { "fill-color": pick(shades, "cls"), "fill-opacity": 0.85 } },
      {
        id: "hatches",
        type: "fill",
        filter: ["all", area, [">=", ["get", "cls"], 0], ["<", ["get", "cls"], 3]],
        paint: { "fill-pattern": ["concat", "hatch-", ["to-string", ["get", "cls"]]] },
      },
      { id: "borders", type: "line", filter: area, paint: { "line-color": this.colour("--fx-text-3"), "line-width": ["case", chosen, 4, 1.2] } },
      { id: "edges", type: "line", filter: ["==", ["get", "kind"], "edge"], paint: { "line-color": this.colour("--fx-line-strong"), "line-width": 1, "line-dasharray": [3, 2] } },
      {
        id: "buildings",
        type: "circle",
        filter: ["==", ["get", "kind"], "building"],
        paint: {
          "circle-color": ["case", [">=", ["get", "cls"], 0], pick(shades, "cls"), pick(tones, "tone")],
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, ["case", chosen, 8, 3], 16, ["case", chosen, 12, 7]],
          "circle-stroke-color": ["case", chosen, this.colour("--fx-text"), this.colour("--fx-surface")],
          "circle-stroke-width": ["case", chosen, 3, 1.5],
        },
      },
    ];
    layers.forEach((layer) => view.addLayer({ source: "places", ...(layer as object) } as LayerSpecification));
    this.writeLabels(view);
  }

  private listen(view: MapView): void {
    view.on("click", (event) => {
      const hit = view.queryRenderedFeatures(
        [[event.point.x - 8, event.point.y - 8], [event.point.x + 8, event.point.y + 8]],
        { layers: ["buildings"] },
      )[0] ?? view.queryRenderedFeatures(event.point, { layers: ["areas"] })[0];
      if (!hit) return;
      const thing = data.thingOf(hit);
      if (thing.kind === "grid" && this.choice()) this.choose(thing.id);
      else this.select(thing.id, false);
    });
    this.stops.push(
      on(this.element, "click", (event) => {
        const button = (event.target as HTMLElement).closest<HTMLElement>("[data-map-zoom], [data-map-fit]");
        const bounds = data.boundsOf(this.places);
        if (button?.dataset["mapZoom"]) view.zoomTo(view.getZoom() + Number(button.dataset["mapZoom"]));
        else if (button && bounds) view.fitBounds(bounds, { padding: 32, animate: false });
      }),
    );
    if (!this.table) return;
    this.stops.push(
      on(this.table, "click", (event) => {
        const id = (event.target as HTMLElement).closest<HTMLElement>("[data-map-select]")?.dataset["mapSelect"];
        if (id) this.select(id, true);
      }),
    );
  }

  private select(id: string, move: boolean): void {
    const feature = this.places.features.find((one) => data.thingOf(one).id === id);
    if (!feature || !this.view) return;
    if (this.selected) this.view.setFeatureState({ source: "places", id: this.selected }, { selected: false });
    this.selected = id;
    this.view.setFeatureState({ source: "places", id }, { selected: true });
    if (move) this.view.jumpTo({ center: data.middleOf(feature) });
    this.table?.querySelectorAll("tr[aria-selected]").forEach((row) => row.removeAttribute("aria-selected"));
    const row = this.row(id);
    row?.setAttribute("aria-selected", "true");
    if (!move) row?.scrollIntoView({ block: "nearest" });
    const thing = data.thingOf(feature);
    const share = data.shareText(feature.properties?.["share"]);
    this.tell(fill(share ? gettext("Selected: %(name)s, covered %(share)s") : gettext("Selected: %(name)s"), { name: thing.name, share }));
    if (thing.kind === "building" && this.element.dataset["editUrl"]) this.offer(thing);
    else if (thing.url) this.link(thing);
  }

  private row(id: string): HTMLElement | null {
    return this.table?.querySelector<HTMLElement>(`[data-map-select="${CSS.escape(id)}"]`)?.closest("tr") ?? null;
  }

  private link(thing: data.Thing): void {
    const link = document.createElement("a");
    link.href = thing.url;
    link.textContent = gettext("Open the place");
    this.status?.append(" ", link);
  }

  /** A grid to choose and a button, in the status line: the same by mouse, finger and keyboard. */
  private offer(thing: data.Thing): void {
    if (!this.status) return;
    const select = document.createElement("select");
    select.className = "form-select";
    select.dataset["mapChoice"] = "";
    select.setAttribute("aria-label", gettext("Grid"));
    for (const { id, name } of data.gridsOf(this.places)) select.add(new Option(name, id, id === thing.grid, id === thing.grid));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-primary";
    button.textContent = gettext("Assign");
    button.addEventListener("click", () => void this.assign(thing, select.value, true));
    const line = document.createElement("span");
    line.className = "fx-input-row";
    line.append(select, button);
    this.status.append(line);
  }

  private choice(): HTMLSelectElement | null {
    return this.status?.querySelector<HTMLSelectElement>("[data-map-choice]") ?? null;
  }

  private choose(grid: string): void {
    const select = this.choice();
    if (select) select.value = grid;
  }

  private async assign(thing: data.Thing, grid: string, undo: boolean): Promise<void> {
    if (grid === thing.grid) return this.tell(gettext("It is in that grid already."));
    let problem = gettext("No connection. Nothing was sent; try again.");
    try {
      const answer = await fetch(this.element.dataset["editUrl"] ?? "", {
        method: "POST",
        headers: fromPage({ "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() }),
        body: JSON.stringify({ building: thing.id, grid }),
        credentials: "same-origin",
      });
      const redirect = answer.headers.get("HX-Redirect");
      if (redirect) return location.assign(redirect);
      const body = (await answer.json().catch(() => ({}))) as { errors?: string[]; message?: string; features?: FeatureCollection["features"] };
      if (answer.ok) return this.assigned(thing, grid, body, undo);
      problem = body.errors?.join(" ") || refusal({ status: answer.status, getResponseHeader: (name) => answer.headers.get(name) });
    } catch {
      // The sentence for a lost connection stands.
    }
    this.tell(problem);
    toast({ text: problem, kind: "bad" });
  }

  private assigned(
    thing: data.Thing,
    grid: string,
    body: { message?: string; features?: FeatureCollection["features"] },
    undo: boolean,
  ): void {
    this.places = data.merged(this.places, body.features ?? [], thing.id, grid);
    this.captions = data.labelsOf(this.places);
    const name = data.gridsOf(this.places).find((one) => one.id === grid)?.name ?? grid;
    (this.view?.getSource("places") as GeoJSONSource | undefined)?.setData(data.prepared(this.places));
    if (this.view) this.writeLabels(this.view);
    const cell = this.row(thing.id)?.querySelector("[data-map-grid]");
    if (cell) cell.textContent = name;
    const text = body.message ?? fill(gettext("%(building)s now belongs to %(grid)s"), { building: thing.name, grid: name });
    this.tell(text);
    if (undo) toast({ text, undo: () => void this.assign({ ...thing, grid }, thing.grid, false) });
  }

  private writeLabels(view: MapView): void {
    this.labels.forEach((label) => label.remove());
    this.labels = this.captions.flatMap(({ text, at, box }) => {
      const [west, east] = [view.project([box[0], at[1]]), view.project([box[2], at[1]])];
      // A label wider than what it names would cover its neighbours.
      if (east.x - west.x < 44 || !view.getBounds().contains(at)) return [];
      const element = document.createElement("div");
      element.className = "fx-map__label";
      element.textContent = text;
      return [new Marker({ element }).setLngLat(at).addTo(view)];
    });
  }

  private writeLegend(): void {
    if (!this.legend) return;
    const classes = new Set(data.prepared(this.places).features.map((one) => Number(one.properties?.["cls"])));
    const words = [
      gettext("under 50% covered"),
      gettext("50% to 80%"),
      gettext("80% to 95%"),
      gettext("95% to 100%"),
      gettext("all covered"),
    ];
    this.legend.replaceChildren(
      ...words.flatMap((word, cls) => {
        if (!classes.has(cls)) return [];
        const item = document.createElement("li");
        item.append(swatch(cls), word);
        return [item];
      }),
    );
  }

  private tell(text: string): void {
    if (this.status) this.status.textContent = text;
  }
}

function swatch(cls: number): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 22 14");
  picture.setAttribute("aria-hidden", "true");
  picture.classList.add(`fx-cover-${cls}`);
  const strokes = { 0: 4, 1: 8 }[cls];
  for (let x = -14; strokes && x < 22; x += strokes) {
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", `M${x} 14 ${x + 14} 0`);
    line.setAttribute("stroke", "currentColor");
    picture.append(line);
  }
  for (let x = 4; cls === 2 && x < 22; x += 7) {
    const dot = document.createElementNS(space, "circle");
    dot.setAttribute("cx", String(x));
    dot.setAttribute("cy", "7");
    dot.setAttribute("r", "1.2");
    picture.append(dot);
  }
  return picture;
}
