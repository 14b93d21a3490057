import { describe, expect, test } from "bun:test";
import { windowOracle } from "../oracle/windows.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const WINDOW_MS = 60_000;
const DELAY_MS = 5_000;

const sql = `
  CREATE TABLE clicks (
    user_id BIGINT,
    page STRING,
    ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
  ) WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
  SELECT window_start, window_end, page, COUNT(*) AS n, COUNT(DISTINCT user_id) AS users,
         APPROX_COUNT_DISTINCT(user_id) AS about
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end, page;
`;

describe("a tumbling window over several partitions", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const maxBatch of [1, 7, 500, 5000]) {
      test(`equals the oracle for seed ${seed} in batches of up to ${maxBatch}`, async () => {
        const partitions = windowRows(seed);
        const records = partitions.map((rows) => rows.map(rowJson));
        const expected = windowOracle(partitions.flat(), {
          kind: "tumbling",
          sizeMs: WINDOW_MS,
          offsetMs: 0,
          delayMs: DELAY_MS,
        });
        const { sinks, status } = await runSimulated(
          sql,
          () => new SimulatedSource(records, { seed: seed * 31 + maxBatch, maxBatch }),
        );
        const rows = (sinks[0]?.rows ?? []).map((row) => row.slice(0, 5));
        expect(rows).toEqual(
          expected.windows.map((window) => [
            BigInt(window.windowStart) * 1000n,
            BigInt(window.windowEnd) * 1000n,
            window.key,
            BigInt(window.count),
            BigInt(window.users.size),
          ]),
        );
        const query = status.queries[0];
        expect(query?.late).toBe(expected.late);
        expect(query?.counted).toBe(expected.counted);
        expect((query?.counted ?? 0) + (query?.late ?? 0) + (query?.filtered ?? 0) + (query?.bad ?? 0)).toBe(
          query?.rows ?? -1,
        );
      });
    }
  }
});
