import { describe, expect, test } from "bun:test";
import { runCli } from "../../src/cli/cli.ts";
import { progressTexts, StatusLine } from "../../src/cli/status-line.ts";
import { EngineError } from "../../src/core/error.ts";
import { dependenciesOf, scriptedEngine, scriptedIo, someProgress } from "./scripted.ts";

/** Runs to the end with the job finishing at once. */
async function run(args: string[], parts: Partial<Parameters<typeof dependenciesOf>[0]> = {}) {
  const io = parts.io ?? scriptedIo();
  const engine = scriptedEngine();
  engine.finish(0);
  const code = await runCli(args, dependenciesOf({ engine, ...parts, io }));
  return { code, io, engine };
}

function ioWith(files: Record<string, string>, options: Parameters<typeof scriptedIo>[0] = {}) {
  const io = scriptedIo(options);
  for (const [name, text] of Object.entries(files)) io.files.set(name, text);
  return io;
}

const misspelt = new EngineError('no column "pgae"', {
  domain: "user",
  code: "UNKNOWN-COLUMN",
  hint: "did you mean page?",
  span: { start: 7, end: 11 },
});
const noBroker = new EngineError('no broker answers at "127.0.0.1:1"', {
  domain: "external",
  code: "BROKER-DOWN",
  exitCode: 75,
  hint: "is it running?",
});

describe("usage", () => {
  test("is exit code 2 with the nearest command", async () => {
    const { code, io } = await run(["rnu", "a.sql"]);
    expect(code).toBe(2);
    expect(io.err).toBe('error[USAGE]: unknown command "rnu"\nhint: did you mean run?\n');
  });

  test("is exit code 2 with the nearest flag", async () => {
    const { code, io } = await run(["run", "a.sql", "--fromat", "csv"]);
    expect(code).toBe(2);
    expect(io.err).toBe('error[USAGE]: unknown option "--fromat"\nhint: did you mean --format?\n');
  });

  test("names what is missing or not taken", async () => {
    const wrong: [string[], string][] = [
      [["run"], "missing required argument"],
      [["run", "a.sql", "b.sql"], "too many arguments"],
      [["run", "a.sql", "--port", "70000"], "whole number from 0 to 65535"],
      [["run", "a.sql", "--format", "xml"], '"--format <form>" does not take "xml": the choices are table, json'],
      [["run", "a.sql", "--set", "novalue"], "key=value"],
      [["produce", "a.json"], "--topic <name>"],
      [["explain", "a.sql", "--watermark", "--analyze"], "cannot be used with"],
    ];
    for (const [args, message] of wrong) {
      const { code, io } = await run(args);
      expect([args, code]).toEqual([args, 2]);
      expect(io.err).toContain("error[USAGE]: ");
      expect(io.err).toContain(message);
      expect(io.err).toContain("hint: ");
      expect(io.out).toBe("");
    }
  });

  test("names a file that is not there", async () => {
    const { code, io } = await run(["run", "nothing.sql"]);
    expect(code).toBe(2);
    expect(io.err).toBe('error[FILE]: file "nothing.sql" is not there\nhint: name a file, or - for standard input\n');
  });

  test("without a command shows the help on standard error", async () => {
    const { code, io } = await run([]);
    expect(code).toBe(2);
    expect(io.err).toContain("Usage: millrace");
  });

  test("shows help and version on standard output, exit code 0", async () => {
    for (const args of [["--help"], ["help"], ["run", "--help"]]) {
      const { code, io } = await run(args);
      expect([args, code]).toEqual([args, 0]);
      expect(io.out).toContain("Usage: millrace");
      expect(io.err).toBe("");
      expect(io.out).not.toContain("default: {}");
    }
    expect((await run(["run", "--help"])).io.out).not.toContain("--state");
    expect((await run(["version"])).io.out).toBe("millrace 1.2.3\n");
    expect(JSON.parse((await run(["version", "--json"])).io.out)).toMatchObject({ version: "1.2.3" });
    expect((await run(["--version"])).io.out).toBe("1.2.3\n");
  });
});

