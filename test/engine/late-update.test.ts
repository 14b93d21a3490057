/**
 * Late rows that correct windows: what a reader of the changes holds in the end is what a watermark that is behind by the allowed
 * lateness would have given, however the records were split and read.
 */
import { describe, expect, test } from "bun:test";
import { Op } from "../../src/core/batch.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { type OracleSpec, windowOracle } from "../oracle/windows.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const DELAY_MS = 5_000;
const ALLOWED_MS = 40_000;
const LATE = "'late.policy' = 'update', 'late.allowed' = '40 s'";
const tableWith = (options: string): string => `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json'${options === "" ? "" : `, ${options}`});
`;

const windows: readonly { readonly text: string; readonly spec: Omit<OracleSpec, "delayMs"> }[] = [
  {
    text: "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
    spec: { kind: "tumbling", sizeMs: 10_000, offsetMs: 0 },
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

const query = (text: string): string => `SELECT window_start, window_end, page, COUNT(*), COUNT(DISTINCT user_id)
  FROM TABLE(${text}) GROUP BY window_start, window_end, page;`;

async function run(sql: string, seed: number, maxBatch: number) {
  const records = windowRows(seed).map((rows) => rows.map(rowJson));
  const { sinks, status } = await runSimulated(
    sql,
    () => new SimulatedSource(records, { seed: seed * 31 + maxBatch, maxBatch }),
  );
  return { sink: sinks[0] as CollectingSink, counters: status.queries[0] };
}

const seeds = [1, 2, 3].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 2 }, (_, i) => 100 + i),
);

for (const { text, spec } of windows) {
  describe(`'late.policy' = 'update' over ${text}`, () => {
    let rescued = 0;
    for (const seed of seeds) {
      test.each([7, 600, 5000])(`ends as the oracle says, seed ${seed}, batches of up to %p`, async (maxBatch) => {
        const rows = windowRows(seed).flat();
        const expected = windowOracle(rows, { ...spec, delayMs: DELAY_MS + ALLOWED_MS });
        const { sink, counters } = await run(`${tableWith(LATE)} ${query(text)}`, seed, maxBatch);
        const texts = expected.windows.map((one) => [
          BigInt(one.windowStart) * 1000n,
          BigInt(one.windowEnd) * 1000n,
          one.key,
          BigInt(one.count),
          BigInt(one.users.size),
        ]);
        expect(sorted(applied(sink))).toEqual(sorted(texts));
        const { late, counted, missed } = expected;
        expect(counters).toMatchObject({ late, counted, missed, bad: 0, groups: 0, openWindows: 0 });
        const without = windowOracle(rows, { ...spec, delayMs: DELAY_MS });
        expect(without.late).toBeGreaterThanOrEqual(late);
        rescued += without.late - late;
      });
    }
    test("and rows count that would have been late", () => {
      expect(rescued).toBeGreaterThan(0);
    });
  });
}

