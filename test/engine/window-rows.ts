/** Seeded rows for jobs over windows, as the oracle and as a JSON source take them. */
import type { OracleRow } from "../oracle/windows.ts";
import { seededRandom } from "./simulated-source.ts";

/** Rows of several partitions around one another in time, some late, some without page or user. */
export function windowRows(seed: number): OracleRow[][] {
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

/** Its record: user_id, page, ts. */
export function rowJson(row: OracleRow): string {
  const at = new Date(row.timeMs ?? 0).toISOString().replace("T", " ").replace("Z", "");
  return `{"user_id":${row.user ?? "null"},"page":${JSON.stringify(row.key)},"ts":"${at}"}`;
}