describe("run", () => {
  test("hands the script and its flags to the engine", async () => {
    const io = ioWith({ "a.sql": "SELECT 1" });
    const { code, engine } = await run(
      [
        "run",
        "a.sql",
        "--set",
        "'a.b' = 'it''s'",
        "--set",
        "c=d=e",
        "--workers",
        "2",
        "--format",
        "csv",
        "--until-end",
      ],
      { io },
    );
    expect(code).toBe(0);
    expect(engine.started[0]).toMatchObject({
      text: "SELECT 1",
      fileName: "a.sql",
      settings: { "a.b": "it's", c: "d=e" },
      workers: 2,
      format: "csv",
      untilEnd: true,
      port: null,
      stateDir: null,
      host: "127.0.0.1",
    });
  });

  test("reads standard input for -", async () => {
    const { engine } = await run(["run", "-"], { io: ioWith({ "-": "SELECT 2" }) });
    expect(engine.started[0]).toMatchObject({ text: "SELECT 2", fileName: "<stdin>" });
  });

  test("prints every error of the script and starts nothing", async () => {
    const engine = scriptedEngine({
      checkScript: () => ({ errors: [misspelt, noBroker], notices: ["key x has no effect"], queries: 0 }),
    });
    const { code, io } = await run(["run", "a.sql"], { io: ioWith({ "a.sql": "SELECT pgae" }), engine });
    expect(code).toBe(1);
    expect(engine.started).toEqual([]);
    expect(io.err).toBe(
      'notice: key x has no effect\nerror[UNKNOWN-COLUMN]: no column "pgae"\n  --> a.sql:7\n' +
        'error[BROKER-DOWN]: no broker answers at "127.0.0.1:1"\nhint: is it running?\n',
    );
  });

  test("gives the exit code of what kept the job from starting or ended it", async () => {
    const refused = scriptedEngine({ startJob: async () => Promise.reject(noBroker) });
    const io = ioWith({ "a.sql": "" });
    expect((await run(["run", "a.sql"], { io, engine: refused })).code).toBe(75);
    expect(io.err).toContain("error[BROKER-DOWN]: ");
    const broken = scriptedEngine();
    broken.fail(noBroker);
    expect((await run(["run", "a.sql"], { io, engine: broken })).code).toBe(75);
  });

  test("calls what is no EngineError a bug, with its stack and exit code 70", async () => {
    const engine = scriptedEngine({ startJob: () => Promise.reject(new TypeError("x is undefined")) });
    const { code, io } = await run(["run", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
    expect(code).toBe(70);
    expect(io.err).toStartWith("error[BUG]: x is undefined\nhint: this is a bug in millrace");
    expect(io.err).toContain("cli.test.ts");
  });

  test("stops in good order on the first interrupt and leaves at once on the second", async () => {
    const io = ioWith({ "a.sql": "" }, { terminal: true });
    const engine = scriptedEngine();
    const running = runCli(["run", "a.sql"], dependenciesOf({ io, engine }));
    while (engine.started.length === 0) await Bun.sleep(0);
    await Bun.sleep(0);
    io.interrupt();
    expect(engine.stops).toBe(1);
    expect(io.exits).toEqual([]);
    expect(io.err).toContain("Ctrl-C again");
    io.interrupt();
    expect(io.exits).toEqual([130]);
    engine.finish(0);
    expect(await running).toBe(0);
  });

  test("says how many windows were open when it ended, and nothing where none was", async () => {
    for (const [openWindows, told] of [
      [0, ""],
      [1, "notice: 1 window was still open and gave no rows"],
      [3, "notice: 3 windows were still open and gave no rows"],
    ] as const) {
      const engine = scriptedEngine();
      engine.progress = { openWindows };
      engine.finish(0);
      const { io } = await run(["run", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
      expect(io.err.split(";")[0]).toBe(told);
    }
  });

  test("stops when nobody reads its output any more", async () => {
    const io = ioWith({ "a.sql": "" });
    const engine = scriptedEngine();
    engine.progress = { openWindows: 2 };
    const running = runCli(["run", "a.sql"], dependenciesOf({ io, engine }));
    while (engine.started.length === 0) await Bun.sleep(0);
    await Bun.sleep(0);
    io.closeOutput();
    expect(engine.stops).toBe(1);
    engine.finish(0);
    expect(await running).toBe(0);
    expect(io.err).toBe("");
  });

  test("draws one status line on a terminal, out of the way of rows", async () => {
    const io = ioWith({ "a.sql": "" }, { terminal: true });
    const engine = scriptedEngine();
    const running = runCli(["run", "a.sql"], dependenciesOf({ io, engine }));
    while (engine.started.length === 0) await Bun.sleep(0);
    await Bun.sleep(0);
    io.tick();
    const line = "1.23 M rows · 98.7 k/s · watermark 12:00:00 · 3.20 M behind · 12 late";
    expect(io.err).toBe(`\r\u001b[2K${line}`);
    io.err = "";
    engine.started[0]?.out.write("| row |\n");
    expect(io.out).toBe("| row |\n");
    expect(io.err).toBe(`\r\u001b[2K\r\u001b[2K${line}`);
    engine.finish(0);
    await running;
    expect(io.err).toContain("running after 0.0 s: 1,234,567 rows");
  });

  test("says what matters most where the terminal is narrow", () => {
    const texts = progressTexts({ ...someProgress, idle: 2 });
    expect(texts).toEqual([
      "1,234,567 rows · 98.7 k/s · watermark 2024-05-01 12:00:00 · 3.20 M behind · 12 late · 2 idle",
      "1.23 M rows · 98.7 k/s · watermark 12:00:00 · 3.20 M behind · 12 late · 2 idle",
      "1.23 M rows · 12:00:00 · 3.20 M behind · 12 late · 2 idle",
      "1.23 M rows · 12 late · 2 idle",
    ]);
    const drawn = (columns: number) => {
      const written: string[] = [];
      const line = new StatusLine({ isTerminal: true, columns, write: (text) => void written.push(text) }, true);
      line.draw(texts);
      return written.join("").replace("\r\u001b[2K", "");
    };
    expect(drawn(100)).toBe(texts[0] ?? "");
    expect(drawn(60)).toBe(texts[2] ?? "");
    expect(drawn(20)).toBe("1.23 M rows · 12 la");
  });

  test("fails with what kept standard output from taking rows", async () => {
    const io = ioWith({ "a.sql": "" });
    const engine = scriptedEngine();
    const running = runCli(["run", "a.sql"], dependenciesOf({ io, engine }));
    while (engine.started.length === 0) await Bun.sleep(0);
    await Bun.sleep(0);
    const full = { domain: "external", code: "OUTPUT", exitCode: 73 } as const;
    io.closeOutput(new EngineError("standard output takes no more", full));
    expect(engine.stops).toBe(1);
    engine.finish(0);
    expect(await running).toBe(73);
    expect(io.err).toStartWith("error[OUTPUT]: standard output takes no more");
  });

  test("refuses flags of the server where there is none, and warns of an address others reach", async () => {
    const { code, io } = await run(["run", "a.sql", "--host", "0.0.0.0"], { io: ioWith({ "a.sql": "" }) });
    expect(code).toBe(2);
    expect(io.err).toBe('error[USAGE]: "--host" is of no use without "--port"\nhint: add --port 8088\n');
    const flags = ["--port", "0", "--host", "0.0.0.0", "--allow-host", "a.example", "--allow-host", "b"];
    const open = await run(["run", "a.sql", ...flags], { io: ioWith({ "a.sql": "" }) });
    expect(open.io.err).toStartWith("notice: whoever reaches 0.0.0.0 can read the views and stop the job");
    expect(open.engine.started[0]).toMatchObject({ host: "0.0.0.0", allowedHosts: ["a.example", "b"] });
    const closed = await run(["run", "a.sql", "--port", "0", "--host", "localhost"], { io: ioWith({ "a.sql": "" }) });
    expect(closed.io.err).toBe("serving http://127.0.0.1:8088\n");
  });

  test("draws nothing and colours nothing where there is no terminal, or NO_COLOR is set", async () => {
    const io = ioWith({ "a.sql": "" });
    const { engine } = await run(["run", "a.sql"], { io });
    io.tick();
    expect(io.err).toBe("");
    expect(engine.started[0]?.out).toMatchObject({ color: false, columns: null });
    const quiet = await run(["run", "a.sql"], {
      io: ioWith({ "a.sql": "" }, { terminal: true, env: { NO_COLOR: "1" } }),
    });
    expect(quiet.engine.started[0]?.out).toMatchObject({ color: false, columns: 80 });
    const bright = await run(["run", "a.sql"], { io: ioWith({ "a.sql": "" }, { terminal: true }) });
    expect(bright.engine.started[0]?.out).toMatchObject({ color: true });
  });

  test("speaks JSON to machines", async () => {
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt], notices: [], queries: 0 }) });
    const { io } = await run(["run", "a.sql", "--json"], { io: ioWith({ "a.sql": "SELECT\n pgae" }), engine });
    expect(JSON.parse(io.err)).toEqual({
      error: {
        code: "UNKNOWN-COLUMN",
        message: 'no column "pgae"',
        hint: "did you mean page?",
        exitCode: 1,
        file: "a.sql",
        line: 2,
        column: 1,
      },
    });
    const noticing = scriptedEngine({ checkScript: () => ({ errors: [], notices: ["n"], queries: 1 }) });
    noticing.finish(0);
    const running = await run(["run", "a.sql", "--json", "--port", "0"], {
      io: ioWith({ "a.sql": "" }),
      engine: noticing,
    });
    const [notice, ...lines] = running.io.err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(notice).toEqual({ notice: "n" });
    expect(lines[0]).toEqual({ serving: "http://127.0.0.1:8088", views: ["page_counts"] });
    expect(lines[1]).toMatchObject({ ended: { rows: 1_234_567, elapsedMs: 0 } });
    expect(noticing.started[0]?.format).toBe("json");
  });
});

