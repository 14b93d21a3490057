/** OVER and ranks on joined rows, against plain code. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const table = (name: string): string => `
  CREATE TABLE ${name} (id BIGINT, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'json');`;
const counts = (name: string): string => `
  CREATE VIEW ${name}_counts AS SELECT window_start, window_end, window_time, id, COUNT(*) AS c, SUM(n) AS total
  FROM TABLE(TUMBLE(TABLE ${name}, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, id;`;

interface Row {
  readonly id: number;
  readonly n: number;
  readonly timeMs: number;
}

function rowsOf(seed: number): Row[] {
  const random = seededRandom(seed);
  let now = 1_714_521_600_000;
  return Array.from({ length: 200 + Math.floor(random() * 300) }, () => {
    now += Math.floor(random() * 300);
    return { id: Math.floor(random() * 12), n: Math.floor(random() * 100), timeMs: now - Math.floor(random() * 4000) };
  });
}

async function run(seed: number, sql: string): Promise<CollectingSink> {
  const records = (name: string): string[] =>
    rowsOf(name === "a" ? seed : seed + 100).map(({ timeMs, ...row }) =>
      JSON.stringify({ ...row, ts: new Date(timeMs).toISOString().replace("T", " ").replace("Z", "") }),
    );
  const script = `${table("a")}${table("b")}${counts("a")}${counts("b")} ${sql}`;
  const { sinks } = await runSimulated(script, (name) => new SimulatedSource([records(name)], { seed, maxBatch: 40 }));
  return sinks[0] as CollectingSink;
}

interface Count {
  readonly start: number;
  readonly id: number;
  readonly c: number;
  readonly total: number;
}

/** By window, then id. */
function countsOf(seed: number): Count[] {
  const groups = Map.groupBy(rowsOf(seed), ({ id, timeMs }) => `${Math.floor(timeMs / 10_000)} ${id}`);
  const made = [...groups.values()].map((rows): Count => {
    const [first] = rows as [Row];
    const start = Math.floor(first.timeMs / 10_000) * 10_000;
    return { start, id: first.id, c: rows.length, total: rows.reduce((sum, { n }) => sum + n, 0) };
  });
  return made.sort((x, y) => x.start - y.start || x.id - y.id);
}

const joined = (seed: number): { readonly left: Count; readonly right: Count }[] => {
  const right = new Map(countsOf(seed + 100).map((count) => [`${count.start} ${count.id}`, count]));
  return countsOf(seed).flatMap((left) => {
    const met = right.get(`${left.start} ${left.id}`);
    return met === undefined ? [] : [{ left, right: met }];
  });
};

const join = `SELECT a_counts.window_start AS window_start, a_counts.window_end AS window_end, a_counts.window_time AS window_time,
  a_counts.id AS id, a_counts.c AS c, b_counts.total AS total
  FROM a_counts JOIN b_counts ON a_counts.window_start = b_counts.window_start AND a_counts.window_end = b_counts.window_end AND a_counts.id = b_counts.id`;
const seeds = [1, 2, 3, 4];

describe("on the rows of a window join", () => {
  test.each(seeds)("ranks are those in the window (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT window_start, id, c, total FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY total DESC, id) AS rn FROM (${join})) WHERE rn <= 3;`,
    );
    const windows = [...Map.groupBy(joined(seed), ({ left }) => left.start).values()];
    const expected = windows.flatMap((rows) =>
      rows
        .toSorted((x, y) => y.right.total - x.right.total || x.left.id - y.left.id)
        .slice(0, 3)
        .map(({ left, right }) => [BigInt(left.start) * 1000n, BigInt(left.id), BigInt(left.c), BigInt(right.total)]),
    );
    expect(sink.rows).toEqual(expected);
    expect(expected.length).toBeGreaterThan(5);
  });

  test.each(seeds)("OVER goes by window_time (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT window_start, id, SUM(total) OVER (PARTITION BY id ORDER BY window_time), COUNT(*) OVER (ORDER BY window_time) FROM (${join});`,
    );
    const rows = joined(seed);
    const expected = rows.map(({ left }): CellValue[] => {
      const before = rows.filter((row) => row.left.start <= left.start);
      const own = before.filter((row) => row.left.id === left.id).reduce((sum, { right }) => sum + right.total, 0);
      return [BigInt(left.start) * 1000n, BigInt(left.id), BigInt(own), BigInt(before.length)];
    });
    expect(sorted(sink.rows)).toEqual(sorted(expected));
  });
});

describe("on the rows of a join", () => {
  test.each(seeds)("ranks change while rows come (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT id, n, best FROM (
         SELECT x.id AS id, x.n AS n, y.n AS best, ROW_NUMBER() OVER (PARTITION BY x.id, x.n ORDER BY y.n DESC, y.ts) AS rn
         FROM a x, b y WHERE x.id = y.id AND y.ts BETWEEN x.ts AND x.ts + INTERVAL '20' SECOND) WHERE rn <= 1;`,
    );
    const right = rowsOf(seed + 100);
    const best = new Map<string, CellValue[]>();
    for (const { id, n, timeMs } of rowsOf(seed)) {
      for (const other of right) {
        if (other.id !== id || other.timeMs < timeMs || other.timeMs > timeMs + 20_000) continue;
        const key = `${id} ${n}`;
        const known = best.get(key)?.[2] as bigint | undefined;
        if (known === undefined || BigInt(other.n) > known) best.set(key, [BigInt(id), BigInt(n), BigInt(other.n)]);
      }
    }
    expect(sorted(applied(sink))).toEqual(sorted([...best.values()]));
    expect(best.size).toBeGreaterThan(5);
  });
});
