/**
 * Session windows against a naive oracle: the rows one after the other, in order of arrival, each against all sessions of its key.
 * One partition, so that the order of arrival is the order of rows; batch breaks and the moments of advance come from the seed.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { sorted } from "./changelog.ts";
import { type CollectingSink, kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const table = `CREATE TABLE clicks (who STRING, n BIGINT, word STRING, score DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');`;

interface Click {
  readonly who: string | null;
  readonly n: number | null;
  readonly word: string | null;
  readonly score: number | null;
  readonly at: number;
}

interface Shape {
  readonly keys: number;
  /** Steps of event time from row to row, and how far rows are out of order, in ms. */
  readonly step: number;
  readonly jitter: number;
  readonly rows: number;
}

function shapeOf(seed: number): Shape {
  const random = seededRandom(seed * 7 + 1);
  const pick = (values: readonly number[]): number => values[Math.floor(random() * values.length)] as number;
  return {
    keys: pick([1, 3, 20, 400]),
    step: pick([20, 150, 900, 4000]),
    jitter: pick([0, 1500, 6000, 30_000]),
    rows: pick([50, 700, 3000]),
  };
}

function clicksOf(seed: number, { keys, step, jitter, rows }: Shape): Click[] {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  let now = 1_714_521_600_000;
  return Array.from({ length: rows }, () => {
    // Now and then a break in which every session ends.
    now += random() < 0.01 ? 40_000 : pick(step);
    return {
      who: random() < 0.03 ? null : `u${pick(keys)}${"long ".repeat(pick(2) * 5)}`,
      n: random() < 0.1 ? null : pick(100),
      word: random() < 0.1 ? null : `w${pick(30)}${"é".repeat(pick(3))}`,
      score: random() < 0.1 ? null : pick(40) / 8,
      at: now - pick(jitter + 1),
    };
  });
}

const lineOf = ({ at, ...click }: Click): string =>
  JSON.stringify({ ...click, ts: new Date(at).toISOString().replace("T", " ").replace("Z", "") });

interface Session {
  start: number;
  end: number;
  readonly rows: Click[];
}

/** Sessions of every key, and how many rows were late. `marks`: the watermark each row is judged by. */
function oracle(
  clicks: readonly Click[],
  gap: number,
  keyOf: (click: Click) => string,
  marks: readonly number[] | null = null,
): { all: [string, Session][]; late: number } {
  const open = new Map<string, Session[]>();
  const all: [string, Session][] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  for (const [i, click] of clicks.entries()) {
    if (marks !== null) watermark = marks[i] as number;
    const key = keyOf(click);
    const own: Session = { start: click.at, end: click.at + gap, rows: [click] };
    const sessions = (open.get(key) ?? []).filter(({ end }) => end - 1 > watermark);
    const touching = sessions.filter(({ start, end }) => own.start <= end && own.end >= start);
    for (const one of touching) {
      own.start = Math.min(own.start, one.start);
      own.end = Math.max(own.end, one.end);
      own.rows.push(...one.rows);
      all.splice(
        all.findIndex(([, other]) => other === one),
        1,
      );
    }
    const kept = sessions.filter((one) => !touching.includes(one));
    if (own.end - 1 <= watermark) late++;
    else {
      kept.push(own);
      all.push([key, own]);
    }
    open.set(key, kept);
    watermark = Math.max(watermark, click.at - 2000);
  }
  return { all, late };
}

const micros = (ms: number): bigint => BigInt(ms) * 1000n;
const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value) => value !== null);

function resultOf([, { start, end, rows }]: [string, Session]): CellValue[] {
  const ns = present(rows.map(({ n }) => n));
  const words = present(rows.map(({ word }) => word));
  const scores = present(rows.map(({ score }) => score));
  const byBytes = words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return [
    rows[0]?.who ?? null,
    micros(start),
    micros(end),
    BigInt(rows.length),
    ns.length === 0 ? null : BigInt(ns.reduce((a, b) => a + b, 0)),
    ns.length === 0 ? null : BigInt(Math.min(...ns)),
    byBytes.at(-1) ?? null,
    BigInt(new Set(words).size),
    BigInt(new Set(ns).size),
    BigInt(new Set(words).size),
    scores.length === 0 ? null : scores.reduce((a, b) => a + b, 0) / scores.length,
  ];
}

const calls =
  "COUNT(*), SUM(n), MIN(n), MAX(word), COUNT(DISTINCT word), COUNT(DISTINCT n), APPROX_COUNT_DISTINCT(word, 14), AVG(score)";

