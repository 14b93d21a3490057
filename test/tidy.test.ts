/** The house rules, held by a machine: every source file is read and what breaks a rule is named with what to do instead. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkKernelExports } from "./tidy/kernel-exports.ts";
import { type NamedRule, rules } from "./tidy/rules.ts";
import { type Problem, parseSource, type SourceFile } from "./tidy/source-file.ts";

const root = join(import.meta.dir, "..");
const folders = ["src", "assembly", "test", "bench", "scripts"];
const files: readonly SourceFile[] = folders
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.{ts,mjs}`).scanSync({ cwd: root })])
  .filter((path) => !/(^|\/)(node_modules|build|dist|fixtures)\//.test(path))
  .sort()
  .map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));

function report(problems: readonly Problem[]): string[] {
  return problems.map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

test("finds the sources it is to judge", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.some(({ path }) => path === "src/core/error.ts")).toBe(true);
});

for (const { name, check } of rules satisfies readonly NamedRule[]) {
  test(name, () => {
    expect(report(files.flatMap(check))).toEqual([]);
  });
}

test("lets the kernel export from assembly/index.ts alone, and nothing that the host never calls", () => {
  const config = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8")) as { entries: string[] };
  expect(config.entries).toEqual(["assembly/index.ts"]);
  const index = files.find(({ path }) => path === "assembly/index.ts");
  expect(index, "assembly/index.ts is there").toBeDefined();
  const host = files.filter(({ path }) => path.startsWith("src/") || path.startsWith("test/")).map(({ text }) => text);
  expect(report(checkKernelExports(index as SourceFile, host))).toEqual([]);
});
