/** The documentation names every command, flag and route there is: what a person may type is written down. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildProgram } from "../../src/cli/cli.ts";
import { aggregateNames } from "../../src/plan/aggregates.ts";
import { functionNames } from "../../src/plan/functions.ts";
import { jobRoutes } from "../../src/server/job-routes.ts";
import { operationRoutes } from "../../src/server/operation-routes.ts";
import { viewRoutes } from "../../src/server/view-routes.ts";
import { dependenciesOf, scriptedIo } from "./scripted.ts";

const page = (name: string) => readFileSync(join(import.meta.dir, "../../docs", name), "utf8");

test("command-line.md names every command and every flag that help shows", () => {
  const text = page("command-line.md");
  const program = buildProgram(dependenciesOf({ io: scriptedIo() }), () => {});
  expect(program.commands.length).toBeGreaterThan(5);
  for (const command of program.commands) {
    expect(text).toContain(`| \`${command.name()}`);
    const flags = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
    expect(flags.filter((flag) => !text.includes(`\`${flag}`))).toEqual([]);
  }
});

test("sql.md names every function and aggregate", () => {
  const written = new Set(page("sql.md").match(/\b[A-Z][A-Z0-9_]+\b/g));
  const names = [...functionNames, ...aggregateNames];
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !written.has(name))).toEqual([]);
});

test("http.md names every route and every parameter", () => {
  const text = page("http.md");
  for (const { path, parameters } of [...viewRoutes, ...jobRoutes, ...operationRoutes]) {
    const last = path.replaceAll(/:(\w+)/g, "{$1}");
    const short = `…/${last.split("/").at(-1)}`;
    expect([
      last,
      text.includes(`\`${last}\``) || text.includes(` ${last}\``) || text.includes(`\`${short}\``),
    ]).toEqual([last, true]);
    for (const { name, in: place } of parameters) if (place !== "path") expect(text).toContain(`\`${name}`);
  }
});
