/** Every row that was read is accounted for, once, whatever becomes of it: random records of all kinds, whole jobs, all policies. */
import { describe, expect, test } from "bun:test";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const columns = "id BIGINT, d BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND";
const tableWith = (options: string): string =>
  `CREATE TABLE t (${columns}) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', ${options});`;

/** Objects, arrays of them with other things between, empty records, broken ones, rows without time, late ones. */
function recordsOf(seed: number): string[][] {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  return Array.from({ length: 1 + pick(3) }, () => {
    let now = 1_714_521_600_000;
    const row = (): string => {
      now += pick(400);
      const late = random() < 0.1 ? pick(60_000) : pick(3000);
      const ts = new Date(now - late).toISOString().replace("T", " ").replace("Z", "");
      const time = random() < 0.03 ? "null" : `"${ts}"`;
      const id = random() < 0.04 ? '"many"' : pick(20);
      return `{"id":${id},"d":${pick(8)},"ts":${time}}`;
    };
    const others = [
      '[{"id":1} {"id":2}]',
      "[1, 2}",
      "",
      "  ",
      "[]",
      "7",
      '{"id":',
      "nonsense",
      "null",
      '[{"id":1},',
      '{"id":1} x',
    ];
    return Array.from({ length: 400 + pick(2500) }, () => {
      const kind = random();
      if (kind < 0.06) return others[pick(others.length)] as string;
      if (kind > 0.15) return row();
      const size = random() < 0.02 ? 3000 : 1 + pick(6);
      return `[${Array.from({ length: size }, () => (random() < 0.1 ? "7" : row())).join(",")}]`;
    });
  });
}

/** Rows and elements of the records: what plain code finds in them. */
function readOf(records: readonly (readonly string[])[]): number {
  const sizes = records.flat().map((record) => {
    try {
      const value: unknown = JSON.parse(record);
      return Array.isArray(value) ? Math.max(1, value.length) : 1;
    } catch {
      return 1;
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

const queries = `
  SELECT window_start, id, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))
    WHERE id <> 3 GROUP BY window_start, window_end, id;
  SELECT window_end, SUM(100 / d) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '10' SECOND))
    GROUP BY window_start, window_end;
  SELECT window_end, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '9' SECOND, INTERVAL '4' SECOND))
    GROUP BY window_start, window_end;
  SELECT id / d FROM t WHERE id / d < 5;
  SELECT id, COUNT(*) FROM t GROUP BY id;
  SELECT ts, COUNT(*) OVER (PARTITION BY id ORDER BY ts) FROM t;`;

const seeds = [1, 2, 3, 4].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 2 }, (_, i) => 100 + i),
);

describe("rows read = counted + late + dead-lettered + skipped + filtered", () => {
  for (const options of [
    "'bad-row.policy' = 'skip'",
    "'dead-letter.table' = 'bad'",
    "'bad-row.policy' = 'skip', 'json.validation' = 'projected'",
    "'late.policy' = 'update', 'late.allowed' = '20 s', 'dead-letter.table' = 'bad'",
  ]) {
    test.each(seeds)(`for every query, with ${options} (seed %p)`, async (seed) => {
      const records = recordsOf(seed);
      const over = options.includes("update") ? queries.slice(0, queries.indexOf("SELECT ts,")) : queries;
      const { status, sinks } = await runSimulated(
        `${tableWith(options)} ${over}`,
        () => new SimulatedSource(records, { seed, maxBatch: 1 + (seed % 3) * 300 }),
        {
          watch: (now) => {
            for (const { accounting } of now.queries) expect(accounting?.difference ?? 0).toBe(0);
          },
        },
      );
      const read = readOf(records);
      const letters = options.includes("dead-letter");
      const own = status.queries.filter(({ label }) => label.startsWith("select"));
      for (const { accounting, bad, label } of own) {
        // Without a look at the whole record, an array gives rows up to where it breaks.
        expect(accounting, label).toMatchObject(
          options.includes("projected") ? { difference: 0 } : { read, difference: 0 },
        );
        const { counted, late, filtered, deadLettered, skipped } = accounting as NonNullable<typeof accounting>;
        expect(counted + late + filtered + deadLettered + skipped, label).toBe(accounting?.read ?? -1);
        expect(letters ? deadLettered : skipped).toBeGreaterThan(bad);
      }
      const total = (part: "late" | "filtered" | "counted" | "skipped"): number =>
        own.reduce((sum, { accounting }) => sum + (accounting?.[part] ?? 0), 0);
      expect(Math.min(total("late"), total("filtered"), total("counted"), total("skipped"))).toBeGreaterThan(0);
      if (!letters) return;
      const source = status.sources.find(({ name }) => name === "t");
      const written = (source?.bad ?? 0) + own.reduce((sum, { bad }) => sum + bad, 0);
      expect(sinks[own.length]?.rows.length).toBe(written);
    });
  }
});
