/**
 * Joins of windows against nested loops over the rows: of the rows of TUMBLE, of results of GROUP BY, and of one with the other; and what
 * IN, EXISTS and their opposites leave. Partitions, how they are read, batch breaks and rows that come late are from the seed.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { sorted } from "./changelog.ts";
import { kernelBytes } from "./run-simulated.ts";
import { delays, type Judged, judged, type Parts, rowsOf, run, START, stamp, tables } from "./two-tables.ts";

const SIZE = 5000;
const endOf = (ts: number): number => (Math.floor(ts / SIZE) + 1) * SIZE;
const micros = (ms: number): bigint => BigInt(ms) * 1000n;

interface Side {
  readonly sql: string;
  /** Rows: end of the window in ms, item, x, and an id that tells rows apart. */
  readonly rows: readonly {
    readonly end: number;
    readonly item: string | null;
    readonly x: number | null;
    readonly id: number;
  }[];
  readonly late: number;
}

/** Rows of a table in their windows. */
function bare(table: keyof Parts, parts: Parts): Side {
  const all = judged(parts[table], delays[table]);
  const inTime = all.filter((row) => endOf(row.ts) - 1 > row.before);
  const sql = `(SELECT * FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '5' SECOND)))`;
  const rows = inTime.map(({ item, x, id, ts }) => ({ item, x, id, end: endOf(ts) }));
  return { sql, rows, late: all.length - inTime.length };
}

/** The number of rows of an item in a window as its id, the least x as its x. */
function grouped(table: keyof Parts, parts: Parts): Side {
  const { rows, late } = bare(table, parts);
  const groups = Map.groupBy(rows, ({ end, item }) => `${end} ${item}`);
  const sql = `(SELECT window_start, window_end, item, COUNT(*) AS id, MIN(x) AS x
    FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, item)`;
  const results = [...groups.values()].map((group) => {
    const known = group.flatMap(({ x }) => (x === null ? [] : [x]));
    const [{ end = 0, item = null } = {}] = group;
    return { end, item, id: group.length, x: known.length === 0 ? null : Math.min(...known) };
  });
  return { sql, rows: results, late };
}

const kinds = [
  [bare, bare],
  [bare, grouped],
  [grouped, bare],
  [grouped, grouped],
] as const;

interface Case {
  readonly parts: Parts;
  readonly left: Side;
  readonly right: Side;
}

function caseOf(seed: number): Case {
  const parts = { orders: rowsOf(seed, 120), ships: rowsOf(seed + 10_000, 120) };
  const [left, right] = kinds[seed % kinds.length] as (typeof kinds)[number];
  return { parts, left: left("orders", parts), right: right("ships", parts) };
}

const seeds = Array.from({ length: 12 * Number(process.env.MILLRACE_PROPERTY ?? "1") }, (_, i) => i + 1);
const window = "L.window_start = R.window_start AND L.window_end = R.window_end";

async function check(seed: number, sql: string, { parts, left, right }: Case, expected: CellValue[][]): Promise<void> {
  for (const reading of [seed, seed + 501]) {
    const { rows, query } = await run(reading, sql, parts);
    expect(sorted(rows)).toEqual(sorted(expected));
    expect(query.late).toBe(left.late + right.late);
    expect(query.groups).toBe(0);
  }
}

describe("a join of windows", () => {
  for (const type of ["INNER", "LEFT", "RIGHT", "FULL"]) {
    test.each(seeds)(`${type}: pairs, and rows alone, of one window (seed %p)`, async (seed) => {
      const given = caseOf(seed);
      const { left, right } = given;
      const sql = `SELECT L.id, R.id, COALESCE(L.window_end, R.window_end) FROM ${left.sql} L ${type} JOIN ${right.sql} R
        ON L.item = R.item AND ${window};`;
      const expected: CellValue[][] = [];
      const met = new Set<unknown>();
      for (const l of left.rows) {
        for (const r of right.rows) {
          if (l.item === null || l.item !== r.item || l.end !== r.end) continue;
          met.add(l).add(r);
          expected.push([BigInt(l.id), BigInt(r.id), micros(l.end)]);
        }
      }
      const alone = (side: Side) => side.rows.filter((row) => !met.has(row));
      if (type === "LEFT" || type === "FULL")
        for (const l of alone(left)) expected.push([BigInt(l.id), null, micros(l.end)]);
      if (type === "RIGHT" || type === "FULL")
        for (const r of alone(right)) expected.push([null, BigInt(r.id), micros(r.end)]);
      await check(seed, sql, given, expected);
    });
  }

  test.each(seeds.slice(0, 8))("conditions on one side in ON (seed %p)", async (seed) => {
    const { parts, left, right } = caseOf(seed);
    const sql = `SELECT L.id, R.id, L.window_end FROM ${left.sql} L LEFT JOIN ${right.sql} R ON ${window} AND L.x > 3 AND R.x > 3;`;
    const expected = left.rows.flatMap((l) => {
      const some = right.rows.filter((r) => r.end === l.end && (r.x ?? 0) > 3 && (l.x ?? 0) > 3);
      const mates: (bigint | null)[] = some.length === 0 ? [null] : some.map(({ id }) => BigInt(id));
      return mates.map((id): CellValue[] => [BigInt(l.id), id, micros(l.end)]);
    });
    expect(sorted((await run(seed, sql, parts)).rows)).toEqual(sorted(expected));
  });

  test.each(seeds.slice(0, 8))("leaves in order of the window, and is grouped by it again (seed %p)", async (seed) => {
    const { parts, left, right } = caseOf(seed * 4);
    const joined = `SELECT L.window_start, L.window_end, L.id FROM ${left.sql} L JOIN ${right.sql} R ON L.item = R.item AND ${window}`;
    const { rows } = await run(seed, `${joined};`, parts);
    const ends = rows.map(([, end]) => end as bigint);
    expect(ends).toEqual(ends.toSorted((a, b) => Number(a - b)));
    const counts = Map.groupBy(rows, ([, end]) => end);
    const again = await run(
      seed,
      `SELECT window_end, COUNT(*) FROM (${joined}) GROUP BY window_start, window_end;`,
      parts,
    );
    expect(again.rows).toEqual([...counts].map(([end, group]) => [end ?? null, BigInt(group.length)]));
  });
});

