/** The command line as a person meets it: a process with arguments, outputs, signals and an exit code. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";

const root = join(import.meta.dir, "../..");

function start(args: readonly string[], input = "", env: Record<string, string> = {}) {
  return Bun.spawn([process.execPath, join(root, "src/main.ts"), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(args: readonly string[], input = "") {
  const running = start(args, input);
  const [out, err, code] = await Promise.all([
    new Response(running.stdout).text(),
    new Response(running.stderr).text(),
    running.exited,
  ]);
  return { out, err, code };
}

describe("millrace", () => {
  test("prints its version without loading the engine", async () => {
    const { out, err, code } = await run(["version"]);
    expect([out, err, code]).toEqual([
      `millrace ${(await Bun.file(join(root, "package.json")).json()).version}\n`,
      "",
      0,
    ]);
  });

  test("finds no error in the example", async () => {
    expect(await run(["check", "examples/clickstream.sql"])).toEqual({
      out: "examples/clickstream.sql: no errors\n",
      err: "",
      code: 0,
    });
  });

  test("shows every error of a script with its line and a caret, exit code 1", async () => {
    const script =
      "CREATE TABLE t (page STRING) WITH ('connector' = 'datagen', 'rows-per-secnod' = '5');\nSELECT pgae FROM t;\n";
    const { out, err, code } = await run(["check", "-"], script);
    expect([out, code]).toEqual(["", 1]);
    expect(err).toContain("<stdin>:1:");
    expect(err).toContain("rows-per-second");
    expect(err).toContain("<stdin>:2:8");
    expect(err).toContain("2 | SELECT pgae FROM t;");
    expect(err).toContain("^^^^");
    expect(err).toEndWith("<stdin>: 2 errors\n");
    expect(err).not.toContain("\u001b");
  });

  test("explains the example", async () => {
    const { out, code } = await run(["explain", "examples/clickstream.sql"]);
    expect(code).toBe(0);
    expect(out).toContain("APPROX_COUNT_DISTINCT(user_id");
  });

  test("refuses what it does not know, exit code 2", async () => {
    expect((await run(["demp"])).code).toBe(2);
    expect((await run(["run", "nothing.sql"])).code).toBe(2);
    expect((await run(["run", "-", "--frmat", "csv"])).code).toBe(2);
  });

  test("names a path that is not there, exit code 74", async () => {
    using folder = new TemporaryFolder();
    const path = join(folder.path, "missing.json");
    const script = `CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'); SELECT n FROM t;`;
    const { err, code } = await run(["run", "-"], script);
    expect([err.split("\n")[0], code]).toEqual([`error[PATH-NOT-FOUND]: table "t": path "${path}" is not there`, 74]);
  });

  test("reads files, writes finished files, and shows control characters as text", async () => {
    using folder = new TemporaryFolder();
    folder.write("in/a.json", '{"n":1,"s":"x"}\n{"n":2,"s":"\\u001b[2J"}\n\n');
    folder.write("in/b.json", '{"n":9007199254740993,"s":null}');
    const path = (name: string) =>
      `'connector' = 'filesystem', 'path' = '${join(folder.path, name)}', 'format' = 'json'`;
    const script = `CREATE TABLE t (n BIGINT, s STRING) WITH (${path("in")});
      CREATE TABLE o (n BIGINT, s STRING) WITH (${path("out")});
      INSERT INTO o SELECT n + 1, s FROM t WHERE n > 1;
      SELECT n, s FROM t;`;
    const { out, code } = await run(["run", "-"], script);
    expect(code).toBe(0);
    expect(out.split("\n").filter((line) => line.includes("\\u001b[2J"))).toHaveLength(1);
    expect(out).toContain("9007199254740993 | null");
    const files = [...new Bun.Glob("*").scanSync({ cwd: join(folder.path, "out"), dot: true })];
    expect(files.every((name) => /^part-\d+\.json$/.test(name))).toBe(true);
    const lines = await Promise.all(files.map((name) => Bun.file(join(folder.path, "out", name)).text()));
    expect(lines.join("").trim().split("\n").sort()).toEqual([
      '{"n":3,"s":"\\u001b[2J"}',
      '{"n":9007199254740994,"s":null}',
    ]);
  });

  test("names a disk that is full, exit code 73, with and without a job", async () => {
    for (const args of ["version", "run examples/clickstream.sql --format csv"]) {
      const command = `"${process.execPath}" src/main.ts ${args} > /dev/full; echo "code $?" >&2`;
      const shell = Bun.spawn(["bash", "-c", command], { cwd: root, stdout: "pipe", stderr: "pipe" });
      const lines = (await new Response(shell.stderr).text()).trim().split("\n");
      expect(lines).toEqual([
        "error[OUTPUT]: standard output takes no more: no space is left on its disk",
        "hint: make room, or send the rows elsewhere",
        "code 73",
      ]);
    }
  }, 30_000);

  test("explains where watermarks come from", async () => {
    const { out, code } = await run(["explain", "--watermark", "examples/clickstream.sql"]);
    expect(code).toBe(0);
    expect(out).toStartWith("clicks\n  event time: event_timestamp; watermark: event_timestamp - INTERVAL");
    expect(out).toContain("a partition read to its end holds it back no more after 1 min of silence");
    expect(out).toContain("create materialized view page_counts: rows of a window come when the watermark");
  });

  const table = `CREATE TABLE t (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND)
    WITH ('connector' = 'datagen', 'kind' = 'clickstream', 'number-of-rows' = '20000', 'rows-per-second' = '1000000', 'partitions' = '2');`;
  const counts = `SELECT window_end, page, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(event_timestamp), INTERVAL '10' SECOND))
    WHERE user_id > 500000 GROUP BY window_start, window_end, page;`;
  /** Times and sizes are the machine's. */
  const withoutFigures = (text: string): string =>
    text.replaceAll(/[\d.]+ (ms|s|kB|MB|bytes)\b/g, "# $1").replaceAll(/# \w+/g, "#");

  test("runs a query to say what its operators did: explain --analyze", async () => {
    const { out, err, code } = await run(["explain", "--analyze", "-"], table + counts);
    expect([code, err]).toEqual([0, ""]);
    expect(withoutFigures(out)).toMatch(
      /^select 1: ([\d,]+) rows\n└─ aggregate tumbling # on event_timestamp\n {5}20,000 rows in, ([\d,]+ late, )?[\d,]+ filtered, \1 out, #, state # at most\n {3}└─ read t\n\nat the end of the input after #\n {2}t: 20,000 records, decoded in #\n {2}sources, sinks and waiting: #\n$/,
    );
    const endless = await run(
      ["explain", "--analyze", "--for", "200 ms", "-"],
      `${table.replace("'number-of-rows' = '20000', ", "")}${counts}`,
    );
    expect([endless.code, endless.out.includes("\nstopped after ")]).toEqual([0, true]);
    const wrong = await run(["explain", "--analyze", "--for", "soon", "-"], table + counts);
    expect([wrong.code, wrong.err.includes('it takes a length of time, such as "10 s" or "2 min"')]).toEqual([2, true]);
  });

  test("answers EXPLAIN statements of a script, and runs its queries", async () => {
    const asked = `${table} EXPLAIN ANALYZE SELECT COUNT(*) FROM t; EXPLAIN WATERMARK SELECT user_id FROM t; EXPLAIN SELECT page FROM t;`;
    const { out, code } = await run(["run", "-"], asked);
    expect(code).toBe(0);
    const starts = withoutFigures(out)
      .split("\n")
      .filter((line) => /^(\w|└)/.test(line));
    expect(starts).toEqual([
      // As often as changes were gathered.
      expect.stringMatching(/^select 1: \d+ rows?$/),
      "└─ aggregate without a window",
      "at the end of the input after #",
      "t",
      "select 3",
      "└─ project",
    ]);
    const both = await run(
      ["run", "-", "--format", "csv"],
      `${table} EXPLAIN SELECT page FROM t; SELECT COUNT(*) AS n FROM t;`,
    );
    expect([both.code, both.out.startsWith("select 1\n"), both.out.includes("n")]).toEqual([0, true, true]);
  });

  test("names a folder, a port that is taken and an address that is not ours", async () => {
    expect((await run(["run", "src"])).err).toStartWith('error[FILE]: file "src" is a folder\n');
    const foreign = await run(["run", "examples/clickstream.sql", "--port", "0", "--host", "192.0.2.1"]);
    expect(foreign.code).toBe(74);
    expect(foreign.err).toContain('error[HOST-REFUSED]: "192.0.2.1" is not an address of this machine');
    expect(foreign.err).toContain("hint: name one with --host");
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const taken = await run(["run", "examples/clickstream.sql", "--port", String(server.port)]);
    expect([taken.code, taken.err.split("\n")[0]]).toEqual([
      74,
      `error[PORT-TAKEN]: port ${server.port} on "127.0.0.1" is taken by another process`,
    ]);
  });

  test("prints the columns of an empty result", async () => {
    const script = `CREATE TABLE t (n INT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '9');
      SELECT n, s FROM t WHERE n IS NULL;`;
    const printed = async (form: string) => (await run(["run", "-", "--format", form], script)).out;
    expect(await printed("csv")).toBe("n,s\r\n");
    expect(await printed("table")).toBe(" n | s\n---+---\n");
    expect(await printed("json")).toBe("");
  });

  test("stops in good order when its terminal is closed, unless nohup was asked for", async () => {
    for (const [prefix, ends] of [
      ["", true],
      ["trap '' HUP; ", false],
    ] as const) {
      const command = `${prefix}exec "${process.execPath}" src/main.ts demo --port 0 --json`;
      const running = Bun.spawn(["bash", "-c", command], { cwd: root, stdout: "ignore", stderr: "pipe" });
      let err = "";
      const decoder = new TextDecoder();
      for await (const piece of running.stderr) {
        err += decoder.decode(piece, { stream: true });
        if (!err.includes("serving") || err.includes("ended")) continue;
        running.kill("SIGHUP");
        if (ends) continue;
        const url = JSON.parse(err.split("\n")[0] ?? "").serving;
        await Bun.sleep(300);
        expect(await (await fetch(`${url}/livez`)).text()).toBe("ok\n");
        running.kill("SIGINT");
      }
      expect(await running.exited).toBe(0);
      expect(err).toContain('"phase":"stopped"');
    }
  }, 30_000);

  test("ends quietly when nobody reads its rows any more", async () => {
    const command = `"${process.execPath}" src/main.ts run examples/clickstream.sql --format csv | head -n 3; echo "\${PIPESTATUS[0]}"`;
    const shell = Bun.spawn(["bash", "-c", command], { cwd: root, stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()]);
    expect(err).toBe("");
    expect(out.split(/\r?\n/)).toEqual([
      "window_start,page,clicks,users,users_approx",
      expect.stringContaining("2024-05-01"),
      expect.stringContaining("2024-05-01"),
      "0",
      "",
    ]);
  }, 20_000);

  test("tells a running engine's watermarks, and stops in good order at Ctrl-C, exit code 0", async () => {
    const running = start(["demo", "--port", "0", "--json"]);
    const errors = running.stderr.getReader();
    const decoder = new TextDecoder();
    let err = "";
    let watermarks: Awaited<ReturnType<typeof run>> | null = null;
    let url = "";
    for (let piece = await errors.read(); !piece.done; piece = await errors.read()) {
      err += decoder.decode(piece.value, { stream: true });
      if (watermarks === null && err.includes("serving")) {
        url = JSON.parse(err.split("\n")[0] ?? "").serving;
        // The first moments of a job have nothing to tell.
        do watermarks = await run(["explain", "--watermark", url]);
        while (watermarks.out.includes("begun"));
        running.kill("SIGINT");
      }
    }
    expect([watermarks?.err, watermarks?.code]).toEqual(["", 0]);
    expect(watermarks?.out).toMatch(
      /^job 1, examples\/clickstream\.sql, at \d{4}-\d\d-\d\d [\d:.]+\n\nclicks: watermark /,
    );
    expect(watermarks?.out).toMatch(/\n {2}partition +watermark +silent since\n {2}clicks\[0\] +(2024-|none yet)/);
    expect(watermarks?.out).toMatch(
      /\nselect 1: (no window is open|1 open, the next ends at 2024-.*\n {2}waits for .*)\n$/,
    );
    const nobody = await run(["explain", "--watermark", url]);
    expect([nobody.code, nobody.err.split(":")[0]]).toEqual([1, "error[ADDRESS]"]);
    expect(await running.exited).toBe(0);
    const [serving, ended] = err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(serving).toMatchObject({ views: ["page_counts"], serving: expect.stringContaining("http://127.0.0.1:") });
    expect(ended.ended).toMatchObject({ phase: "stopped" });
  });
});
