/** A fixed corpus of queries in Millrace and in Apache Flink. */
import { test } from "bun:test";
import { expectSame } from "./both.ts";
import { clicks, frames, groups, joins, looks, ranked, viewsOf, windows } from "./corpus.ts";
import { describeFlink } from "./fixture.ts";

describeFlink("Flink's rows", (flink) => {
  for (const [kind, queries] of Object.entries({ windows, ranked, frames, joins, groups })) {
    test.each(Object.entries(queries))(`${kind}: %s`, async (_, query) => {
      const script = { tables: [clicks, looks], views: viewsOf, query };
      await expectSame(flink(), script);
    });
  }
});
