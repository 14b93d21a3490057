/**
 * Joins against nested loops: of windows over what the two inner queries give by themselves, of rows over the rows themselves.
 * Partitions, interleavings and batch breaks come from the seed; two tables are two sources.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const source = "WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json')";
const tables = `
  CREATE TABLE bids (id BIGINT, item STRING, price BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) ${source};
  CREATE TABLE items (item STRING, seller STRING, rate DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) ${source};
`;

interface Row {
  readonly id: number;
  readonly item: string | null;
  readonly price: number | null;
  readonly seller: string;
  readonly rate: number | null;
  readonly ts: string;
}

/** Records of each partition of a table. */
function rowsOf(seed: number, most: number): Row[][] {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  return Array.from({ length: 1 + pick(3) }, () => {
    let now = 1_714_521_600_000;
    return Array.from({ length: 5 + pick(most) }, (_, id) => {
      now += pick(400);
      return {
        id,
        item: random() < 0.1 ? null : `item ${pick(12)}${"long ".repeat(pick(2) * 6)}`,
        price: random() < 0.1 ? null : pick(50),
        seller: `s${pick(4)}${"é".repeat(pick(2))}`,
        rate: random() < 0.2 ? null : pick(8) / 4,
        ts: new Date(now - pick(4000)).toISOString().replace("T", " ").replace("Z", ""),
      };
    });
  });
}

async function run(seed: number, sql: string, most = 600): Promise<CollectingSink[]> {
  const parts = { bids: rowsOf(seed, most), items: rowsOf(seed + 1000, most) };
  const { sinks, status } = await runSimulated(`${tables} ${sql}`, (table) => {
    const lines = parts[table as keyof typeof parts].map((rows) => rows.map((row) => JSON.stringify(row)));
    return new SimulatedSource(lines, { seed, maxBatch: 1 + (seed % 4) * 70 });
  });
  for (const query of status.queries) expect(query.rows).toBe(query.counted + query.late + query.filtered + query.bad);
  return [...sinks];
}

type Cells = readonly CellValue[];
type JoinType = "INNER" | "LEFT" | "RIGHT" | "FULL";

/** Every pair that is equal at these places, and what is left over as the type says. */
function nestedLoops(
  [left, right]: readonly [readonly Cells[], readonly Cells[]],
  equal: readonly (readonly [number, number])[],
  type: JoinType,
): CellValue[][] {
  const out: CellValue[][] = [];
  const met = new Set<Cells>();
  const widths = { left: left[0]?.length ?? 0, right: right[0]?.length ?? 0 };
  const nulls = (count: number): null[] => Array.from({ length: count }, () => null);
  for (const a of left) {
    const mates = right.filter((b) => equal.every(([i, j]) => a[i] !== null && a[i] === b[j]));
    for (const b of mates) {
      out.push([...a, ...b]);
      met.add(b);
    }
    if (mates.length === 0 && (type === "LEFT" || type === "FULL")) out.push([...a, ...nulls(widths.right)]);
  }
  if (type === "RIGHT" || type === "FULL")
    for (const b of right) if (!met.has(b)) out.push([...nulls(widths.left), ...b]);
  return out;
}

const windows = [
  "TUMBLE(TABLE %, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
  "HOP(TABLE %, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)",
  "CUMULATE(TABLE %, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)",
];

function sidesOf(shape: string, right: "bids" | "items"): string {
  const other = right === "items" ? "item, COUNT(*) AS m, MAX(seller) AS s" : "item, SUM(price) AS m, MIN(item) AS s";
  return `
    CREATE VIEW a AS SELECT window_start AS ws, window_end AS we, item, COUNT(*) AS n, MAX(price) AS top
      FROM TABLE(${shape.replace("%", "bids")}) GROUP BY window_start, window_end, item;
    CREATE VIEW b AS SELECT window_start AS ws, window_end AS we, ${other}
      FROM TABLE(${shape.replace("%", right)}) WHERE item IS NULL OR item <> 'item 3' GROUP BY window_start, window_end, item;
    SELECT * FROM a; SELECT * FROM b;`;
}

const types: readonly JoinType[] = ["INNER", "LEFT", "RIGHT", "FULL"];
const seeds = [1, 2, 3, 4, 5, 6].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 2 }, (_, i) => 100 + i),
);

