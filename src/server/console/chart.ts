/**
 * The chart: one line a group over window_start, on uPlot. A group keeps its colour for as long as it is drawn, whatever
 * its rank; "others" is grey. Hidden series stay hidden when data arrives.
 */
import uPlot from "uplot";
import { formatAxis, formatCell } from "./format.ts";
import type { ChartData, Series } from "./rows.ts";

const SLOTS = 8;
const NARROW = 560;
/** Seconds shown around a single window. */
const ALONE_S = 300;

export class LiveChart {
  readonly #root: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #tooltip = document.createElement("div");
  readonly #hidden = new Set<string>();
  /** Off at first: all others together would press the groups that are told apart flat. */
  #othersShown = false;
  #emphasised: string | null = null;
  readonly #slots = new Map<string, number>();
  #plot: uPlot | null = null;
  #shape = "";
  #data: ChartData | null = null;

  constructor(root: HTMLElement, legend: HTMLElement) {
    this.#root = root;
    this.#legend = legend;
    this.#tooltip.id = "tooltip";
    this.#tooltip.hidden = true;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  draw(data: ChartData): void {
    this.#data = data;
    this.#assignSlots(data);
    const shape = JSON.stringify(data.series.map(({ name, other }) => [name, other]));
    const columns = [[...data.times], ...data.series.map(({ values }) => [...values])] as uPlot.AlignedData;
    if (this.#plot === null || shape !== this.#shape) {
      this.#shape = shape;
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(data), columns, this.#root);
      this.#plot.over.append(this.#tooltip);
      this.#drawLegend(data);
    } else {
      this.#plot.setData(columns);
      this.#updateLegend(data);
    }
  }

