/**
 * Late rows as a table: every row that a window query refuses, once a query, with the window, the watermark and how late it was,
 * against plain code that judges row by row; the same for every split of the records.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { type OracleRow, type OracleSpec, windowsOf } from "../oracle/windows.ts";
import { sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const DELAY_MS = 5_000;
const tableWith = (options: string): string => `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), shout AS UPPER(page), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json', ${options});
`;
const LATE = "'late.policy' = 'side-output', 'late.table' = 'late_clicks'";

interface Shape {
  readonly text: string;
  readonly spec: Omit<OracleSpec, "delayMs">;
}

const windows: readonly Shape[] = [
  {
    text: "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)",
    spec: { kind: "tumbling", sizeMs: 10_000, offsetMs: 3_000 },
  },
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND, INTERVAL '-9' SECOND)",
    spec: { kind: "hopping", sizeMs: 10_000, stepMs: 4_000, offsetMs: -9_000 },
  },
  {
    text: "CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '15' SECOND, INTERVAL '1' MINUTE)",
    spec: { kind: "cumulating", sizeMs: 60_000, stepMs: 15_000, offsetMs: 0 },
  },
];

const query = (text: string): string =>
  `SELECT window_start, window_end, page, COUNT(*) FROM TABLE(${text}) WHERE user_id > 0 GROUP BY window_start, window_end, page;`;

/** Rows that all their windows refused: page, shout, time, window, watermark, lateness. In µs, as the engine has times. */
function lateRows(rows: Iterable<OracleRow>, spec: OracleSpec, allowedMs: number, label: string): CellValue[][] {
  const watermarks = new Map<number, number>();
  const late: CellValue[][] = [];
  for (const row of rows) {
    if (row.timeMs === null) continue;
    const before = watermarks.get(row.partition) ?? Number.NEGATIVE_INFINITY;
    watermarks.set(row.partition, Math.max(before, row.timeMs - spec.delayMs));
    const ends = windowsOf(row.timeMs, spec).sort((a, b) => a.end - b.end);
    const last = ends.at(-1);
    if (last === undefined || before - allowedMs < last.end - 1) continue;
    const us = (ms: number): bigint => BigInt(ms) * 1000n;
    const shout = row.key === null ? null : row.key.toUpperCase();
    const times = [us(row.timeMs), shout, us(last.start), us(last.end), us(before), BigInt(before - (last.end - 1))];
    late.push([row.user, row.key, ...times, label]);
  }
  return late;
}

async function run(sql: string, seed: number, maxBatch: number) {
  const records = windowRows(seed).map((rows) => rows.map(rowJson));
  return runSimulated(sql, () => new SimulatedSource(records, { seed: seed * 31 + maxBatch, maxBatch }));
}

for (const { text, spec } of windows) {
  describe(`late rows of ${text}`, () => {
    for (const seed of [1, 2, 3]) {
      test.each([7, 600, 5000])(`are those of plain code, seed ${seed}, batches of up to %p`, async (maxBatch) => {
        const { sinks, status } = await run(`${tableWith(LATE)} ${query(text)}`, seed, maxBatch);
        const expected = lateRows(windowRows(seed).flat(), { ...spec, delayMs: DELAY_MS }, 0, "select 1");
        expect(expected.length).toBeGreaterThan(0);
        expect(sorted(sinks[1]?.rows ?? [])).toEqual(sorted(expected));
        const [counters, view] = status.queries;
        expect(counters?.late).toBe(expected.length);
        expect(view).toMatchObject({
          label: "late rows of clicks",
          emitted: expected.length,
          counted: expected.length,
        });
      });
    }
  });
}

