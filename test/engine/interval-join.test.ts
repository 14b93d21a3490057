/**
 * Joins by time against nested loops over the rows themselves: two rows meet when they are equal and close, and each was open yet for
 * the watermark of the other's own partition. Partitions, how they are read, batch breaks, bounds and rows that come late are from
 * the seed.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { sorted } from "./changelog.ts";
import { kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";
import { delays, type Judged, judged, type Parts, type Row, rowsOf, run, START, stamp, tables } from "./two-tables.ts";

type JoinType = "INNER" | "LEFT" | "RIGHT" | "FULL";

interface Expected {
  readonly rows: CellValue[][];
  readonly late: number;
  readonly missed: number;
}

/** `least` and `most`: of a ship's time less an order's. */
function nestedLoops(parts: Parts, bounds: { least: number; most: number }, type: JoinType): Expected {
  const { least, most } = bounds;
  const [left, right] = [judged(parts.orders, delays.orders), judged(parts.ships, delays.ships)];
  const keeps = { left: type === "LEFT" || type === "FULL", right: type === "RIGHT" || type === "FULL" };
  const rows: CellValue[][] = [];
  const met = new Set<Judged>();
  for (const l of left) {
    for (const r of right) {
      if (l.item === null || l.item !== r.item) continue;
      if (r.ts - l.ts < least || r.ts - l.ts > most) continue;
      if (r.ts - least <= l.before || l.ts + most <= r.before) continue;
      rows.push([BigInt(l.id), BigInt(r.id), l.item, r.item]);
      met.add(l).add(r);
    }
  }
  if (keeps.left) for (const l of left) if (!met.has(l)) rows.push([BigInt(l.id), null, l.item, null]);
  if (keeps.right) for (const r of right) if (!met.has(r)) rows.push([null, BigInt(r.id), null, r.item]);
  const over = (row: Judged): boolean => row.item !== null && row.ts + most - least <= row.before;
  const late = [...(keeps.left ? [] : left.filter(over)), ...(keeps.right ? [] : right.filter(over))].length;
  const missed = [...left, ...right].filter((row) => row.item !== null && !over(row) && row.ts <= row.before).length;
  return { rows, late, missed };
}

const seconds = (ms: number): string => `${ms < 0 ? "-" : "+"} INTERVAL '${(Math.abs(ms) / 1000).toFixed(3)}' SECOND`;

/** The bounds in one of the ways to write them. */
function boundsText({ least, most }: { least: number; most: number }, way: number): string {
  switch (way % 5) {
    case 0:
      return `s.ts BETWEEN o.ts ${seconds(least)} AND o.ts ${seconds(most)}`;
    case 1:
      return `o.ts BETWEEN s.ts ${seconds(-most)} AND s.ts ${seconds(-least)}`;
    case 2:
      return `s.ts >= o.ts ${seconds(least)} AND o.ts >= s.ts ${seconds(-most)}`;
    case 3:
      return `o.ts ${seconds(least - 1)} < s.ts AND s.ts < o.ts ${seconds(most + 1)}`;
    default:
      return `s.ts ${seconds(-least)} >= o.ts AND o.ts ${seconds(most)} >= s.ts`;
  }
}

function boundsOf(seed: number): { least: number; most: number } {
  const random = seededRandom(seed + 77);
  const edge = (ms: number): number => (seed % 2 === 0 ? Math.floor(ms / 500) * 500 : Math.floor(ms));
  const least = edge((random() - 0.6) * 12_000);
  return { least, most: least + (random() < 0.1 ? 0 : edge(random() * (random() < 0.5 ? 800 : 12_000))) };
}

const types: readonly JoinType[] = ["INNER", "LEFT", "RIGHT", "FULL"];
const seeds = Array.from({ length: 12 * Number(process.env.MILLRACE_PROPERTY ?? "1") }, (_, i) => i + 1);

