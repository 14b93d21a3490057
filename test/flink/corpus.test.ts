/** A fixed corpus of queries in Millrace and in Apache Flink. */
import { expect, test } from "bun:test";
import { differenceOf, inFlink, inMillrace } from "./both.ts";
import { clicks, frames, groups, joins, looks, ranked, viewsOf, windows } from "./corpus.ts";
import { describeFlink } from "./fixture.ts";

describeFlink("Flink's rows", (flink) => {
  for (const [kind, queries] of Object.entries({ windows, ranked, frames, joins, groups })) {
    test.each(Object.entries(queries))(`${kind}: %s`, async (_, query) => {
      const script = { tables: [clicks, looks], views: viewsOf, query };
      const millrace = await inMillrace(script);
      if ("error" in millrace) throw new Error(`Millrace: ${millrace.error}`);
      const theirs = await inFlink(flink(), script);
      if ("error" in theirs) throw new Error(`Flink: ${theirs.error}`);
      expect(differenceOf(millrace, theirs)).toBeNull();
      expect(millrace.rows.length).toBeGreaterThan(0);
    });
  }
});
