/**
 * SQL data types as plain values, and the schema built from them. A type says what a column means; how it is kept in
 * memory follows from it alone (`physicalOf` in `kernel/physical.ts`). Precisions follow Flink SQL's "Data Types" page.
 */

export type DataType =
  | { readonly kind: "boolean" | "tinyint" | "smallint" | "int" | "bigint" | "float" | "double" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "string" | "bytes" | "date" | "null" }
  | { readonly kind: "char" | "varchar"; readonly length: number }
  /** Milliseconds since midnight; precision 0…3. */
  | { readonly kind: "time"; readonly precision: number }
  /** Wall clock or instant. Precision 0…6 is kept in microseconds, 7…9 in nanoseconds. */
  | { readonly kind: "timestamp" | "timestamp_ltz"; readonly precision: number }
  /** Day-time intervals are milliseconds; year-month intervals are months. */
  | { readonly kind: "interval_day" | "interval_month" }
  | { readonly kind: "row"; readonly fields: readonly Field[] }
  | { readonly kind: "array"; readonly element: DataType }
  | { readonly kind: "map"; readonly key: DataType; readonly value: DataType };

export type TypeKind = DataType["kind"];

export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

export interface Schema {
  readonly fields: readonly Field[];
}

/** Milliseconds since 1970-01-01T00:00:00Z. Event time inside the engine. */
export type EpochMs = number;