describe("a join by time", () => {
  for (const type of types) {
    test.each(seeds)(`${type}: what nested loops over the rows give (seed %p)`, async (seed) => {
      const parts = { orders: rowsOf(seed, 150), ships: rowsOf(seed + 10_000, 150) };
      const bounds = boundsOf(seed);
      const sql = `SELECT o.id, s.id, o.item, s.item FROM orders o ${type} JOIN ships s ON o.item = s.item AND ${boundsText(bounds, seed)};`;
      const expected = nestedLoops(parts, bounds, type);
      for (const reading of [seed, seed + 501, seed + 1002]) {
        const { rows, query } = await run(reading, sql, parts);
        expect(sorted(rows)).toEqual(sorted(expected.rows));
        expect({ late: query.late, missed: query.missed }).toEqual({ late: expected.late, missed: expected.missed });
        expect(query.groups).toBe(0);
      }
    });
  }

  for (const type of types) {
    test.each(seeds.slice(0, 12))(`${type}: conditions on one side in ON (seed %p)`, async (seed) => {
      const parts = { orders: rowsOf(seed, 150), ships: rowsOf(seed + 10_000, 150) };
      const bounds = boundsOf(seed);
      const sql = `SELECT o.id, s.id, o.item, s.item FROM orders o ${type} JOIN ships s
        ON o.x > 3 AND o.item = s.item AND ${boundsText(bounds, seed)} AND (s.x < 7 OR s.x = 9);`;
      const holds = {
        orders: ({ x }: Row): boolean => x !== null && x > 3,
        ships: ({ x }: Row): boolean => x !== null && (x < 7 || x === 9),
      };
      // Rows that do not hold keep their place and their time, but can meet none.
      const met = (table: keyof Parts): Row[][] =>
        parts[table].map((rows) => rows.map((row) => (holds[table](row) ? row : { ...row, item: null })));
      const { rows } = nestedLoops({ orders: met("orders"), ships: met("ships") }, bounds, type);
      const items = new Map(
        Object.values(parts).map((some) => [some, new Map(some.flat().map((row) => [BigInt(row.id), row.item]))]),
      );
      const named = rows.map(([o, s]): CellValue[] => [
        o ?? null,
        s ?? null,
        items.get(parts.orders)?.get(o as bigint) ?? null,
        items.get(parts.ships)?.get(s as bigint) ?? null,
      ]);
      expect(sorted((await run(seed, sql, parts)).rows)).toEqual(sorted(named));
    });
  }

  test("the seeds have pairs, rows without any, late rows, and rows that came too late for some", () => {
    const all = seeds.map((seed) =>
      nestedLoops({ orders: rowsOf(seed, 150), ships: rowsOf(seed + 10_000, 150) }, boundsOf(seed), "INNER"),
    );
    expect(all.filter(({ rows }) => rows.length > 20).length).toBeGreaterThan(seeds.length / 4);
    expect(all.filter(({ late }) => late > 0).length).toBeGreaterThan(seeds.length / 4);
    expect(all.filter(({ missed }) => missed > 0).length).toBeGreaterThan(seeds.length / 3);
  });

  test("more pairs of one row than a vector has lanes, of both sides", async () => {
    const many = (count: number): Row[][] => [
      Array.from({ length: count }, (_, id) => ({ id, item: "x", x: 1, ts: START + (id % 50) })),
    ];
    const parts = { orders: many(5000), ships: many(7) };
    const bounds = { least: -1000, most: 1000 };
    const sql = `SELECT o.id, s.id, o.item, s.item FROM orders o FULL JOIN ships s ON o.item = s.item AND ${boundsText(bounds, 0)};`;
    for (const seed of [3, 4]) {
      const { rows } = await run(seed, sql, parts);
      expect(sorted(rows)).toEqual(sorted(nestedLoops(parts, bounds, "FULL").rows));
    }
  });

  test.each(seeds.slice(0, 10))(
    "without an equality, of one table with itself, filtered and computed (seed %p)",
    async (seed) => {
      const parts = { orders: rowsOf(seed, 90), ships: [] };
      const sql = `SELECT a.id, b.id + 1 FROM orders a, orders b
      WHERE a.ts BETWEEN b.ts - INTERVAL '2' SECOND AND b.ts AND a.x > 3 AND a.x + b.x < 12;`;
      const { rows } = await run(seed, sql, parts);
      const all = judged(parts.orders, delays.orders);
      const expected = all.flatMap((a) =>
        all
          .filter((b) => a.x !== null && b.x !== null && a.x > 3 && a.x + b.x < 12)
          .filter((b) => b.ts - a.ts >= 0 && b.ts - a.ts <= 2000 && b.ts > a.before && a.ts + 2000 > b.before)
          .map((b): CellValue[] => [BigInt(a.id), BigInt(b.id + 1)]),
      );
      expect(sorted(rows)).toEqual(sorted(expected));
    },
  );

  test.each(seeds.slice(0, 10))("of results of windows with rows, by window_time (seed %p)", async (seed) => {
    const parts = { orders: rowsOf(seed, 150), ships: rowsOf(seed + 10_000, 150) };
    const counts = `SELECT window_time AS wt, item, COUNT(*) AS n
      FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY window_start, window_end, window_time, item`;
    const sql = `SELECT c.wt, c.item, c.n, s.id FROM (${counts}) c LEFT JOIN ships s
      ON c.item = s.item AND s.ts BETWEEN c.wt - INTERVAL '4' SECOND AND c.wt; ${counts};`;
    const { sinks } = await runSimulated(`${tables} ${sql}`, (table) => {
      const lines = parts[table as keyof Parts].map((rows) =>
        rows.map((row) => JSON.stringify({ ...row, ts: stamp(row.ts) })),
      );
      return new SimulatedSource(lines, { seed, maxBatch: 1 + (seed % 4) * 70 });
    });
    const [joined, counted] = sinks.map(({ rows }) => rows) as [CellValue[][], CellValue[][]];
    const ships = judged(parts.ships, delays.ships);
    const expected = counted.flatMap((row) => {
      const end = Number(row[0] as bigint) / 1000;
      const near = ships.filter((s) => s.item !== null && s.item === row[1] && s.ts >= end - 4000 && s.ts <= end);
      const mates = near.filter((s) => end > s.before);
      return (mates.length === 0 ? [null] : mates).map((s): CellValue[] => [...row, s === null ? null : BigInt(s.id)]);
    });
    expect(sorted(joined)).toEqual(sorted(expected));
  });

  test("rows without a time meet none", async () => {
    const sql =
      "SELECT o.id, s.id FROM orders o LEFT JOIN ships s ON o.item = s.item AND o.ts BETWEEN s.ts AND s.ts + INTERVAL '1' SECOND;";
    const { sinks } = await runSimulated(
      `SET 'table.exec.source.rowtime-null-handling' = 'SKIP_WATERMARK'; ${tables} ${sql}`,
      () =>
        new SimulatedSource([[`{"id":1,"item":"a"}`, `{"id":2,"item":"a","ts":"${stamp(START)}"}`]], {
          seed: 1,
          maxBatch: 5,
        }),
    );
    expect(sorted([...(sinks[0]?.rows ?? [])])).toEqual(
      sorted([
        [1n, null],
        [2n, 2n],
      ]),
    );
  });
});

