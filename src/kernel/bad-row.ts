/** A record that gave no row: where it stands, and which part of the program refused it. */
import type { JsonFieldProgram } from "./program.ts";

/** A record that gave no row, and why. */
export interface BadRow {
  /** Index of the record in the input region. */
  readonly record: number;
  /** BAD_* of status.ts. */
  readonly reason: number;
  /** Column concerned, null when the record as a whole is. */
  readonly column: string | null;
  /** The JSON field it is read from, null where it is none. */
  readonly field: JsonFieldProgram | null;
  /** Query whose expression fails, null where the record itself is refused. */
  readonly query: number | null;
  /** Of the query: its item (keys, then aggregates; or outputs), −1 its filter or its time. Else −1. */
  readonly item: number;
  /** Byte position inside the record, −1 when unknown. */
  readonly at: number;
}
