import { describe, expect, test } from "bun:test";
import { formatCell, formatCount, formatDuration, formatShare, parseJson } from "../../src/server/console/format.ts";
import { type JobState, lateRows, RateMeter } from "../../src/server/console/jobs.ts";
import {
  chartData,
  groupColumns,
  latestRows,
  type Row,
  RowStore,
  type ViewInfo,
  valueColumns,
} from "../../src/server/console/rows.ts";

const info: ViewInfo = {
  name: "v",
  columns: [
    { name: "window_start", type: "TIMESTAMP(3)", nullable: false },
    { name: "page", type: "STRING", nullable: true },
    { name: "hour", type: "INT", nullable: false },
    { name: "clicks", type: "BIGINT", nullable: false },
  ],
  primaryKey: null,
  windowColumn: "window_start",
  rows: 0,
  droppedRows: 0,
};
const at = (minute: number) => `2024-05-01 12:${String(minute).padStart(2, "0")}:00`;
const row = (minute: number, page: string | null, clicks: number): Row => ({
  window_start: at(minute),
  page,
  hour: 12,
  clicks,
});

describe("the console's rows", () => {
  test("measures can be drawn, keys tell series apart", () => {
    expect(valueColumns(info)).toEqual(["hour", "clicks"]);
    expect(groupColumns(info)).toEqual(["page"]);
    const keyed = { ...info, primaryKey: ["window_start", "page", "hour"] };
    expect([valueColumns(keyed), groupColumns(keyed)]).toEqual([["clicks"], ["page", "hour"]]);
  });

  test("the largest groups are series of their own, the others one, absent windows gaps", () => {
    const store = new RowStore(info);
    store.apply({
      rows: [row(1, "/a", 5), row(0, "/a", 4), row(0, "/b", 3), row(1, "/c", 2), row(1, null, 1), row(1, "/d", 1)],
    });
    const data = chartData(store, "window_start", { value: "clicks", group: "page", top: 2 });
    expect(data.times).toEqual([Date.UTC(2024, 4, 1, 12) / 1000, Date.UTC(2024, 4, 1, 12, 1) / 1000]);
    expect(data.series).toEqual([
      { name: "/a", other: false, values: [4, 5], total: 9 },
      { name: "/b", other: false, values: [3, null], total: 3 },
      { name: "3 others", other: true, values: [null, 4], total: 4 },
    ]);
    const together = chartData(store, "window_start", { value: "clicks", group: null, top: 2 });
    expect(together.series.map(({ values }) => values)).toEqual([[7, 9]]);
  });

  test("a window that lost rows to a limit is not drawn", () => {
    const store = new RowStore(info);
    const newest = [row(0, "/b", 3), row(1, "/a", 5), row(1, "/b", 4)];
    store.load({ rows: newest }, 4);
    expect(store.windows()).toEqual([at(0), at(1)]);
    store.load({ rows: newest }, 3);
    expect([store.windows(), store.size, store.cut]).toEqual([[at(1)], 2, false]);
    store.load({ rows: newest.slice(1) }, 2);
    expect([store.windows(), store.size, store.cut]).toEqual([[at(1)], 2, true]);
    const many = (minute: number) => Array.from({ length: 9000 }, (_, n) => row(minute, `/${n}`, n));
    store.load({ rows: many(2) }, 10_000);
    for (const minute of [3, 4]) store.apply({ rows: many(minute) });
    expect([store.windows(), store.size, store.cut]).toEqual([[at(3), at(4)], 18_000, false]);
    store.load({ rows: [] }, 1);
    store.apply({ rows: Array.from({ length: 20_001 }, (_, n) => row(5, `/${n}`, n)) });
    expect([store.windows(), store.size, store.cut]).toEqual([[at(5)], 20_000, true]);
  });

  test("a row that two queries call late is one", () => {
    const queries = [
      { source: 0, late: 7 },
      { source: 0, late: 5 },
      { source: 1, late: 1 },
    ];
    const source = { partition: "p" } as unknown as JobState["sources"][number];
    const job = { id: "1", name: "n", phase: "running", at: "", sources: [source, source], queries, error: null };
    expect(lateRows(job)).toBe(8);
  });

  test("a share says what is small and never that something is nothing", () => {
    expect([0, 0.00123, 0.5, 1e-9].map(formatShare)).toEqual(["0 %", "0.12 %", "50 %", "< 0.001 %"]);
  });

  test("changes replace by key, retract and delete", () => {
    const store = new RowStore({ ...info, primaryKey: ["page"] });
    store.apply({ rows: [row(0, "/a", 1), row(0, "/b", 2)] });
    store.apply({ rows: [row(0, "/a", 1), row(0, "/a", 9), row(0, "/b", 2)], ops: ["-U", "+U", "-D"] });
    expect([...store.rows()]).toEqual([row(0, "/a", 9)]);
  });

  test("old windows and rows beyond the bounds are let go", () => {
    const store = new RowStore(info);
    const minutes = (n: number) =>
      `2024-05-${String(1 + Math.floor(n / 1440)).padStart(2, "0")} ${new Date(n * 60_000).toISOString().slice(11, 19)}`;
    store.apply({ rows: Array.from({ length: 300 }, (_, n) => ({ ...row(0, "/a", n), window_start: minutes(n) })) });
    expect(store.windows().length).toBe(240);
    expect(store.windows()[0]).toBe(minutes(60));
    store.apply({
      rows: Array.from({ length: 25_000 }, (_, n) => ({ ...row(0, "/a", n), window_start: minutes(299) })),
    });
    expect(store.size).toBe(20_000);
  });

  test("the table has the newest window first, in it the largest value", () => {
    const store = new RowStore(info);
    store.apply({ rows: [row(0, "/a", 1), row(1, "/b", 2), row(1, "/c", 3), row(0, "/d", 4)] });
    const pages = (limit: number) =>
      latestRows(store, "window_start", { value: "clicks", limit }).map(({ page }) => page);
    expect(pages(9)).toEqual(["/c", "/b", "/d", "/a"]);
    expect(pages(2)).toEqual(["/c", "/b"]);
  });
});