describe("a condition on a query", () => {
  type SideRow = Side["rows"][number];
  const least = (row: SideRow): boolean => row.x !== null && row.x > 2;
  const mates = (l: SideRow, { rows }: Side): SideRow[] => rows.filter((r) => r.end === l.end && least(r));
  const cases: Readonly<
    Record<string, { where: (sql: string) => string; leaves: (l: SideRow, right: Side) => boolean }>
  > = {
    IN: {
      where: (r) => `item IN (SELECT item FROM ${r} R WHERE ${window} AND x > 2)`,
      leaves: (l, right) => l.item !== null && mates(l, right).some(({ item }) => item === l.item),
    },
    EXISTS: {
      where: (r) => `EXISTS (SELECT * FROM ${r} R WHERE ${window} AND R.item = L.item AND R.x > 2)`,
      leaves: (l, right) => l.item !== null && mates(l, right).some(({ item }) => item === l.item),
    },
    "NOT EXISTS": {
      where: (r) => `NOT EXISTS (SELECT 1 FROM ${r} R WHERE R.x > 2 AND R.item = L.item AND ${window})`,
      leaves: (l, right) => l.item === null || !mates(l, right).some(({ item }) => item === l.item),
    },
    "NOT EXISTS, with a condition on the query around it": {
      where: (r) => `NOT EXISTS (SELECT 1 FROM ${r} R WHERE R.x > 2 AND R.item = L.item AND ${window} AND L.x < 6)`,
      leaves: (l, right) =>
        l.item === null || l.x === null || l.x >= 6 || !mates(l, right).some(({ item }) => item === l.item),
    },
    "NOT IN": {
      where: (r) => `L.item NOT IN (SELECT R.item FROM ${r} R WHERE ${window} AND 2 < R.x)`,
      leaves: (l, right) => {
        const items = mates(l, right).map(({ item }) => item);
        if (items.length === 0) return true;
        return l.item !== null && items.every((item) => item !== null && item !== l.item);
      },
    },
    "NOT (NOT IN)": {
      where: (r) => `NOT item NOT IN (SELECT item FROM ${r} R WHERE ${window} AND x > 2)`,
      leaves: (l, right) => l.item !== null && mates(l, right).some(({ item }) => item === l.item),
    },
    "of a window without rows": {
      where: (r) => `EXISTS (SELECT * FROM ${r} R WHERE ${window} AND x > 2)`,
      leaves: (l, right) => mates(l, right).length > 0,
    },
  };
  for (const [name, { where, leaves }] of Object.entries(cases)) {
    test.each(seeds)(`${name} (seed %p)`, async (seed) => {
      const given = caseOf(seed);
      const { left, right } = given;
      const sql = `SELECT id, window_end, item FROM ${left.sql} L WHERE ${where(right.sql)} AND id >= 0;`;
      const expected = left.rows
        .filter((l) => leaves(l, right))
        .map(({ id, end, item }): CellValue[] => [BigInt(id), micros(end), item]);
      // Rows that the query's own conditions leave out are judged before that, all the same.
      const filtered = { ...given, right: { ...right, late: lateRows(given, right) } };
      await check(seed, sql, filtered, expected);
    });
  }

  /** Of the right side those that its condition leaves: late rows are counted where rows meet. */
  function lateRows({ parts }: Case, right: Side): number {
    const isBare = !right.sql.includes("GROUP BY");
    const all: Judged[] = judged(parts.ships, delays.ships).filter((row) => endOf(row.ts) - 1 <= row.before);
    return isBare ? all.filter(({ x }) => x !== null && x > 2).length : all.length;
  }

  test("two of them, and one in a query that is grouped", async () => {
    const seed = 4;
    const { parts, left, right } = caseOf(seed);
    const where = `item IN (SELECT item FROM ${right.sql} R WHERE ${window}) AND NOT EXISTS (SELECT 1 FROM ${right.sql} R WHERE ${window} AND L.x = R.x)`;
    const { rows } = await run(
      seed,
      `SELECT window_end, COUNT(*) FROM ${left.sql} L WHERE ${where} GROUP BY window_start, window_end;`,
      parts,
    );
    const passed = left.rows.filter((l) => {
      const same = right.rows.filter((r) => r.end === l.end);
      return l.item !== null && same.some((r) => r.item === l.item) && !same.some((r) => l.x !== null && r.x === l.x);
    });
    const counts = Map.groupBy(passed, ({ end }) => end);
    expect(sorted(rows)).toEqual(sorted([...counts].map(([end, group]) => [micros(end), BigInt(group.length)])));
    expect(rows.length).toBeGreaterThan(0);
  });

  test("the seeds have rows for each, and rows that none leaves", () => {
    for (const { leaves } of Object.values(cases)) {
      const counts = seeds.map((seed) => {
        const { left, right } = caseOf(seed);
        return [left.rows.filter((l) => leaves(l, right)).length, left.rows.length] as const;
      });
      expect(counts.filter(([some, all]) => some > 0 && some < all).length).toBeGreaterThan(seeds.length / 8);
    }
    expect(seeds.filter((seed) => caseOf(seed).left.late > 0).length).toBeGreaterThan(seeds.length / 8);
  });
});

