/**
 * Rows that are due at a steady rate, from a clock that is handed in. A reader that falls behind catches up by at most one
 * second's worth: a job that was held up does not drown in what it missed.
 */
import type { EpochMs } from "../../core/type.ts";

const MAX_BEHIND_MS = 1000;

export class Rate {
  readonly #rowsPerSecond: number;
  #since: EpochMs | null = null;
  #taken = 0;

  constructor(rowsPerSecond: number) {
    this.#rowsPerSecond = rowsPerSecond;
  }

  /** Whole rows due now; the first call starts the clock. */
  due(now: EpochMs): number {
    this.#since ??= now;
    const oldest = now - MAX_BEHIND_MS;
    if (this.#since + this.#ms(this.#taken) < oldest) {
      this.#since = oldest;
      this.#taken = 0;
    }
    return Math.max(0, Math.floor(((now - this.#since) * this.#rowsPerSecond) / 1000) - this.#taken);
  }

  take(rows: number): void {
    this.#taken += rows;
  }

  /** Milliseconds until `rows` more are due; 0 when they are. */
  wait(now: EpochMs, rows: number): number {
    const since = this.#since ?? now;
    return Math.max(0, Math.ceil(since + this.#ms(this.#taken + rows) - now));
  }

  #ms(rows: number): number {
    return (rows * 1000) / this.#rowsPerSecond;
  }
}
