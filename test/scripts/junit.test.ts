import { expect, test } from "bun:test";
import { readJunit } from "../../scripts/junit.ts";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" assertions="9" failures="2" skipped="1" time="0.5">
  <testsuite name="a.test.ts" file="test/a.test.ts" tests="5">
    <testcase name="adds" classname="sums" time="0" file="test/a.test.ts" line="3" assertions="1" />
    <testcase name="is &lt;small&gt; &amp; quick" classname="sums" file="test/a.test.ts"><failure type="AssertionError" /></testcase>
    <testcase name="later" classname="sums" file="test/a.test.ts"><skipped /></testcase>
    <testcase name="breaks" file="test/b.test.ts">
      <failure message="no">text</failure>
    </testcase>
    <testcase name="works" file="test/b.test.ts" />
  </testsuite>
</testsuites>
`;

test("counts passed, failed and skipped tests and names the failed", () => {
  expect(readJunit(report)).toEqual({
    passed: 2,
    failed: 2,
    skipped: 1,
    failures: ["test/a.test.ts > sums > is <small> & quick", "test/b.test.ts > breaks"],
    files: ["test/a.test.ts", "test/b.test.ts"],
  });
});

test("takes no cut or empty report", () => {
  expect(readJunit("")).toBeNull();
  expect(readJunit(report.slice(0, -20))).toBeNull();
  expect(readJunit("<html></html>")).toBeNull();
});

test("reads what bun writes", async () => {
  using folder = new TemporaryFolder();
  folder.write(
    "x.test.ts",
    'import { expect, test } from "bun:test";\ntest("a < b", () => {});\ntest("c", () => expect(1).toBe(2));\ntest.skip("d", () => {});\n',
  );
  const outfile = `${folder.path}/junit.xml`;
  const run = Bun.spawnSync([process.execPath, "test", "--reporter=junit", `--reporter-outfile=${outfile}`], {
    cwd: folder.path,
    stdout: "ignore",
    stderr: "ignore",
  });
  expect(run.exitCode).toBe(1);
  const counts = readJunit(await Bun.file(outfile).text());
  expect(counts).toMatchObject({ passed: 1, failed: 1, skipped: 1, files: ["x.test.ts"] });
  expect(counts?.failures[0]).toContain("x.test.ts");
});
