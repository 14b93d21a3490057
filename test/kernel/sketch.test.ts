/** HyperLogLog sketches: DataSketches' own images, SQL's rules for NULL and empty strings, and how far estimates are off. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import type { DataType } from "../../src/core/type.ts";
import { BIGINT, drain, END, feed, freshKernel, RAW, type Row, random, rawProgram } from "./harness.ts";

const BYTES: DataType = { kind: "bytes" };
const vectors = "../shared/data/datasketches-hll";

function sketchOf(values: Iterable<bigint>, precision = 12): { image: Uint8Array; estimate: bigint } {
  const kernel = freshKernel();
  kernel.load(
    rawProgram([
      {
        sizeMs: 1000,
        keys: [],
        aggregates: [
          { function: "HLL_SKETCH", argument: RAW.offset, resultType: BYTES, parameter: precision },
          { function: "APPROX_COUNT_DISTINCT", argument: RAW.offset, resultType: BIGINT, parameter: precision },
        ],
      },
    ]),
  );
  kernel.ensurePartitions(0, 1);
  const records = [...values].map((offset) => ({ text: "x", offset, timeMs: 0 }));
  for (let from = 0; from < records.length; from += 100_000) feed(kernel, records.slice(from, from + 100_000));
  const row = drain(kernel, END)[0] as Row;
  return { image: row[3] as Uint8Array, estimate: row[4] as bigint };
}

function* firstIntegers(n: number): Generator<bigint> {
  for (let i = 0; i < n; i++) yield BigInt(i);
}

/** Image as header bytes and the set of its coupons or its registers. */
function contents(image: Uint8Array): { head: number[]; coupons: number[]; registers: number[] } {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const mode = (image[7] as number) & 3;
  const head = [0, 1, 2, 3, 7].map((at) => image[at] as number);
  if (mode === 2) return { head, coupons: [], registers: [...image.subarray(40)] };
  const start = mode === 0 ? 8 : 12;
  const coupons: number[] = [];
  for (let at = start; at < image.length; at += 4) coupons.push(view.getUint32(at, true));
  return { head, coupons: coupons.sort((a, b) => a - b), registers: [] };
}

describe("a sketch of int64 values", () => {
  const absent = !existsSync(vectors);
  if (absent) console.log(`skipped: no sketches of the C++ library in ${vectors}`);

  test.skipIf(absent).each([1, 10, 100, 1000, 10_000, 100_000, 1_000_000])(
    "holds the coupons and registers of the C++ library for %p values",
    (n) => {
      const theirs = new Uint8Array(readFileSync(`${vectors}/hll8_n${n}_cpp.sk`));
      const { image } = sketchOf(firstIntegers(n));
      expect(contents(image)).toEqual(contents(theirs));
      expect(image.length).toBe(theirs.length);
      if (n >= 1000) {
        // Sums of 2^-register and the number of zero registers.
        expect([...image.subarray(16, 36)]).toEqual([...theirs.subarray(16, 36)]);
      } else {
        expect([...image.subarray(0, 8)]).toEqual([...theirs.subarray(0, 8)]);
      }
    },
  );

  test("is exact while it is small, and in any order and multiplicity", () => {
    const { image, estimate } = sketchOf([5n, 3n, 5n, 9n, 3n]);
    expect(estimate).toBe(3n);
    expect(contents(image)).toEqual(contents(sketchOf([9n, 5n, 3n]).image));
    for (const n of [1, 2, 16, 17, 31, 32, 33, 100, 384]) expect(sketchOf(firstIntegers(n)).estimate).toBe(BigInt(n));
  });

  test("turns dense after 384 coupons at lgK 12 and after 8 at lgK 4", () => {
    expect((sketchOf(firstIntegers(384)).image[7] as number) & 3).toBe(1);
    expect((sketchOf(firstIntegers(385)).image[7] as number) & 3).toBe(2);
    expect((sketchOf(firstIntegers(8), 4).image[7] as number) & 3).toBe(0);
    expect((sketchOf(firstIntegers(9), 4).image[7] as number) & 3).toBe(2);
  });
});

/** Estimates of `trials` disjoint sets of n values, one window each. */
function estimates(n: number, trials: number): number[] {
  const call = { function: "APPROX_COUNT_DISTINCT", argument: RAW.offset, resultType: BIGINT };
  const kernel = freshKernel();
  kernel.load(rawProgram([{ sizeMs: 10, keys: [], aggregates: [call] }]));
  kernel.ensurePartitions(0, 1);
  const next = random(n);
  const found: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const base = BigInt(Math.floor(next() * 2 ** 40)) << 21n;
    for (let from = 0; from < n; from += 100_000) {
      const records = Array.from({ length: Math.min(100_000, n - from) }, (_, index) => ({
        text: "x",
        offset: base + BigInt(from + index),
        timeMs: trial * 10,
        partition: 0,
      }));
      feed(kernel, records);
    }
    for (const row of drain(kernel, trial * 10 + 9)) found.push(Number(row[3]));
  }
  return found;
}

describe("estimates", () => {
  test.each([
    [100, 400],
    [1000, 400],
    [10_000, 60],
    [100_000, 12],
    [1_000_000, 2],
  ])("of %p values are unbiased and as close as theory says (%p trials)", (n, trials) => {
    const theory = 1.04 / Math.sqrt(4096);
    const errors = estimates(n, trials).map((estimate) => estimate / n - 1);
    expect(errors.length).toBe(trials);
    const bias = errors.reduce((sum, error) => sum + error, 0) / trials;
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / trials);
    // Four standard errors of the trials around no bias; RMSE within what so many trials may show.
    expect(Math.abs(bias)).toBeLessThan((4 * theory) / Math.sqrt(trials));
    expect(rmse).toBeLessThan(theory * (1 + 3 / Math.sqrt(2 * trials)));
  });
});

describe("a sketch of strings", () => {
  const distinct = (texts: readonly string[]): bigint => {
    const kernel = freshKernel();
    const call = { function: "APPROX_COUNT_DISTINCT", argument: RAW.text, resultType: BIGINT };
    kernel.load(rawProgram([{ sizeMs: 1000, keys: [], aggregates: [call] }]));
    kernel.ensurePartitions(0, 1);
    feed(
      kernel,
      texts.map((text) => ({ text, timeMs: 0 })),
    );
    return drain(kernel, END)[0]?.[3] as bigint;
  };

  test("tells strings apart up to and beyond every block length", () => {
    const texts = Array.from({ length: 70 }, (_, index) => "x".repeat(index + 1));
    expect(distinct([...texts, ...texts])).toBe(70n);
    expect(distinct(["ab", "abc", "ab"])).toBe(2n);
  });
});