  /** With other colours or columns than before. */
  redraw(): void {
    this.#shape = "";
    if (this.#data !== null) this.draw(this.#data);
  }

  clear(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#shape = "";
    this.#data = null;
    this.#slots.clear();
    this.#legend.replaceChildren();
  }

  /** Slots of groups that are gone are free again. */
  #assignSlots(data: ChartData): void {
    const names = new Set(data.series.filter(({ other }) => !other).map(({ name }) => name));
    for (const name of this.#slots.keys()) if (!names.has(name)) this.#slots.delete(name);
    for (const name of names) {
      if (this.#slots.has(name)) continue;
      const taken = new Set(this.#slots.values());
      let slot = 1;
      while (taken.has(slot)) slot++;
      this.#slots.set(name, slot);
    }
  }

  #color(name: string): string {
    const slot = this.#slots.get(name);
    return cssColor(slot === undefined || slot > SLOTS ? "--series-other" : `--series-${slot}`);
  }

  #size(): { width: number; height: number } {
    const width = this.#root.clientWidth;
    return { width, height: width < NARROW ? 220 : 320 };
  }

  #options(data: ChartData): uPlot.Options {
    const ink = cssColor("--ink-3");
    const grid = { stroke: cssColor("--grid"), width: 1 };
    const font = "12px system-ui, sans-serif";
    const axis = { stroke: ink, font, ticks: { show: false }, border: { show: false } };
    return {
      ...this.#size(),
      padding: [10, 30, 0, 0],
      focus: { alpha: 0.2 },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
      scales: {
        x: { range: timeRange },
        y: { range: (_, min, max) => valueRange(min, max) },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 70, values: timeLabels },
        { ...axis, grid, size: 52, values: (_, ticks) => ticks.map(formatAxis) },
      ],
      series: [
        {},
        ...data.series.map((series) => ({
          label: series.name,
          stroke: this.#color(series.name),
          width: 2,
          show: !this.#isHidden(series),
          ...(series.other ? { dash: [4, 4] } : {}),
          points: { show: data.times.length < 3, size: 7 },
        })),
      ],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  #drawLegend(data: ChartData): void {
    const items = data.series.map((series) => {
      const { name } = series;
      const button = document.createElement("button");
      const swatch = document.createElement("i");
      swatch.style.setProperty("--series", this.#color(name));
      button.append(swatch, name === "" ? "(empty)" : name, element("b", lastValue(series)));
      button.type = "button";
      button.ariaPressed = String(!this.#isHidden(series));
      button.title = this.#isHidden(series) ? "Show" : "Hide";
      button.onclick = () => this.#toggle(series);
      button.onpointerenter = () => this.#emphasise(name);
      button.onfocus = () => this.#emphasise(name);
      button.onpointerleave = () => this.#emphasise(null);
      button.onblur = () => this.#emphasise(null);
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    const focused = [...this.#legend.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    this.#legend.replaceChildren(...items);
    if (focused >= 0) items[focused]?.querySelector("button")?.focus();
  }

  /** Values only: a button keeps its focus and what points at it. */
  #updateLegend(data: ChartData): void {
    const values = this.#legend.querySelectorAll("b");
    data.series.forEach((series, index) => {
      const value = values[index];
      if (value !== undefined) value.textContent = lastValue(series);
    });
    this.#emphasise(this.#emphasised);
  }

  #isHidden({ name, other }: Series): boolean {
    return other ? !this.#othersShown : this.#hidden.has(name);
  }

  #toggle({ name, other }: Series): void {
    if (other) this.#othersShown = !this.#othersShown;
    else if (!this.#hidden.delete(name)) this.#hidden.add(name);
    this.redraw();
  }

  /** The others fade while a legend entry is pointed at or has the focus: no need to tell colours apart. */
  #emphasise(name: string | null): void {
    const series = this.#data?.series.findIndex((one) => one.name === name && !this.#isHidden(one)) ?? -1;
    if (series < 0 && this.#emphasised === null) return;
    this.#emphasised = series < 0 ? null : name;
    this.#plot?.setSeries(series < 0 ? null : series + 1, { focus: series >= 0 });
  }

  #point(plot: uPlot): void {
    const at = plot.cursor.idx;
    const data = this.#data;
    this.#tooltip.hidden = at === null || at === undefined || data === null;
    if (at === null || at === undefined || data === null) return;
    const lines = data.series
      .filter((series) => !this.#isHidden(series))
      .map(({ name, values }) => ({ name, value: values[at] ?? null }))
      .filter(({ value }) => value !== null)
      .sort((a, b) => (b.value as number) - (a.value as number));
    this.#tooltip.replaceChildren(
      element("strong", timeText(data.times[at] ?? 0)),
      ...lines.map(({ name, value }) => {
        const line = document.createElement("div");
        const swatch = document.createElement("i");
        swatch.style.setProperty("--series", this.#color(name));
        line.append(swatch, element("span", name), element("b", formatCell(value)));
        return line;
      }),
    );
    const left = plot.cursor.left ?? 0;
    const width = this.#tooltip.offsetWidth;
    const flip = left + width + 24 > plot.over.clientWidth;
    this.#tooltip.style.left = `${Math.max(0, flip ? left - width - 14 : left + 14)}px`;
    this.#tooltip.style.top = "8px";
  }
}

function lastValue({ values }: Series): string {
  return formatCell(values.findLast((value) => value !== null) ?? null);
}

/** A window alone stands in the middle of some minutes. */
function timeRange({ data: [times] }: uPlot, min: number, max: number): [number, number] {
  const [only = min] = times;
  return times.length === 1 ? [only - ALONE_S, only + ALONE_S] : [min, max];
}

/** Counts start at 0; a flat line gets room. */
function valueRange(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(0, max ?? 1);
  const pad = (high - low || 1) * 0.06;
  return [low === 0 ? 0 : low - pad, high === 0 && low < 0 ? 0 : high + pad];
}

/** `12:05`, with the day where it changes. */
function timeLabels(...[, ticks, , , step]: Parameters<uPlot.Axis.DynamicValues>): string[] {
  let day = "";
  return ticks.map((tick) => {
    const [date = "", time = ""] = timeText(tick).split(" ");
    const clock = step >= 86_400 ? "" : time.slice(0, step < 60 ? 8 : 5);
    const label = date === day || clock === "" ? clock || date.slice(5) : `${clock}\n${date.slice(5)}`;
    day = date;
    return label;
  });
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
