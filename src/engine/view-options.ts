/** Options of `'connector' = 'view'` and of CREATE MATERIALIZED VIEW: how much a view keeps. */
import { readInteger, type TableOptions } from "../connectors/options.ts";

export const viewOptionNames: readonly string[] = ["view.max-rows", "view.max-bytes", "view.log-rows"];

export interface ViewOptions {
  readonly maxRows?: number;
  readonly maxBytes?: number;
  readonly logRows?: number;
}

/** Throws EngineError (74). */
export function readViewOptions(from: TableOptions): ViewOptions {
  const range = { min: 1, max: 1_000_000_000_000 };
  const maxRows = readInteger(from, "view.max-rows", range);
  const maxBytes = readInteger(from, "view.max-bytes", range);
  const logRows = readInteger(from, "view.log-rows", { ...range, min: 0 });
  return {
    ...(maxRows === null ? {} : { maxRows }),
    ...(maxBytes === null ? {} : { maxBytes }),
    ...(logRows === null ? {} : { logRows }),
  };
}
