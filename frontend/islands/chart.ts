// Bars and lines on a canvas from the JSON script data-source: {kind, labels, series: [{name, data, kind?}], unit?, stack?}.
// The page keeps the same figures in a table; the canvas is a picture with a name.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Mount, embedded } from "./core";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface ChartData {
  kind: "bar" | "line";
  labels: string[];
  series: { name: string; data: (number | null)[]; kind?: "bar" | "line" }[];
  unit?: string;
  stack?: boolean;
}

const DASHES = ["solid", "dashed", "dotted"] as const;
const MARKS = ["circle", "triangle", "rect", "diamond"] as const;

/** The chart's options; series differ by pattern, dash and mark as well as by shade. */
export function optionsOf(data: ChartData, style: (name: string) => string): Record<string, unknown> {
  const text = style("--fx-text-2");
  const line = style("--fx-line");
  // Written on a canvas, so the page's own text size (elders, wall) has to be handed over.
  const fontSize = Math.round(0.8 * (Number.parseFloat(style("font-size")) || 15));
  const shades = [style("--fx-accent"), style("--fx-line-strong"), style("--fx-warn"), style("--fx-bad")];
  return {
    animation: false,
    color: shades,
    aria: { enabled: false, decal: { show: data.series.length > 1 } },
    textStyle: { fontFamily: style("--fx-font") || "sans-serif", color: text, fontSize },
    grid: { left: 8, right: 16, top: data.series.length > 1 ? 3 * fontSize : 16, bottom: 8, containLabel: true },
    legend: { show: data.series.length > 1, top: 0, left: 0, textStyle: { color: text, fontSize }, itemWidth: 20 },
    tooltip: { trigger: "axis", confine: true, renderMode: "richText", valueFormatter: (value: unknown) => `${String(value ?? "–")}${data.unit ?? ""}` },
    xAxis: { type: "category", data: data.labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: text, fontSize, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: text, fontSize } },
    series: data.series.map((one, index) => ({
      name: one.name,
      type: one.kind ?? data.kind,
      data: one.data,
      ...(data.stack ? { stack: "all" } : {}),
      barMaxWidth: 32,
      symbol: MARKS[index % MARKS.length],
      symbolSize: 7,
      lineStyle: { width: 2, type: DASHES[index % DASHES.length] },
    })),
  };
}

export const mount: Mount = (element) => {
  const data = embedded<ChartData>(element.dataset["source"] ?? "");
  const style = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
  const chart = init(element, undefined, { renderer: "canvas" });
  const draw = (): void => chart.setOption(optionsOf(data, style), true);
  draw();
  const size = new ResizeObserver(() => chart.resize());
  size.observe(element);
  const theme = new MutationObserver(draw);
  theme.observe(document.documentElement, { attributeFilter: ["data-bs-theme", "class"] });
  return () => {
    size.disconnect();
    theme.disconnect();
    chart.dispose();
  };
};
