/**
 * What a query's result is, in a few bytes a window: the number of its rows and the sum of their hashes, so that the order in which
 * rows leave and the rows that corrections take back leave no trace. Values of FLOAT and DOUBLE columns are kept as sums beside
 * it: their last digits depend on the order of addition, and are compared with a tolerance (replay.ts).
 */
import type { Sink } from "../connectors/connector.ts";
import { type Batch, Op } from "../core/batch.ts";
import type { DataType } from "../core/type.ts";
import { type CellValue, cellReader, formatValue } from "../core/value.ts";
import { encodeJson } from "../formats/json-encode.ts";

export interface WindowDigest {
  /** Value of the result's window column; empty where it has none. */
  readonly window: string;
  readonly rows: number;
  /** Sum of the rows' 64-bit hashes, hexadecimal. */
  readonly digest: string;
  /** By column: sum, and sum of magnitudes. */
  readonly doubles: Readonly<Record<string, readonly [sum: number, magnitude: number]>>;
  /** The rows' hashes, sorted; null where they are too many. */
  readonly hashes: readonly string[] | null;
}

/** Windows in their order. */
export type QueryDigest = readonly WindowDigest[];

/** The first of them that a result has tells its windows apart. */
const WINDOW_COLUMNS = ["window_end", "window_start", "window_time"];
/** Rows of a window whose hashes are kept one by one. */
const MOST_HASHES = 4096;
const MASK = (1n << 64n) - 1n;

interface WindowState {
  rows: number;
  digest: bigint;
  readonly doubles: Map<string, readonly [sum: ExactSum, magnitude: ExactSum]>;
  /** Hash → how often it is there; null when they are too many. */
  hashes: Map<bigint, number> | null;
}

export class ResultDigest {
  readonly #windows = new Map<string, WindowState>();

  add(batch: Batch): void {
    const { fields } = batch.schema;
    const readers = batch.columns.map((column, i) => cellReader(column, (fields[i] as { type: DataType }).type));
    const exact = fields.flatMap(({ type }, i) => (isFloating(type) ? [] : [i]));
    const texts = rowTexts(batch, exact);
    const windowAt = WINDOW_COLUMNS.map((name) => fields.findIndex((field) => field.name === name)).find((i) => i >= 0);
    for (let row = 0; row < batch.rows; row++) {
      const op = batch.op?.[row] ?? Op.insert;
      const sign = op === Op.updateBefore || op === Op.delete ? -1 : 1;
      const cells = readers.map((read) => read(row));
      const window = windowAt === undefined ? "" : windowText(fields[windowAt]?.type, cells[windowAt] ?? null);
      const state = this.#window(window);
      let text = texts(row);
      fields.forEach(({ name, type }, i) => {
        if (!isFloating(type)) return;
        const value = cells[i] as number | null;
        if (value !== null && Number.isFinite(value)) addDouble(state, name, [sign * value, sign * Math.abs(value)]);
        else text += `|${name}=${value}`;
      });
      addRow(state, Bun.hash.xxHash64(text), sign);
    }
  }

  #window(window: string): WindowState {
    const known = this.#windows.get(window);
    if (known !== undefined) return known;
    const fresh: WindowState = { rows: 0, digest: 0n, doubles: new Map(), hashes: new Map() };
    this.#windows.set(window, fresh);
    return fresh;
  }

  get windows(): QueryDigest {
    return [...this.#windows]
      .filter(([, { rows, digest }]) => rows !== 0 || digest !== 0n)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([window, { rows, digest, doubles, hashes }]) => ({
        window,
        rows,
        digest: hex(digest),
        doubles: Object.fromEntries(
          [...doubles].map(([column, [sum, magnitude]]) => [column, [sum.value, magnitude.value] as const]),
        ),
        hashes:
          hashes &&
          [...hashes].flatMap(([hash, count]) => new Array<string>(Math.max(0, count)).fill(hex(hash))).sort(),
      }));
  }
}

/** A row's columns but FLOAT and DOUBLE as text. */
function rowTexts(batch: Batch, kept: readonly number[]): (row: number) => string {
  const fields = kept.map((i) => batch.schema.fields[i] as Batch["schema"]["fields"][number]);
  const columns = kept.map((i) => batch.columns[i] as Batch["columns"][number]);
  const { bytes, offsets } = encodeJson({ ...batch, schema: { fields }, columns });
  const utf8 = new TextDecoder();
  return (row) => utf8.decode(bytes.subarray(offsets[row], offsets[row + 1]));
}

function isFloating({ kind }: DataType): boolean {
  return kind === "double" || kind === "float";
}

function windowText(type: DataType | undefined, value: CellValue): string {
  return type === undefined || value === null ? "" : formatValue(type, value);
}

function addRow(state: WindowState, hash: bigint, sign: number): void {
  state.rows += sign;
  state.digest = (state.digest + BigInt(sign) * hash) & MASK;
  if (state.hashes === null) return;
  const count = (state.hashes.get(hash) ?? 0) + sign;
  if (count === 0) state.hashes.delete(hash);
  else state.hashes.set(hash, count);
  if (state.hashes.size > MOST_HASHES) state.hashes = null;
}

function addDouble(state: WindowState, column: string, [value, magnitude]: readonly [number, number]): void {
  const sums = state.doubles.get(column) ?? ([new ExactSum(), new ExactSum()] as const);
  state.doubles.set(column, sums);
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

export function hex(hash: bigint): string {
  return hash.toString(16).padStart(16, "0");
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
