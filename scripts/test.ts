/**
 * `npm test`: runs the suites of `suites.ts` and closes with `N passed, N failed` over all of them. With `--ci` the longer ones
 * run too, with bigger counts. A suite that cannot run here is named in one line; a run that ends without its report, or finds no
 * test, counts as a failure, so that a crash is never taken for success.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJunit, type TestCounts } from "./junit.ts";
import { pathsBeside, type Suite, suites } from "./suites.ts";

const root = join(import.meta.dir, "..");
const ci = process.argv.includes("--ci");
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));

interface Outcome {
  readonly suite: Suite;
  readonly counts: TestCounts;
  readonly seconds: number;
  /** What tests said they left out. */
  readonly leftOut: readonly string[];
}

const none: TestCounts = { passed: 0, failed: 0, skipped: 0, failures: [], files: [] };

function failedOnce(failure: string): TestCounts {
  return { ...none, failed: 1, failures: [failure] };
}

/** Null = it can run here. */
function missingNeed({ needs }: Suite): string | null {
  if (needs === null || (needs.orVariable !== null && process.env[needs.orVariable])) return null;
  const missing = needs.programs.filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? null : `${needs.leftOut}; missing here: ${missing.join(", ")}`;
}

function testFiles(suite: Suite): string[] {
  const beside = pathsBeside(suite);
  const files = suite.paths.flatMap((path) => {
    if (path.endsWith(".test.ts")) return [path];
    return existsSync(join(root, path)) ? [...new Bun.Glob(`${path}/**/*.test.ts`).scanSync({ cwd: root })] : [];
  });
  return files.filter((file) => !beside.some((path) => file === path || file.startsWith(`${path}/`))).sort();
}

async function runSuite(suite: Suite): Promise<Outcome> {
  const files = testFiles(suite);
  if (files.length === 0) {
    return { suite, counts: failedOnce(`suite ${suite.name} has no tests`), seconds: 0, leftOut: [] };
  }
  const folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const report = join(folder, "junit.xml");
  const started = performance.now();
  try {
    const bun = Bun.spawn(
      [
        process.execPath,
        "test",
        // One test may take long on a loaded machine; a suite's minutes bound the whole.
        "--timeout=120000",
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...files.map((file) => `./${file}`),
      ],
      {
        cwd: root,
        env: { ...process.env, ...(ci ? suite.ciEnv : {}) },
        stdout: "pipe",
        stderr: "pipe",
        timeout: suite.minutes * 60_000,
        killSignal: "SIGKILL",
      },
    );
    const [out, err] = await Promise.all([relay(bun.stdout, process.stdout), relay(bun.stderr, process.stderr)]);
    const code = await bun.exited;
    const counts = existsSync(report) ? readJunit(readFileSync(report, "utf8")) : null;
    const seconds = (performance.now() - started) / 1000;
    const leftOut = [
      ...new Set(`${out}\n${err}`.split("\n").flatMap((line) => /^skipped: (.*)$/.exec(line)?.[1] ?? [])),
    ];
    return { suite, counts: judge(suite, { counts, code, seconds, files }), seconds, leftOut };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly counts: TestCounts | null;
  readonly code: number;
  readonly seconds: number;
  readonly files: readonly string[];
}

/**
 * A file that reported no test did not load; a run without a report, or with an exit code that its report does not explain,
 * has failed once more.
 */
function judge(suite: Suite, { counts, code, seconds, files }: Run): TestCounts {
  const known = counts ?? none;
  const failures = [...known.failures];
  if (counts !== null) {
    const unread = files.filter((file) => !counts.files.includes(file));
    failures.push(...unread.map((file) => `${file} ran no test`));
  }
  const failed = known.failed + failures.length - known.failures.length;
  if (counts !== null && (code === 0) === (failed === 0)) return { ...known, failed, failures };
  const timedOut = seconds >= suite.minutes * 60;
  const why = timedOut ? `ended after ${suite.minutes} minutes` : `ended with exit code ${code}`;
  return { ...known, failed: failed + 1, failures: [...failures, `suite ${suite.name} ${why}`] };
}

async function relay(stream: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    const part = decoder.decode(piece, { stream: true });
    text += part;
    to.write(part);
  }
  return text;
}

function printEnd(outcomes: readonly Outcome[], leftOut: readonly string[]): void {
  const failures = outcomes.flatMap(({ counts }) => counts.failures);
  for (const failure of failures) console.log(`failed: ${failure}`);
  for (const { suite, counts, seconds } of outcomes) {
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    const minutes = `${seconds.toFixed(0)} s of ${suite.minutes} min`;
    console.log(`${suite.name}: ${counts.passed} passed, ${counts.failed} failed${skipped} (${minutes})`);
  }
  console.log(leftOut.length === 0 ? "left out: nothing" : `left out: ${leftOut.join(" · ")}`);
}

async function main(): Promise<void> {
  const chosen = suites.filter(({ name, inNpmTest }) => (wanted.length > 0 ? wanted.includes(name) : inNpmTest || ci));
  const outcomes: Outcome[] = [];
  const leftOut: string[] = [];
  for (const suite of chosen) {
    const missing = missingNeed(suite);
    if (missing === null) {
      const outcome = await runSuite(suite);
      outcomes.push(outcome);
      leftOut.push(...outcome.leftOut);
    } else if (process.env[suite.needs?.requiredBy ?? ""] === "1") {
      outcomes.push({ suite, counts: failedOnce(missing), seconds: 0, leftOut: [] });
    } else leftOut.push(missing);
  }
  printEnd(outcomes, leftOut);
  const passed = outcomes.reduce((sum, { counts }) => sum + counts.passed, 0);
  const failed = outcomes.reduce((sum, { counts }) => sum + counts.failed, 0) + (passed === 0 ? 1 : 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
