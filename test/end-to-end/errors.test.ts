/**
 * Every way of going wrong that a person meets first: what is printed, where it points, and the exit code a script sees.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { fileTable, jsonErrors, millrace, runSql, tableOf, toLines } from "./millrace.ts";

const clickColumns = "n BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";
const tumble = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end";

/** A port nobody listens on: taken and given back. */
function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

describe("a script with an error", () => {
  test("shows the line of a misspelt column with a caret and the name that was meant, exit code 1", async () => {
    using folder = new TemporaryFolder();
    folder.write("in.json", '{"n":1}\n');
    folder.write(
      "job.sql",
      `${fileTable("t", clickColumns, { path: join(folder.path, "in.json") })}SELECT n, pgae\nFROM t;\n`,
    );
    const path = join(folder.path, "job.sql");
    for (const command of ["run", "check", "explain"]) {
      const { out, err, code } = await millrace([command, path]);
      expect({ command, out, code }).toEqual({ command, out: "", code: 1 });
      expect(err.split("\n").slice(0, 6)).toEqual([
        'error[UNKNOWN-COLUMN]: there is no column "pgae" in "t"',
        ` --> ${path}:2:11`,
        "  |",
        "2 | SELECT n, pgae",
        "  |           ^^^^",
        '  = hint: did you mean "page"?',
      ]);
    }
    expect(jsonErrors(await millrace(["run", path, "--json"]))).toEqual([
      {
        code: "UNKNOWN-COLUMN",
        message: 'there is no column "pgae" in "t"',
        hint: 'did you mean "page"?',
        exitCode: 1,
        file: path,
        line: 2,
        column: 11,
      },
    ]);
  });

  test("says which table lacks a watermark and how to write one, exit code 1", async () => {
    const table = fileTable("t", "n BIGINT, ts TIMESTAMP(3)", { path: "nowhere" });
    const { out, err, code } = await runSql(`${table}SELECT window_start, COUNT(*) FROM ${tumble};`);
    expect([out, code]).toEqual(["", 1]);
    expect(err).toStartWith("error[WATERMARK-MISSING]: ");
    expect(err).toContain("--> <stdin>:2:");
    expect(err).toContain("^^^");
    expect(err).toContain("hint: add WATERMARK FOR ts AS ts - INTERVAL '5' SECOND to CREATE TABLE t");
  });

  test("names the option that is not known, of a connector and of SET, exit code 1", async () => {
    const table = fileTable("t", "n BIGINT", { path: "nowhere", "json.ignore-parse-error": "true" });
    const script = `SET 'table.local-time-zon' = 'UTC';\n${table}SELECT n FROM t;`;
    const { out, err, code } = await runSql(script);
    expect([out, code]).toEqual(["", 1]);
    expect(err).toMatch(/^error\[UNKNOWN-OPTION\]: connector "filesystem" has no option "json.ignore-parse-error"$/m);
    expect(err).toContain('did you mean "json.ignore-parse-errors"?');
    expect(err).toContain("table.local-time-zone");
    expect(err).toContain("--> <stdin>:1:5");
    const misspelt = await runSql(script, "--set", "table.local-time-zonee=UTC");
    expect(misspelt.code).toBe(2);
    expect(misspelt.err).toStartWith('error[UNKNOWN-SETTING]: there is no setting "table.local-time-zonee"');
    expect(misspelt.err).toContain('did you mean "table.local-time-zone"?');
    const value = await runSql(script, "--set", "table.local-time-zone=Europe/Berlin", "--json");
    expect([value.code, jsonErrors(value)[0]]).toMatchObject([2, { code: "SETTING-VALUE", exitCode: 2 }]);
  });

  test("has all its errors shown in one pass, in the order of the text", async () => {
    const table = fileTable("t", clickColumns, { path: "nowhere" });
    const script = `${table}SELECT pgae FROM t;
SELECT n FORM t;
SELECT n + page FROM t WHERE n;
SELECT n FROM clicks;
SELECT NOSUCH(n), nn FROM t;`;
    const { out, err, code } = await runSql(script);
    expect([out, code]).toEqual(["", 1]);
    const places = [...err.matchAll(/--> <stdin>:(\d+):(\d+)/g)].map(([, line, column]) => `${line}:${column}`);
    expect(places).toEqual(["2:8", "3:10", "4:8", "4:30", "6:8", "6:19"]);
    expect((await runSql(script, "--json")).err.trim().split("\n")).toHaveLength(6);
  });
});

