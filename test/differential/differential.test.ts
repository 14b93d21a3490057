/**
 * Whole random scripts against DuckDB: equal seeds give equal scripts, so a failure is repeated by its number alone. Each script
 * is one table with several queries over it, read twice in other interleavings and batches: what a query gives may depend neither
 * on its neighbours nor on how rows arrive.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Dice } from "./dice.ts";
import { DuckDb } from "./duckdb.ts";
import { differenceOf, type Expected, expectedOf, randomScript, scriptText } from "./judge.ts";

/** Scripts a run tries; MILLRACE_PROPERTY multiplies. `MILLRACE_SEED` starts elsewhere. */
const SCRIPTS = 100 * Number(process.env.MILLRACE_PROPERTY ?? 1);
const FIRST = Number(process.env.MILLRACE_SEED ?? 0);
const STEP = 10;

let duck: DuckDb;
beforeAll(async () => {
  duck = await DuckDb.open();
});
afterAll(() => duck.close());

/** Over all scripts judged: rows that came out, and rows late, filtered, bad and counted. */
const seen = { scripts: 0, rows: 0, counts: [0, 0, 0, 0] };

function see(expected: readonly Expected[]): void {
  seen.scripts++;
  for (const { rows, counts } of expected) {
    seen.rows += rows.length;
    seen.counts = seen.counts.map((sum, i) => sum + Number(counts[i]));
  }
}

async function judge(seed: number): Promise<void> {
  const script = randomScript(seed);
  const expected = await expectedOf(duck, script);
  see(expected);
  const dice = new Dice(seed + 1_000_000);
  for (const maxBatch of [dice.pick([1, 7, 100]), 5000]) {
    const difference = await differenceOf(script, expected, { seed: seed + maxBatch, maxBatch });
    if (difference !== null)
      throw new Error(`seed ${seed}, batches of ${maxBatch}: ${difference}\n${scriptText(script)}`);
  }
}

describe("random scripts give DuckDB's rows and counts", () => {
  for (let first = FIRST; first < FIRST + SCRIPTS; first += STEP) {
    test(`seeds ${first} to ${first + STEP - 1}`, async () => {
      for (let seed = first; seed < first + STEP; seed++) await judge(seed);
    }, 120_000);
  }
});

describe("the scripts", () => {
  test("are worth running: rows come out, go late, are filtered, turn out bad and are counted", () => {
    expect(seen.scripts).toBeGreaterThan(0);
    expect(seen.rows).toBeGreaterThan(10 * seen.scripts);
    for (const count of seen.counts) expect(count).toBeGreaterThan(seen.scripts);
  });
});