describe("what a join by time keeps", () => {
  const sql = (type: JoinType): string => `${tables}
    CREATE TABLE out (x STRING, y STRING) WITH ('connector' = 'blackhole');
    INSERT INTO out SELECT a.item, b.item FROM orders a ${type} JOIN orders b
      ON a.item = b.item AND a.ts BETWEEN b.ts - INTERVAL '5' SECOND AND b.ts + INTERVAL '1' SECOND AND b.x = 1;`;

  function open(type: JoinType) {
    const { plan, errors } = planText({
      text: sql(type).replace(type === "LEFT" ? "" : " AND b.x = 1", ""),
      settings: {},
    });
    if (plan === null) throw new Error(errors.map(({ message }) => message).join());
    const { program, queries } = compilePlan(plan, (one) => readSourceFormats(one, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const join = queries[0]?.stages.at(-1)?.query ?? 0;
    return { kernel, join };
  }

  const linesOf = (round: number): { text: string }[] =>
    Array.from({ length: 600 }, (_, i) => {
      const ts = stamp(START + round * 1000 + (i % 1000));
      return {
        text: JSON.stringify({
          id: i,
          x: i % 2,
          item: `${"long ".repeat(10)}${String(round).padStart(4, "0")}/${i >> 1}`,
          ts,
        }),
      };
    });

  test.each(types.map((type) => [type]))("%s: is flat in a long run of keys that never come again", (type) => {
    const { kernel, join } = open(type);
    const [used, state]: [number[], number[]] = [[], []];
    for (let round = 0; round < 300; round++) {
      feed(kernel, linesOf(round));
      while (kernel.emitVector(join)) kernel.takeOutput(join);
      kernel.advance(join, START + round * 1000 - 2000);
      while (kernel.emitVector(join)) kernel.takeOutput(join);
      used.push(kernel.usedBytes);
      state.push(kernel.queryCounters(join).stateBytes);
    }
    expect(Math.max(...used.slice(60))).toBeLessThanOrEqual(Math.max(...used.slice(0, 60)));
    expect(Math.max(...state.slice(60))).toBeLessThanOrEqual(Math.max(...state.slice(0, 60)));
    // Five seconds, the two by which the watermark is behind, and half of what the bounds span.
    expect(Math.max(...state)).toBeLessThan(14 * 1200 * 260);
    kernel.advance(join, START + 1_000_000);
    while (kernel.emitVector(join)) kernel.takeOutput(join);
    expect(kernel.queryCounters(join).groups).toBe(0);
    // The queue of rows that may leave alone keeps its room.
    expect(kernel.queryCounters(join).stateBytes).toBeLessThan(type === "INNER" ? 4096 : 300_000);
    kernel.dropQuery(join);
    expect(kernel.queryCounters(join).stateBytes).toBe(0);
  });

  test.each(types.map((type) => [type]))("%s: is given back when it ends in between", (type) => {
    for (const vectors of [0, 1, 2]) {
      const { kernel, join } = open(type);
      const before = kernel.usedBytes;
      for (let round = 0; round < 20; round++) feed(kernel, linesOf(round));
      for (let i = 0; i < vectors; i++) kernel.emitVector(join);
      kernel.advance(join, START + 12_000);
      for (let i = 0; i < vectors; i++) kernel.emitVector(join);
      expect(kernel.queryCounters(join).stateBytes).toBeGreaterThan(10_000);
      kernel.dropQuery(join);
      expect(kernel.queryCounters(join).stateBytes).toBe(0);
      expect(kernel.usedBytes - before).toBeLessThan(8_000_000);
    }
  });
});

describe("joins by time that are refused", () => {
  const firstError = (sql: string): string => {
    const [error] = planText({ text: `${tables} ${sql}`, settings: {} }).errors;
    return error === undefined ? "" : `${error.message} (${error.hint})`;
  };

  test.each([
    ["ON o.id = s.id AND s.ts >= o.ts", "bounds the time on one side only"],
    [
      "ON o.id = s.id AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR AND o.x > s.x",
      "compares both sides otherwise",
    ],
    ["ON o.id = s.id AND s.ts BETWEEN o.ts AND o.ts - INTERVAL '1' HOUR", "no two rows can meet"],
    ["ON o.id = s.id AND s.ts BETWEEN o.ts - INTERVAL '1' MONTH AND o.ts", "compares both sides otherwise"],
    ["ON o.id = s.id", "bound the times: a.ts BETWEEN"],
  ])("LEFT JOIN %s", (on, words) => {
    expect(firstError(`SELECT o.id FROM orders o LEFT JOIN ships s ${on};`)).toContain(words);
  });

  test("a table whose late rows go elsewhere, or correct", () => {
    const on = "ON o.id = s.id AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR";
    const late = (option: string): string => `SELECT o.id FROM orders o JOIN ships /*+ OPTIONS(${option}) */ s ${on};`;
    expect(firstError(late("'late.policy' = 'update', 'late.allowed' = '1 min'"))).toContain(
      "a table that a join reads",
    );
  });

  test("an inner join that is bounded on one side keeps its rows, and says so", () => {
    const { notices } = planText({
      text: `${tables} SELECT o.id FROM orders o JOIN ships s ON o.id = s.id AND s.ts >= o.ts;`,
      settings: {},
    });
    expect(notices.join(" ")).toContain("bound the times");
  });
});
