/** How many windows a row may be in: what the planner lets through the kernel takes, and it is right at the limit. */
import { expect, test } from "bun:test";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { windowOracle } from "../oracle/windows.ts";
import { kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";
import { rowJson } from "./window-rows.ts";

function script(window: string): string {
  return `
    CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
    SELECT window_start, window_end, COUNT(*) FROM ${window} GROUP BY window_start, window_end;`;
}

function windowText(name: "HOP" | "CUMULATE", stepMs: number, sizeMs: number): string {
  const seconds = (ms: number): string => `INTERVAL '${(ms / 1000).toFixed(3)}' SECOND(10, 3)`;
  return `${name}(TABLE clicks, DESCRIPTOR(ts), ${seconds(stepMs)}, ${seconds(sizeMs)})`;
}

/** Whether the planner takes it; when it does, the kernel must. */
function isTaken(sql: string): boolean {
  const { plan, errors } = planText({ text: sql, settings: {} });
  if (plan === null) {
    expect(errors.map(({ code }) => code)).toEqual(["WINDOW-SIZE"]);
    return false;
  }
  const { program } = compilePlan(plan, (table) => readSourceFormats(table, plan.settings, false));
  loadKernel(kernelBytes).load(program);
  return true;
}

test("the kernel takes every window that the planner lets through", () => {
  const random = seededRandom(11);
  const lengthMs = (): number => 1 + Math.floor(10 ** (random() * 9));
  const taken = Array.from({ length: 150 }, () => {
    const [stepMs, count] = [lengthMs(), 1 + Math.floor(10 ** (random() * 5))];
    const [name, sizeMs] = random() < 0.5 ? (["HOP", lengthMs()] as const) : (["CUMULATE", stepMs * count] as const);
    return isTaken(script(windowText(name, stepMs, Math.min(sizeMs, 9_000_000_000))));
  });
  const { length } = taken.filter(Boolean);
  expect(length).toBeGreaterThan(30);
  expect(length).toBeLessThan(120);
});

test("999 windows a row, a millisecond apart: one more is refused", async () => {
  expect(isTaken(script(windowText("HOP", 1, 1000)))).toBe(false);
  expect(isTaken(script(windowText("CUMULATE", 1, 1000)))).toBe(false);
  const at = [100_000, 105_890, 99_905, 105_899, 99_905, 99_002];
  const rows = at.map((timeMs) => ({ partition: 0, timeMs, key: "a", user: 1n }));
  for (const name of ["HOP", "CUMULATE"] as const) {
    const kind = name === "HOP" ? "hopping" : "cumulating";
    const expected = windowOracle(rows, { kind, sizeMs: 999, stepMs: 1, offsetMs: 0, delayMs: 5000 });
    expect(expected.missed).toBeGreaterThan(900);
    const { sinks, status } = await runSimulated(
      script(windowText(name, 1, 999)),
      () => new SimulatedSource([rows.map(rowJson)], { seed: 1, maxBatch: 2 }),
    );
    const micros = (ms: number): bigint => BigInt(ms) * 1000n;
    expect(sinks[0]?.rows).toEqual(
      expected.windows.map(({ windowStart, windowEnd, count }) => [
        micros(windowStart),
        micros(windowEnd),
        BigInt(count),
      ]),
    );
    expect(status.queries[0]).toMatchObject({
      missed: expected.missed,
      late: expected.late,
      counted: expected.counted,
    });
  }
});
