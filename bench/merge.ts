/**
 * Merging and estimating dense sketches of lgK 12: the kernel's code on its own. The second of each pair is merged into the
 * first, beside a copy of the same registers in the same order and, where it is installed, Apache DataSketches.
 */
import { loadSketchModule, type SketchModule } from "../scripts/lib/sketch-module.ts";
import { runPython } from "./baseline.ts";
import { best } from "./kernel.ts";
import { type BenchTable, sameAnswer } from "./table.ts";

const LG_K = 12;
const REGISTER_BYTES = 2 ** LG_K;
const VALUES = 1000;
/** Values of a pair's first and second sketch start this far apart, those of pairs 2,000. */
const SHIFT = 700;
const STEP = 2000;
const ROUNDS = 5;
/** Sketches a side: those that fit into the caches, and those that do not. */
const FEW = 2000;
const MANY = 20_000;
/** Pairs whose merged registers are compared with those of the sketch of all values. */
const CHECKED = 100;

/** Slots of `count` sketches of 1,000 integers each. */
function side(module: SketchModule, count: number, shift: number): number {
  const slots = module.room(count * 8);
  for (let i = 0; i < count; i++) module.addRange(slots + i * 8, i * STEP + shift, VALUES, LG_K);
  return slots;
}

/** The values of both of a pair in one sketch: what a merge must give. */
function union(module: SketchModule, pair: number): number {
  const slot = module.room(8);
  for (const shift of [0, SHIFT]) module.addRange(slot, pair * STEP + shift, VALUES, LG_K);
  return slot;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function registers(module: SketchModule, slot: number): Uint8Array {
  const image = module.room(40 + REGISTER_BYTES);
  module.image(slot, LG_K, image);
  return new Uint8Array(module.memory.buffer, image + 40, REGISTER_BYTES);
}

async function merge(count: number, result: BenchTable): Promise<void> {
  const module = await loadSketchModule();
  const [first, second, copies] = [0, SHIFT, 0].map((shift) => side(module, count, shift)) as [number, number, number];
  let [merging, copying] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    merging = Math.min(
      merging,
      timed(() => module.mergeAll(first, second, count, LG_K)),
    );
    copying = Math.min(
      copying,
      timed(() => module.copyAll(copies, second, count, REGISTER_BYTES)),
    );
  }
  for (let at = 0; at < count; at += count / CHECKED) {
    const digests = [first + at * 8, union(module, at)].map((slot) => Bun.hash(registers(module, slot)).toString(16));
    sameAnswer(`registers of merged pair ${at} and of all its values`, digests[0], digests[1]);
  }
  const gigabytes = (ms: number): number => (count * REGISTER_BYTES) / ms / 1e6;
  const mebibytes = Math.round((count * REGISTER_BYTES) / 2 ** 20);
  const what = `merge, ${count.toLocaleString("en")} sketches (${mebibytes} MiB a side)`;
  const row = { what, unit: "GB/s", ours: gigabytes(merging) };
  result.rate({ ...row, theirs: gigabytes(copying), beside: "memory copy", bar: "≥ 0.8 ×" });
  if (count > FEW) return estimate({ module, slots: first, count }, result);
  const text = await runPython("datasketches", [String(count), String(ROUNDS)]);
  if (text === null) return;
  const [ns, sum] = text.split(" ").map(Number);
  let mine = 0;
  for (let i = 0; i < count; i++) for (const register of registers(module, first + i * 8)) mine += register;
  sameAnswer("sum of all merged registers", mine, sum);
  const theirs = REGISTER_BYTES / (ns ?? 0);
  result.rate({ ...row, theirs, beside: "DataSketches C++, called from Python", bar: null });
}

interface Sketches {
  readonly module: SketchModule;
  readonly slots: number;
  readonly count: number;
}

function estimate({ module, slots, count }: Sketches, result: BenchTable): void {
  let sum = 0;
  const ns = best(count, () =>
    timed(() => {
      sum = module.estimateAll(slots, count, LG_K);
    }),
  );
  // 1,000 values and 700 more: within four standard errors of so many sketches.
  const near = Math.abs(sum / count / (VALUES + SHIFT) - 1) < (4 * 1.04) / Math.sqrt(REGISTER_BYTES * count);
  sameAnswer("estimates of merged sketches, within 4 standard errors", near, true);
  result.cost({
    what: "estimate of a dense sketch",
    unit: "µs",
    ours: ns / 1000,
    theirs: null,
    beside: "–",
    bar: null,
  });
}

/** Adds the rows for merging and estimating. */
export async function benchMerge(result: BenchTable): Promise<void> {
  await merge(FEW, result);
  await merge(MANY, result);
}
