/**
 * Aggregation without a window: the changelog is applied as a reader would, every step is checked against what the reader holds,
 * and what is left at the end against plain code over all rows. Interleavings, batch breaks and the moments at which changes leave
 * come from the seed.
 */
import { describe, expect, test } from "bun:test";
import { Op, opNames } from "../../src/core/batch.ts";
import { type CellValue, readCell } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const table = `
  CREATE TABLE clicks (page STRING, who STRING, n BIGINT, price DECIMAL(8, 2), score DOUBLE)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
`;

interface Click {
  readonly page: string | null;
  readonly who: string | null;
  readonly n: number | null;
  /** In cents. */
  readonly price: number | null;
  readonly score: number | null;
}

function clicksOf(seed: number): Click[] {
  const random = seededRandom(seed);
  const pick = (most: number): number => Math.floor(random() * most);
  const maybe = <T>(value: T): T | null => (random() < 0.1 ? null : value);
  const pages = 1 + pick(60);
  return Array.from({ length: 20 + pick(3000) }, () => ({
    page: maybe(`/p/${"long ".repeat(pick(2) * 5)}${pick(pages)}`),
    who: maybe(`user ${pick(40)}${"é".repeat(pick(3))}`),
    n: maybe(pick(200) - 100),
    price: maybe(pick(100_000) - 50_000),
    score: maybe([0.5, 0, 1e300, -3.25, 0.1, 7][pick(6)] ?? 0),
  }));
}

const lineOf = (click: Click): string =>
  JSON.stringify({ ...click, price: click.price === null ? null : click.price / 100 });

/** Splits the rows over partitions, so that their interleaving is the source's affair. */
async function run(seed: number, clicks: readonly Click[], sql: string): Promise<CollectingSink> {
  const parts: string[][] = Array.from({ length: 1 + (seed % 3) }, () => []);
  clicks.forEach((click, i) => {
    parts[i % parts.length]?.push(lineOf(click));
  });
  const source = () => new SimulatedSource(parts, { seed, maxBatch: 1 + (seed % 5) * 90 });
  const { sinks, status } = await runSimulated(`${table} ${sql}`, source);
  for (const query of status.queries) expect(query.rows).toBe(query.counted + query.late + query.filtered + query.bad);
  return sinks[0] as CollectingSink;
}

function groupBy<T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value) => value !== null);
const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const seeds = [1, 2, 3, 4, 5, 6, 7, 8].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 4 }, (_, i) => 100 + i),
);

