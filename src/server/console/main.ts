/** The console's page: one view at a time, live. State that is worth a link is in the URL's fragment. */
import uPlot from "uplot";
import { cssColor, element, LiveChart } from "./chart.ts";
import { type LastWords, openFeed, type Position } from "./feed.ts";
import { formatCount, formatDuration, formatShare } from "./format.ts";
import { fetchJson, type JobsState, lateRows, RateMeter, type SourceState } from "./jobs.ts";
import { chartData, groupColumns, latestRows, RowStore, type ViewInfo, valueColumns, windowSeconds } from "./rows.ts";
import { drawHead, drawRows } from "./table.ts";

const TOP_GROUPS = 7;
const TABLE_ROWS = 100;
const DRAW_EVERY_MS = 200;
const POLL_MS = 1000;
const RATE_POINTS = 90;
const LEFT_OUT_LINES = 10;
const TOGETHER = "all rows together";

const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const viewPicker = byId<HTMLSelectElement>("view");
const valuePicker = byId<HTMLSelectElement>("value");
const groupPicker = byId<HTMLSelectElement>("group");
const chart = new LiveChart(byId("chart"), byId("legend"));

interface Shown {
  readonly info: ViewInfo;
  readonly store: RowStore;
  position: Position | null;
  readonly close: () => void;
}

let shown: Shown | null = null;
let views: readonly ViewInfo[] = [];
/** Server's clock minus ours. */
let skewMs = 0;
let dirty = false;
let jobTrouble: string | null = null;
let ownTrouble: string | null = null;
/** What the server said when it ended; until it answers again. */
let lastWords: LastWords | null = null;
/** What a connection that works says: the job goes on, or its input is used up. */
let liveText = "Live";
/** Who holds the watermark back. */
let behindNote = "";

function setText(id: string, text: string): void {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}

function choose(picker: HTMLSelectElement, names: readonly string[], wanted: string | null): void {
  const before = [...picker.options].map((option) => option.value);
  if (before.length !== names.length || before.some((name, at) => name !== names[at])) {
    picker.replaceChildren(...names.map((name) => new Option(name, name)));
  }
  if (wanted !== null && names.includes(wanted)) picker.value = wanted;
}

const fragment = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

function remember(): void {
  const state = new URLSearchParams({ view: viewPicker.value, value: valuePicker.value, by: groupPicker.value });
  history.replaceState(null, "", `#${state}`);
}

function showView(info: ViewInfo): void {
  shown?.close();
  chart.clear();
  const store = new RowStore(info);
  const close = openFeed(info.name, {
    reset: (event, limit) => {
      store.load(event, limit);
      dirty = true;
    },
    ended: (words) => {
      // A server may end without its jobs: then it is only not there.
      if (words.jobs.every(({ phase }) => phase !== "running" && phase !== "starting")) lastWords = words;
    },
    rows: (event) => {
      store.apply(event);
      dirty = true;
    },
    position: (position) => {
      if (shown !== null) shown.position = position;
    },
    state: (state) => {
      const pill = byId("connection");
      pill.dataset.state = state;
      setText("connection", state === "live" ? liveText : { waiting: "Reconnecting", lost: "Not reachable" }[state]);
    },
  });
  shown = { info, store, position: null, close };
  const state = fragment();
  choose(valuePicker, valueColumns(info), state.get("value"));
  const groups = groupColumns(info);
  choose(groupPicker, [...groups, TOGETHER], state.get("by") ?? groups[0] ?? TOGETHER);
  drawHead(byId("columns"), info);
  dirty = true;
}

function draw(): void {
  if (!dirty || shown === null) return;
  dirty = false;
  const { info, store } = shown;
  const value = valuePicker.value === "" ? null : valuePicker.value;
  const group = groupPicker.value === TOGETHER ? null : groupPicker.value;
  const drawable = info.windowColumn !== null && value !== null && store.size > 0;
  byId("chart").hidden = !drawable;
  byId("chart-empty").hidden = drawable;
  byId("controls").hidden = !drawable;
  setText("rows-title", info.windowColumn === null ? "Newest rows" : "Latest windows");
  if (drawable && info.windowColumn !== null && value !== null) {
    chart.draw(chartData(store, info.windowColumn, { value, group, top: TOP_GROUPS }));
    setText("chart-title", group === null ? `${value} by window` : `${value} by ${group}`);
    setText("chart-note", windowNote(store, info.windowColumn));
    const label = `Line chart of ${byId("chart-title").textContent}, ${byId("chart-note").textContent}; the rows are in the table below`;
    byId("chart").ariaLabel = label;
  } else {
    setText("chart-note", "");
    setText("chart-title", store.size === 0 ? "Waiting for results" : info.name);
    const noTime = "This view has no window_start and number to draw; its rows are below.";
    setText("chart-empty", store.size === 0 ? "The first window shows here when the watermark closes it." : noTime);
  }
  const rows = latestRows(store, info.windowColumn, { value, limit: TABLE_ROWS });
  drawRows(byId("rows"), info, rows);
  setText("rows-note", keptNote(store));
}

