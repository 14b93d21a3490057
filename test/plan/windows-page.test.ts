/** What docs/windows.md shows is SQL that plans. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { plan } from "./plan-text.ts";

const page = readFileSync(new URL("../../docs/windows.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
const table = `
  CREATE TABLE clicks (user_id BIGINT, page STRING, action STRING, duration DOUBLE, ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
`;

test("every statement on the page about windows plans", () => {
  const { plan: made, errors } = plan(table + blocks.join("\n"));
  expect(errors.map(({ message }) => message)).toEqual([]);
  expect(made?.queries.length).toBe(20);
});
