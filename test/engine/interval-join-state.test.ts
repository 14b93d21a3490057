/** What a join by time keeps in memory: rows for as long as some row can come that they meet, and nothing of those that are gone. */
import { describe, expect, test } from "bun:test";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed, type Row, rowsOf as rowsOfBatch } from "../kernel/harness.ts";
import { kernelBytes } from "./run-simulated.ts";
import { START, stamp, tables } from "./two-tables.ts";

type JoinType = "INNER" | "LEFT" | "RIGHT" | "FULL";
const types: readonly JoinType[] = ["INNER", "LEFT", "RIGHT", "FULL"];

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
      // Some come too late for rows that are to come, and not too late for some that were there.
      const ts = stamp(START + round * 1000 + i - (i % 50 === 3 ? 4500 : 0));
      return {
        text: JSON.stringify({
          id: i,
          x: i % 2,
          item: i % 9 === 0 ? null : `${"long ".repeat(10)}${String(round).padStart(4, "0")}/${i >> 1}`,
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

  test("a row is kept up to the last millisecond in which another can come", () => {
    const on = "a.item = b.item AND b.ts BETWEEN a.ts - INTERVAL '1' SECOND AND a.ts";
    const { plan } = planText({
      text: `${tables} SELECT a.id, b.id FROM orders a JOIN orders b ON ${on};`,
      settings: {},
    });
    if (plan === null) throw new Error("the script plans");
    const { program, queries } = compilePlan(plan, (one) => readSourceFormats(one, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const join = queries[0]?.stages.at(-1)?.query ?? 0;
    const give = (id: number, ms: number): Row[] => {
      feed(kernel, [{ text: JSON.stringify({ id, item: "x", ts: stamp(START + ms) }) }]);
      const rows: Row[] = [];
      while (kernel.emitVector(join)) {
        const batch = kernel.takeOutput(join);
        if (batch !== null) rows.push(...rowsOfBatch(batch));
      }
      return rows;
    };
    expect(give(1, 12_000)).toEqual([[1n, 1n]]);
    kernel.advance(join, START + 10_000);
    expect(give(2, 10_002)).toEqual([[2n, 2n]]);
    expect(give(3, 10_001)).toEqual([
      [2n, 3n],
      [3n, 3n],
    ]);
    // Behind its watermark, and still open for the row before.
    expect(give(4, 9002)).toEqual([
      [2n, 4n],
      [3n, 4n],
    ]);
    expect(give(5, 9001)).toEqual([[3n, 5n]]);
    expect(give(6, 9000)).toEqual([]);
    expect(kernel.queryCounters(join).late).toBe(2);
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