describe("a join of windows", () => {
  for (const type of types) {
    test.each(seeds)(`${type}: what nested loops give over the two results (seed %p)`, async (seed) => {
      const shape = windows[seed % windows.length] as string;
      const right = seed % 2 === 0 ? "items" : "bids";
      const [a, b, joined] = await run(
        seed,
        `${sidesOf(shape, right)}
         SELECT a.ws, a.we, a.item, a.n, a.top, b.* FROM a ${type} JOIN b ON a.we = b.we AND a.item = b.item AND b.ws = a.ws;`,
      );
      const expected = nestedLoops(
        [a?.rows ?? [], b?.rows ?? []],
        [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
        type,
      );
      // Two tables have two watermarks: what is late may differ from the queries by themselves only in closing, never in rows.
      expect(sorted(joined?.rows ?? [])).toEqual(sorted(expected));
      expect(expected.length).toBeGreaterThan(0);
    });
  }

  test.each(seeds)("a condition beside the equalities, and rows of the window above (seed %p)", async (seed) => {
    const shape = windows[seed % windows.length] as string;
    const [a, b, joined, busiest] = await run(
      seed,
      `${sidesOf(shape, "bids")}
       SELECT a.item, a.n, b.m FROM a JOIN b ON a.ws = b.ws AND a.we = b.we AND a.n >= b.m;
       SELECT ws, we, COUNT(*), MAX(m) FROM (SELECT a.ws, a.we, b.m FROM a, b WHERE a.we = b.we AND b.ws = a.ws AND a.item = b.item)
       GROUP BY ws, we;`,
    );
    const pairs = nestedLoops(
      [a?.rows ?? [], b?.rows ?? []],
      [
        [0, 0],
        [1, 1],
      ],
      "INNER",
    );
    const wanted = pairs.filter((row) => row[8] !== null && (row[3] as bigint) >= (row[8] as bigint));
    expect(sorted(joined?.rows ?? [])).toEqual(sorted(wanted.map((row) => [row[2], row[3], row[8]] as CellValue[])));
    const groups = new Map<string, CellValue[]>();
    for (const row of nestedLoops(
      [a?.rows ?? [], b?.rows ?? []],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      "INNER",
    )) {
      const key = `${row[0]} ${row[1]}`;
      const [, , count, most] = groups.get(key) ?? [null, null, 0n, null];
      const m = row[8] as bigint | null;
      const top = most === null || (m !== null && m > (most as bigint)) ? m : most;
      groups.set(key, [row[0] ?? null, row[1] ?? null, (count as bigint) + 1n, top ?? most ?? null]);
    }
    expect(sorted(busiest?.rows ?? [])).toEqual(sorted([...groups.values()]));
  });

  test("leaves in order of window and key, whatever the batches", async () => {
    const sql = `${sidesOf(windows[1] as string, "bids")}
      SELECT a.we, a.item, b.m FROM a JOIN b ON a.ws = b.ws AND a.we = b.we AND a.item = b.item;`;
    const rows = (await run(7, sql))[2]?.rows ?? [];
    const ends = rows.map(([end]) => end as bigint);
    expect(ends).toEqual(ends.toSorted((x, y) => Number(x - y)));
  });

  test("gives back what it kept, strings and all", () => {
    const { plan } = planText({
      text: `${tables} ${sidesOf(windows[0] as string, "bids")}
        INSERT INTO out SELECT a.item, b.s FROM a FULL JOIN b ON a.we = b.we AND a.ws = b.ws AND a.item = b.item;`.replace(
        "CREATE VIEW a",
        "CREATE TABLE out (x STRING, y STRING) WITH ('connector' = 'blackhole'); CREATE VIEW a",
      ),
      settings: {},
    });
    if (plan === null) throw new Error("the script plans");
    const { program, queries } = compilePlan(plan, (one) => readSourceFormats(one, plan.settings, false));
    const stages = queries[2]?.stages ?? [];
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const used: number[] = [];
    for (let round = 0; round < 12; round++) {
      const start = 1_714_521_600_000 + round * 10_000;
      const ts = new Date(start).toISOString().replace("T", " ").replace("Z", "");
      const lines = Array.from({ length: 400 }, (_, i) =>
        JSON.stringify({ id: i, item: `${"long ".repeat(20)}${i}`, ts }),
      );
      feed(
        kernel,
        lines.map((text) => ({ text })),
      );
      for (const { query } of stages) {
        kernel.advance(query, start);
        while (kernel.emitVector(query)) kernel.takeOutput(2);
      }
      for (const query of [0, 1]) {
        kernel.advance(query, start);
        while (kernel.emitVector(query)) kernel.takeOutput(query);
      }
      used.push(kernel.usedBytes);
    }
    expect(Math.max(...used.slice(7))).toBeLessThanOrEqual(Math.max(...used.slice(1, 7)));
    const join = stages.at(-1)?.query ?? 0;
    expect(kernel.queryCounters(join).stateBytes).toBeLessThan(4096);
    kernel.dropQuery(join);
    expect(kernel.queryCounters(join).stateBytes).toBe(0);
  });
});

describe("a join of rows", () => {
  test.each(seeds)("gives every pair once, whichever of the two came first (seed %p)", async (seed) => {
    const sql = `SELECT b.id, b.item, b.price, i.seller, i.rate FROM bids b JOIN items AS i ON b.item = i.item
      WHERE b.price IS NOT NULL AND i.seller <> 's1' AND (b.price > 10 OR i.rate > 0.5);`;
    const [joined] = await run(seed, sql, 150);
    const bids = rowsOf(seed, 150)
      .flat()
      .filter(({ price }) => price !== null);
    const items = rowsOf(seed + 1000, 150)
      .flat()
      .filter(({ seller }) => seller !== "s1");
    const expected = bids.flatMap((b) =>
      items
        .filter((i) => b.item !== null && b.item === i.item && ((b.price as number) > 10 || (i.rate ?? 0) > 0.5))
        .map((i): CellValue[] => [BigInt(b.id), b.item, BigInt(b.price as number), i.seller, i.rate]),
    );
    expect(sorted(joined?.rows ?? [])).toEqual(sorted(expected));
    expect(expected.length).toBeGreaterThan(0);
  });

  test("more pairs of one row than a vector has lanes", async () => {
    const lines = Array.from({ length: 5000 }, (_, id) =>
      JSON.stringify({ id, item: "x", price: id, ts: "2024-05-01 00:00:00" }),
    );
    const { sinks } = await runSimulated(
      `${tables} SELECT b.id, i.seller FROM bids b JOIN items i ON b.item = i.item;`,
      (table) =>
        new SimulatedSource(
          [
            table === "bids"
              ? lines
              : [1, 2, 3].map((n) => JSON.stringify({ item: "x", seller: `s${n}`, ts: "2024-05-01 00:00:00" })),
          ],
          { seed: 1, maxBatch: 5000 },
        ),
    );
    const expected = lines.flatMap((_, id) => [1, 2, 3].map((n) => [BigInt(id), `s${n}`]));
    expect(sorted(sinks[0]?.rows ?? [])).toEqual(sorted(expected));
  });

  test.each(seeds)("is grouped again, without a window (seed %p)", async (seed) => {
    const sql = `SELECT seller, COUNT(*), MAX(best) FROM (
        SELECT i.seller, b.item, MAX(b.price) AS best FROM bids b, items i WHERE b.item = i.item GROUP BY i.seller, b.item)
      GROUP BY seller;`;
    const [grouped] = await run(seed, sql, 120);
    const items = rowsOf(seed + 1000, 120).flat();
    const best = new Map<string, { seller: string; most: number | null }>();
    for (const b of rowsOf(seed, 120).flat()) {
      for (const i of items) {
        if (b.item === null || b.item !== i.item) continue;
        const key = `${i.seller} ${b.item}`;
        const most = best.get(key)?.most ?? null;
        best.set(key, { seller: i.seller, most: b.price === null ? most : Math.max(most ?? b.price, b.price) });
      }
    }
    const sellers = Map.groupBy(best.values(), ({ seller }) => seller);
    const expected = [...sellers].map(([seller, all]): CellValue[] => {
      const tops = all.flatMap(({ most }) => (most === null ? [] : [most]));
      return [seller, BigInt(all.length), tops.length === 0 ? null : BigInt(Math.max(...tops))];
    });
    expect(sorted(applied(grouped as CollectingSink))).toEqual(sorted(expected));
  });
});

describe("joins that are refused", () => {
  const errorsOf = (sql: string): string[] =>
    planText({ text: `${tables} ${sql}`, settings: {} }).errors.map(({ message, hint }) => `${message} (${hint})`);

  test.each([
    ["SELECT b.id FROM bids b, items i;", "without an equality"],
    ["SELECT b.id FROM bids b LEFT JOIN items i ON b.item = i.item;", "LEFT JOIN of rows that are of no window"],
    ["SELECT id FROM bids b JOIN items i USING (item);", "USING"],
    ["SELECT item FROM bids b JOIN items i ON b.item = i.item;", "ambiguous"],
    [
      "SELECT x.c FROM (SELECT item, COUNT(*) AS c FROM bids GROUP BY item) x JOIN items i ON x.item = i.item;",
      "rows that change",
    ],
  ])("%s", (sql, words) => {
    const [first = ""] = errorsOf(sql);
    expect(first).toContain(words);
  });

  test("a join that keeps all its rows is told", () => {
    const { notices } = planText({
      text: `${tables} SELECT b.id FROM bids b JOIN items i ON b.item = i.item;`,
      settings: {},
    });
    expect(notices.join(" ")).toContain("keeps all rows");
  });
});
