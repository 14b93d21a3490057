/** HLL_SKETCH, HLL_UNION and HLL_ESTIMATE of whole jobs, and images that are none. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { applied } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const TABLE = `CREATE TABLE t (k BIGINT, v BIGINT, s BYTES) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json'%);`;

async function rowsOf(sql: string, records: readonly object[], options = "", workers = 1): Promise<CellValue[][][]> {
  const texts = records.map((record) => JSON.stringify(record));
  const parts = [0, 1, 2].map((part) => texts.filter((_, i) => i % 3 === part));
  const { sinks } = await runSimulated(
    `${TABLE.replace("%", options)} ${sql};`,
    (_, share) => new SimulatedSource(parts, { seed: 5, maxBatch: 3000, share }),
    { workers },
  );
  return sinks.map((sink) => applied(sink));
}

const sketches = (precision: number): string => `SELECT k, HLL_SKETCH(v, ${precision}) AS s FROM t GROUP BY k`;

/** Values around a count: few, as many as stay coupons, many. */
function valuesOf(count: number, seed: number): { k: number; v: number }[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({ k: Math.floor(random() * 7), v: Math.floor(random() * count * 2) }));
}

describe("sketches", () => {
  test.each([20, 300, 2000, 20_000])("of %p values are united as if one had seen them all", async (count) => {
    const records = valuesOf(count, count);
    for (const precision of [8, 12]) {
      // A sketch a key first, since rows that change are taken back from no sketch.
      const [made] = await rowsOf(sketches(precision), records);
      const images = (made ?? []).map(([k, s]) => ({ k: Number(k), s: (s as Uint8Array).toBase64() }));
      expect(images.length).toBeGreaterThan(1);
      const whole = `SELECT HLL_SKETCH(v, ${precision}), APPROX_COUNT_DISTINCT(v, ${precision}) FROM t`;
      const [[sketch, estimate] = []] = (await rowsOf(whole, records))[0] ?? [];
      const [[united, again] = []] =
        (await rowsOf(`SELECT HLL_UNION(s, ${precision}), COUNT(*) FROM t`, images))[0] ?? [];
      expect(again).toBe(BigInt(images.length));
      const told = await rowsOf(
        "SELECT HLL_ESTIMATE(s) FROM t",
        [sketch, united].map((s) => ({ s: (s as Uint8Array).toBase64() })),
      );
      expect(told[0]).toEqual([[estimate as bigint], [estimate as bigint]]);
    }
  });

  test("of more registers fold into fewer", async () => {
    const records = valuesOf(9_000, 9);
    const [made] = await rowsOf(sketches(14), records);
    const images = (made ?? []).map(([, s]) => ({ s: (s as Uint8Array).toBase64() }));
    const [[united] = []] = (await rowsOf("SELECT HLL_UNION(s, 10) FROM t", images))[0] ?? [];
    const [[direct] = []] = (await rowsOf("SELECT HLL_SKETCH(v, 10) FROM t", records))[0] ?? [];
    expect(Buffer.from(united as Uint8Array).equals(Buffer.from(direct as Uint8Array))).toBe(true);
  });

  test("of several workers unite", async () => {
    const records = valuesOf(5000, 3);
    const [made] = await rowsOf(sketches(12), records);
    const images = (made ?? []).map(([k, s]) => ({ k: Number(k), s: (s as Uint8Array).toBase64() }));
    const sql = "SELECT k, HLL_UNION(s) FROM t GROUP BY k";
    const byKey = (rows: CellValue[][] | undefined) => new Map(rows?.map(([k, s]) => [k, (s as Uint8Array).toHex()]));
    const alone = byKey((await rowsOf(sql, [...images, ...images]))[0]);
    expect(byKey((await rowsOf(sql, [...images, ...images], "", 3))[0])).toEqual(alone);
  });

  test("that are none are bad rows, and nothing is read past their end", async () => {
    const [[image] = []] = (await rowsOf("SELECT HLL_SKETCH(v, 8) FROM t", valuesOf(20, 2)))[0] ?? [];
    const [[dense] = []] = (await rowsOf("SELECT HLL_SKETCH(v, 8) FROM t", valuesOf(3000, 2)))[0] ?? [];
    const random = seededRandom(4);
    const broken: string[] = [];
    for (const whole of [image as Uint8Array, dense as Uint8Array]) {
      for (const cut of [0, 1, 7, 8, 11, 12, whole.length - 1]) broken.push(whole.slice(0, cut).toBase64());
      for (let i = 0; i < 300; i++) {
        const other = whole.slice();
        for (let n = 0; n < 3; n++)
          other[Math.floor(random() * Math.min(16, other.length))] = Math.floor(random() * 256);
        broken.push(other.toBase64());
      }
    }
    const skip = ", 'bad-row.policy' = 'skip'";
    const records = broken.map((s) => ({ s }));
    const [estimates] = await rowsOf("SELECT HLL_ESTIMATE(s) FROM t", records, skip);
    expect(estimates?.length).toBeLessThan(broken.length / 2);
    const [united] = await rowsOf("SELECT HLL_UNION(s, 8) FROM t", records, skip);
    expect(united?.length).toBeLessThanOrEqual(1);
    expect((await rowsOf("SELECT HLL_ESTIMATE(s) FROM t", records.slice(0, 6), skip))[0]).toEqual([]);
    await expect(rowsOf("SELECT HLL_UNION(s, 12) FROM t", [{ s: (image as Uint8Array).toBase64() }])).rejects.toThrow();
  });

  test("take BYTES", () => {
    const codes = (sql: string) =>
      planText({ text: `${TABLE.replace("%", "")} ${sql};`, settings: {} }).errors.map(({ message }) => message);
    expect(codes("SELECT HLL_UNION(v) FROM t")).toEqual([
      'the argument of "HLL_UNION" is BIGINT, but BYTES, as HLL_SKETCH gives them is expected',
    ]);
    expect(codes("SELECT HLL_ESTIMATE(k) FROM t")).toEqual([
      'argument 1 of "HLL_ESTIMATE" is BIGINT, but BYTES is expected',
    ]);
  });
});
