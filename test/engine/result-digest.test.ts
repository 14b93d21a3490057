/** Digests of results: the order of rows and what is taken back leave no trace, every other difference does. */
import { describe, expect, test } from "bun:test";
import { type Batch, Op } from "../../src/core/batch.ts";
import { columnFromValues } from "../../src/core/batch-builder.ts";
import { parseRecording, type RecordedQuery, recordingText } from "../../src/engine/recording.ts";
import { divergences } from "../../src/engine/replay.ts";
import { type QueryDigest, ResultDigest } from "../../src/engine/result-digest.ts";
import { seededRandom } from "./simulated-source.ts";

const fields = [
  { name: "window_end", type: { kind: "timestamp", precision: 3 }, nullable: false },
  { name: "page", type: { kind: "string" }, nullable: true },
  { name: "mean", type: { kind: "double" }, nullable: true },
] as const;

interface Row {
  readonly end: bigint;
  readonly page: string | null;
  readonly mean: number | null;
  readonly op?: Op;
}

function batchOf(rows: readonly Row[]): Batch {
  const values = [rows.map(({ end }) => end), rows.map(({ page }) => page), rows.map(({ mean }) => mean)];
  return {
    schema: { fields },
    rows: rows.length,
    columns: fields.map(({ type }, i) => columnFromValues(type, values[i] as never)),
    op: Uint8Array.from(rows.map(({ op = Op.insert }) => op)),
    watermark: null,
    epoch: 0,
  };
}

function digestOf(...batches: readonly (readonly Row[])[]): QueryDigest {
  const digest = new ResultDigest();
  for (const rows of batches) digest.add(batchOf(rows));
  return digest.digest;
}

const random = seededRandom(11);
const rows = Array.from(
  { length: 300 },
  (_, i): Row => ({
    end: BigInt(i % 7) * 10_000_000n,
    page: i % 13 === 0 ? null : `/p/${i % 40}`,
    mean: i % 17 === 0 ? null : random() * 1000,
  }),
);
const compared = (a: QueryDigest, b: QueryDigest) => divergences([{ label: "q", ...a }], [{ label: "q", ...b }]);

describe("digests of results", () => {
  const whole = digestOf(rows);

  test("are a window each, whatever the order and the batches", () => {
    expect(whole.windows.map(({ window }) => window)).toEqual(
      Array.from({ length: 7 }, (_, i) => `1970-01-01 00:${i === 6 ? "01:00" : `00:${i}0`}`),
    );
    const shuffled = rows.toSorted(() => random() - 0.5);
    expect(compared(whole, digestOf(shuffled.slice(0, 100), shuffled.slice(100)))).toEqual([]);
  });

  test("do not know of rows that were taken back", () => {
    const early = rows.map((row) => ({ ...row, page: `${row.page} early`, mean: 1e6 }));
    const changes = rows.flatMap((row, i): Row[] => [
      { ...(early[i] as Row), op: Op.updateBefore },
      { ...row, op: Op.updateAfter },
    ]);
    expect(compared(whole, digestOf(early, changes))).toEqual([]);
    const gone = [{ ...(rows[0] as Row), end: 990_000_000n }];
    expect(
      compared(
        whole,
        digestOf(
          rows,
          gone,
          gone.map((row) => ({ ...row, op: Op.delete })),
        ),
      ),
    ).toEqual([]);
  });

  test("tell any one value apart, and a sum of doubles by more than its last digits", () => {
    for (let i = 0; i < rows.length; i += 29) {
      const row = rows[i] as Row;
      const others: Row[] = [
        { ...row, page: `${row.page}x` },
        { ...row, end: row.end + 1_000n },
        { ...row, mean: row.mean === null ? 0 : null },
        { ...row, mean: Number.NaN },
        { ...row, mean: (row.mean ?? 0) + 0.001 },
      ];
      for (const other of others) expect(compared(whole, digestOf(rows.with(i, other))).length).toBeGreaterThan(0);
      if (row.mean === null) continue;
      expect(compared(whole, digestOf(rows.with(i, { ...row, mean: row.mean * (1 + 2 * Number.EPSILON) })))).toEqual(
        [],
      );
    }
    expect(compared(whole, digestOf(rows.slice(1)))[0]?.what).toBe(
      '42 rows, recorded were 43; {"window_end":"1970-01-01 00:00:00","page":null,"mean":null} is not there',
    );
    expect(compared(whole, digestOf(rows.with(5, { ...(rows[5] as Row), page: "other" })))[0]?.what).toBe(
      'of its 43 rows one is {"window_end":"1970-01-01 00:00:50","page":"other"}, recorded was {"window_end":"1970-01-01 00:00:50","page":"/p/5"}',
    );
  });

  test("tell values of FLOAT and DOUBLE that stand in another row, however many rows a window has", () => {
    for (const count of [10, 6000]) {
      const many = Array.from({ length: count }, (_, i): Row => ({ end: 0n, page: `/p/${i}`, mean: i * 1.5 }));
      const [first, last] = [many[1] as Row, many.at(-1) as Row];
      const exchanged = many.with(1, { ...first, mean: last.mean }).with(-1, { ...last, mean: first.mean });
      const found = compared(digestOf(many), digestOf(exchanged));
      expect(found.map(({ what }) => what)).toEqual([
        count === 10
          ? 'of its 10 rows one is {"window_end":"1970-01-01 00:00:00","page":"/p/1"} with "mean" 13.5, recorded was 1.5, among others'
          : "of its 6,000 rows some are others, in 2 of 256 parts",
      ]);
    }
  });

  test("tell values that stand in another row of the same bucket", () => {
    const many = Array.from({ length: 6000 }, (_, i): Row => ({ end: 0n, page: `/p/${i}`, mean: i * 1.5 }));
    const bucketOf = ({ page }: Row): bigint =>
      Bun.hash.xxHash64(`{"window_end":"1970-01-01 00:00:00","page":"${page}"}`) % 256n;
    const at = many.findIndex((row, i) => i > 0 && bucketOf(row) === bucketOf(many[0] as Row));
    const [first, other] = [many[0] as Row, many[at] as Row];
    const exchanged = many.with(0, { ...first, mean: other.mean }).with(at, { ...other, mean: first.mean });
    expect(compared(digestOf(many), digestOf(exchanged)).map(({ what }) => what)).toEqual([
      "of its 6,000 rows some are others, in 1 of 256 parts",
    ]);
  });

  test("compare rows told one by one with rows in buckets", () => {
    const many = Array.from({ length: 4000 }, (_, i): Row => ({ end: 0n, page: `/p/${i}`, mean: i / 3 }));
    // Two of one name, so that their sum is taken apart again.
    const early = many.flatMap((row): Row[] => [1, 3].map((n) => ({ ...row, page: `${row.page}?`, mean: n / 7 })));
    // More rows than are told one by one, until the early ones are taken back.
    const folded = digestOf(
      many,
      early,
      early.map((row) => ({ ...row, op: Op.delete })),
    );
    expect([folded.windows[0]?.parts.length, digestOf(many).windows[0]?.parts.length]).toEqual([256, 4000]);
    expect(compared(digestOf(many), folded)).toEqual([]);
    const other = many.with(7, { ...(many[7] as Row), page: "other" });
    expect(compared(folded, digestOf(other))[0]?.what).toMatch(
      /^of its 4,000 rows some are others, in [12] of 256 parts$/,
    );
  });

  test("allow FLOAT its own last digits", () => {
    const of = (type: "float" | "double", value: number): RecordedQuery => ({
      label: "q",
      floating: { mean: type },
      windows: [
        {
          window: "",
          rows: 1,
          digest: "1",
          parts: [{ name: "{}", rows: 1, digest: "1", doubles: { mean: [value, value] } }],
        },
      ],
    });
    expect(divergences([of("float", 0.1)], [of("float", Math.fround(0.1))])).toEqual([]);
    expect(divergences([of("double", 0.1)], [of("double", Math.fround(0.1))])).toHaveLength(1);
  });
});

