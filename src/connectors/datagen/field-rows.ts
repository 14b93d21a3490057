/**
 * Rows of `fields.#.…` columns as JSON lines. Like every generator here a row is a function of its index (and, for times in the
 * past, of the wall clock), so batches of any size hold the same rows.
 */
import type { Clock } from "../connector.ts";
import type { RowGenerator } from "./datagen-source.ts";
import { foldSeed, rowSeed } from "./mix.ts";
import type { DatagenOptions } from "./options.ts";

const utf8 = new TextEncoder();
/** A UTF-16 unit becomes at most this many bytes. */
const BYTES_PER_UNIT = 3;

export interface FieldRowsInput {
  readonly fields: Extract<DatagenOptions, { kind: "fields" }>["fields"];
  readonly seed: number;
  readonly clock: Clock;
  readonly firstRow: number;
}

export function createFieldRows(input: FieldRowsInput): RowGenerator {
  const seed = foldSeed(input.seed);
  const writers = input.fields.map(({ field, generator }, column) => ({
    json: generator.json,
    column,
    name: `${column === 0 ? "{" : ","}${JSON.stringify(field.name)}:`,
  }));
  const close = writers.length === 0 ? "{}\n" : "}\n";
  let row = input.firstRow;
  const lineOf = (): string => {
    const at = { start: rowSeed(seed, row), row, now: input.clock.now() };
    let line = "";
    for (const writer of writers) line += writer.name + writer.json(at, writer.column);
    return line + close;
  };
  return {
    get row() {
      return row;
    },
    fill(buffer, offset, maxRows, ends) {
      let rows = 0;
      let end = offset;
      while (rows < maxRows) {
        const line = lineOf();
        if (line.length * BYTES_PER_UNIT > buffer.length - end) break;
        end += utf8.encodeInto(line, buffer.subarray(end)).written;
        if (ends !== undefined) ends[rows] = end;
        rows++;
        row++;
      }
      return { rows, end };
    },
  };
}
