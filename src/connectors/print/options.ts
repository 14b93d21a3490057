/** The options of `'connector' = 'print'`, with Flink's names. */
import { optionError, readText, type TableOptions } from "../options.ts";

export interface PrintOptions {
  readonly identifier: string | null;
  readonly standardError: boolean;
}

export const printOptionNames: readonly string[] = ["print-identifier", "standard-error"];

/** Throws EngineError (74). */
export function readPrintOptions(from: TableOptions): PrintOptions {
  const standardError = readText(from, "standard-error") ?? "false";
  if (standardError !== "true" && standardError !== "false") {
    throw optionError(from, `option "standard-error" is "${standardError}"`, "it takes true or false");
  }
  return { identifier: readText(from, "print-identifier"), standardError: standardError === "true" };
}
