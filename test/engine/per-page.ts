/** Results of a window, a row a page and ten seconds, and a second query over them: what tests of queries on results are made of. */
import type { CellValue } from "../../src/core/value.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

export const table = `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
  CREATE VIEW per_page AS
    SELECT window_start, window_end, window_time, page, COUNT(*) AS n, SUM(user_id) AS total, MAX(page) AS last
    FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end, window_time, page;
  SELECT window_start, page, n, total FROM per_page;
`;

export function records(seed: number): string[][] {
  const random = seededRandom(seed);
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    let now = 1_714_521_600_000;
    return Array.from({ length: 200 + Math.floor(random() * 1500) }, () => {
      now += Math.floor(random() * 400);
      const page = random() < 0.05 ? null : `/p/${Math.floor(random() * 9)}`;
      const ts = new Date(now - Math.floor(random() * 6000)).toISOString().replace("T", " ").replace("Z", "");
      return JSON.stringify({ user_id: random() < 0.3 ? null : Math.floor(random() * 50), page, ts });
    });
  });
}

export interface Result {
  readonly start: bigint;
  readonly page: string | null;
  readonly n: bigint;
  readonly total: bigint | null;
}

/** The results, and the rows of the query over them, in batches that the seed breaks. */
export async function run(seed: number, sql: string): Promise<{ results: Result[]; rows: CellValue[][] }> {
  const parts = records(seed);
  const { sinks } = await runSimulated(
    `${table} ${sql}`,
    () => new SimulatedSource(parts, { seed, maxBatch: 1 + (seed % 3) * 200 }),
  );
  const results = (sinks[0]?.rows ?? []).map(
    ([start, page, n, total]): Result => ({ start, page, n, total }) as Result,
  );
  return { results, rows: sinks[1]?.rows ?? [] };
}
