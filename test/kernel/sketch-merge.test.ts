/** Merging two sketches gives the sketch of both their values: same coupons, same registers, same estimate, source untouched. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { loadSketchModule } from "../../scripts/lib/sketch-module.ts";
import { random } from "./harness.ts";

const module = await loadSketchModule();
const MOST = 200_000;
const MOST_LG_K = 21;
const values = module.room(MOST * 8);
const coupons = module.room(MOST * 4);
const imageAt = module.room(40 + 2 ** MOST_LG_K);
const vectors = "../shared/data/datasketches-hll";

function fill(slot: number, of: readonly bigint[], lgK: number): void {
  new BigInt64Array(module.memory.buffer, values, of.length).set(of);
  module.hashLongs(values, coupons, of.length);
  module.add(slot, coupons, of.length, lgK);
}

function sketchOf(of: readonly bigint[], lgK = 12): number {
  const slot = module.room(8);
  fill(slot, of, lgK);
  return slot;
}

/** Image with its coupons in order, so that two sketches of the same values are equal. */
function contents(slot: number, lgK = 12): number[] {
  const length = module.image(slot, lgK, imageAt);
  const image = new Uint8Array(module.memory.buffer, imageAt, length).slice();
  const mode = (image[7] as number) & 3;
  if (mode === 2) return [...image];
  const start = mode === 0 ? 8 : 12;
  const sorted = new Uint32Array(image.buffer.slice(start)).sort();
  return [...image.subarray(0, start), ...sorted];
}

/** Integers from ... from + count - 1. */
const run = (from: number, count: number): bigint[] => Array.from({ length: count }, (_, i) => BigInt(from + i));

/** Both ways, beside the sketch of all values. */
function expectUnion(a: readonly bigint[], b: readonly bigint[], lgK = 12): void {
  const [left, right, all] = [sketchOf(a, lgK), sketchOf(b, lgK), sketchOf([...a, ...b], lgK)];
  const [before, union] = [contents(right, lgK), contents(all, lgK)];
  module.mergeAll(left, right, 1, lgK);
  expect(contents(left, lgK)).toEqual(union);
  expect(contents(right, lgK)).toEqual(before);
  expect(module.estimate(left, lgK)).toBe(module.estimate(all, lgK));
  const first = sketchOf(a, lgK);
  module.mergeAll(right, first, 1, lgK);
  expect(contents(right, lgK)).toEqual(union);
  // The merged sketch goes on as any other.
  const more = run(10_000_000, 500);
  const after = [left, right, all].map((slot) => {
    fill(slot, more, lgK);
    return contents(slot, lgK);
  });
  expect(after[0]).toEqual(after[2] as number[]);
  expect(after[1]).toEqual(after[2] as number[]);
  for (const slot of [left, right, all, first]) module.clear(slot);
}

describe("a merged sketch is the sketch of all values", () => {
  // Nothing, one coupon, a list, a set before and at its end, the first dense one, and far beyond.
  const sizes = [0, 1, 2, 12, 13, 200, 384, 385, 5000, 100_000];
  test.each(sizes.flatMap((a) => sizes.map((b) => [a, b] as const)))("%p values and %p others", (a, b) => {
    expectUnion(run(0, a), run(1_000_000, b));
  });

  test.each([4, 5, 7, 8, 10, 14, 21])("at lgK %p", (lgK) => {
    for (const [a, b] of [
      [1, 9],
      [8, 8],
      [40, 3],
      [300, 40_000],
      [40_000, 40_000],
    ] as const)
      expectUnion(run(0, a), run(5, b), lgK);
  });

  test("with shared values, random sizes and any lgK", () => {
    for (let seed = 1; seed <= 150; seed++) {
      const next = random(seed);
      const pick = (below: number): number => Math.floor(next() * below);
      const lgK = 4 + pick(10);
      const [a, b] = [pick(2 ** pick(13)), pick(2 ** pick(13))];
      const from = pick(2 ** pick(13));
      try {
        expectUnion(run(0, a), run(from, b), lgK);
      } catch (error) {
        throw new Error(`seed ${seed}: ${a} values and ${b} from ${from} at lgK ${lgK}`, { cause: error });
      }
    }
  });

  test("also with itself, which changes nothing", () => {
    for (const count of [0, 1, 2, 100, 384, 385, 10_000]) {
      const slot = sketchOf(run(0, count));
      const before = contents(slot);
      module.mergeAll(slot, slot, 1, 12);
      expect(contents(slot)).toEqual(before);
    }
  });

  test("for neighbouring slots of every kind at once", () => {
    const slots = [module.room(64), module.room(64)] as const;
    const sizes = [0, 1, 50, 384, 385, 4000, 2, 0];
    const other = (index: number): number => sizes[(index + 3) % 8] as number;
    sizes.forEach((count, index) => {
      fill(slots[0] + index * 8, run(0, count), 12);
      fill(slots[1] + index * 8, run(500, other(index)), 12);
    });
    module.mergeAll(slots[0], slots[1], 8, 12);
    sizes.forEach((count, index) => {
      const all = sketchOf([...run(0, count), ...run(500, other(index))]);
      expect(contents(slots[0] + index * 8)).toEqual(contents(all));
    });
  });
});

test("what a merge takes is given back", () => {
  const sizes = [0, 1, 200, 385, 5000];
  const [to, from] = [module.room(8), module.room(8)];
  const before = module.used();
  for (const a of sizes)
    for (const b of sizes) {
      fill(to, run(0, a), 12);
      fill(from, run(1_000_000, b), 12);
      module.mergeAll(to, from, 1, 12);
      module.clear(to);
      module.clear(from);
    }
  expect(module.used()).toBe(before);
});

describe("merged halves", () => {
  const absent = !existsSync(vectors);
  if (absent) console.log(`skipped: no sketches of the C++ library in ${vectors}`);

  test.skipIf(absent).each([10, 100, 1000, 10_000, 100_000])("are the C++ library's sketch of %p values", (n) => {
    const image = new Uint8Array(readFileSync(`${vectors}/hll8_n${n}_cpp.sk`));
    const [even, odd] = [0n, 1n].map((rest) => sketchOf(run(0, n).filter((value) => value % 2n === rest)));
    module.mergeAll(even as number, odd as number, 1, 12);
    const length = module.image(even as number, 12, imageAt);
    expect(length).toBe(image.length);
    const ours = new Uint8Array(module.memory.buffer, imageAt, length).slice();
    const dense = n >= 1000;
    const cells = (of: Uint8Array): number[] =>
      dense ? [...of.subarray(40)] : [...new Uint32Array(of.slice(n > 8 ? 12 : 8).buffer).sort()];
    expect(cells(ours)).toEqual(cells(image));
  });
});