describe("rows beyond the first", () => {
  const [tumbling] = windows;
  const text = tumbling?.text ?? "";

  test("leave as -U and +U, or +I where the key is new, and none is taken back", async () => {
    const { sink } = await run(`${tableWith(LATE)} ${query(text)}`, 2, 600);
    const ops = sink.batches.flatMap(({ op }) => Array.from(op ?? []));
    const count = (kind: number): number => ops.filter((op) => op === kind).length;
    expect(count(Op.updateBefore)).toBeGreaterThan(0);
    expect(count(Op.updateAfter)).toBe(count(Op.updateBefore));
    expect(count(Op.delete)).toBe(0);
    expect(ops.length).toBe(sink.rows.length);
  });

  test("by SET, as in WITH, which goes before it", async () => {
    const own = await run(`${tableWith(LATE)} ${query(text)}`, 1, 600);
    const set = "SET 'late.policy' = 'update'; SET 'late.allowed' = '40 s';";
    const bySet = await run(`${set} ${tableWith("")} ${query(text)}`, 1, 600);
    expect(bySet.sink.rows).toEqual(own.sink.rows);
    const dropped = await run(`${set} ${tableWith("'late.policy' = 'drop'")} ${query(text)}`, 1, 600);
    expect(dropped.sink.rows).toEqual((await run(`${tableWith("")} ${query(text)}`, 1, 600)).sink.rows);
  });

  test("early rows and corrections lead to the same", async () => {
    const own = await run(`${tableWith(LATE)} ${query(text)}`, 3, 600);
    const early = await run(`SET 'emit' = 'on-update'; ${tableWith(LATE)} ${query(text)}`, 3, 600);
    expect(sorted(applied(early.sink))).toEqual(sorted(applied(own.sink)));
  });

  test("'late.judged-by' = 'table' is the same where there is one partition and every row is a batch of its own", async () => {
    const records = [windowRows(2).flat().map(rowJson).slice(0, 2000)];
    const batches = (options: string) =>
      runSimulated(
        `${tableWith(options)} ${query(text)}`,
        () => new SimulatedSource(records, { seed: 1, maxBatch: 1 }),
      );
    const partition = await batches("");
    const table = await batches("'late.judged-by' = 'table'");
    expect(table.sinks[0]?.rows).toEqual(partition.sinks[0]?.rows as never);
    expect(table.status.queries[0]?.late).toBe(partition.status.queries[0]?.late as number);
    expect(partition.status.queries[0]?.late).toBeGreaterThan(0);
  });

  test("'late.judged-by' = 'table' takes rows that their own partition is ahead of", async () => {
    const own = await run(`${tableWith("")} ${query(text)}`, 4, 50);
    const table = await run(`${tableWith("'late.judged-by' = 'table'")} ${query(text)}`, 4, 50);
    expect(table.counters?.late).toBeLessThan(own.counters?.late ?? 0);
    expect((table.counters?.late ?? 0) + (table.counters?.counted ?? 0)).toBe(table.counters?.rows ?? -1);
  });
});

describe("what is refused", () => {
  const errors = (sql: string): string[] =>
    planText({ text: sql, settings: {} }).errors.map(({ message, hint }) => `${message} | ${hint}`);
  const [tumbling] = windows;
  const inner = query(tumbling?.text ?? "").replace(";", "");

  test("sinks that only add rows, queries on the results, and OVER", () => {
    const table = tableWith(LATE);
    const out = `CREATE TABLE out (c BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');`;
    expect(
      errors(
        `${table} ${out} INSERT INTO out SELECT COUNT(*) FROM TABLE(${tumbling?.text}) GROUP BY window_start, window_end;`,
      )[0],
    ).toContain('the rows of this query change, and "out" takes new rows only');
    const view = inner
      .replace("COUNT(*),", "COUNT(*) AS n,")
      .replace("COUNT(DISTINCT user_id)", "COUNT(DISTINCT user_id) AS u");
    const above = `${table} CREATE VIEW v AS ${view}; SELECT window_start, window_end, MAX(n) FROM v GROUP BY window_start, window_end;`;
    expect(errors(above)).toEqual([
      "'late.policy' = 'update' below another query is not part of this release | FROM clicks /*+ OPTIONS('late.policy' = 'drop') */ reads it without corrections",
    ]);
    const over = `${table} SELECT ts, COUNT(*) OVER (PARTITION BY page ORDER BY ts) FROM clicks;`;
    expect(errors(over)[0]).toContain("'late.policy' = 'update' without GROUP BY is not part of this release");
  });

  test("options that say nothing together", () => {
    expect(errors(tableWith("'late.policy' = 'update'"))[0]).toContain('option "late.allowed" is missing');
    expect(errors(tableWith("'late.allowed' = '10 s'"))[0]).toContain('option "late.allowed" does nothing');
    expect(errors(tableWith("'late.policy' = 'keep'"))[0]).toContain("it takes drop, side-output or update");
    expect(errors(`SET 'late.policy' = 'update'; ${tableWith("")} ${inner};`)[0]).toContain(
      "nothing says how long windows are kept",
    );
  });
});
