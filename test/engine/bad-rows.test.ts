/**
 * What is said about a record that gives no row, through the whole pipeline: a real kernel decodes, a simulated source hands over,
 * and the message names place, byte, path, type and text. Under `skip` the job's status says the same.
 */
import { describe, expect, test } from "bun:test";
import type { EngineError } from "../../src/core/error.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { createExplainer } from "../../src/engine/failing-expression.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import type { TableDefinition } from "../../src/plan/plan.ts";
import { kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";

const columns = "id BIGINT, who ROW<age TINYINT, name STRING>, ok BOOLEAN, day DATE, price DECIMAL(5, 2)";

interface BadRecordJob {
  readonly select: string;
  /** More of WITH. */
  readonly options: string;
  readonly record: Uint8Array;
}

/** What the job says of its only record; null when it gives a row. Said alike whether the job fails or goes on. */
async function describeRecord({ select, options, record }: BadRecordJob): Promise<string | null> {
  const run = (policy: string) =>
    runSimulated(
      `CREATE TABLE t (${columns}) WITH (${["'connector' = 'filesystem'", "'path' = 'x'", "'format' = 'json'", `'bad-row.policy' = '${policy}'`, options].filter((one) => one !== "").join(", ")});
       SELECT ${select} FROM t;`,
      () => new SimulatedSource([[record]], { seed: 1, maxBatch: 8 }),
    );
  const failed = await run("fail").then(
    () => null,
    (error: unknown) => error as EngineError,
  );
  const { status } = await run("skip");
  expect(status.sources[0]?.lastBadRow ?? null).toBe(failed?.message ?? null);
  if (failed !== null) expect([failed.code, failed.exitCode]).toEqual(["MALFORMED-RECORD", 1]);
  return failed?.message ?? null;
}

describe("a record that gives no row", () => {
  const cases: readonly (readonly [name: string, record: string | Uint8Array, said: string, options?: string])[] = [
    ["is malformed", '{"id":1x}', ', byte 7: expected "," or "}" after the value of "id", found "x", in {"id":1x}'],
    [
      "ends early",
      '{"who":{"age":1',
      `, byte 15: expected "," or "}" after the value of "who.age", found the end of the record, in {"who":{"age":1`,
    ],
    ["goes on", '{"id":1} {"id":2}', ', byte 9: expected the end of the record, found "{", in {"id":1} {"id":2}'],
    ["does not fit", '{"id":"abc"}', ', byte 6: "abc" does not fit column "id" of type BIGINT, in {"id":"abc"}'],
    [
      "does not fit below",
      '{"who":{"name":"x","age":300}}',
      ', byte 25: 300 does not fit column "who.age" of type TINYINT, in {"who":{"name":"x","age":300}}',
    ],
    [
      "has another kind where an object is read",
      '{"who":[1, 2]}',
      ', byte 7: [1, 2] at "who" does not fit column "who.age" of type TINYINT, in {"who":[1, 2]}',
    ],
    [
      "has one element that does not fit",
      '[{"id":1},{"id":true}]',
      ', byte 16: true at "[1].id" does not fit column "id" of type BIGINT, in [{"id":1},{"id":true}]',
    ],
    ["is no object", " 12", ", byte 1: expected a JSON object or an array of objects, found 12, in  12"],
    [
      "has an element that is no object",
      '[{"id":1},"x"]',
      ', byte 10: expected a JSON object, found "x", in [{"id":1},"x"]',
    ],
    ["lacks a field", '{"id":1}', ' has no field "who.age", in {"id":1}', "'json.fail-on-missing-field' = 'true'"],
    [
      "has an element that lacks a field",
      '[{"id":1,"who":{"age":1}},{"id":2}]',
      ', byte 26: the object at "[1]" has no field "who.age", in [{"id":1,"who":{"age":1}},{"id":2}]',
      "'json.fail-on-missing-field' = 'true'",
    ],
    [
      "would steer a terminal",
      '{"id":1\u001b[2J}',
      ', byte 7: expected "," or "}" after the value of "id", found "\\u001b", in {"id":1\\u001b[2J}',
    ],
  ];
  for (const validation of ["full", "projected"]) {
    test.each(cases)(`that %s (${validation})`, async (_name, record, said, options = "") => {
      const bytes = typeof record === "string" ? new TextEncoder().encode(record) : record;
      const option = [options, `'json.validation' = '${validation}'`].filter((one) => one !== "").join(", ");
      const job = {
        select: said.includes("has no field") ? "id, who.age" : "id, who.age, who.name, ok, `day`, price",
        options: option,
        record: bytes,
      };
      expect(await describeRecord(job)).toBe(`table "t": record at simulated[0] offset 0${said}`);
    });
  }

  test("for what nobody reads is told under 'full' and is a row under 'projected'", async () => {
    const records: readonly (readonly [Uint8Array, string])[] = [
      [
        new TextEncoder().encode('{"\u202eid":x}'),
        'byte 9: expected a value for "\\u202eid", found "x", in {"\\u202eid":x}',
      ],
      [
        Uint8Array.from('{"x":"\xff"}', (letter) => letter.charCodeAt(0)),
        'byte 6: expected UTF-8, found byte 0xff, in {"x":"\ufffd"}',
      ],
    ];
    for (const [record, said] of records) {
      const job = { select: "id", record };
      expect(await describeRecord({ ...job, options: "" })).toBe(`table "t": record at simulated[0] offset 0, ${said}`);
      expect(await describeRecord({ ...job, options: "'json.validation' = 'projected'" })).toBeNull();
    }
  });

  test("shows the bytes around a fault that is far in, cut at characters", async () => {
    const record = new TextEncoder().encode(`{"a":"${"é".repeat(5000)}","b":x,"c":"${"z".repeat(5000)}"}`);
    const said = (await describeRecord({ select: "id", options: "", record })) ?? "";
    expect(said).toStartWith(
      'table "t": record at simulated[0] offset 0, byte 10012: expected a value for "b", found "x", in …é',
    );
    expect(said).toContain('é","b":x,"c":"zzz');
    expect(said).toEndWith("z…");
    expect(said.length).toBeLessThan(300);
  });
});

interface FailingJob {
  /** Statements behind the table's definition. */
  readonly sql: string;
  readonly columns?: string;
  readonly records: readonly string[];
}

/** The message without the record, and the script's text that the error points at. */
async function explain({ sql, columns: own = columns, records }: FailingJob): Promise<readonly [string, string]> {
  const script = (policy: string) =>
    `CREATE TABLE t (${own}) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', 'bad-row.policy' = '${policy}'); ${sql}`;
  const source = () => new SimulatedSource([records], { seed: 1, maxBatch: 1 });
  const failed = await runSimulated(script("fail"), source).then(
    () => null,
    (error: unknown) => error as EngineError,
  );
  const { status } = await runSimulated(script("skip"), source);
  expect(status.sources[0]?.lastBadRow ?? null).toBe(failed?.message ?? null);
  if (failed === null) return ["", ""];
  const { message, span } = failed;
  const told = message.slice(message.indexOf(" offset ") + 8, message.lastIndexOf(", in "));
  return [told, span === undefined ? "" : script("fail").slice(span.start, span.end)];
}

describe("an expression that fails on a row", () => {
  const number = "n BIGINT, page STRING, small TINYINT";
  const row = '{"n":5,"page":"x","small":100}';
  const ok = '{"n":1,"page":"7","small":1}';
  const cases: readonly (readonly [sql: string, said: string, written: string])[] = [
    [
      "SELECT n, CAST(page AS INT) AS p FROM t;",
      `1: CAST(page AS INT) fails where page = 'x' (column "p")`,
      "CAST(page AS INT)",
    ],
    [
      "SELECT 40 / (n - 5) AS q FROM t;",
      '1: 40 / (n - 5) divides by zero where n - 5 = 0 (column "q")',
      "40 / (n - 5)",
    ],
    [
      "SELECT MOD(7, n - 5) AS q FROM t;",
      '1: 7 % (n - 5) divides by zero where n - 5 = 0 (column "q")',
      "MOD(7, n - 5)",
    ],
    [
      "SELECT n * 9223372036854775807 AS q FROM t;",
      '1: n * 9223372036854775807 overflows BIGINT where n = 5 (column "q")',
      "n * 9223372036854775807",
    ],
    [
      "SELECT 1 + CASE WHEN n = 5 THEN CAST(page AS INT) ELSE 10 / (n - 1) END AS q FROM t;",
      `1: CAST(page AS INT) fails where page = 'x' (column "q")`,
      "CAST(page AS INT)",
    ],
    [
      "SELECT 1 AS one FROM t WHERE n = 5 AND 1 / (n - 5) > 0;",
      "1: 1 / (n - 5) divides by zero where n - 5 = 0",
      "1 / (n - 5)",
    ],
    [
      "CREATE VIEW v AS SELECT CAST(page AS INT) AS p FROM t; SELECT p + 1 AS q FROM v;",
      `1: CAST(page AS INT) fails where page = 'x' (column "q")`,
      "CAST(page AS INT)",
    ],
    [
      "SELECT COALESCE(CAST(NULLIF(page, 'x') AS INT), CAST(page AS INT)) AS q FROM t;",
      `1: CAST(page AS INT) fails where page = 'x' (column "q")`,
      "CAST(page AS INT)",
    ],
  ];
  test.each(cases)("%s", async (sql, said, written) => {
    const first = sql.includes("10 / (n - 1)") ? '{"n":2,"page":"7","small":1}' : ok;
    expect(await explain({ sql, columns: number, records: [first, row] })).toEqual([said, written]);
  });

  test("is found in the failing element of a top-level array, where the filter lets it through", async () => {
    const sql = "SELECT CAST(page AS INT) AS p FROM t WHERE n > 1;";
    const records = ['[{"n":1,"page":"no, {"},{"n":2,"page":"8"}, {"n":3,"page":"y"},{"n":4,"page":"z"}]'];
    const [said] = await explain({ sql, columns: number, records });
    expect(said).toBe(`0: CAST(page AS INT) fails where page = 'y' (column "p")`);
  });

  test("is found in a computed column, an aggregate's argument, its filter and a key", async () => {
    const computed = `${number}, twice AS CAST(page AS INT) * 2, ts TIMESTAMP(3), WATERMARK FOR ts AS ts`;
    const timed = [ok, row].map((text) => text.replace("}", ',"ts":"2024-05-01 00:00:00"}'));
    const grouped = (item: string) =>
      `SELECT window_start, ${item} AS x FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end`;
    const told = `1: CAST(page AS INT) fails where page = 'x'`;
    const run = async (sql: string) => await explain({ sql, columns: computed, records: timed });
    expect(await run("SELECT twice + 1 AS q FROM t;")).toEqual([`${told} (column "q")`, "CAST(page AS INT)"]);
    expect((await run(`${grouped("SUM(twice)")};`))[0]).toStartWith(told);
    expect((await run(`${grouped("COUNT(*) FILTER (WHERE CAST(page AS INT) > 0)")};`))[0]).toStartWith(told);
    expect((await run(`${grouped("CAST(page AS INT)")}, CAST(page AS INT);`))[0]).toStartWith(told);
  });

  test("long values are cut and shown safely", async () => {
    const records = [`{"n":1,"page":"\\u001b[2J${"x".repeat(10_000)}"}`];
    const [said] = await explain({ sql: "SELECT CAST(page AS INT) AS p FROM t;", columns: number, records });
    expect(said).toStartWith("0: CAST(page AS INT) fails where page = '\\u001b[2Jxxx");
    expect(said).toEndWith(`xxx…' (column "p")`);
    expect(said.length).toBeLessThan(200);
  });
});

describe("a record's key", () => {
  const sql = `CREATE TABLE t (k BIGINT, n BIGINT, at_ms TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', part INT METADATA FROM 'partition') WITH (
    'connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'key.fields' = 'k',
    'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY');
    SELECT k + n AS q, n / (part - 3) AS r FROM t;`;

  function explainKeyed(key: string, item: number): string | undefined {
    const { plan } = planText({ text: sql, settings: {} });
    if (plan === null) throw new Error("the script does not plan");
    const formatsOf = (table: TableDefinition) => readSourceFormats(table, plan.settings, false);
    const { sources } = compilePlan(plan, formatsOf);
    const explainRow = createExplainer({ plan, sources, formatsOf, openKernel: () => loadKernel(kernelBytes) });
    const utf8 = new TextEncoder();
    const record = {
      partition: 9,
      position: 4n,
      timestamp: 0n,
      bytes: utf8.encode('{"n":1}'),
      key: utf8.encode(key),
      envelope: new Uint8Array(),
    };
    const partition = { index: 9, name: "x[3]", topic: "x", partition: 3 };
    return explainRow({ source: 0, query: 0, item, record, partition })?.message;
  }

  test("that does not fit is told as the key's fault", () => {
    expect(explainKeyed('{"k":"seven"}', 0)).toBe(`the record's key does not fit column "k"`);
  });

  test("and what the broker knows of the record take part in what is worked out again", () => {
    expect(explainKeyed('{"k":9223372036854775807}', 0)).toBe(
      "k + n overflows BIGINT where k = 9223372036854775807 and n = 1",
    );
    expect(explainKeyed('{"k":1}', 1)).toMatch(/divides by zero where .*n.* = 1 and .*part - 3.* = 0$/);
    expect(explainKeyed('{"k":1}', 0)).toBeUndefined();
  });
});
