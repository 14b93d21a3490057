/** The best rows of every group as changes: whatever the batches, a reader of the changes holds what a sort of all rows gives. */
import { describe, expect, test } from "bun:test";
import { Op } from "../../src/core/batch.ts";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const table = `
  CREATE TABLE bids (item BIGINT, bidder STRING, price BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
`;

interface Bid {
  readonly item: bigint;
  readonly bidder: string | null;
  readonly price: bigint | null;
  readonly timeMs: number;
}

function bidsOf(seed: number): Bid[][] {
  const random = seededRandom(seed);
  return Array.from({ length: 1 + (seed % 2) }, () => {
    let now = 1_714_521_600_000;
    return Array.from({ length: 200 + Math.floor(random() * 800) }, (): Bid => {
      now += Math.floor(random() * 200);
      return {
        item: BigInt(Math.floor(random() * 5 * seed)),
        bidder: random() < 0.05 ? null : `${"long ".repeat(random() < 0.1 ? 9 : 0)}b${Math.floor(random() * 20)}`,
        price: random() < 0.1 ? null : BigInt(Math.floor(random() * 60)),
        timeMs: now - Math.floor(random() * 8000),
      };
    });
  });
}

const json = ({ item, bidder, price, timeMs }: Bid): string => {
  const ts = new Date(timeMs).toISOString().replace("T", " ").replace("Z", "");
  return `{"item":${item},"bidder":${JSON.stringify(bidder)},"price":${price},"ts":"${ts}"}`;
};

async function run(seed: number, sql: string, maxBatch = 1 + (seed % 4) * 60): Promise<CollectingSink> {
  const records = bidsOf(seed).map((rows) => rows.map(json));
  const { sinks } = await runSimulated(`${table} ${sql}`, () => new SimulatedSource(records, { seed, maxBatch }));
  return sinks[0] as CollectingSink;
}

type Compare<T> = (a: T, b: T) => number;

/** NULLs first, when ascending. */
function by<T>(pick: (row: T) => bigint | number | string | null, descending = false): Compare<T> {
  return (x, y) => {
    const [a, b] = descending ? [pick(y), pick(x)] : [pick(x), pick(y)];
    if (a === null || b === null) return Number(a !== null) - Number(b !== null);
    return a < b ? -1 : Number(a > b);
  };
}

function chain<T>(...orders: readonly Compare<T>[]): Compare<T> {
  return (a, b) => orders.reduce((result, order) => result || order(a, b), 0);
}

/** Rows of each group in order, with their numbers. */
function ranked<T>(
  rows: readonly T[],
  keyOf: (row: T) => unknown,
  { order, ties }: { readonly order: Compare<T>; readonly ties: Compare<T> },
): { readonly row: T; readonly number: number; readonly rank: number; readonly dense: number }[] {
  return [...Map.groupBy(rows, keyOf).values()].flatMap((group) => {
    const sortedGroup = group.toSorted(chain(order, ties));
    let [rank, dense] = [0, 0];
    return sortedGroup.map((row, i) => {
      const before = sortedGroup[i - 1];
      if (before === undefined || order(before, row) !== 0) [rank, dense] = [i + 1, dense + 1];
      return { row, number: i + 1, rank, dense };
    });
  });
}

const time = ({ timeMs }: Bid): bigint => BigInt(timeMs) * 1000n;
const byPrice = by<Bid>(({ price }) => price, true);
const byRest = chain(
  by<Bid>(({ item }) => item),
  by<Bid>(({ bidder }) => bidder),
  by<Bid>(({ price }) => price),
  by<Bid>(({ timeMs }) => timeMs),
);
const seeds = [1, 2, 3, 4, 5, 6];