describe("what is not there", () => {
  test("an unknown flag or command is exit code 2, with the nearest name", async () => {
    const flag = await millrace(["run", "-", "--untilend"]);
    expect([flag.out, flag.code]).toEqual(["", 2]);
    expect(flag.err).toStartWith('error[USAGE]: unknown option "--untilend"');
    expect(flag.err).toContain("--until-end");
    expect(jsonErrors(await millrace(["run", "-", "--frob", "--json"]))).toMatchObject([
      { code: "USAGE", exitCode: 2 },
    ]);
    expect((await millrace(["rnu", "-"])).code).toBe(2);
  });

  test("a missing input file is exit code 74 and named", async () => {
    const script = `${fileTable("t", "n BIGINT", { path: "/no/such/file.json" })}SELECT n FROM t;`;
    const { out, err, code } = await runSql(script);
    expect([out, code]).toEqual(["", 74]);
    expect(err).toStartWith('error[PATH-NOT-FOUND]: table "t": path "/no/such/file.json" is not there\n');
    expect(jsonErrors(await runSql(script, "--json"))).toMatchObject([{ code: "PATH-NOT-FOUND", exitCode: 74 }]);
  });

  test("a port that is taken is exit code 74, before any row is read", async () => {
    using folder = new TemporaryFolder();
    folder.write("in.json", '{"n":1}\n');
    using other = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const script = `${fileTable("t", "n BIGINT", { path: join(folder.path, "in.json") })}SELECT n FROM t;`;
    const { out, err, code } = await runSql(script, "--port", String(other.port));
    expect([out, code]).toEqual(["", 74]);
    expect(err).toStartWith(`error[PORT-TAKEN]: port ${other.port} on "127.0.0.1" is taken`);
    expect(err).toContain("hint: choose another one with --port N");
  });

  test("a broker that does not answer is exit code 75", async () => {
    const bootstrap = `127.0.0.1:${freePort()}`;
    const options = { connector: "kafka", topic: "x", "properties.bootstrap.servers": bootstrap, format: "json" };
    const source = `${tableOf("t", "n BIGINT", { ...options, "scan.startup.mode": "earliest-offset" })}SELECT n FROM t;`;
    const { out, err, code } = await runSql(source);
    expect([out, code]).toEqual(["", 75]);
    expect(err).toContain(`no answer from kafka at "${bootstrap}"`);
    expect(err).toContain("hint: is the broker running, and does 'properties.bootstrap.servers' name it?");
    expect(err).not.toContain("BUG");
    const produced = await millrace(["produce", "--topic", "x", "--bootstrap-servers", bootstrap], '{"n":1}\n');
    expect({ code: produced.code, bug: produced.err.includes("BUG") }).toEqual({ code: 75, bug: false });
  }, 30_000);

  test("a sink whose broker does not answer is exit code 75", async () => {
    using folder = new TemporaryFolder();
    folder.write("in.json", '{"n":1}\n');
    const bootstrap = `127.0.0.1:${freePort()}`;
    const options = { connector: "kafka", topic: "x", "properties.bootstrap.servers": bootstrap, format: "json" };
    const script = `${fileTable("t", "n BIGINT", { path: join(folder.path, "in.json") })}
      ${tableOf("o", "n BIGINT", options)} INSERT INTO o SELECT n FROM t;`;
    const { err, code } = await runSql(script);
    expect({ code, bug: err.includes("BUG") }).toEqual({ code: 75, bug: false });
    expect(err).toContain(bootstrap);
  }, 60_000);
});

describe("a record that is no row", () => {
  const rows = [
    { n: 1, page: "/a", ts: "2024-05-01 00:00:01" },
    '{"n":2,"page":"/b","ts":"2024-05-01 00:00:02"',
    { n: "many", page: "/c", ts: "2024-05-01 00:00:03" },
    { n: 4, page: "/d" },
    "",
    "7",
    { n: 5, page: "/e", ts: "2024-05-01 00:00:59" },
  ];
  const query = `SELECT window_start, COUNT(*) AS c, SUM(n) AS s FROM ${tumble};`;

  function script(
    folder: TemporaryFolder,
    options: Record<string, string> = {},
    lines: readonly unknown[] = rows,
  ): string {
    folder.write("in.json", toLines(lines));
    return `${fileTable("t", clickColumns, { path: join(folder.path, "in.json"), ...options })}${query}`;
  }

  test("ends the job with its place, its beginning and what to do, exit code 1", async () => {
    using folder = new TemporaryFolder();
    const { out, err, code } = await runSql(script(folder));
    expect([out, code]).toEqual(["", 1]);
    const [first, hint] = err.split("\n");
    expect(first).toStartWith(
      `error[MALFORMED-RECORD]: table "t": record at ${join(folder.path, "in.json")} offset 47 (line 2), byte 45: expected`,
    );
    expect(first).toEndWith(
      'expected "," or "}" after the value of "ts", found the end of the record, in {"n":2,"page":"/b","ts":"2024-05-01 00:00:02"',
    );
    expect(hint).toStartWith("hint: 'json.ignore-parse-errors' = 'true' or 'bad-row.policy' = 'skip' in WITH (…)");
    expect(jsonErrors(await runSql(script(folder), "--json"))).toMatchObject([
      { code: "MALFORMED-RECORD", exitCode: 1, hint: expect.stringContaining("bad-row.policy") },
    ]);
  });

  test("names the column whose value does not fit, and that a row has no event time", async () => {
    using folder = new TemporaryFolder();
    const value = await runSql(script(folder, {}, [rows[0], rows[2]]));
    expect(value.err).toContain('byte 5: "many" does not fit column "n" of type BIGINT, in {"n":"many"');
    expect(value.code).toBe(1);
    const time = await runSql(script(folder, {}, [rows[0], rows[3]]));
    expect(time.err).toContain('has no event time in column "ts"');
    expect(time.err).toContain("'table.exec.source.rowtime-null-handling' = 'DROP'");
    expect(time.code).toBe(1);
    const dropped = await runSql(
      `SET 'table.exec.source.rowtime-null-handling' = 'DROP';${script(folder, {}, [rows[0], rows[3]])}`,
      "--json",
    );
    expect(dropped.code).toBe(0);
    expect(dropped.out).toBe('{"window_start":"2024-05-01 00:00:00","c":1,"s":1}\n');
  });

  test("does not let control characters of a record reach the terminal", async () => {
    using folder = new TemporaryFolder();
    const { err, code } = await runSql(script(folder, {}, ['{"n": \u001b[2J\u0007}']));
    expect(code).toBe(1);
    expect(err).not.toContain("\u001b");
    expect(err).not.toContain("\u0007");
  });
});