/** `per window of 1 min, by window_start`: the axes in words. */
function windowNote(store: RowStore, windowColumn: string): string {
  const [row] = store.rows();
  const size = windowSeconds(String(row?.window_end)) - windowSeconds(String(row?.[windowColumn]));
  return `per window${size > 0 ? ` of ${formatDuration(size * 1000)}` : ""}, by ${windowColumn}`;
}

function keptNote(store: RowStore): string {
  const windows = store.windows().length;
  const rows = `${formatCount(store.size)} ${store.size === 1 ? "row" : "rows"}`;
  const kept = windows === 0 ? rows : `${rows} of ${formatCount(windows)} ${windows === 1 ? "window" : "windows"}`;
  return store.cut ? `the newest ${kept}; there are more` : kept;
}

function drawPosition(): void {
  const watermark = shown?.position?.watermark ?? null;
  if (watermark === null) {
    setText("watermark", "–");
    setText("behind", "–");
    setText("watermark-note", "no row with a time yet");
    setText("behind-note", "");
    return;
  }
  if (watermark === "end") {
    setText("watermark", "Complete");
    setText("watermark-note", "every window is closed");
    setText("behind", "0 s");
    setText("behind-note", "the input has ended");
    return;
  }
  setText("watermark", watermark.slice(11, 19));
  setText("watermark-note", `${watermark.slice(0, 10)} UTC`);
  setText("behind", formatDuration(Date.now() + skewMs - Date.parse(watermark)));
  setText("behind-note", behindNote);
  byId("behind-note").title = behindNote;
}

function drawTrouble(): void {
  const trouble = byId("trouble");
  const gone = ownTrouble !== null && lastWords !== null ? lastText(lastWords) : null;
  const text = gone ?? ownTrouble ?? jobTrouble;
  trouble.hidden = text === null;
  trouble.dataset.kind = gone !== null && lastWords?.jobs.every(({ error }) => error === null) ? "calm" : "bad";
  if (text !== null) setText("trouble", text);
}

function lastText({ jobs }: LastWords): string {
  const told = jobs.map(({ name, phase, error }) => {
    if (error === null) return `${name} has ${phase === "finished" ? "read all its input" : "stopped"}.`;
    return `${name} failed: ${error.message}.${error.hint === null ? "" : ` ${error.hint}.`}`;
  });
  return `${told.join(" ")} The server has ended; the rows below are its last.`;
}

const meter = new RateMeter();
const rates: { at: number; rate: number }[] = [];
let spark: uPlot | null = null;

function drawJobs(state: JobsState): void {
  skewMs = state.now - Date.now();
  const rate = meter.observe(state);
  setText("rate", rate === null ? "–" : formatCount(Math.round(rate)));
  if (rate !== null) rates.push({ at: Date.now() / 1000, rate });
  if (rates.length > RATE_POINTS) rates.shift();
  drawSpark();
  const sources = state.jobs.flatMap((job) => job.sources);
  const unknown = sources.length === 0 || sources.some((source) => source.lag === null);
  setText("lag", unknown ? "–" : formatCount(sources.reduce((sum, source) => sum + (source.lag ?? 0), 0)));
  setText("lag-note", unknown ? "no known end" : "rows, or bytes of files");
  drawLate(state);
  drawLeftOut(sources);
  const ended = state.jobs.length > 0 && state.jobs.every((job) => job.phase === "finished");
  liveText = ended ? "Input used up" : "Live";
  if (byId("connection").dataset.state === "live") setText("connection", liveText);
  const holdback = sources.find((source) => source.holdback !== null)?.holdback;
  const silent = sources.length > 0 && sources.every((source) => source.idlePartitions === source.partitions);
  const free = silent ? "every partition is silent" : "watermark to now";
  behindNote = holdback == null ? free : `held by ${holdback.replace(/: lowest watermark$/, "")}`;
  const failed = state.jobs.find((job) => job.error !== null);
  const warning = sources.find((source) => source.lastWarning !== null)?.lastWarning ?? null;
  const hint = failed?.error?.hint == null ? "" : ` ${failed.error.hint}.`;
  jobTrouble = failed?.error == null ? warning : `${failed.name} failed: ${failed.error.message}.${hint}`;
}

