/** Expressions of every kind in Millrace and in Apache Flink. */
import { expect, test } from "bun:test";
import { differenceOf, inFlink, inMillrace } from "./both.ts";
import { clicks } from "./corpus.ts";
import { expressions } from "./expressions.ts";
import { describeFlink } from "./fixture.ts";

describeFlink("Flink's values", (flink) => {
  test.each(Object.entries(expressions))("%s", async (_, all) => {
    const query = `SELECT id, ${all.map((one, i) => `${one} AS c${i + 1}`).join(", ")} FROM clicks`;
    const script = { tables: [{ ...clicks, records: clicks.records.slice(0, 100) }], query };
    const millrace = await inMillrace(script);
    if ("error" in millrace) throw new Error(`Millrace: ${millrace.error}`);
    const theirs = await inFlink(flink(), script);
    if ("error" in theirs) throw new Error(`Flink: ${theirs.error}`);
    expect(differenceOf(millrace, theirs)).toBeNull();
  });
});