describe("what a join of windows keeps", () => {
  const side = (name: string): string =>
    `(SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' SECOND))) ${name}`;
  const queries: readonly string[] = [
    `SELECT L.item, R.item FROM ${side("L")} FULL JOIN ${side("R")} ON L.item = R.item AND ${window} AND L.x = R.id`,
    `SELECT item, item FROM ${side("L")} WHERE item NOT IN (SELECT item FROM ${side("R")} WHERE ${window} AND x > 90)`,
    `SELECT item, item FROM ${side("L")} WHERE EXISTS (SELECT 1 FROM ${side("R")} WHERE ${window} AND L.item = R.item)`,
  ];

  test.each(queries.map((query) => [query]))("is flat in a long run of keys that never come again: %s", (query) => {
    const text = `${tables} CREATE TABLE out (x STRING, y STRING) WITH ('connector' = 'blackhole'); INSERT INTO out ${query};`;
    const { plan, errors } = planText({ text, settings: {} });
    if (plan === null) throw new Error(errors.map(({ message }) => message).join());
    const { program, queries: compiled } = compilePlan(plan, (one) => readSourceFormats(one, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const join = compiled[0]?.stages.at(-1)?.query ?? 0;
    const used: number[] = [];
    for (let round = 0; round < 300; round++) {
      const lines = Array.from({ length: 600 }, (_, i) => {
        const item = `${"long ".repeat(10)}${String(round).padStart(4, "0")}/${i >> 1}`;
        return { text: JSON.stringify({ id: i % 100, x: (i * 7) % 100, item, ts: stamp(START + round * 1000 + i) }) };
      });
      feed(kernel, lines);
      kernel.advance(join, START + round * 1000 - 2000);
      while (kernel.emitVector(join)) kernel.takeOutput(join);
      used.push(kernel.usedBytes);
      const reached = Math.max(0, round * 1000 - 2000 + 1);
      expect(kernel.nextClose(join)).toBe(START + (Math.floor(reached / SIZE) + 1) * SIZE);
      const last = Math.floor((round * 1000 + 599) / SIZE);
      expect(kernel.queryCounters(join).openWindows).toBe(last - Math.floor(reached / SIZE) + 1);
    }
    expect(Math.max(...used.slice(150))).toBeLessThanOrEqual(Math.max(...used.slice(0, 150)));
    expect(kernel.queryCounters(join).stateBytes).toBeGreaterThan(50_000);
    kernel.advance(join, START + 1_000_000);
    while (kernel.emitVector(join)) kernel.takeOutput(join);
    expect(kernel.queryCounters(join).groups).toBe(0);
    expect(kernel.nextClose(join)).toBeNull();
    expect(kernel.queryCounters(join).stateBytes).toBeLessThan(4096);
    feed(kernel, [{ text: JSON.stringify({ id: 1, item: "x", ts: stamp(START + 2_000_000) }) }]);
    kernel.dropQuery(join);
    expect(kernel.queryCounters(join).stateBytes).toBe(0);
  });
});
