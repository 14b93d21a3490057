/** `check`, `explain`, `version` and `produce`: what they print and how they end. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { fileTable, jsonErrors, jsonLines, millrace } from "./millrace.ts";

const script = `${fileTable(
  "t",
  "n BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
  { path: "/nowhere" },
)}SELECT window_start, page, SUM(n) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
WHERE page LIKE '/p%' GROUP BY window_start, window_end, page HAVING COUNT(*) > 2;`;

describe("check", () => {
  test("opens nothing: a table over a path that is not there is in order", async () => {
    expect(await millrace(["check", "-"], script)).toEqual({ out: "<stdin>: no errors\n", err: "", code: 0 });
  });

  test("counts its errors, one object a line for machines", async () => {
    using folder = new TemporaryFolder();
    folder.write("job.sql", "SELECT a FROM b;\nSELECT c FROM d;\n");
    const path = join(folder.path, "job.sql");
    const people = await millrace(["check", path]);
    expect([people.out, people.code]).toEqual(["", 1]);
    expect(people.err).toEndWith(`${path}: 2 errors\n`);
    const machines = await millrace(["check", path, "--json"]);
    expect(machines.code).toBe(1);
    const errors = machines.err === "" ? (jsonLines(machines.out) as unknown[]) : jsonErrors(machines);
    expect(JSON.stringify(errors)).toContain('"UNKNOWN-TABLE"');
  });

  test("takes an empty script, and one of comments, for in order", async () => {
    for (const text of ["", "-- nothing\n", "/* nothing */ ;;"]) {
      expect({ text, code: (await millrace(["check", "-"], text)).code }).toEqual({ text, code: 0 });
      const run = await millrace(["run", "-"], text);
      expect({ text, code: run.code }).toEqual({ text, code: 1 });
      expect(run.err).toStartWith("error[NO-QUERY]: ");
    }
  });

  test("refuses a file that is not there and bytes that are no text", async () => {
    using folder = new TemporaryFolder();
    expect((await millrace(["check", join(folder.path, "no.sql")])).code).toBe(2);
    expect((await millrace(["check", folder.path])).err).not.toContain("BUG");
  });
});

describe("explain", () => {
  test("prints the plan from the source to the output", async () => {
    const { out, err, code } = await millrace(["explain", "-"], script);
    expect([err, code]).toEqual(["", 0]);
    for (const word of ["t", "watermark for ts = ts - INTERVAL", "LIKE", "SUM(n", "page", "window_start"]) {
      expect(out).toContain(word);
    }
  });
});

describe("version", () => {
  test("is the package's, by command and by flag", async () => {
    const { version } = (await Bun.file(join(import.meta.dir, "../../package.json")).json()) as { version: string };
    expect((await millrace(["version"])).out).toBe(`millrace ${version}\n`);
    const flag = await millrace(["--version"]);
    expect([flag.out.trim().replace(/^millrace /, ""), flag.code]).toEqual([version, 0]);
  });
});

describe("produce", () => {
  test("says what it lacks before it connects, exit code 2", async () => {
    const topic = await millrace(["produce"]);
    expect([topic.out, topic.code]).toEqual(["", 2]);
    expect(topic.err).toContain("--topic");
    const generator = await millrace(["produce", "--topic", "x", "--generate", "clikstream"]);
    expect(generator.code).toBe(2);
    expect(generator.err).toContain("did you mean clickstream?");
    expect((await millrace(["produce", "--topic", "x", "--generate", "clickstream", "file.json"])).code).toBe(2);
  });
});
