/**
 * Golden files: every `test/golden/plan/*.sql` is planned and compared to the `.out` beside it. `UPDATE_GOLDEN=1` writes
 * the `.out` files anew; read the difference before committing it.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { planText } from "./plan-text.ts";

const folder = new URL("../golden/plan/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".sql"))
  .sort();

test("there are golden scripts", () => {
  expect(names.length).toBeGreaterThan(10);
});

for (const name of names) {
  test(`plans ${name} as recorded`, () => {
    const text = readFileSync(new URL(name, folder), "utf8");
    const expected = new URL(name.replace(/\.sql$/, ".out"), folder);
    const actual = planText(text);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(expected, actual);
    expect(actual).toBe(readFileSync(expected, "utf8"));
  });
}