function drawLate({ jobs }: JobsState): void {
  const sources = jobs.flatMap((job) => job.sources);
  const late = jobs.reduce((sum, job) => sum + lateRows(job), 0);
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const malformed = sources.reduce((sum, source) => sum + source.bad, 0);
  setText("late", formatCount(late));
  const share = late === 0 ? "none dropped" : `dropped, ${formatShare(late / rows)} of all`;
  setText("late-note", malformed === 0 ? share : `${share} · ${formatCount(malformed)} malformed`);
}

/** Decisions about silent partitions and rows that were skipped: nothing is left out in silence. */
function drawLeftOut(sources: readonly SourceState[]): void {
  const changes = sources.flatMap((source) => source.idleChanges).sort((a, b) => (a.at < b.at ? 1 : -1));
  const lines = changes.slice(0, LEFT_OUT_LINES).map(({ partition, idle, at }) => {
    const what = idle ? "is silent: the watermark goes on without it" : "has rows again: the watermark waits for it";
    return `${at.slice(11, 19)} ${partition} ${what}`;
  });
  const full = views.filter((view) => view.droppedRows > 0);
  lines.unshift(
    ...full.map(({ name, droppedRows }) => `${name} is full: ${formatCount(droppedRows)} old rows have left it`),
  );
  lines.unshift(...sources.flatMap(({ lastBadRow }) => (lastBadRow === null ? [] : [`Skipped: ${lastBadRow}`])));
  const count = sources.reduce((sum, source) => sum + source.idleChangeCount, 0);
  byId("left-out").hidden = lines.length === 0;
  setText("left-out-note", count === 0 ? "" : `${formatCount(count)} changes of silent partitions, the latest first`);
  const items = lines.map((line) => element("li", line));
  if (lines.join("") !== byId("left-out-list").textContent) byId("left-out-list").replaceChildren(...items);
}

function drawSpark(): void {
  const root = byId("rate-line");
  const data: uPlot.AlignedData = [rates.map(({ at }) => at), rates.map(({ rate }) => rate)];
  if (rates.length < 2) return;
  if (spark !== null) {
    spark.setSize({ width: root.clientWidth, height: 30 });
    spark.setData(data);
    return;
  }
  const stroke = cssColor("--series-1");
  spark = new uPlot(
    {
      width: root.clientWidth,
      height: 30,
      padding: [2, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { y: { range: (_, __, max) => [0, max * 1.1 || 1] } },
      series: [{}, { stroke, width: 1.5, fill: `${stroke}22`, points: { show: false } }],
    },
    data,
    root,
  );
}

interface ViewList {
  readonly views: readonly ViewInfo[];
  readonly version: string;
}

async function poll(): Promise<void> {
  try {
    const [list, jobs] = await Promise.all([fetchJson<ViewList>("/v1/views"), fetchJson<JobsState>("/v1/jobs")]);
    views = list.views;
    setText("version", `Millrace ${list.version}`);
    ownTrouble = null;
    lastWords = null;
    drawJobs(jobs);
    viewPicker.disabled = views.length === 0;
    const wanted = shown?.info.name ?? fragment().get("view");
    choose(
      viewPicker,
      views.map((view) => view.name),
      wanted,
    );
    const info = views.find((view) => view.name === viewPicker.value);
    if (info !== undefined && info.name !== shown?.info.name) showView(info);
    for (const id of ["pick", "rows-card"]) byId(id).hidden = views.length === 0;
    if (views.length === 0) {
      setText("connection", "No view");
      setText("chart-title", "Nothing to show");
      setText(
        "chart-empty",
        "No query of this script fills a view. CREATE MATERIALIZED VIEW name AS SELECT … makes one.",
      );
    }
  } catch (error) {
    ownTrouble = `The server does not answer: ${error instanceof Error ? error.message : String(error)}. Trying again.`;
  }
  drawTrouble();
  setTimeout(poll, POLL_MS);
}

viewPicker.onchange = () => {
  const info = views.find((view) => view.name === viewPicker.value);
  history.replaceState(null, "", `#${new URLSearchParams({ view: viewPicker.value })}`);
  if (info !== undefined) showView(info);
};
for (const picker of [valuePicker, groupPicker]) {
  picker.onchange = () => {
    remember();
    chart.clear();
    dirty = true;
  };
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  spark?.destroy();
  spark = null;
});
setInterval(() => {
  draw();
  drawPosition();
}, DRAW_EVERY_MS);
void poll();