describe("aggregation without a window", () => {
  test.each(seeds)("the changelog leads to what plain code computes (seed %p)", async (seed) => {
    const clicks = clicksOf(seed);
    const sink = await run(
      seed,
      clicks,
      `SELECT page, COUNT(*), SUM(n), MIN(n), MAX(who), COUNT(DISTINCT who), SUM(price), COUNT(*) FILTER (WHERE n > 0)
       FROM clicks WHERE n IS NULL OR n <> 7 GROUP BY page`,
    );
    const groups = groupBy(
      clicks.filter(({ n }) => n !== 7),
      ({ page }) => page,
    );
    const expected = [...groups].map(([page, rows]): CellValue[] => {
      const ns = present(rows.map(({ n }) => n));
      const prices = present(rows.map(({ price }) => price));
      const names = present(rows.map(({ who }) => who));
      return [
        page,
        BigInt(rows.length),
        ns.length === 0 ? null : BigInt(sum(ns)),
        least(ns) === null ? null : BigInt(least(ns) as number),
        names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).at(-1) ?? null,
        BigInt(new Set(names).size),
        prices.length === 0 ? null : BigInt(sum(prices)),
        BigInt(ns.filter((n) => n > 0).length),
      ];
    });
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });

  test.each(seeds)("rows come and go with HAVING (seed %p)", async (seed) => {
    const clicks = clicksOf(seed);
    const sink = await run(
      seed,
      clicks,
      "SELECT page, SUM(n) AS total FROM clicks GROUP BY page HAVING SUM(n) BETWEEN -150 AND 150",
    );
    const totals = [...groupBy(clicks, ({ page }) => page)].flatMap(([page, rows]): CellValue[][] => {
      const ns = present(rows.map(({ n }) => n));
      const total = sum(ns);
      return ns.length === 0 || Math.abs(total) > 150 ? [] : [[page, BigInt(total)]];
    });
    expect(sorted(applied(sink))).toEqual(sorted(totals));
  });

  test.each(seeds)("groups of changes take rows back: counts of counts (seed %p)", async (seed) => {
    const clicks = clicksOf(seed);
    const sink = await run(
      seed,
      clicks,
      `SELECT c, COUNT(*), MIN(first), MAX(first), SUM(price), AVG(total), COUNT(DISTINCT top), MAX(score), MIN(top)
       FROM (SELECT page, COUNT(*) AS c, MIN(who) AS first, SUM(price) AS price, SUM(n) AS total, MAX(who) AS top, MAX(score) AS score
             FROM clicks GROUP BY page)
       GROUP BY c`,
    );
    const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const inner = [...groupBy(clicks, ({ page }) => page).values()].map((rows) => {
      const names = present(rows.map(({ who }) => who)).toSorted(bytes);
      const prices = present(rows.map(({ price }) => price));
      const ns = present(rows.map(({ n }) => n));
      const scores = present(rows.map(({ score }) => score));
      return {
        c: rows.length,
        first: names[0] ?? null,
        top: names.at(-1) ?? null,
        price: prices.length === 0 ? null : sum(prices),
        total: ns.length === 0 ? null : sum(ns),
        score: scores.length === 0 ? null : Math.max(...scores),
      };
    });
    const expected = [...groupBy(inner, ({ c }) => c)].map(([c, rows]): CellValue[] => {
      const firsts = present(rows.map(({ first }) => first)).toSorted(bytes);
      const tops = present(rows.map(({ top }) => top)).toSorted(bytes);
      const prices = present(rows.map(({ price }) => price));
      const totals = present(rows.map(({ total }) => total));
      const scores = present(rows.map(({ score }) => score));
      return [
        BigInt(c),
        BigInt(rows.length),
        firsts[0] ?? null,
        firsts.at(-1) ?? null,
        prices.length === 0 ? null : BigInt(sum(prices)),
        totals.length === 0 ? null : BigInt(Math.trunc(sum(totals) / totals.length)),
        BigInt(new Set(tops).size),
        scores.length === 0 ? null : Math.max(...scores),
        tops[0] ?? null,
      ];
    });
    expect(sorted(applied(sink))).toEqual(sorted(expected));
  });

  test.each(seeds)("one row over all groups, with doubles that come and go (seed %p)", async (seed) => {
    const clicks = clicksOf(seed).map((click) => ({ ...click, score: click.n === null ? null : click.n / 4 }));
    const sink = await run(
      seed,
      clicks,
      `SELECT MAX(c), COUNT(*), SUM(s), AVG(s) FROM (SELECT page, COUNT(*) AS c, SUM(score) AS s FROM clicks GROUP BY page)`,
    );
    const groups = [...groupBy(clicks, ({ page }) => page).values()];
    const sums = groups.flatMap((rows) => {
      const scores = present(rows.map(({ score }) => score));
      return scores.length === 0 ? [] : [sum(scores)];
    });
    const total = sums.length === 0 ? null : sum(sums);
    const most = BigInt(Math.max(...groups.map((rows) => rows.length)));
    const average = total === null ? null : total / sums.length;
    expect(sorted(applied(sink))).toEqual(sorted([[most, BigInt(groups.length), total, average]]));
  });

  test.each(seeds)("what keeps rows by key gets the newest state of each (seed %p)", async (seed) => {
    const clicks = clicksOf(seed);
    const sink = await run(
      seed,
      clicks,
      `CREATE MATERIALIZED VIEW pages AS
       SELECT COUNT(*) AS c, page FROM clicks GROUP BY page HAVING SUM(n) BETWEEN -150 AND 150 OR SUM(n) IS NULL`,
    );
    const kept = new Map<CellValue, CellValue>();
    sink.rows.forEach(([count, page], i) => {
      const op = opAt(sink, i);
      expect(op).not.toBe(Op.updateBefore);
      if (op === Op.delete) expect(kept.delete(page ?? null)).toBe(true);
      else kept.set(page ?? null, count ?? null);
    });
    const expected = [...groupBy(clicks, ({ page }) => page)].flatMap(([page, rows]) => {
      const ns = present(rows.map(({ n }) => n));
      return ns.length > 0 && Math.abs(sum(ns)) > 150 ? [] : [[page, BigInt(rows.length)] as CellValue[]];
    });
    expect(sorted([...kept])).toEqual(sorted(expected));
  });

  test("DISTINCT of rows that are only added gives each once, and may go anywhere", async () => {
    const clicks = clicksOf(3);
    const sink = await run(
      3,
      clicks,
      `CREATE TABLE seen (page STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
       INSERT INTO seen SELECT DISTINCT page FROM clicks`,
    );
    expect(sink.batches.every(({ op }) => op === null || op.every((one) => one === Op.insert))).toBe(true);
    expect(sorted(sink.rows)).toEqual(sorted([...new Set(clicks.map(({ page }) => page))].map((page) => [page])));
  });

  test("rows grouped by a part of their window are not dropped as late", async () => {
    const timed = `CREATE TABLE timed (n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
      WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
      SELECT window_start, COUNT(*), MAX(window_end) FROM TABLE(TUMBLE(TABLE timed, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start;`;
    const lines = ["00:00:05", "00:01:00", "00:00:07"].map((ts, n) => JSON.stringify({ n, ts: `2024-05-01 ${ts}` }));
    const { sinks } = await runSimulated(timed, () => new SimulatedSource([lines], { seed: 1, maxBatch: 1 }));
    const start = BigInt(Date.UTC(2024, 4, 1)) * 1000n;
    expect(sorted(applied(sinks[0] as CollectingSink))).toEqual(
      sorted([
        [start, 2n, start + 10_000_000n],
        [start + 60_000_000n, 1n, start + 70_000_000n],
      ]),
    );
  });

  test("windowed results grouped without their window become one changing row a group", async () => {
    const timed = `CREATE TABLE timed (n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
      WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
      SELECT n, MAX(c), COUNT(*) FROM (
        SELECT n, window_start, window_end, COUNT(*) AS c
        FROM TABLE(TUMBLE(TABLE timed, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY n, window_start, window_end) GROUP BY n;`;
    const lines = [1, 1, 2, 12, 13, 21].map((second) =>
      JSON.stringify({ n: second % 2, ts: `2024-05-01 00:00:${String(second).padStart(2, "0")}` }),
    );
    const { sinks } = await runSimulated(timed, () => new SimulatedSource([lines], { seed: 1, maxBatch: 1 }));
    expect(sorted(applied(sinks[0] as CollectingSink))).toEqual(
      sorted([
        [1n, 2n, 3n],
        [0n, 1n, 2n],
      ]),
    );
  });

  test("a change says what a row was and what it is, and nothing when it stays the same", () => {
    const { plan } = planText({
      text: `${table} SELECT page, MAX(n) AS most FROM clicks GROUP BY page HAVING COUNT(*) <> 4;`,
      settings: {},
    });
    if (plan === null) throw new Error("the script plans");
    const { program } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const changes = (...numbers: number[]): string[] => {
      feed(
        kernel,
        numbers.map((n) => ({ text: JSON.stringify({ page: "a", n }) })),
      );
      const batch = kernel.emitNext(0);
      expect(kernel.emitNext(0)).toBeNull();
      if (batch === null) return [];
      return Array.from({ length: batch.rows }, (_, row) => {
        const most = readCell(batch.columns[1] as (typeof batch.columns)[number], { kind: "bigint" }, row);
        return `${opNames[batch.op?.[row] ?? 0]} ${most}`;
      });
    };
    expect(changes(5)).toEqual(["+I 5"]);
    expect(changes(3)).toEqual([]);
    expect(changes(9)).toEqual(["-U 5", "+U 9"]);
    expect(changes(1)).toEqual(["-D 9"]);
    expect(changes(2, 4)).toEqual(["+I 9"]);
    expect(changes()).toEqual([]);
  });

  test("dropping the query gives back everything it kept", () => {
    const sql = `${table} SELECT c, MAX(first), COUNT(DISTINCT first) FROM
      (SELECT page, COUNT(*) AS c, MIN(who) AS first, COUNT(DISTINCT n) AS d FROM clicks GROUP BY page) GROUP BY c;`;
    const { plan } = planText({ text: sql, settings: {} });
    if (plan === null) throw new Error("the script plans");
    const { program, queries } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const stages = (queries[0]?.stages ?? []).map(({ query }) => query);
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    feed(kernel, [{ text: lineOf(clicksOf(1)[0] as Click) }]);
    for (const stage of stages) kernel.dropQuery(stage);
    const empty = kernel.usedBytes;
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    for (let round = 0; round < 5; round++) {
      feed(
        kernel,
        clicksOf(round + 20).map((click) => ({ text: lineOf(click) })),
      );
      if (round === 4) break;
      for (const stage of stages) while (kernel.emitVector(stage)) kernel.takeOutput(0);
    }
    for (const stage of stages) expect(kernel.queryCounters(stage).stateBytes).toBeGreaterThan(0);
    for (const stage of stages) kernel.dropQuery(stage);
    for (const stage of stages) expect(kernel.queryCounters(stage).stateBytes).toBe(0);
    // What a vector works in stays for the next one.
    expect(kernel.usedBytes - empty).toBeLessThan(9 << 20);
  });
});

