/** Every row of docs/differs.md that a query can show: Flink and Millrace still differ as it says. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { differenceOf, inFlink, inMillrace, type Outcome, type Result } from "./both.ts";
import { clicks } from "./corpus.ts";
import { differences } from "./differences.ts";
import { describeFlink } from "./fixture.ts";

const page = readFileSync(new URL("../../docs/differs.md", import.meta.url), "utf8");

function expectAsSaid(outcome: Outcome, { refuses }: { readonly refuses: string | null }): void {
  if (refuses === null) expect("error" in outcome ? outcome.error : null).toBeNull();
  else expect("error" in outcome ? outcome.error : "no error").toContain(refuses);
  expect("error" in outcome).toBe(refuses !== null);
}

describeFlink("docs/differs.md", (flink) => {
  test.each(differences.map((difference) => [difference.name, difference] as const))("%s", async (name, difference) => {
    expect(page).toContain(`| ${name} |`);
    const script = { tables: [clicks], views: difference.views ?? [], query: difference.query };
    const [millrace, theirs] = [await inMillrace(script), await inFlink(flink(), script)];
    expectAsSaid(millrace, difference.millrace);
    expectAsSaid(theirs, difference.flink);
    if (difference.millrace.refuses === null && difference.flink.refuses === null)
      expect(differenceOf(millrace as Result, theirs as Result)).not.toBeNull();
  });
});
