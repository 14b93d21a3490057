/**
 * The lesson's sliding windows, ten minutes every minute: its moving average as it is written there in Flink SQL, and its
 * average of durations by action in Spark's words. Against the naive oracle.
 */
import { expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { type OracleRow, windowOracle } from "../oracle/windows.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { windowRows } from "./window-rows.ts";

const sql = `
  CREATE TABLE clickstream (
    action STRING,
    session_duration BIGINT,
    event_timestamp TIMESTAMP(3),
    WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
  ) WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');

  SELECT
      window_start,
      window_end,
      action,
      COUNT(*) AS event_count,
      AVG(COUNT(*)) OVER (
          ORDER BY window_start
          ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
      ) AS moving_avg_3window
  FROM TABLE(
      HOP(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)
  )
  GROUP BY window_start, window_end, action;

  SELECT window.start, window.end, action, AVG(session_duration) AS avg_session_duration, COUNT(*) AS event_count
  FROM clickstream
  GROUP BY window(event_timestamp, '10 minutes', '1 minute'), action;
`;

/** Durations are small, so that sums of many fit. */
function clicks(seed: number): OracleRow[][] {
  return windowRows(seed).map((rows) =>
    rows.map((row) => ({ ...row, user: row.user === null ? null : row.user % 977n })),
  );
}

function json({ key, user, timeMs }: OracleRow): string {
  const at = new Date(timeMs ?? 0).toISOString().replace("T", " ").replace("Z", "");
  return `{"action":${JSON.stringify(key)},"session_duration":${user ?? "null"},"event_timestamp":"${at}"}`;
}

test.each([1, 2, 5])("the lesson's moving average, and its average of durations by action (seed %p)", async (seed) => {
  const partitions = clicks(seed);
  const spec = { kind: "hopping", sizeMs: 600_000, stepMs: 60_000, offsetMs: 0, delayMs: 5000 } as const;
  const { windows } = windowOracle(partitions.flat(), spec);
  const records = partitions.map((rows) => rows.map(json));
  const { sinks } = await runSimulated(sql, () => new SimulatedSource(records, { seed, maxBatch: 700 }));
  const micros = (ms: number): bigint => BigInt(ms) * 1000n;
  const moving = windows.map(({ windowStart, windowEnd, key, count }, index): CellValue[] => {
    const last = windows.slice(Math.max(0, index - 2), index + 1);
    const average = Math.floor(last.reduce((sum, other) => sum + other.count, 0) / last.length);
    return [micros(windowStart), micros(windowEnd), key, BigInt(count), BigInt(average)];
  });
  const durations = windows.map(({ windowStart, windowEnd, key, count, sum, known }): CellValue[] => {
    const average = known === 0 ? null : sum / BigInt(known);
    return [micros(windowStart), micros(windowEnd), key, average, BigInt(count)];
  });
  expect(moving.length).toBeGreaterThan(300);
  expect(sinks[0]?.rows).toEqual(moving);
  expect(sinks[1]?.rows).toEqual(durations);
});