describe("the console's texts", () => {
  test("durations read as people say them", () => {
    const texts = [-5, 850, 4230, 65_000, 3_600_000, 187_000_000].map(formatDuration);
    expect(texts).toEqual(["0 ms", "850 ms", "4.2 s", "1 min 5 s", "1 h", "2 d 3 h"]);
  });

  test("numbers keep their digits", () => {
    expect(formatCell(parseJson<{ n: bigint }>('{"n":-9007199254740993}').n)).toBe("-9,007,199,254,740,993");
    expect([formatCell(10.5, "DECIMAL(12, 2)"), formatCell(null), formatCount(1_234_567)]).toEqual([
      "10.50",
      "NULL",
      "1.2M",
    ]);
  });

  test("the rate is by the job's own clock, and starts anew when the job does", () => {
    const meter = new RateMeter();
    const look = (seconds: number, records: number, phase = "running") => {
      const source = {
        name: "s",
        records,
        rows: records,
        bad: 0,
        partitions: 1,
        idlePartitions: 0,
        lag: 0,
        watermark: null,
        holdback: null,
        lastWarning: null,
        lastBadRow: null,
        idleChanges: [],
        idleChangeCount: 0,
      };
      const time = new Date(seconds * 1000).toISOString();
      return meter.observe({
        now: 0,
        jobs: [{ id: "j", name: "j", phase, at: time, sources: [source], queries: [], error: null }],
      });
    };
    expect([look(0, 0), look(2, 100), look(2, 100), look(3, 90), look(4, 100), look(5, 100, "finished")]).toEqual([
      null,
      50,
      50,
      null,
      10,
      0,
    ]);
  });
});
