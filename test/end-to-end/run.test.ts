/**
 * `run` from a file, to the end and before it: the SQL a script may use, the forms rows are printed in, the sinks, and what
 * signals and closed pipes do. Expected rows are computed from the same records in plain TypeScript.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { fileTable, jsonLines, lastSummary, Running, root, runSql, tableOf, toLines } from "./millrace.ts";

interface Order {
  readonly buyer: { readonly id: number; readonly home: { readonly country: string | null } };
  readonly page: string;
  readonly price: string;
  readonly second: number;
}

const orders: readonly Order[] = Array.from({ length: 600 }, (_, i) => ({
  buyer: { id: i % 7, home: { country: (["de", "fr", null] as const)[i % 3] ?? null } },
  page: `/p/${i % 5}`,
  price: `${i}.25`,
  second: i,
}));
const text = (second: number) =>
  new Date(Date.UTC(2024, 4, 1, 0, 0, second)).toISOString().slice(0, 19).replace("T", " ");
const columns = `buyer ROW<id BIGINT, home ROW<country STRING>>, page STRING, price DECIMAL(10, 2), ts TIMESTAMP(3),
  cents AS CAST(price * 100 AS BIGINT), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`;
const tumble = "FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' MINUTE))";
const perWindow = `SELECT window_start, COUNT(*) AS n ${tumble} GROUP BY window_start, window_end`;
const windows = [
  { window_start: "2024-05-01 00:00:00", n: 300 },
  { window_start: "2024-05-01 00:05:00", n: 300 },
];

let folder: TemporaryFolder;
let table: string;

beforeAll(() => {
  folder = new TemporaryFolder();
  const lines = orders.map(({ buyer, page, price, second }) => ({ buyer, page, price, ts: text(second) }));
  folder.write("orders.json", toLines(lines));
  table = fileTable("orders", columns, { path: join(folder.path, "orders.json") });
});

afterAll(() => folder[Symbol.dispose]());

async function rowsOf(query: string): Promise<unknown[]> {
  const { out, err, code } = await runSql(`${table}${query};`, "--format", "json");
  expect({ err, code }).toEqual({ err: "", code: 0 });
  return jsonLines(out);
}

describe("a script", () => {
  test("reads nested fields by path, computed columns, and strings through functions", async () => {
    const rows = await rowsOf(
      "SELECT orders.buyer.id AS id, buyer.home.country AS c, UPPER(page) AS p, cents FROM orders WHERE buyer.id = 3 AND price > 500",
    );
    const expected = orders.filter(({ buyer, second }) => buyer.id === 3 && second >= 500);
    expect(expected.length).toBeGreaterThan(10);
    expect(rows).toEqual(
      expected.map(({ buyer, page, second }) => ({
        id: 3,
        c: buyer.home.country,
        p: page.toUpperCase(),
        cents: second * 100 + 25,
      })),
    );
  });

  test("filters before and after a window, and computes over aggregates", async () => {
    const rows = await rowsOf(`SELECT window_end, page, SUM(price) + 1 AS s, MAX(cents) - MIN(cents) AS span,
        COUNT(*) FILTER (WHERE buyer.home.country = 'de') AS de, COUNT(buyer.home.country) AS known,
        COUNT(DISTINCT buyer.id) * 10 AS tens ${tumble}
      WHERE page <> '/p/0' GROUP BY window_start, window_end, page HAVING MAX(price) > 298 AND page > '/p/2'`);
    const expected = [300, 600].flatMap((end) =>
      ["/p/3", "/p/4"].map((page) => {
        const mine = orders.filter((order) => order.page === page && order.second >= end - 300 && order.second < end);
        const cents = mine.map(({ second }) => second * 100 + 25);
        const sum = cents.reduce((total, value) => total + value, 0) + 100;
        return {
          window_end: text(end),
          page,
          s: sum / 100,
          span: Math.max(...cents) - Math.min(...cents),
          de: mine.filter(({ buyer }) => buyer.home.country === "de").length,
          known: mine.filter(({ buyer }) => buyer.home.country !== null).length,
          tens: new Set(mine.map(({ buyer }) => buyer.id)).size * 10,
        };
      }),
    );
    expect(rows).toEqual(expected);
  });

  test("builds on views and subqueries; the legacy window gives the same rows", async () => {
    const views = `CREATE VIEW cheap AS SELECT page AS p, price, ts FROM orders WHERE price < 3;
      SELECT p, price FROM cheap WHERE p <> '/p/1'`;
    expect(await rowsOf(views)).toEqual([
      { p: "/p/0", price: 0.25 },
      { p: "/p/2", price: 2.25 },
    ]);
    const nested = `SELECT n * 2 AS twice FROM (SELECT page AS p, COUNT(*) AS n ${tumble}
      GROUP BY window_start, window_end, page) WHERE p = '/p/4' AND n > 1`;
    expect(await rowsOf(nested)).toEqual([{ twice: 120 }, { twice: 120 }]);
    const legacy =
      "SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS window_start, COUNT(*) AS n FROM orders GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)";
    expect(await rowsOf(legacy)).toEqual(windows);
  });

  test("prints its rows in each form", async () => {
    const forms = {
      json: '{"window_start":"2024-05-01 00:00:00","n":300}\n{"window_start":"2024-05-01 00:05:00","n":300}\n',
      csv: "window_start,n\r\n2024-05-01 00:00:00,300\r\n2024-05-01 00:05:00,300\r\n",
      changelog: "+I[2024-05-01 00:00:00, 300]\n+I[2024-05-01 00:05:00, 300]\n",
    };
    for (const [form, expected] of Object.entries(forms)) {
      expect({ form, ...(await runSql(`${table}${perWindow};`, "--format", form)) }).toEqual({
        form,
        out: expected,
        err: "",
        code: 0,
      });
    }
    const { out } = await runSql(`${table}${perWindow};`, "--format", "table");
    expect(out.split("\n").filter((line) => /\| +300$/.test(line))).toHaveLength(2);
    expect((await runSql(`${table}${perWindow};`, "--format", "xml")).code).toBe(2);
  });
});

describe("sinks", () => {
  test("of a statement set each get their rows: files, print, blackhole, a view", async () => {
    const path = join(folder.path, "set");
    const { out, err, code } = await runSql(
      `${table}
      ${fileTable("o", "ws TIMESTAMP(3), n BIGINT", { path })}
      ${tableOf("p", "page STRING, n BIGINT", { connector: "print", "print-identifier": "pages" })}
      ${tableOf("b", "page STRING", { connector: "blackhole" })}
      ${tableOf("w", "page STRING, n BIGINT", { connector: "view" })}
      EXECUTE STATEMENT SET BEGIN
        INSERT INTO o ${perWindow};
        INSERT INTO p SELECT page, COUNT(*) ${tumble} GROUP BY window_start, window_end, page;
        INSERT INTO b SELECT page FROM orders;
        INSERT INTO w SELECT page, COUNT(*) ${tumble} GROUP BY window_start, window_end, page;
      END;`,
      "--json",
    );
    expect({ code, lines: err.trim().split("\n").length }).toEqual({ code: 0, lines: 1 });
    expect(out.match(/"\/p\/\d"/g)).toHaveLength(10);
    const files = readdirSync(path);
    expect(files.filter((name) => /^[._]/.test(name))).toEqual([]);
    const lines = await Promise.all(files.map((name) => Bun.file(join(path, name)).text()));
    expect(jsonLines(lines.join(""))).toEqual(windows.map(({ window_start, n }) => ({ ws: window_start, n })));
    expect(lastSummary({ out, err, code })).toMatchObject({
      phase: "finished",
      rows: 600,
      late: 0,
      bad: 0,
      views: ["w"],
    });
  });

  test("a file shows its name only with whole lines in it, also when the job is stopped", async () => {
    const path = join(folder.path, "stopped");
    const generated = tableOf("g", "n BIGINT", {
      connector: "datagen",
      "rows-per-second": "50000",
      "fields.n.kind": "sequence",
      "fields.n.start": "0",
      "fields.n.end": "100000000",
    });
    const script = `SET 'execution.checkpointing.interval' = '50 ms'; ${generated}
      ${fileTable("o", "n BIGINT", { path })} INSERT INTO o SELECT n FROM g;`;
    await using running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
    await running.says(/serving/);
    while (finished(path).length < 2) await Bun.sleep(5);
    const early = await readNumbers(path);
    expect(early).toEqual(early.map((_, i) => i));
    running.process.kill("SIGTERM");
    const ended = await running.ended();
    expect(ended.code).toBe(0);
    const all = await readNumbers(path);
    expect(all.length).toBeGreaterThanOrEqual(early.length);
    expect(all).toEqual(all.map((_, i) => i));
    expect(lastSummary(ended)).toMatchObject({ phase: "stopped", rows: all.length, bad: 0 });
    expect(readdirSync(path).filter((name) => /^[._]/.test(name))).toEqual([]);
  });

  test("a job that fails leaves no half result under a finished name", async () => {
    folder.write("broken.json", `${'{"n":1}\n'.repeat(5000)}{"n":\n`);
    const path = join(folder.path, "failed");
    const source = fileTable("t", "n BIGINT", { path: join(folder.path, "broken.json") });
    const sink = fileTable("o", "n BIGINT", { path });
    const { code } = await runSql(
      `SET 'execution.checkpointing.interval' = '1 h'; ${source}${sink} INSERT INTO o SELECT n FROM t;`,
    );
    expect([code, readdirSync(path)]).toEqual([1, []]);
  });

  test("a folder that cannot be written is an error with a code, not a stack", async () => {
    folder.write("plain", "no folder");
    const sink = fileTable("o", "n BIGINT", { path: join(folder.path, "plain/sub") });
    const { err, code } = await runSql(`${table}${sink} INSERT INTO o SELECT buyer.id FROM orders;`);
    expect([73, 74]).toContain(code);
    expect(err).toStartWith("error[");
    expect(err).not.toContain("BUG");
  });
});

describe("the end of a run", () => {
  const endless = tableOf("g", "n BIGINT", { connector: "datagen", "rows-per-second": "2000" });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`comes in good order at ${signal}, exit code 0`, async () => {
      await using running = new Running(["run", "-", "--format", "json"]).input(`${endless}SELECT n FROM g;`);
      await running.prints(/("n")/);
      running.process.kill(signal);
      const { out, err, code } = await running.ended();
      expect({ err, code }).toEqual({ err: "", code: 0 });
      expect(jsonLines(out).length).toBeGreaterThan(0);
    });
  }

  test("tells of windows that were open when it was stopped", async () => {
    const timed = tableOf("c", "ts TIMESTAMP(3), WATERMARK FOR ts AS ts", {
      connector: "datagen",
      "rows-per-second": "2000",
    });
    const counts = "SELECT window_start, COUNT(*) FROM TUMBLE(TABLE c, DESCRIPTOR(ts), INTERVAL '365' DAY)";
    await using running = new Running(["run", "-", "--port", "0"]).input(
      `${timed}${counts} GROUP BY window_start, window_end;SELECT ts FROM c;`,
    );
    await running.prints(/\d{4}-/);
    running.process.kill("SIGINT");
    const { err, code } = await running.ended();
    expect(code).toBe(0);
    expect(err).toMatch(/notice: 1 window was still open and gave no rows/);
  });

  test("comes by itself with bounded input; with --port it stays for HTTP unless --until-end", async () => {
    const ended = await runSql(`${table}${perWindow};`, "--port", "0", "--until-end", "--json");
    expect(ended.code).toBe(0);
    expect(jsonLines(ended.out)).toEqual(windows);
  });

  test("is quiet when the pipe is closed, also in the middle of a flood", async () => {
    mkdirSync(join(folder.path, "pipe"));
    const flood = tableOf("g", "n BIGINT, s STRING", { connector: "datagen", "rows-per-second": "10000000" });
    folder.write("pipe/flood.sql", `${flood}SELECT n, s FROM g;`);
    const command = `"${process.execPath}" src/main.ts run "${join(folder.path, "pipe/flood.sql")}" --format csv | head -n 2; echo "\${PIPESTATUS[0]}"`;
    const shell = Bun.spawn(["bash", "-c", command], { cwd: root, stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()]);
    expect(err).toBe("");
    const lines = out.trim().split(/\r?\n/);
    expect([lines[0], lines.length, lines[2]]).toEqual(["n,s", 3, "0"]);
  });
});

/** Files a reader of the folder would see. */
function finished(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => !/^[._]/.test(name))
      .sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]));
  } catch {
    return [];
  }
}

async function readNumbers(path: string): Promise<number[]> {
  const texts = await Promise.all(finished(path).map((name) => Bun.file(join(path, name)).text()));
  for (const content of texts) expect(content).toEndWith("\n");
  return jsonLines(texts.join("")).map((row) => (row as { n: number }).n);
}
