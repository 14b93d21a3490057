/**
 * How far estimates are off: disjoint sets of consecutive integers, each hashed into a fresh sketch of lgK 12 by the kernel's
 * code on its own. Bias and RMSE beside the theory of 1.04 / sqrt(registers); the same sets in every run, so the same figures.
 */
import { loadSketchModule } from "../scripts/lib/sketch-module.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const LG_K = 12;
/** In per cent. */
const THEORY = 104 / Math.sqrt(2 ** LG_K);
/** Coupons a sketch keeps before it has registers. */
const MOST_COUPONS = 384;
/** Distinct values and trials: as many as a few seconds hold. */
const TRIALS: readonly (readonly [values: number, trials: number])[] = [
  [100, 10_000],
  [1000, 10_000],
  [10_000, 10_000],
  [100_000, 2500],
  [1_000_000, 250],
  [10_000_000, 25],
];

interface Errors {
  /** In per cent. */
  readonly rmse: number;
  readonly bias: number;
}

export async function benchError(): Promise<BenchTable> {
  const module = await loadSketchModule();
  const slot = module.room(8);
  let next = 0;
  const measure = (values: number, trials: number): Errors => {
    let [sum, squares] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      module.addRange(slot, next, values, LG_K);
      next += values;
      const error = 100 * (module.estimate(slot, LG_K) / values - 1);
      module.clear(slot);
      sum += error;
      squares += error * error;
    }
    return { rmse: Math.sqrt(squares / trials), bias: sum / trials };
  };
  const result = new BenchTable("HyperLogLog's error, lgK 12, beside theory", { drawn: false });
  for (const [values, trials] of TRIALS) {
    const { rmse, bias } = measure(values, trials);
    // Further off than four times this such trials are by chance once in 15,000 times.
    const noise = THEORY / Math.sqrt(trials);
    sameAnswer(`estimates of ${values} values within chance`, Math.abs(bias) < 4 * noise, true);
    const what = `RMSE of ${values.toLocaleString("en")} values; bias ${bias.toFixed(2)} %`;
    const row = { unit: "%", ours: rmse };
    if (values <= MOST_COUPONS) {
      result.cost({ ...row, what, theirs: null, beside: "coupons: nearly exact", bar: "bias < 0.1 %" });
      continue;
    }
    const beside = `1.04/√4096; ${trials.toLocaleString("en")} trials: bias ± ${noise.toFixed(2)} %`;
    // The RMSE of a handful of trials is chance.
    result.cost({ ...row, what, theirs: THEORY, beside, bar: trials >= 100 ? "≥ 0.95, bias < 0.1 %" : "bias < 0.1 %" });
  }
  return result;
}
