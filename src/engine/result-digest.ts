/**
 * What a query's result is, in a few bytes a window: its rows as a multiset, so that the order in which rows leave and the rows that
 * corrections take back leave no trace. FLOAT and DOUBLE values are kept beside the row they stand in, since their last digits
 * depend on the order of addition and are compared with a tolerance (replay.ts).
 */
import type { Sink } from "../connectors/connector.ts";
import { type Batch, Op } from "../core/batch.ts";
import type { DataType } from "../core/type.ts";
import { type CellValue, cellReader, formatValue } from "../core/value.ts";
import { encodeJson } from "../formats/json-encode.ts";

/** Sum of a column's values and of their magnitudes. */
export type DoubleSum = readonly [sum: number, magnitude: number];

/** Rows of a window that are told together: equal ones, or a bucket of them where a window has too many. */
export interface Part {
  /** The rows as JSON, without their finite FLOAT and DOUBLE values; `#` and a number for a bucket. */
  readonly name: string;
  readonly rows: number;
  /** Sum of the 64-bit hashes of the rows' names, hexadecimal. */
  readonly digest: string;
  /** By column. */
  readonly doubles: Readonly<Record<string, DoubleSum>>;
}

export interface WindowDigest {
  /** Value of the result's window column; empty where it has none. */
  readonly window: string;
  readonly rows: number;
  /** As those of its parts. */
  readonly digest: string;
  /** By name; either all are rows or all are buckets. */
  readonly parts: readonly Part[];
}

export interface QueryDigest {
  /** Columns whose values are compared with a tolerance. */
  readonly floating: Readonly<Record<string, "float" | "double">>;
  /** In their order. */
  readonly windows: readonly WindowDigest[];
}

/** The first of them that a result has tells its windows apart. */
const WINDOW_COLUMNS = ["window_end", "window_start", "window_time"];
/** Parts of a window until its rows go to buckets; of a window of a result that has very many in all. */
const MOST_PARTS = 4096;
const MOST_IN_ALL = 400_000;
const BUCKETS = 256;
const MASK = (1n << 64n) - 1n;

interface PartState {
  rows: number;
  digest: bigint;
  readonly doubles: Map<string, readonly [sum: ExactSum, magnitude: ExactSum]>;
}

interface WindowState {
  readonly parts: Map<string, PartState>;
  inBuckets: boolean;
}

export class ResultDigest {
  readonly #windows = new Map<string, WindowState>();
  readonly #floating: Record<string, "float" | "double"> = {};
  #parts = 0;

  add(batch: Batch): void {
    const { fields } = batch.schema;
    for (const { name, type } of fields) {
      if (type.kind === "float" || type.kind === "double") this.#floating[name] = type.kind;
    }
    const readers = batch.columns.map((column, i) => cellReader(column, (fields[i] as { type: DataType }).type));
    const names = rowNames(batch);
    const windowAt = WINDOW_COLUMNS.map((name) => fields.findIndex((field) => field.name === name)).find((i) => i >= 0);
    for (let row = 0; row < batch.rows; row++) {
      const op = batch.op?.[row] ?? Op.insert;
      const sign = op === Op.updateBefore || op === Op.delete ? -1 : 1;
      const cells = readers.map((read) => read(row));
      const window = windowAt === undefined ? "" : windowText(fields[windowAt]?.type, cells[windowAt] ?? null);
      const doubles: [string, number][] = [];
      let name = names(row);
      fields.forEach(({ name: column, type }, i) => {
        if (!isFloating(type)) return;
        const value = cells[i] as number | null;
        if (value !== null && Number.isFinite(value)) doubles.push([column, value]);
        else name = withMember(name, column, value === null ? null : String(value));
      });
      this.#addRow(this.#window(window), name, sign, doubles);
    }
  }

  #window(window: string): WindowState {
    const known = this.#windows.get(window);
    if (known !== undefined) return known;
    const fresh: WindowState = { parts: new Map(), inBuckets: false };
    this.#windows.set(window, fresh);
    return fresh;
  }

  #addRow(window: WindowState, row: string, sign: 1 | -1, doubles: readonly (readonly [string, number])[]): void {
    const { parts } = window;
    const before = parts.size;
    const digest = BigInt(sign) * Bun.hash.xxHash64(row);
    const sums = doubles.map(([column, value]) => [column, [sign * value, sign * Math.abs(value)]] as const);
    if (window.inBuckets) addToBucket(parts, { name: row, rows: sign, digest }, sums);
    else addToPart(parts, { name: row, rows: sign, digest }, sums);
    const most = this.#parts > MOST_IN_ALL ? BUCKETS : MOST_PARTS;
    if (!window.inBuckets && parts.size > most) toBuckets(window);
    this.#parts += parts.size - before;
  }

  get digest(): QueryDigest {
    const windows = [...this.#windows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([window, { parts }]) => windowDigest(window, parts))
      .filter(({ parts }) => parts.length > 0);
    return { floating: this.#floating, windows };
  }
}

function windowDigest(window: string, states: ReadonlyMap<string, PartState>): WindowDigest {
  // Values that were taken back together with others may leave a last digit.
  const left = [...states].filter(([, { rows, digest }]) => rows !== 0 || digest !== 0n);
  const all = left.map(([, state]) => state);
  const parts = left
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { rows, digest, doubles }]) => ({
      name,
      rows,
      digest: hex(digest),
      doubles: Object.fromEntries(sumsOf(doubles)),
    }));
  return {
    window,
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    digest: hex(all.reduce((sum, { digest }) => sum + digest, 0n)),
    parts,
  };
}

