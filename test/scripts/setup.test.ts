/** Set-up's parts, each in a process of its own, as npm scripts call them: what is missing is said, work is not done twice. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "millrace-setup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a module's text with node, or with bun where there is none. */
function start(script: string, env: Record<string, string> = {}) {
  const program = Bun.which("node") ?? process.execPath;
  const path = join(folder, `${crypto.randomUUID()}.mjs`);
  writeFileSync(path, script.replaceAll("LIB", join(root, "scripts/lib")));
  return Bun.spawn([program, path], { env: { ...process.env, ...env }, stdout: "pipe", stderr: "pipe" });
}

async function run(script: string, env: Record<string, string> = {}): Promise<string> {
  const child = start(script, env);
  const said = await new Response(child.stdout).text();
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${said}${errors}`);
  return said.trim();
}

const kafka = (call: string) => `import { kafkaStep } from "LIB/setup-kafka.mjs";
  import { createProgress } from "LIB/progress.mjs";
  console.log(JSON.stringify(await (${call})));`;

test("without a C compiler, or without make, the kafka connector is left out in one line", async () => {
  const tools = join(folder, "tools");
  mkdirSync(tools);
  const call = kafka("kafkaStep.run(createProgress(process.stderr))");
  const without = async () =>
    JSON.parse(await run(call, { PATH: tools, CC: "", MILLRACE_BUILD_DIR: join(folder, "none") }));
  expect(await without()).toEqual({
    failed: true,
    notice: "kafka connector left out: no C compiler (Debian: apt-get install build-essential); everything else works",
  });
  symlinkSync("/bin/true", join(tools, "cc"));
  expect((await without()).notice).toContain("no make");
});

test("a build that fails is reported with the end of its log, leaves nothing behind, and is not tried again", async () => {
  const tools = join(folder, "failing");
  mkdirSync(tools);
  for (const name of ["cc", "make", "bash"]) {
    writeFileSync(join(tools, name), "#!/bin/sh\necho the reason is this\nexit 3\n", { mode: 0o755 });
  }
  const env = { PATH: `${tools}:/usr/bin:/bin`, CC: "", MILLRACE_BUILD_DIR: join(folder, "failed") };
  mkdirSync(env.MILLRACE_BUILD_DIR);
  const stamp = JSON.parse(await run(kafka("kafkaStep.run(createProgress(process.stderr))"), env));
  expect(stamp.failed).toBe(true);
  expect(stamp.notice).toContain("configure of librdkafka failed");
  expect(stamp.notice).toContain("the reason is this");
  expect([...new Bun.Glob("*").scanSync({ cwd: env.MILLRACE_BUILD_DIR, onlyFiles: false })]).toEqual(["kafka.log"]);
  expect(JSON.parse(await run(kafka(`kafkaStep.isUsable(${JSON.stringify(stamp)})`), env))).toBe(true);
});

test("the hash changes with a file's content, a name and a word, and with nothing else", async () => {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "deep"), { recursive: true });
  writeFileSync(join(tree, "deep", "a"), "one");
  const hash = (words: string[]) =>
    run(
      `import { hashOf } from "LIB/stamp.mjs";
       console.log(hashOf({ paths: [${JSON.stringify(tree)}, "/nowhere"], words: ${JSON.stringify(words)} }));`,
    );
  const before = await hash(["w"]);
  expect(await hash(["w"])).toBe(before);
  expect(await hash(["v"])).not.toBe(before);
  writeFileSync(join(tree, "deep", "a"), "two");
  const changed = await hash(["w"]);
  expect(changed).not.toBe(before);
  writeFileSync(join(tree, "deep", "b"), "");
  expect(await hash(["w"])).not.toBe(changed);
});

test("two set-ups at once work one after the other; a lock whose owner is gone is taken over", async () => {
  const shared = join(folder, "shared");
  mkdirSync(shared);
  writeFileSync(join(shared, "setup.lock"), "2147483646\n");
  const script = `import { appendFileSync } from "node:fs";
    import { withLock } from "LIB/lock.mjs";
    const say = (text) => appendFileSync(${JSON.stringify(join(shared, "order"))}, text);
    await withLock({ folder: ${JSON.stringify(shared)}, progress: { say() {} } }, async () => {
      say("in ");
      await new Promise((resolve) => setTimeout(resolve, 300));
      say("out ");
    });`;
  await Promise.all([run(script), run(script), run(script)]);
  expect(readFileSync(join(shared, "order"), "utf8")).toBe("in out in out in out ");
  expect(existsSync(join(shared, "setup.lock"))).toBe(false);
});