describe("a late table", () => {
  const [tumbling, hopping] = windows;
  const [first, second] = [tumbling?.text ?? "", hopping?.text ?? ""];

  test("has a row once for every query that refused it", async () => {
    const { sinks } = await run(`${tableWith(LATE)} ${query(first)} ${query(second)}`, 2, 600);
    const rows = windowRows(2).flat();
    const expected = [tumbling, hopping].flatMap((one, i) =>
      lateRows(rows, { ...(one as Shape).spec, delayMs: DELAY_MS }, 0, `select ${i + 1}`),
    );
    expect(sorted(sinks[2]?.rows ?? [])).toEqual(sorted(expected));
  });

  test("is read by queries that select and filter, for every query that refuses", async () => {
    const read =
      "SELECT refused_by, lateness_ms / 1000, page FROM late_clicks WHERE lateness_ms >= 20000 AND user_id IS NOT NULL;";
    const { sinks, status } = await run(`${tableWith(LATE)} ${read} ${query(first)} ${query(second)}`, 3, 50);
    const all = sinks[3]?.rows ?? [];
    const kept = all.filter((row) => (row[7] as bigint) >= 20_000n && row[0] !== null);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(all.length);
    const expected = kept.map((row) => [row[8] as CellValue, (row[7] as bigint) / 1000n, row[1] as CellValue]);
    expect(sorted(sinks[0]?.rows ?? [])).toEqual(sorted(expected));
    expect(status.queries[0]).toMatchObject({
      rows: all.length,
      counted: kept.length,
      filtered: all.length - kept.length,
    });
  });

  test("holds what an allowance refuses", async () => {
    const allowed = "'late.policy' = 'update', 'late.allowed' = '30 s', 'late.table' = 'late_clicks'";
    const { sinks } = await run(`${tableWith(allowed)} ${query(first)}`, 1, 600);
    const spec = { ...(tumbling as Shape).spec, delayMs: DELAY_MS };
    const expected = lateRows(windowRows(1).flat(), spec, 30_000, "select 1");
    expect(expected.length).toBeGreaterThan(0);
    expect(sorted(sinks[1]?.rows ?? [])).toEqual(sorted(expected));
  });

  test("is written into a declared table of its name, column by column", async () => {
    const declared = (columns: string): string =>
      `CREATE TABLE late_clicks (${columns}) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');`;
    const columns = "lateness_ms BIGINT, refused_by STRING, page STRING";
    const served = await run(`${tableWith(LATE)} ${query(first)}`, 2, 600);
    const expected = served.sinks[1]?.rows.map((row) => [row[7], row[8], row[1]] as CellValue[]) ?? [];
    for (const script of [declared(columns) + tableWith(LATE), tableWith(LATE) + declared(columns)]) {
      const { sinks } = await run(`${script} ${query(first)}`, 2, 600);
      expect(sorted(sinks[1]?.rows ?? [])).toEqual(sorted(expected));
    }
    const errors = (text: string): string[] =>
      planText({ text: `${declared(text)} ${tableWith(LATE)} ${query(first)}`, settings: {} }).errors.map(
        ({ message }) => message,
      );
    expect(errors("lateness BIGINT, refused_by DATE")).toEqual([
      '"late_clicks" has a column "lateness", but late rows of clicks have none of that name',
      'column "refused_by" of "late_clicks" is DATE, but late rows of clicks have STRING',
    ]);
  });

  test("says by which watermark of the table rows were refused, where that judges", async () => {
    const records = [windowRows(2).flat().map(rowJson).slice(0, 2000)];
    const rows = async (options: string) => {
      const one = () => new SimulatedSource(records, { seed: 1, maxBatch: 1 });
      return (await runSimulated(`${tableWith(options)} ${query(second)}`, one)).sinks[1]?.rows ?? [];
    };
    const own = await rows(LATE);
    expect(own.length).toBeGreaterThan(0);
    expect(await rows(`${LATE}, 'late.judged-by' = 'table'`)).toEqual(own);
  });

  test("says the table's watermark also where the row's own partition is ahead of it", async () => {
    const at = (ms: number): string => rowJson({ partition: 0, timeMs: 1_714_521_600_000 + ms, key: "p", user: 1n });
    const ahead = [at(600_000), ...Array.from({ length: 400 }, (_, i) => at(i))];
    const behind = Array.from({ length: 3000 }, (_, i) => at(i * 100));
    const sql = `${tableWith(`${LATE}, 'late.judged-by' = 'table'`)} ${query(first)}`;
    const { sinks } = await runSimulated(sql, () => new SimulatedSource([ahead, behind], { seed: 1, maxBatch: 1 }));
    const marks = (sinks[1]?.rows ?? []).map((row) => row[6] as bigint);
    expect(marks.length).toBeGreaterThan(0);
    for (const mark of marks) expect(mark).toBeLessThan(BigInt(1_714_521_600_000 + 300_000) * 1000n);
  });

  test("changes nothing in the results of the query", async () => {
    const { sinks } = await run(`${tableWith(LATE)} ${query(second)}`, 3, 600);
    const without = await run(`${tableWith("'late.policy' = 'drop'")} ${query(second)}`, 3, 600);
    expect(without.sinks.length).toBe(1);
    expect(sinks[0]?.rows).toEqual(without.sinks[0]?.rows as never);
  });
});

describe("what is refused", () => {
  const errors = (sql: string): string[] => planText({ text: sql, settings: {} }).errors.map(({ message }) => message);
  const read = query(windows[0]?.text ?? "");

  test("names and options that do not go together", () => {
    expect(errors(tableWith("'late.policy' = 'side-output'"))[0]).toContain('option "late.table" is missing');
    expect(errors(tableWith("'late.policy' = 'drop', 'late.table' = 'x'"))[0]).toContain(
      'option "late.table" does nothing',
    );
    expect(errors(tableWith("'late.table' = '../x'"))[0]).toContain('option "late.table" is "../x"');
    expect(errors(tableWith("'late.table' = 'clicks'"))).toEqual(['"clicks" exists already']);
    expect(errors(tableWith(LATE).replace("page STRING", "page STRING, refused_by STRING"))).toEqual([
      'the late rows of the table have a column "refused_by" of their own',
    ]);
  });

  test("sessions: what they refuse would not be in the table", () => {
    const sessions = query("SESSION(TABLE clicks PARTITION BY page, DESCRIPTOR(ts), INTERVAL '3' SECOND)");
    expect(errors(`${tableWith("'late.policy' = 'drop'")} ${sessions}`)).toEqual([]);
    for (const options of [LATE, "'late.table' = 'late_clicks'", "'late.judged-by' = 'table'"])
      expect(errors(`${tableWith(options)} ${sessions}`)[0]).toContain("sessions whose rows leave early");
  });

  test("hints, and queries that keep state of late rows", () => {
    expect(
      errors(`${tableWith(LATE)} SELECT page FROM clicks /*+ OPTIONS('scan.watermark.idle-timeout' = '1 s') */;`)[0],
    ).toContain("a hint on a table with 'late.table'");
    expect(errors(`${tableWith(LATE)} ${read} SELECT page, COUNT(*) FROM late_clicks GROUP BY page;`)).toEqual([
      "grouping, joins, windows or OVER on late rows is not part of this release",
    ]);
    expect(
      errors(`${tableWith(LATE)} SELECT page, COUNT(*) OVER (PARTITION BY page ORDER BY ts) FROM clicks;`),
    ).toEqual(["'late.table' on a table that OVER reads is not part of this release"]);
    expect(errors(`${tableWith(LATE)} INSERT INTO late_clicks SELECT * FROM clicks;`)).toEqual([
      '"late_clicks" is a table of late rows: nothing can be inserted',
    ]);
  });
});