/** Of the same rows, in buckets: what one run has told row by row another may have told so. */
export function inBuckets(window: WindowDigest): WindowDigest {
  if (isInBuckets(window)) return window;
  const parts = new Map<string, PartState>();
  for (const { name, rows, digest, doubles } of window.parts)
    addToBucket(parts, { name, rows, digest: BigInt(`0x${digest}`) }, Object.entries(doubles));
  return windowDigest(window.window, parts);
}

export function isInBuckets({ parts }: WindowDigest): boolean {
  return parts[0]?.name.startsWith("#") === true;
}

function toBuckets(window: WindowState): void {
  const parts = [...window.parts];
  window.parts.clear();
  window.inBuckets = true;
  for (const [name, { rows, digest, doubles }] of parts)
    addToBucket(window.parts, { name, rows, digest }, sumsOf(doubles));
}

interface Rows {
  readonly name: string;
  readonly rows: number;
  readonly digest: bigint;
}

type Sums = Iterable<readonly [column: string, sum: DoubleSum]>;

/** Values count by a weight of their row, 1 to 2: two that change places within the bucket change its sums. */
function addToBucket(parts: Map<string, PartState>, { name, rows, digest }: Rows, sums: Sums): void {
  const hash = Bun.hash.xxHash64(name);
  const weight = 1 + Number((hash >> 8n) & 0xfffffn) / 2 ** 20;
  const weighed = Array.from(
    sums,
    ([column, [sum, magnitude]]) => [column, [sum * weight, magnitude * weight]] as const,
  );
  addToPart(parts, { name: `#${Number(hash % BigInt(BUCKETS))}`, rows, digest }, weighed);
}

/** A part of which everything has been taken back is gone. */
function addToPart(parts: Map<string, PartState>, { name, rows, digest }: Rows, sums: Sums): void {
  const part = parts.get(name) ?? { rows: 0, digest: 0n, doubles: new Map() };
  parts.set(name, part);
  part.rows += rows;
  part.digest += digest;
  for (const [column, sum] of sums) addDouble(part, column, sum);
  if (isNothing(part)) parts.delete(name);
}

function sumsOf(doubles: PartState["doubles"]): [string, DoubleSum][] {
  return [...doubles].map(([column, [sum, magnitude]]) => [column, [sum.value, magnitude.value]]);
}

function isNothing({ rows, digest, doubles }: PartState): boolean {
  return rows === 0 && digest === 0n && [...doubles.values()].every(([sum]) => sum.value === 0);
}

/** A row's columns but FLOAT and DOUBLE as JSON. */
function rowNames(batch: Batch): (row: number) => string {
  const kept = batch.schema.fields.flatMap(({ type }, i) => (isFloating(type) ? [] : [i]));
  const fields = kept.map((i) => batch.schema.fields[i] as Batch["schema"]["fields"][number]);
  const columns = kept.map((i) => batch.columns[i] as Batch["columns"][number]);
  const { bytes, offsets } = encodeJson({ ...batch, schema: { fields }, columns });
  const utf8 = new TextDecoder();
  return (row) => utf8.decode(bytes.subarray(offsets[row], offsets[row + 1])).trimEnd();
}

/** An object's text with one member more. */
function withMember(object: string, name: string, value: string | null): string {
  const comma = object === "{}" ? "" : ",";
  return `${object.slice(0, -1)}${comma}${JSON.stringify(name)}:${JSON.stringify(value)}}`;
}

function isFloating({ kind }: DataType): boolean {
  return kind === "double" || kind === "float";
}

function windowText(type: DataType | undefined, value: CellValue): string {
  return type === undefined || value === null ? "" : formatValue(type, value);
}

function addDouble(part: PartState, column: string, [value, magnitude]: DoubleSum): void {
  const sums = part.doubles.get(column) ?? ([new ExactSum(), new ExactSum()] as const);
  part.doubles.set(column, sums);
  sums[0].add(value);
  sums[1].add(magnitude);
}

/** A sum with its compensation (Neumaier 1974): what is added and taken back leaves nothing. */
class ExactSum {
  #sum = 0;
  #rest = 0;

  add(value: number): void {
    const sum = this.#sum + value;
    this.#rest += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#rest;
  }
}

function hex(hash: bigint): string {
  return (hash & MASK).toString(16).padStart(16, "0");
}

/** Takes the digest of what goes through. */
export function digesting(sink: Sink, digest: ResultDigest): Sink {
  return {
    open: () => sink.open(),
    write(batch) {
      digest.add(batch);
      return sink.write(batch);
    },
    ...(sink.advance === undefined ? {} : { advance: (watermark) => sink.advance?.(watermark) }),
    flush: () => sink.flush(),
    close: () => sink.close(),
  };
}
