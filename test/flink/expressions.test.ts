/** Expressions of every kind in Millrace and in Apache Flink. */
import { test } from "bun:test";
import { expectSame } from "./both.ts";
import { clicks } from "./corpus.ts";
import { expressions } from "./expressions.ts";
import { describeFlink } from "./fixture.ts";

describeFlink("Flink's values", (flink) => {
  test.each(Object.entries(expressions))("%s", async (_, all) => {
    const query = `SELECT id, ${all.map((one, i) => `${one} AS c${i + 1}`).join(", ")} FROM clicks`;
    const script = { tables: [{ ...clicks, records: clicks.records.slice(0, 100) }], query };
    await expectSame(flink(), script);
  });
});
