import { describe, expect, test } from "bun:test";
import { type OracleRow, tumblingOracle } from "../oracle/tumbling.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

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

/** Rows of several partitions around one another in time, some late, some without page or user. */
function generate(seed: number): OracleRow[][] {
  const random = seededRandom(seed);
  const partitions = 1 + Math.floor(random() * 5);
  return Array.from({ length: partitions }, (_, partition) => {
    let now = 1_714_521_600_000 + Math.floor(random() * 10_000);
    return Array.from({ length: Math.floor(random() * 3000) }, (): OracleRow => {
      now += Math.floor(random() * 200);
      const late = random() < 0.01 ? Math.floor(random() * 300_000) : Math.floor(random() * 8000);
      return {
        partition,
        timeMs: now - late,
        key: random() < 0.02 ? null : `/p/${Math.floor(random() * 50)}`,
        user: random() < 0.02 ? null : BigInt(Math.floor(random() * 2000)) + 9_007_199_254_740_993n,
      };
    });
  });
}

function toJson(row: OracleRow): string {
  const at = new Date(row.timeMs ?? 0).toISOString().replace("T", " ").replace("Z", "");
  return `{"user_id":${row.user ?? "null"},"page":${JSON.stringify(row.key)},"ts":"${at}"}`;
}

describe("a tumbling window over several partitions", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const maxBatch of [1, 7, 500, 5000]) {
      test(`equals the oracle for seed ${seed} in batches of up to ${maxBatch}`, async () => {
        const partitions = generate(seed);
        const records = partitions.map((rows) => rows.map(toJson));
        const expected = tumblingOracle(partitions.flat(), { sizeMs: WINDOW_MS, offsetMs: 0, delayMs: DELAY_MS });
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
