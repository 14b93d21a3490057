/**
 * Nothing that is read is lost silently: whatever the policy, records = rows + bad + skipped at the source, and rows = counted +
 * late + filtered + bad at every query. The expected counts are worked out from a file made of known parts.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { fileTable, jsonLines, lastSummary, Running, runSql, toLines } from "./millrace.ts";

const columns = "n BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";
const window = `SELECT window_start, COUNT(*) AS c, COUNT(n) AS known, SUM(n) AS s
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE page <> '/out'
  GROUP BY window_start, window_end;`;

const at = (seconds: number) =>
  new Date(Date.UTC(2024, 4, 1, 0, 0, seconds)).toISOString().slice(0, 19).replace("T", " ");

/** By kind: what each record is worth. */
const parts = {
  good: [1, 20, 59, 61].map((seconds) => ({ n: seconds, page: "/a", ts: at(seconds) })),
  filtered: [{ n: 1, page: "/out", ts: at(62) }],
  wrongField: [
    { n: "many", page: "/a", ts: at(63) },
    { n: [1], page: "/a", ts: at(64) },
  ],
  noTime: [
    { n: 1, page: "/a" },
    { n: 1, page: "/a", ts: null },
  ],
  wrongTime: [{ n: 1, page: "/a", ts: "yesterday" }],
  noJson: ['{"n":1', "nul", '{"n":01}'],
  noObject: ["7", '"text"'],
  empty: ["", "   "],
  farOn: [{ n: 9, page: "/a", ts: at(600) }],
  late: [
    { n: 1, page: "/a", ts: at(2) },
    { n: 1, page: "/out", ts: at(3) },
  ],
};
const all = Object.values(parts).flat();

async function count(options: Record<string, string>, set = "") {
  using folder = new TemporaryFolder();
  folder.write("in.json", toLines(all));
  const script = `${set}${fileTable("t", columns, { path: join(folder.path, "in.json"), ...options })}
    CREATE MATERIALIZED VIEW v AS ${window}`;
  await using running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
  const url = await running.says(/"serving":"([^"]+)"/);
  let job = await jobAt(url);
  while (job.phase !== "finished") job = await jobAt(url);
  const view = (await (await fetch(`${url}/v1/views/v`)).json()) as { rows: unknown[] };
  running.process.kill("SIGINT");
  const ended = await running.ended();
  expect(ended.code).toBe(0);
  const [source] = job.sources;
  const [query] = job.queries;
  if (source === undefined || query === undefined) throw new Error("no source or no query");
  expect(source.records).toBe(all.length);
  expect(source.rows + source.bad + source.skipped).toBe(source.records);
  expect(query.counted + query.late + query.filtered + query.bad).toBe(query.rows);
  expect(query.rows).toBe(source.rows);
  expect(lastSummary(ended)).toMatchObject({ rows: all.length, late: query.late });
  return { source, query, rows: view.rows };
}

interface Counts {
  readonly phase: string;
  readonly sources: readonly { records: number; rows: number; bad: number; skipped: number }[];
  readonly queries: readonly { rows: number; counted: number; late: number; filtered: number; bad: number }[];
}

async function jobAt(url: string): Promise<Counts> {
  const { jobs } = (await (await fetch(`${url}/v1/jobs`)).json()) as { jobs: Counts[] };
  if (jobs[0] === undefined) throw new Error("no job");
  return jobs[0];
}

const first = { window_start: "2024-05-01 00:00:00", c: 3, known: 3, s: 80 };
const last = { window_start: "2024-05-01 00:10:00", c: 1, known: 1, s: 9 };

