/** The lesson's statements and Nexmark's queries, as they were published, in Millrace and in Apache Flink. */

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { forEachEvent, recordOf } from "../../bench/nexmark/events.ts";
import { Dice } from "../differential/dice.ts";
import { expectSame, type SharedScript, type SharedTable } from "./both.ts";
import { describeFlink } from "./fixture.ts";

const nexmarkFolder = new URL("../../bench/nexmark/", import.meta.url);

/** Those of bounded state whose rows do not depend on when they come; q10 writes files, q12 goes by the clock, q13 joins a file, q14 needs a function of Java's, q21 REGEXP_EXTRACT. */
const NEXMARK = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 18, 19, 20, 22].map((number) => `q${number}`);

/** Twenty milliseconds apart, so that there are windows and sessions to close and no two rows of one time. */
function nexmarkEvents(count: number): SharedTable {
  const records: string[] = [];
  const begin = Date.UTC(2024, 4, 1);
  forEachEvent(count, 7, (event) => {
    const at = begin + records.length * 20;
    if (event.type === 0) records.push(recordOf({ ...event, person: { ...event.person, at } }));
    else if (event.type === 2) records.push(recordOf({ ...event, bid: { ...event.bid, at } }));
    else {
      const expires = at + event.auction.expires - event.auction.at;
      records.push(recordOf({ ...event, auction: { ...event.auction, at, expires } }));
    }
  });
  const ddl = readFileSync(new URL("tables.sql", nexmarkFolder), "utf8");
  const columns = /CREATE TABLE nexmark \(([\s\S]*)\) WITH \(/.exec(ddl)?.[1] ?? "";
  return { name: "nexmark", columns, records };
}

function nexmarkScript(query: string, table: SharedTable): SharedScript {
  const ddl = readFileSync(new URL("tables.sql", nexmarkFolder), "utf8");
  const text = readFileSync(new URL(`queries/${query}.sql`, nexmarkFolder), "utf8");
  const views = [...ddl.matchAll(/CREATE VIEW[^;]*/g), ...text.matchAll(/CREATE (?:TEMPORARY )?VIEW[^;]*/g)].map(
    String,
  );
  const select = /INSERT INTO \w+\s+([\s\S]*);/.exec(text)?.[1] ?? "";
  return { tables: [table], views, query: select };
}

function lessonClicks(): SharedTable {
  const dice = new Dice(11);
  let at = Date.UTC(2024, 4, 1, 12);
  const records = Array.from({ length: 2000 }, () => {
    at += dice.pick([0, 100, 2000, 5000]);
    const time = new Date(at - dice.below(5000)).toISOString().slice(0, -1).replace("T", " ");
    return JSON.stringify({
      user_id: dice.below(50),
      page: dice.pick(["/home", "/cart", "/products/shoes"]),
      action: dice.pick(["click", "view", "buy"]),
      event_timestamp: time,
      session_id: `s${dice.below(100)}`,
    });
  });
  return {
    name: "clickstream",
    columns: `user_id BIGINT, page STRING, action STRING, event_timestamp TIMESTAMP(3), session_id STRING,
      WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND`,
    records,
  };
}

const lesson: Readonly<Record<string, string>> = {
  "tumbling counts": `SELECT window_start, window_end, page, COUNT(*) AS view_count, COUNT(DISTINCT user_id) AS unique_users
    FROM TABLE(TUMBLE(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '5' MINUTE)) GROUP BY window_start, window_end, page`,
  "sliding counts": `SELECT window_start, window_end, action, COUNT(*) AS event_count
    FROM TABLE(HOP(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, action`,
  "a moving average by window_time": `SELECT window_start, window_end, event_count, AVG(event_count) OVER (ORDER BY window_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving_avg_3window
    FROM (SELECT window_start, window_end, window_time, COUNT(*) AS event_count
      FROM TABLE(HOP(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, window_time)`,
};

describeFlink("Flink's rows of whole scripts", (flink) => {
  const clickstream = lessonClicks();
  test.each(Object.entries(lesson))("the lesson: %s", (_, query) =>
    expectSame(flink(), { tables: [clickstream], query }),
  );

  const events = nexmarkEvents(4000);
  test.each(NEXMARK)("Nexmark %s", (query) => expectSame(flink(), nexmarkScript(query, events)));
});