describe("recordings", () => {
  const other = digestOf(rows.map((row) => ({ ...row, page: `${row.page}!` })));
  const queries = [digestOf(rows), other].map((one) => ({ label: "insert into out", ...one }));
  const recording = { plan: "p", sources: { t: { a: "1" } }, idleChanges: 0, queries };
  const text = recordingText(recording);

  test("keep queries of one label apart, and name the earliest window of all", () => {
    expect(parseRecording(text, "r")).toEqual(recording);
    expect(divergences(recording.queries, parseRecording(text, "r").queries)).toEqual([]);
    const changed = rows.with(6, { ...(rows[6] as Row), page: "x" }).with(0, { ...(rows[0] as Row), page: "y" });
    const found = divergences(queries, [
      queries[0] as RecordedQuery,
      { label: "insert into out", ...digestOf(changed) },
    ]);
    expect(found.map(({ window }) => window)).toEqual(found.map(({ window }) => window).toSorted());
    expect(found[0]?.window).toBe("1970-01-01 00:00:00");
  });

  test("are refused where somebody has written what is none", () => {
    let chain = "";
    const chained = (line: object): string => {
      chain = Bun.hash
        .xxHash64(chain + JSON.stringify(line))
        .toString(16)
        .padStart(16, "0");
      return JSON.stringify({ ...line, chain });
    };
    const head = { millrace: "recording", version: 2, plan: "p", sources: {}, idleChanges: 0 };
    const textOf = (...lines: object[]): string => {
      chain = "";
      return lines.map(chained).join("\n");
    };
    const query = { label: "q", floating: {} };
    const part = { name: "{}", rows: 1, digest: "0".repeat(16), doubles: {} };
    const window = { query: 0, window: "", rows: 1, digest: "0".repeat(16), parts: [part] };
    const end = { end: true };
    expect(parseRecording(textOf({ ...head, queries: [query] }, window, end), "r").queries).toHaveLength(1);
    for (const queries of [undefined, 1, [1], [{ label: "q" }]])
      expect(() => parseRecording(textOf({ ...head, queries }, end), "r")).toThrow('line 1 of "r" is no head');
    for (const wrong of [
      { query: 1 },
      { query: "length" },
      { parts: 1 },
      { parts: [{}] },
      { parts: [{ ...part, name: "{no row" }] },
      { rows: null },
      { parts: [{ ...part, doubles: { a: 1 } }] },
    ])
      expect(() => parseRecording(textOf({ ...head, queries: [query] }, { ...window, ...wrong }, end), "r")).toThrow(
        'line 2 of "r" is no window',
      );
  });

  test("are refused wherever one character of them is another, and when lines are missing", () => {
    const random = seededRandom(5);
    const lines = text.trimEnd().split("\n");
    for (let i = 0; i < 200; i++) {
      const at = Math.floor(random() * text.length);
      const digit = text[at] === "7" ? "8" : "7";
      const changed = text.slice(0, at) + digit + text.slice(at + 1);
      expect(() => parseRecording(changed, "r"), `place ${at}`).toThrow(/of "r"|"r" is|"r" has/);
    }
    for (let end = 1; end < lines.length; end++) {
      expect(() => parseRecording(lines.slice(0, end).join("\n"), "r")).toThrow('"r" has no end');
    }
    expect(() => parseRecording(lines.toSpliced(3, 1).join("\n"), "r")).toThrow(
      'line 4 of "r" is not what was recorded',
    );
  });
});
