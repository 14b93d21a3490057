/**
 * Golden files: every `test/golden/parse/*.sql` is parsed, and its trees and rendered errors are compared with the `.txt`
 * beside it. `MILLRACE_UPDATE_GOLDEN=1 bun test test/sql` writes them anew; read the difference before committing it.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "../../src/sql/parse.ts";
import { renderError } from "../../src/sql/render-error.ts";
import { compactTree } from "./compact-tree.ts";

const folder = join(import.meta.dir, "../golden/parse");
const update = process.env.MILLRACE_UPDATE_GOLDEN === "1";

function describeText(text: string, fileName: string): string {
  const { statements, errors } = parse(text);
  const trees = statements.map(compactTree);
  const rendered = errors.map((error) => renderError({ text, fileName, error }));
  return `${[...trees, ...rendered].join("\n\n")}\n`;
}

describe("golden parse files", () => {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));

  test("there are files to compare", () => expect(names.length).toBeGreaterThan(10));

  for (const name of names) {
    test(`${name} gives the trees and errors written beside it`, () => {
      const text = readFileSync(join(folder, name), "utf8");
      const actual = describeText(text, name);
      const expectedPath = join(folder, name.replace(/\.sql$/, ".txt"));
      if (update) writeFileSync(expectedPath, actual);
      expect(existsSync(expectedPath)).toBe(true);
      expect(actual).toBe(readFileSync(expectedPath, "utf8"));
      if (name.startsWith("error-")) expect(parse(text).errors.length).toBeGreaterThan(0);
      else expect(parse(text).errors).toEqual([]);
    });
  }
});
