/** `--workers` as a person meets it: threads, files, signals and exit codes. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";

const root = join(import.meta.dir, "../..");

function start(workers: number, sql: string, form: readonly string[] = ["--format", "csv"]) {
  const args = ["run", "-", ...form, "--workers", String(workers)];
  return Bun.spawn([process.execPath, join(root, "src/main.ts"), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "" },
    stdin: Buffer.from(sql),
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(workers: number, sql: string) {
  const running = start(workers, sql);
  const texts = [new Response(running.stdout).text(), new Response(running.stderr).text()];
  const [out = "", err = ""] = await Promise.all(texts);
  return { out, err, code: await running.exited };
}

const clicks = (
  options: string,
): string => `CREATE TABLE clicks (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3),
  WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND) WITH (${options});`;
const generated = clicks(
  "'connector' = 'datagen', 'kind' = 'clickstream', 'number-of-rows' = '200000', 'rows-per-second' = '10000000', 'partitions' = '5'",
);
const COUNTS = `SELECT window_start, page, COUNT(*), COUNT(DISTINCT user_id), MIN(page)
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '10' SECONDS)) GROUP BY window_start, window_end, page;`;

describe("--workers", () => {
  test("gives the rows of one, in their order", async () => {
    const alone = await run(1, generated + COUNTS);
    expect(alone.code).toBe(0);
    expect(alone.out.split("\n").length).toBeGreaterThan(1000);
    for (const workers of [2, 7]) {
      const together = await run(workers, generated + COUNTS);
      expect(together).toEqual(alone);
    }
  });

  test("reads files once each, by number or by name, and none twice", async () => {
    using folder = new TemporaryFolder();
    const names = ["part-0.json", "part-1.json", "part-2.json", "part-10.json", "rest.json", "more.json"];
    for (const [file, name] of names.entries()) {
      const lines = Array.from({ length: 50 }, (_, i) => `{"n":${file * 50 + i}}\n`);
      await Bun.write(join(folder.path, name), lines.join(""));
    }
    const sql = `CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = '${folder.path}', 'format' = 'json'); SELECT n FROM t;`;
    for (const workers of [1, 2, 3, 9]) {
      const { out, code } = await run(workers, sql);
      const [head, ...rows] = out.trimEnd().split(/\r?\n/);
      expect([code, head]).toEqual([0, "n"]);
      expect(rows.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));
    }
  });

  test("ends with the error of any worker", async () => {
    using folder = new TemporaryFolder();
    for (const n of [0, 1, 2])
      await Bun.write(join(folder.path, `${n}.json`), n === 2 ? '{"n":1}\n{"n":\n' : '{"n":1}\n');
    const sql = `CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = '${folder.path}', 'format' = 'json'); SELECT n FROM t;`;
    for (const workers of [1, 3]) {
      const { err, code } = await run(workers, sql);
      expect([err.split("\n")[0], code]).toEqual([expect.stringContaining("2.json"), 1]);
      expect(err).toContain("line 2");
    }
  });

  test("says which tables one worker reads, and why", async () => {
    const sessions = `SELECT page, COUNT(*) FROM TABLE(SESSION(TABLE clicks PARTITION BY page, DESCRIPTOR(event_timestamp), INTERVAL '1' SECOND))
      GROUP BY window_start, window_end, page;`;
    const alone = await run(1, generated + sessions);
    const together = await run(3, generated + sessions);
    expect(alone.err).toBe("");
    expect(together.err).toBe('notice: table "clicks" is read by one worker: query "select 1" has session windows\n');
    expect(together.out.split("\n").sort()).toEqual(alone.out.split("\n").sort());
  });

  test("stops in good order at Ctrl-C: every row that was read is in the last result", async () => {
    const endless = clicks(
      "'connector' = 'datagen', 'kind' = 'clickstream', 'rows-per-second' = '50000', 'partitions' = '4'",
    );
    const running = start(3, `${endless} SELECT COUNT(*) AS n FROM clicks;`, ["--json"]);
    const told = new Response(running.stderr).text();
    const decoder = new TextDecoder();
    let out = "";
    for await (const bytes of running.stdout) {
      if (out === "") running.kill("SIGINT");
      out += decoder.decode(bytes, { stream: true });
    }
    expect(await running.exited).toBe(0);
    const { ended } = JSON.parse((await told).trim());
    const last = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
    expect([ended.phase, last.n]).toEqual(["stopped", ended.rows]);
    expect(last.n).toBeGreaterThan(0);
  });
});