async function run(
  seed: number,
  clicks: readonly Click[],
  sql: string,
): Promise<{ sink: CollectingSink; late: number }> {
  const source = () =>
    new SimulatedSource([clicks.map(lineOf)], { seed, maxBatch: [1, 7, 300, 5000][seed % 4] as number });
  const { sinks, status } = await runSimulated(`${table} ${sql}`, source);
  const [counters] = status.queries;
  expect(counters?.rows).toBe((counters?.counted ?? 0) + (counters?.late ?? 0) + (counters?.filtered ?? 0));
  expect(counters?.openWindows).toBe(0);
  expect(counters?.groups).toBe(0);
  return { sink: sinks[0] as CollectingSink, late: counters?.late ?? -1 };
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 4 }, (_, i) => 100 + i),
);

describe("session windows", () => {
  test.each(seeds)("per key: rows, lengths and late rows are the oracle's (seed %p)", async (seed) => {
    const clicks = clicksOf(seed, shapeOf(seed));
    const gap = [1000, 5000, 10_000][seed % 3] as number;
    const { sink, late } = await run(
      seed,
      clicks,
      `SELECT who, window_start, window_end, ${calls}
       FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '${gap / 1000}' SECOND)) GROUP BY who, window_start, window_end`,
    );
    const expected = oracle(clicks, gap, ({ who }) => String(who));
    expect(late).toBe(expected.late);
    expect(sorted(sink.rows)).toEqual(sorted(expected.all.map(resultOf)));
    const ends = sink.rows.map((row) => row[2] as bigint);
    expect(ends).toEqual(ends.toSorted((a, b) => Number(a - b)));
  });

  test.each(seeds)("over all rows, without a key (seed %p)", async (seed) => {
    const clicks = clicksOf(seed, { ...shapeOf(seed), step: 3000 }).map((click) => ({ ...click, who: null }));
    const { sink, late } = await run(
      seed,
      clicks,
      `SELECT CAST(NULL AS STRING), window_start, window_end, ${calls}
       FROM SESSION(DATA => TABLE clicks, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '2' SECOND) GROUP BY window_start, window_end`,
    );
    const expected = oracle(clicks, 2000, () => "");
    expect(late).toBe(expected.late);
    expect(sorted(sink.rows)).toEqual(sorted(expected.all.map(resultOf)));
  });

  test.each(seeds)("several partitions: the canonical sequence, however they are read (seed %p)", async (seed) => {
    const shape = { ...shapeOf(seed), jitter: [0, 4000, 15_000][seed % 3] as number };
    const parts = [0, 1, 2].slice(0, 2 + (seed % 2)).map((part) => clicksOf(seed * 10 + part, shape));
    const sequence = parts
      .flatMap((clicks, part) => {
        let watermark = Number.NEGATIVE_INFINITY;
        return clicks.map((click, position) => {
          const before = watermark;
          watermark = Math.max(watermark, click.at - 2000);
          return { click, before, part, position };
        });
      })
      .toSorted((a, b) => a.before - b.before || a.part - b.part || a.position - b.position);
    const expected = oracle(
      sequence.map(({ click }) => click),
      5000,
      ({ who }) => String(who),
      sequence.map(({ before }) => before),
    );
    const sql = `SELECT who, window_start, window_end, ${calls} FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '5' SECOND))
      WHERE n IS NULL OR n >= 0 GROUP BY who, window_start, window_end`;
    for (const reading of [1, 2, 3]) {
      const source = () =>
        new SimulatedSource(
          parts.map((clicks) => clicks.map(lineOf)),
          { seed: seed * 31 + reading, maxBatch: [3, 90, 5000][reading % 3] as number },
        );
      const { sinks, status } = await runSimulated(`${table} ${sql}`, source);
      expect(status.queries[0]?.late).toBe(expected.late);
      expect(sorted(sinks[0]?.rows ?? [])).toEqual(sorted(expected.all.map(resultOf)));
    }
  });

  test("Flink's older form and Spark's say the same", async () => {
    const clicks = clicksOf(3, { keys: 5, step: 900, jitter: 3000, rows: 800 });
    const forms = [
      "SELECT who, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY who, window_start, window_end",
      "SELECT who, SESSION_START(ts, INTERVAL '4' SECOND), SESSION_END(ts, INTERVAL '4' SECOND), COUNT(*) FROM clicks GROUP BY SESSION(ts, INTERVAL '4' SECOND), who",
      "SELECT who, session_window.start, session_window.end, COUNT(*) FROM clicks GROUP BY who, session_window(ts, '4 seconds')",
    ];
    const all = await Promise.all(forms.map((sql) => run(3, clicks, sql)));
    expect(all[0]?.sink.rows.length).toBeGreaterThan(20);
    for (const { sink } of all) expect(sink.rows).toEqual(all[0]?.sink.rows as CellValue[][]);
  });

  test("rows exactly the gap apart share a session; a millisecond more does not", async () => {
    const at = 1_714_521_600_000;
    const click = { who: "a", n: 1, word: null, score: null };
    const clicks = [0, 5000, 10_001].map((ms) => ({ ...click, at: at + ms }));
    const { sink } = await run(1, clicks, "SELECT COUNT(*) FROM clicks GROUP BY who, SESSION(ts, INTERVAL '5' SECOND)");
    expect(sink.rows).toEqual([[2n], [1n]]);
  });

  test("a row whose own window has closed counts where it touches an open session", async () => {
    const at = 1_714_521_600_000;
    const click = { who: "a", n: 1, word: null, score: null };
    // The watermark is at 10 s when the row of 4 s comes: [4 s, 9 s) is over, [8 s, 17 s) is not.
    const clicks = [8000, 12_000, 4000, 3000].map((ms) => ({ ...click, at: at + ms }));
    const { sink, late } = await run(
      1,
      clicks,
      "SELECT SESSION_START(ts, INTERVAL '5' SECOND), COUNT(*) FROM clicks GROUP BY who, SESSION(ts, INTERVAL '5' SECOND)",
    );
    expect(sink.rows).toEqual([[micros(at + 3000), 4n]]);
    expect(late).toBe(0);
  });

  test("results are grouped again, windowed by their time and joined", async () => {
    const clicks = clicksOf(5, { keys: 8, step: 900, jitter: 2000, rows: 600 });
    const sql = (rest: string): string =>
      `CREATE VIEW s AS SELECT who, window_start AS ws, window_end AS we, window_time AS wt, COUNT(*) AS c
         FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY who, window_start, window_end, window_time;
       ${rest}`;
    const all = oracle(clicks, 4000, ({ who }) => String(who)).all;
    const tumbled = await run(
      5,
      clicks,
      sql(
        "SELECT window_end, SUM(c) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(wt), INTERVAL '30' SECOND)) GROUP BY window_start, window_end",
      ),
    );
    const ends = Map.groupBy(all, ([, { end }]) => Math.floor((end - 1) / 30_000) * 30_000 + 30_000);
    expect(sorted(tumbled.sink.rows)).toEqual(
      sorted(
        [...ends].map(([end, some]) => [micros(end), BigInt(some.reduce((sum, [, { rows }]) => sum + rows.length, 0))]),
      ),
    );
  });

  test("memory is given back: keys that never come again, and one session without end", () => {
    const { plan } = planText({
      text: `${table} SELECT who, COUNT(*), COUNT(DISTINCT word), MAX(word) FROM clicks GROUP BY who, SESSION(ts, INTERVAL '5' SECOND);`,
      settings: {},
    });
    if (plan === null) throw new Error("the script plans");
    const { program } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const used: number[] = [];
    let emitted = 0;
    for (let round = 0; round < 60; round++) {
      const at = 1_714_521_600_000 + round * 4000;
      const lines = Array.from({ length: 1500 }, (_, i) =>
        lineOf({
          who: i === 0 ? "always" : `u${round} ${i}${"long ".repeat(8)}`,
          n: i,
          word: `w${round % 9}`,
          score: null,
          at,
        }),
      );
      feed(
        kernel,
        lines.map((text) => ({ text })),
      );
      kernel.advance(0, at - 2000);
      while (kernel.emitVector(0)) emitted += kernel.takeOutput(0)?.rows ?? 0;
      used.push(kernel.usedBytes);
    }
    expect(emitted).toBeGreaterThan(1499 * 55);
    expect(Math.max(...used.slice(30))).toBeLessThanOrEqual(Math.max(...used.slice(5, 30)));
    expect(kernel.queryCounters(0).openWindows).toBeLessThan(5000);
    kernel.dropQuery(0);
    expect(kernel.queryCounters(0)).toMatchObject({ stateBytes: 0, groups: 0 });
  });

  test.each([
    [
      "SELECT who FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '5' SECOND))",
      "SESSION without GROUP BY",
    ],
    [
      "SELECT n, COUNT(*) FROM TABLE(SESSION(TABLE clicks PARTITION BY who, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY n, window_start, window_end",
      "other than what the sessions are of",
    ],
    [
      "SELECT COUNT(*) FROM clicks GROUP BY SESSION(ts, INTERVAL '0' SECOND)",
      "the gap of a window must be more than 0",
    ],
    ["SET 'emit' = 'on-update'; SELECT COUNT(*) FROM clicks GROUP BY SESSION(ts, INTERVAL '5' SECOND)", "leave early"],
  ])("refused: %s", (sql, words) => {
    const [first] = planText({ text: `${table} ${sql};`, settings: {} }).errors;
    expect(first?.message).toContain(words);
  });
});
