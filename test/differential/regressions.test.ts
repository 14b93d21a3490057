/** What random scripts found wrong once, each as the smallest script that showed it. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { runSimulated } from "../engine/run-simulated.ts";
import { SimulatedSource } from "../engine/simulated-source.ts";

async function rowsOf(sql: string, records: readonly string[]): Promise<readonly CellValue[][][]> {
  const { sinks } = await runSimulated(sql, () => new SimulatedSource([records], { seed: 1, maxBatch: 100 }));
  return sinks.map((sink) => sink.rows);
}

describe("scripts that once gave wrong rows", () => {
  test("a computed column that only the second query reads is not overwritten by what the first computes", async () => {
    const sql = `
      CREATE TABLE t (id INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts)
      WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
      SELECT id, CAST(id AS BIGINT) * 3 * 5 AS n FROM t;
      SELECT id, ts FROM t;
      SELECT window_start, window_end, COUNT(*) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)
      GROUP BY window_start, window_end;`;
    expect(await rowsOf(sql, ['{"id":2,"ms":1714521639269}'])).toEqual([
      [[2, 30n]],
      [[2, 1_714_521_639_269_000n]],
      [[1_714_521_600_000_000n, 1_714_521_660_000_000n, 1n]],
    ]);
  });
});
