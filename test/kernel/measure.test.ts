/** Time that queries take is counted by whatever clock the host brings, and by nothing else. */
import { expect, test } from "bun:test";
import { BIGINT, drain, END, feed, freshKernel, rawProgram } from "./harness.ts";

function worked(now?: () => number) {
  const kernel = freshKernel(now === undefined ? {} : { now });
  kernel.load(
    rawProgram([{ sizeMs: 1000, keys: [0], aggregates: [{ function: "COUNT", argument: null, resultType: BIGINT }] }]),
  );
  kernel.ensurePartitions(0, 1);
  feed(
    kernel,
    Array.from({ length: 10_000 }, (_, i) => ({ text: `key ${i % 100}`, timeMs: i })),
  );
  const state = kernel.queryCounters(0).stateBytes;
  const rows = drain(kernel, END);
  return { rows, counters: kernel.queryCounters(0), effort: kernel.effort(0), decodingMs: kernel.decodingMs(0), state };
}

test("queries and sources are measured apart, and results do not depend on it", () => {
  let calls = 0;
  const [without, measured] = [worked(), worked(() => calls++)];
  expect([without.effort.busyMs, without.decodingMs]).toEqual([0, 0]);
  expect(measured.rows).toEqual(without.rows);
  expect(measured.counters).toEqual(without.counters);
  expect(measured.effort.busyMs).toBeGreaterThan(0);
  expect(measured.decodingMs).toBeGreaterThan(0);
  // Every millisecond of this clock but those before the first and after the last call is somebody's.
  expect(measured.effort.busyMs + measured.decodingMs).toBeLessThan(calls);
});

test("the most bytes of state are kept when they are given back", () => {
  const { effort, counters, state } = worked();
  expect(state).toBeGreaterThan(0);
  expect(effort.peakBytes).toBeGreaterThanOrEqual(state);
  expect(counters.stateBytes).toBeLessThan(state);
});