describe("records that are no rows", () => {
  test("are counted and left out under 'bad-row.policy' = 'skip'", async () => {
    const { source, query, rows } = await count({ "bad-row.policy": "skip" });
    const { wrongField, noTime, wrongTime, noJson, noObject, empty } = parts;
    expect(source).toMatchObject({
      bad: [wrongField, noTime, wrongTime, noJson, noObject].flat().length,
      skipped: empty.length,
      lastBadRow: expect.stringMatching(
        /^table "t": record at .*in.json offset \d+, byte 5: "many" does not fit column "n" of/,
      ),
    });
    expect(query).toMatchObject({ counted: 5, late: 2, filtered: 1, bad: 0 });
    expect(rows).toEqual([first, { window_start: "2024-05-01 00:01:00", c: 1, known: 1, s: 61 }, last]);
  });

  test("keep what fits under json.ignore-parse-errors", async () => {
    const { source, query, rows } = await count({ "json.ignore-parse-errors": "true", "bad-row.policy": "skip" });
    const { noTime, wrongTime, noJson, noObject, empty } = parts;
    expect(source).toMatchObject({
      bad: [noTime, wrongTime].flat().length,
      skipped: [noJson, noObject, empty].flat().length,
    });
    expect(query).toMatchObject({ counted: 7, late: 2, filtered: 1, bad: 0 });
    expect(rows).toEqual([first, { window_start: "2024-05-01 00:01:00", c: 3, known: 1, s: 61 }, last]);
  });

  test("without an event time are dropped and counted when SET says so", async () => {
    const set = "SET 'table.exec.source.rowtime-null-handling' = 'DROP';";
    const { source, query } = await count({ "json.ignore-parse-errors": "true" }, set);
    const { noTime, wrongTime, noJson, noObject, empty } = parts;
    expect(source).toMatchObject({ bad: 0, skipped: [noTime, wrongTime, noJson, noObject, empty].flat().length });
    expect(query.counted).toBe(7);
  });
});

describe("a row whose expression fails", () => {
  const rows = [
    { n: 4, page: "8" },
    { n: 0, page: "9" },
    { n: 2, page: "x" },
    { n: 2, page: "10" },
  ];

  function script(folder: TemporaryFolder, options: Record<string, string>, select: string): string {
    folder.write("in.json", toLines(rows));
    return `${fileTable("t", "n BIGINT, page STRING", { path: join(folder.path, "in.json"), ...options })}${select}`;
  }

  test("ends the job, showing the expression in the script, the record and the values", async () => {
    using folder = new TemporaryFolder();
    const sql = script(folder, {}, "SELECT page,\n  1 + 40 / (n - 2) AS q FROM t;");
    const { out, err, code } = await runSql(sql);
    expect([out, code]).toEqual(["", 1]);
    expect(err.split("\n").slice(0, 6)).toEqual([
      `error[MALFORMED-RECORD]: table "t": record at ${join(folder.path, "in.json")} offset 38 (line 3): ` +
        '40 / (n - 2) divides by zero where n - 2 = 0 (column "q"), in {"n":2,"page":"x"}',
      " --> <stdin>:3:7",
      "  |",
      "3 |   1 + 40 / (n - 2) AS q FROM t;",
      "  |       ^^^^^^^^^^^^",
      "  = hint: NULLIF(divisor, 0) gives NULL where the divisor is 0; 'bad-row.policy' = 'skip' in WITH (…) counts such rows and goes on",
    ]);
    const cast = await runSql(script(folder, {}, "SELECT CAST(page AS INT) AS p FROM t;"));
    expect(cast.err).toContain(`offset 38 (line 3): CAST(page AS INT) fails where page = 'x' (column "p")`);
    expect(cast.err).toContain("hint: TRY_CAST gives NULL where CAST fails");
  });

  test("is counted as bad and left out where the policy is skip; TRY_CAST and CASE keep it", async () => {
    using folder = new TemporaryFolder();
    const skip = { "bad-row.policy": "skip" };
    const cast = await runSql(script(folder, skip, "SELECT 40 / n AS q, CAST(page AS INT) AS p FROM t;"), "--json");
    expect(cast.code).toBe(0);
    expect(jsonLines(cast.out)).toEqual([
      { q: 10, p: 8 },
      { q: 20, p: 10 },
    ]);
    expect(lastSummary(cast)).toMatchObject({ rows: 4, bad: 2 });
    const kept = "SELECT CASE WHEN n = 0 THEN NULL ELSE 40 / n END AS q, TRY_CAST(page AS INT) AS p FROM t;";
    expect(jsonLines((await runSql(script(folder, {}, kept), "--json")).out)).toEqual([
      { q: 10, p: 8 },
      { q: null, p: 9 },
      { q: 20, p: null },
      { q: 20, p: 10 },
    ]);
  });
});