function opAt(sink: CollectingSink, index: number): number {
  let left = index;
  for (const batch of sink.batches) {
    if (left < batch.rows) return batch.op?.[left] ?? Op.insert;
    left -= batch.rows;
  }
  throw new RangeError(`no row ${index}`);
}

describe("where changes may go", () => {
  const errorsOf = (sql: string): string[] =>
    planText({ text: `${table} ${sql}`, settings: {} }).errors.map(({ code, hint }) => `${code}: ${hint}`);
  const into = (connector: string, key = ""): string =>
    `CREATE TABLE target (page STRING, c BIGINT${key}) WITH (${connector});
     INSERT INTO target SELECT page, COUNT(*) FROM clicks GROUP BY page;`;

  test("a sink that only adds rows refuses them, with its name and a way out", () => {
    expect(errorsOf(into("'connector' = 'filesystem', 'path' = 'out', 'format' = 'json'"))).toEqual([
      "UPDATES: write into a table of connector 'view', 'print' or 'blackhole', or GROUP BY a window too, whose rows come once",
    ]);
  });

  test("a view needs the key that names a row", () => {
    expect(errorsOf(into("'connector' = 'view'"))).toEqual(["UPDATES-KEY: declare PRIMARY KEY (page) NOT ENFORCED"]);
    expect(errorsOf(into("'connector' = 'view'", ", PRIMARY KEY (c) NOT ENFORCED"))).toEqual([
      "UPDATES-KEY: declare PRIMARY KEY (page) NOT ENFORCED",
    ]);
    expect(errorsOf(into("'connector' = 'view'", ", PRIMARY KEY (page) NOT ENFORCED"))).toEqual([]);
    expect(errorsOf("CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS c FROM clicks GROUP BY page")).toEqual([
      "UPDATES-KEY: select every column of GROUP BY (of ranks: of PARTITION BY, and the number), or GROUP BY a window too, whose rows come once",
    ]);
    expect(errorsOf("CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS c FROM clicks")).toEqual([]);
  });

  test("aggregates that cannot take rows back are refused over changes", () => {
    const over = (call: string): string[] =>
      errorsOf(`SELECT ${call} FROM (SELECT page, COUNT(*) AS c, AVG(score) AS s FROM clicks GROUP BY page)`);
    expect(over("APPROX_COUNT_DISTINCT(c)")).toHaveLength(1);
    expect(over("VAR_POP(s)")).toHaveLength(1);
    expect(over("SUM(DISTINCT c)")).toHaveLength(1);
    expect(over("VAR_POP(c), SUM(s), COUNT(DISTINCT c)")).toEqual([]);
  });
});
