/**
 * Joins by time against nested loops over the rows themselves: two rows meet when they are equal and close, and each was open yet for
 * the watermark of the other's own partition. Partitions, how they are read, batch breaks, bounds and rows that come late are from
 * the seed.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";
import {
  delays,
  type Judged,
  judged,
  type Parts,
  rowsOf,
  run,
  START,
  stamp,
  type Row as TableRow,
  tables,
} from "./two-tables.ts";

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
        orders: ({ x }: TableRow): boolean => x !== null && x > 3,
        ships: ({ x }: TableRow): boolean => x !== null && (x < 7 || x === 9),
      };
      // Rows that do not hold keep their place and their time, but can meet none.
      const met = (table: keyof Parts): TableRow[][] =>
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

  /** Pairs of the inner join, as rows. */
  function pairsOf(parts: Parts, bounds: { least: number; most: number }): readonly (readonly [TableRow, TableRow])[] {
    const named = (rows: readonly TableRow[][]) => new Map(rows.flat().map((row) => [BigInt(row.id), row]));
    const [orders, ships] = [named(parts.orders), named(parts.ships)];
    return nestedLoops(parts, bounds, "INNER").rows.map(([o, s]) => [
      orders.get(o as bigint) as TableRow,
      ships.get(s as bigint) as TableRow,
    ]);
  }

  test.each(seeds)("windows of either time, and a third table, over the pairs (seed %p)", async (seed) => {
    const parts = { orders: rowsOf(seed, 120), ships: rowsOf(seed + 10_000, 120) };
    const bounds = boundsOf(seed);
    const pairs = pairsOf(parts, bounds);
    const joined = `SELECT o.id AS oid, s.id AS sid, o.item, o.ts AS ots, s.ts AS sts
      FROM orders o JOIN ships s ON o.item = s.item AND ${boundsText(bounds, seed)}`;
    const of = seed % 3 === 0 ? "ots" : "sts";
    const timeOf = ([o, s]: readonly [TableRow, TableRow]): number => (of === "ots" ? o.ts : s.ts);
    const micros = (ms: number): bigint => BigInt(ms) * 1000n;
    const counts = (ends: (ts: number) => number[]): CellValue[][] => {
      const groups = Map.groupBy(
        pairs.flatMap((pair) => ends(timeOf(pair)).map((end) => ({ end, item: pair[0].item }))),
        ({ end, item }) => `${end} ${item}`,
      );
      return [...groups.values()].map((group) => [
        micros(group[0]?.end ?? 0),
        group[0]?.item ?? null,
        BigInt(group.length),
      ]);
    };
    const count = (shape: string): string =>
      `SELECT window_end, item, COUNT(*) FROM ${shape.replace("%", `(${joined}), DESCRIPTOR(${of})`)} GROUP BY window_start, window_end, item;`;
    const tumbled = await run(seed, count("TUMBLE(%, INTERVAL '3' SECOND)"), parts);
    expect(sorted(tumbled.rows)).toEqual(sorted(counts((ts) => [(Math.floor(ts / 3000) + 1) * 3000])));
    const hopped = await run(seed + 1, count("HOP(%, INTERVAL '1' SECOND, INTERVAL '4' SECOND)"), parts);
    const ends = (ts: number): number[] => [1, 2, 3, 4].map((n) => (Math.floor(ts / 1000) + n) * 1000);
    expect(sorted(hopped.rows)).toEqual(sorted(counts(ends)));
    const third = await run(
      seed + 2,
      `SELECT j.oid, j.sid, c.id FROM (${joined}) j JOIN orders c ON j.item = c.item AND c.ts BETWEEN j.${of} - INTERVAL '1' SECOND AND j.${of};`,
      parts,
    );
    const others = judged(parts.orders, delays.orders);
    const expected = pairs.flatMap((pair) =>
      others
        .filter((c) => c.item === pair[0].item && c.ts <= timeOf(pair) && c.ts >= timeOf(pair) - 1000)
        .filter((c) => timeOf(pair) > c.before)
        .map((c): CellValue[] => [BigInt(pair[0].id), BigInt(pair[1].id), BigInt(c.id)]),
    );
    expect(sorted(third.rows)).toEqual(sorted(expected));
  });

  test("the seeds have pairs, rows without any, late rows, and rows that came too late for some", () => {
    const all = seeds.map((seed) =>
      nestedLoops({ orders: rowsOf(seed, 150), ships: rowsOf(seed + 10_000, 150) }, boundsOf(seed), "INNER"),
    );
    expect(all.filter(({ rows }) => rows.length > 20).length).toBeGreaterThan(seeds.length / 4);
    expect(all.filter(({ late }) => late > 0).length).toBeGreaterThan(seeds.length / 4);
    expect(all.filter(({ missed }) => missed > 0).length).toBeGreaterThan(seeds.length / 3);
  });

  test("more pairs of one row than a vector has lanes, of both sides", async () => {
    const many = (count: number): TableRow[][] => [
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