describe("check", () => {
  test("prints every error and their number, exit code 1", async () => {
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt, noBroker], notices: [], queries: 0 }) });
    const { code, io } = await run(["check", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
    expect(code).toBe(1);
    expect(io.err).toContain("\n\nerror[BROKER-DOWN]");
    expect(io.err).toEndWith("a.sql: 2 errors\n");
  });

  test("says so when there is none", async () => {
    const { code, io } = await run(["check", "a.sql"], { io: ioWith({ "a.sql": "" }) });
    expect([code, io.out, io.err]).toEqual([0, "a.sql: no errors\n", ""]);
  });

  test("tells of a script without a query, which run would refuse", async () => {
    const none = () =>
      scriptedEngine({ checkScript: () => ({ errors: [], notices: [], queries: 0 }), explainScript: () => "" });
    const io = () => ioWith({ "a.sql": "-- nothing" });
    const told = "notice: the script has no query to run: add a SELECT or an INSERT INTO\n";
    const checked = await run(["check", "a.sql"], { io: io(), engine: none() });
    expect([checked.code, checked.io.out, checked.io.err]).toEqual([0, "a.sql: no errors\n", told]);
    const explained = await run(["explain", "a.sql"], { io: io(), engine: none() });
    expect([explained.code, explained.io.out, explained.io.err]).toEqual([0, "", told]);
  });

  test("counts columns in characters, as the text form does", async () => {
    const text = "SELECT '😀' zz";
    const error = new EngineError("x", { domain: "user", code: "X", span: { start: 12, end: 14 } });
    expect(text.slice(12, 14)).toBe("zz");
    const engine = scriptedEngine({ checkScript: () => ({ errors: [error], notices: [], queries: 0 }) });
    const { io } = await run(["check", "--json", "a.sql"], { io: ioWith({ "a.sql": text }), engine });
    expect(JSON.parse(io.out).errors[0]).toMatchObject({ line: 1, column: 12 });
  });

  test("gives one object to machines", async () => {
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt], notices: ["n"], queries: 1 }) });
    const { code, io } = await run(["check", "--json", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
    expect(code).toBe(1);
    expect(JSON.parse(io.out)).toMatchObject({
      file: "a.sql",
      errors: [{ code: "UNKNOWN-COLUMN" }],
      notices: ["n"],
    });
  });
});

describe("explain", () => {
  test("prints what was asked for", async () => {
    const io = () => ioWith({ "a.sql": "" });
    expect((await run(["explain", "a.sql"], { io: io() })).io.out).toBe("the plan\n");
    expect((await run(["explain", "a.sql", "--watermark"], { io: io() })).io.out).toBe("the watermark\n");
    expect((await run(["explain", "a.sql", "--analyze"], { io: io() })).io.out).toBe("the analyze\n");
  });
});

describe("demo", () => {
  test("runs the example with HTTP on the usual port, and says what is to be seen", async () => {
    const { code, io, engine } = await run(["demo"]);
    expect(code).toBe(0);
    expect(engine.started[0]).toMatchObject({ text: "SELECT 1", port: 8088, fileName: "examples/clickstream.sql" });
    expect(io.err).toContain("\n\nserving http://127.0.0.1:8088\n");
    expect(io.err).toContain("windows of one minute");
  });
});
