/** `run --record` and `replay --verify` as a person meets them. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { seededRandom } from "../engine/simulated-source.ts";
import { rowJson, windowRows } from "../engine/window-rows.ts";

const root = join(import.meta.dir, "../..");

async function millrace(args: readonly string[], sql: string) {
  const running = Bun.spawn([process.execPath, join(root, "src/main.ts"), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "" },
    stdin: Buffer.from(sql),
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = [new Response(running.stdout).text(), new Response(running.stderr).text()];
  const [out = "", err = ""] = await Promise.all(texts);
  return { out, err, code: await running.exited };
}

const tableAt = (
  path: string,
): string => `CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), amount AS CAST(user_id AS DOUBLE) / 3,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json', 'late.table' = 'late_clicks');`;
const QUERIES = `SELECT window_end, page, COUNT(*) AS n, COUNT(DISTINCT user_id) AS users, AVG(amount) AS mean
    FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, page;
  CREATE MATERIALIZED VIEW totals AS SELECT page, COUNT(*) AS n, SUM(amount) AS amount FROM clicks GROUP BY page;
  SELECT page, window_start FROM late_clicks;`;

async function recorded(folder: string, seed = 3) {
  const input = join(folder, "in");
  for (const [part, rows] of windowRows(seed).entries())
    await Bun.write(join(input, `part-${part}.json`), rows.map((row) => `${rowJson(row)}\n`).join(""));
  const sql = tableAt(input) + QUERIES;
  const file = join(folder, "run.jsonl");
  const run = await millrace(["run", "--record", file, "-"], sql);
  expect([run.err, run.code]).toEqual(["", 0]);
  return { input, sql, file };
}

describe("replay --verify", () => {
  test("finds the same windows for any number of workers", async () => {
    using folder = new TemporaryFolder();
    const { sql, file } = await recorded(folder.path);
    for (const workers of ["1", "2", "5"]) {
      const { out, err, code } = await millrace(["replay", "--verify", file, "--workers", workers, "-"], sql);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(/^verified: 4 queries, \d+ windows, [\d,]+ rows: as recorded\n$/);
    }
  });

  test("names the first window that a changed record makes another", async () => {
    using folder = new TemporaryFolder();
    const { input, sql, file } = await recorded(folder.path);
    const path = join(input, "part-0.json");
    const lines = (await Bun.file(path).text()).split("\n");
    const random = seededRandom(1);
    const at = 200 + Math.floor(random() * 100);
    const { ts } = JSON.parse(lines[at] as string);
    // Of the same length: no partition ends elsewhere.
    lines[at] = (lines[at] as string).replace(
      /"page":("[^"]*"|null)/,
      (all) => `"page":${`"x${"y".repeat(all.length)}`.slice(0, all.length - 8)}"`,
    );
    await Bun.write(path, lines.join("\n"));
    const start = Math.floor(Date.parse(`${ts.replace(" ", "T")}Z`) / 10_000) * 10_000 + 10_000;
    const window = new Date(start).toISOString().replace("T", " ").slice(0, 19);
    const { out, err, code } = await millrace(["replay", "--verify", file, "-"], sql);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toMatch(/^2 windows are others, of 4 queries, /);
    expect(out).toContain(`\nfirst: query "select 1", window ${window}: `);
    expect(out).toContain('\n       query "create materialized view totals": ');
    const report = JSON.parse((await millrace(["replay", "--verify", file, "--json", "-"], sql)).out);
    expect(report.divergences[0]).toMatchObject({ query: "select 1", window });
  });

  test("says what makes the replay another run", async () => {
    using folder = new TemporaryFolder();
    const { input, sql, file } = await recorded(folder.path);
    await Bun.write(join(input, "part-9.json"), '{"user_id":1,"page":"/p/1","ts":"2030-01-01 00:00:00"}\n');
    const { out, err, code } = await millrace(
      ["replay", "--verify", file, "-"],
      sql.replace("10' SECOND", "10' SECONDS"),
    );
    expect(code).toBe(1);
    expect(err).toContain('notice: table "clicks": ');
    expect(err).toContain("part-9.json ends at 55, recorded was nothing\n");
    expect(out).toContain("window 2030-01-01 00:00:10: 1 row, and the window was not there: ");
  });

  test("refuses what is no recording, one that was changed, and rows that no run repeats", async () => {
    using folder = new TemporaryFolder();
    const { sql, file } = await recorded(folder.path);
    const text = await Bun.file(file).text();
    const verify = async (changed: string): Promise<string | undefined> => {
      const path = join(folder.path, "changed.jsonl");
      await Bun.write(path, changed);
      const { err, code } = await millrace(["replay", "--verify", path, "-"], sql);
      expect(code).toBe(1);
      return err.split("\n")[0]?.replace(path, "PATH");
    };
    expect(await verify("not JSON")).toBe('error[RECORDING]: line 1 of "PATH" is no JSON object');
    expect(await verify('{"a":1}')).toBe('error[RECORDING]: "PATH" is no recording');
    expect(await verify(text.replace(/"rows":(\d+)/, '"rows":1$1'))).toBe(
      'error[RECORDING]: line 2 of "PATH" is not what was recorded',
    );
    const lines = text.split("\n");
    expect(await verify([...lines.slice(0, 3), ...lines.slice(4)].join("\n"))).toBe(
      'error[RECORDING]: line 4 of "PATH" is not what was recorded',
    );
    const clock = `CREATE TABLE t (n INT, at AS PROCTIME()) WITH ('connector' = 'datagen', 'number-of-rows' = '9');
      SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;`;
    const refused = await millrace(["run", "--record", join(folder.path, "clock.jsonl"), "-"], clock);
    expect(refused.err).toStartWith(
      'error[RECORDING]: query "select 1" has windows of processing time: no run of it repeats another',
    );
  });
});
