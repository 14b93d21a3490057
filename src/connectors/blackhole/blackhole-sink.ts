/** A sink that takes every row and keeps none: what is left to measure is everything before it. */
import type { Batch } from "../../core/batch.ts";
import type { Sink } from "../connector.ts";

export interface BlackholeSink extends Sink {
  /** Rows taken so far. */
  readonly rows: number;
}

export function createBlackholeSink(): BlackholeSink {
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    async open() {},
    write(batch: Batch) {
      rows += batch.rows;
    },
    async flush() {},
    async close() {},
  };
}
