/** window_time has the type of the time that windows are cut on, wherever that column stands. */
import { expect, test } from "bun:test";
import { plan } from "./plan-text.ts";

const tableOf = (name: string, columns: string): string =>
  `CREATE TABLE ${name} (${columns}, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json');`;
const windowsOver = (rows: string): string =>
  `SELECT window_time, COUNT(*) FROM TABLE(TUMBLE(TABLE (${rows}), DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time;`;
const joined = "FROM a JOIN b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts";

test.each(["TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"])("%s, of rows joined by time and of a table", (type) => {
  const tables = tableOf("a", `k INT, ts ${type}`) + tableOf("b", `k INT, s STRING, ts ${type}`);
  const kind = type === "TIMESTAMP(3)" ? "timestamp" : "timestamp_ltz";
  for (const rows of [`SELECT a.k, b.ts ${joined}`, `SELECT a.ts, b.s ${joined}`, "SELECT s, ts FROM b"]) {
    const { errors, plan: made } = plan(tables + windowsOver(rows));
    expect(errors).toEqual([]);
    expect(made?.queries[0]?.root.schema.fields[0]).toMatchObject({ name: "window_time", type: { kind } });
  }
});