describe("the best rows of every group", () => {
  test.each(seeds)("without their number (seed %p)", async (seed) => {
    const most = [1, 2, 3, 7, 40, 2000][seed - 1] as number;
    const sink = await run(
      seed,
      `SELECT item, bidder, price, ts FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC NULLS LAST, bidder, ts) AS rn FROM bids) WHERE rn <= ${most};`,
    );
    const last = chain(
      by<Bid>(({ price }) => Number(price === null)),
      byPrice,
      by(({ bidder }) => bidder),
      by(({ timeMs }) => timeMs),
    );
    const expected = ranked(bidsOf(seed).flat(), ({ item }) => item, { order: last, ties: byRest }).flatMap(
      ({ row, number }): CellValue[][] => (number <= most ? [[row.item, row.bidder, row.price, time(row)]] : []),
    );
    expect(sorted(applied(sink))).toEqual(sorted(expected));
    expect(expected.length).toBeGreaterThan(0);
  });

  test.each(seeds)("with their number (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT item, rn, price FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) AS rn FROM bids WHERE price > 4) WHERE rn <= 5 AND rn <> 2;`,
    );
    const passing = bidsOf(seed)
      .flat()
      .filter(({ price }) => price !== null && price > 4n);
    const ordered = ranked(passing, ({ item }) => item, { order: by(({ price }) => price), ties: byRest });
    const expected = ordered.flatMap(({ row, number }): CellValue[][] =>
      number <= 5 && number !== 2 ? [[row.item, BigInt(number), row.price]] : [],
    );
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });

  test.each(seeds)("by RANK and DENSE_RANK (seed %p)", async (seed) => {
    const name = seed % 2 === 0 ? "RANK" : "DENSE_RANK";
    const told = seed < 4 ? ", rk" : "";
    const sink = await run(
      seed,
      `SELECT item, bidder, price${told} FROM (
         SELECT *, ${name}() OVER (PARTITION BY item ORDER BY price DESC) AS rk FROM bids) WHERE rk <= 4;`,
    );
    const ordered = ranked(bidsOf(seed).flat(), ({ item }) => item, { order: byPrice, ties: byRest });
    const expected = ordered.flatMap(({ row, rank, dense }): CellValue[][] => {
      const number = name === "RANK" ? rank : dense;
      return number <= 4 ? [[row.item, row.bidder, row.price, ...(told === "" ? [] : [BigInt(number)])]] : [];
    });
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });

  test.each(seeds)("of all rows, read by another aggregation (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT COUNT(*), SUM(price), MIN(price), MAX(item) FROM (
         SELECT item, price, ROW_NUMBER() OVER (ORDER BY price DESC, item) AS rn FROM bids) WHERE rn <= 9;`,
    );
    const best = bidsOf(seed)
      .flat()
      .toSorted(
        chain(
          byPrice,
          by(({ item }) => item),
        ),
      )
      .slice(0, 9);
    const prices = best.flatMap(({ price }) => price ?? []);
    const items = best.map(({ item }) => item).toSorted((a, b) => Number(a - b));
    const total = prices.reduce((sum, price) => sum + price, 0n);
    expect(applied(sink)).toEqual([[9n, total, prices.toSorted((a, b) => Number(a - b))[0] ?? null, items[8] ?? null]]);
  });
});

describe("the last row of every key", () => {
  test.each(seeds)("is the latest (seed %p)", async (seed) => {
    const sql = `SELECT item, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS rn FROM bids) WHERE rn = 1;`;
    const groups = Map.groupBy(bidsOf(seed).flat(), ({ item }) => item);
    const expected = [...groups].map(([item, bids]): CellValue[] => [
      item,
      BigInt(Math.max(...bids.map(({ timeMs }) => timeMs))) * 1000n,
    ]);
    for (const maxBatch of [1, 50, 5000])
      expect(sorted(applied(await run(seed, sql, maxBatch)))).toEqual(sorted(expected));
  });
});

describe("changes of thousands of groups at once", () => {
  test("keep the old and the new state of a row together", () => {
    const sql = `${table} SELECT item, price, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS rn FROM bids) WHERE rn = 1;`;
    const { plan } = planText({ text: sql, settings: {} });
    if (plan === null) throw new Error("the script plans");
    const { program } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const round = (price: bigint, items: readonly number[]): number[] => {
      const rows = items.map((item) => json({ item: BigInt(item), bidder: null, price, timeMs: Number(price) * 1000 }));
      feed(
        kernel,
        rows.map((text) => ({ text })),
      );
      const ops: number[] = [];
      while (kernel.emitVector(0)) {
        const batch = kernel.takeOutput(0);
        const own = [...(batch?.op ?? [])];
        expect(own.length).toBe(batch?.rows ?? -1);
        expect(own.at(-1)).not.toBe(Op.updateBefore);
        ops.push(...own);
      }
      return ops;
    };
    const items = Array.from({ length: 5000 }, (_, i) => i);
    expect(round(1n, items)).toEqual(items.map(() => Op.insert));
    const pairs = items.flatMap(() => [Op.updateBefore, Op.updateAfter]);
    expect(round(2n, [7000, ...items])).toEqual([Op.insert, ...pairs]);
  });
});

describe("the best of groups that change", () => {
  test.each(seeds)("are those of the last counts (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT bidder, n, rn FROM (
         SELECT bidder, n, ROW_NUMBER() OVER (ORDER BY n ${seed % 2 === 0 ? "DESC" : "ASC"}, bidder) AS rn FROM (SELECT bidder, COUNT(*) AS n FROM bids GROUP BY bidder)
       ) WHERE rn <= 3;`,
    );
    const counts = [...Map.groupBy(bidsOf(seed).flat(), ({ bidder }) => bidder)].map(([bidder, bids]) => ({
      bidder,
      n: bids.length,
    }));
    const order = chain(
      by<(typeof counts)[number]>(({ n }) => n, seed % 2 === 0),
      by(({ bidder }) => bidder),
    );
    const expected = counts
      .toSorted(order)
      .slice(0, 3)
      .map(({ bidder, n }, i): CellValue[] => [bidder, BigInt(n), BigInt(i + 1)]);
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });

  test.each(seeds)("within a group, in the grouped SELECT itself, without their number (seed %p)", async (seed) => {
    const sink = await run(
      seed,
      `SELECT item, bidder, total FROM (
         SELECT item, bidder, SUM(price) AS total, RANK() OVER (PARTITION BY item ORDER BY SUM(price) DESC NULLS LAST) AS rk FROM bids GROUP BY item, bidder
       ) WHERE rk <= 2;`,
    );
    const groups = [...Map.groupBy(bidsOf(seed).flat(), ({ item, bidder }) => `${item} ${bidder}`).values()];
    const totals = groups.map((bids) => {
      const prices = bids.flatMap(({ price }) => price ?? []);
      const total = prices.length === 0 ? null : prices.reduce((sum, price) => sum + price, 0n);
      return { item: bids[0]?.item ?? 0n, bidder: bids[0]?.bidder ?? null, total };
    });
    const order = chain(
      by<(typeof totals)[number]>(({ total }) => Number(total === null)),
      by(({ total }) => total, true),
    );
    const expected = ranked(totals, ({ item }) => item, { order, ties: () => 0 }).flatMap(
      ({ row, rank }): CellValue[][] => (rank <= 2 ? [[row.item, row.bidder, row.total]] : []),
    );
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });
});
