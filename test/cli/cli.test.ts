import { describe, expect, test } from "bun:test";
import { runCli } from "../../src/cli/cli.ts";
import { EngineError } from "../../src/core/error.ts";
import { dependenciesOf, scriptedEngine, scriptedIo, scriptedProducer } from "./scripted.ts";

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
      [["run", "a.sql", "--format", "xml"], "Allowed choices are table, json, csv, changelog"],
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
    }
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
      checkScript: () => ({ errors: [misspelt, noBroker], notices: ["key x has no effect"] }),
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
    const line = "1,234,567 rows · 98.7 k/s · watermark 2024-05-01 12:00:00 · 3.20 M behind · 12 late";
    expect(io.err).toBe(`\r\u001b[2K${line.slice(0, 79)}`);
    io.err = "";
    engine.started[0]?.out.write("| row |\n");
    expect(io.out).toBe("| row |\n");
    expect(io.err).toBe(`\r\u001b[2K\r\u001b[2K${line.slice(0, 79)}`);
    engine.finish(0);
    await running;
    expect(io.err).toContain("running after 0.0 s: 1,234,567 rows");
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
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt], notices: [] }) });
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
    const running = await run(["run", "a.sql", "--json", "--port", "0"], { io: ioWith({ "a.sql": "" }) });
    const lines = running.io.err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({ serving: "http://127.0.0.1:8088", views: ["page_counts"] });
    expect(lines[1]).toMatchObject({ ended: { rows: 1_234_567, elapsedMs: 0 } });
    expect(running.engine.started[0]?.format).toBe("json");
  });
});

describe("check", () => {
  test("prints every error and their number, exit code 1", async () => {
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt, noBroker], notices: [] }) });
    const { code, io } = await run(["check", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
    expect(code).toBe(1);
    expect(io.err).toContain("\n\nerror[BROKER-DOWN]");
    expect(io.err).toEndWith("a.sql: 2 errors\n");
  });

  test("says so when there is none", async () => {
    const { code, io } = await run(["check", "a.sql"], { io: ioWith({ "a.sql": "" }) });
    expect([code, io.out, io.err]).toEqual([0, "a.sql: no errors\n", ""]);
  });

  test("gives one object to machines", async () => {
    const engine = scriptedEngine({ checkScript: () => ({ errors: [misspelt], notices: ["n"] }) });
    const { code, io } = await run(["check", "--json", "a.sql"], { io: ioWith({ "a.sql": "" }), engine });
    expect(code).toBe(1);
    expect(JSON.parse(io.out)).toMatchObject({ file: "a.sql", errors: [{ code: "UNKNOWN-COLUMN" }], notices: ["n"] });
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
    expect(io.err).toContain("http://127.0.0.1:8088");
    expect(io.err).toContain("windows of one minute");
  });
});

describe("produce", () => {
  test("sends the lines of a file as they are, without blank ones", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "a.json": '{"a":1}\r\n\n  \n{"b":"é"}\n{"c":9007199254740993}' });
    const { code } = await run(["produce", "--topic", "clicks", "a.json"], { io, producer });
    expect(code).toBe(0);
    expect(producer.sent.map(({ text }) => text)).toEqual(['{"a":1}', '{"b":"é"}', '{"c":9007199254740993}']);
    expect(producer.sent.every(({ partition }) => partition === null)).toBe(true);
    expect([producer.flushed, producer.closed]).toEqual([1, 1]);
    expect(producer.targets).toEqual([{ topic: "clicks", bootstrapServers: "127.0.0.1:9092", properties: {} }]);
    expect(io.out).toStartWith('3 records in topic "clicks" after');
  });

  test("reads standard input, and brokers from the environment or the flag", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "-": "{}\n" }, { env: { MILLRACE_KAFKA: "k:1" } });
    await run(["produce", "--topic", "t"], { io, producer });
    await run(["produce", "--topic", "t", "-", "--bootstrap-servers", "k:2", "--property", "a.b=c"], { io, producer });
    expect(producer.targets).toEqual([
      { topic: "t", bootstrapServers: "k:1", properties: {} },
      { topic: "t", bootstrapServers: "k:2", properties: { "a.b": "c" } },
    ]);
  });

  test("adds event_id and event_timestamp where they are missing and changes nothing else", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "a.json": '{}\n{"n": 9007199254740993}\n{"event_id":"x","event_timestamp":"y"}\n' });
    await run(["produce", "--topic", "t", "a.json", "--add-event-id", "--add-event-timestamp"], { io, producer });
    const stamp = /^\{"event_id":"[0-9a-f-]{36}","event_timestamp":"2024-05-01 00:00:00\.000"/;
    expect(producer.sent[0]?.text.replace(stamp, "STAMP")).toBe("STAMP}");
    expect(producer.sent[1]?.text.replace(stamp, "STAMP")).toBe('STAMP,"n": 9007199254740993}');
    expect(producer.sent[2]?.text).toBe('{"event_id":"x","event_timestamp":"y"}');
  });

  test("names the line that takes no stamp", async () => {
    const io = ioWith({ "a.json": "{}\n[1]\n" });
    const { code } = await run(["produce", "--topic", "t", "a.json", "--add-event-id"], { io });
    expect(code).toBe(1);
    expect(io.err).toContain("error[INPUT-LINE]: line 2 of the input is no JSON object");
  });

  test("generates as many events as asked, dealt out to partitions, at the rate asked", async () => {
    const producer = scriptedProducer();
    const io = scriptedIo();
    const startedAt = io.now();
    const flags = ["--generate", "clickstream", "--count", "1000", "--rate", "500", "--partitions", "3", "--json"];
    const { code } = await run(["produce", "--topic", "t", ...flags], { io, producer });
    expect(code).toBe(0);
    expect([0, 1, 2].map((p) => producer.sent.filter(({ partition }) => partition === p).length)).toEqual([
      334, 333, 333,
    ]);
    expect(new Set(producer.sent.map(({ text }) => JSON.parse(text).event_id)).size).toBe(1000);
    expect(producer.sent.every(({ text }) => text.endsWith("}"))).toBe(true);
    expect(io.now() - startedAt).toBe(2000);
    expect(JSON.parse(io.out)).toEqual({ topic: "t", records: 1000, elapsedMs: 2000 });
  });

  test("stops at an interrupt with everything sent acknowledged", async () => {
    const producer = scriptedProducer();
    const io = scriptedIo();
    const running = run(["produce", "--topic", "t", "--generate", "clickstream", "--rate", "10"], { io, producer });
    while (producer.sent.length < 3) await Bun.sleep(0);
    io.interrupt();
    expect((await running).code).toBe(0);
    expect(producer.flushed).toBe(1);
    io.interrupt();
    expect(io.exits).toEqual([]);
  });

  test("names a generator it does not have, and the nearest", async () => {
    const { code, io } = await run(["produce", "--topic", "t", "--generate", "clickstraem"]);
    expect(code).toBe(2);
    expect(io.err).toBe('error[USAGE]: there is no generator "clickstraem"\nhint: did you mean clickstream?\n');
    expect((await run(["produce", "--topic", "t", "--generate", "clickstream", "a.json"])).code).toBe(2);
  });
});
