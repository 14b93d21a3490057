/**
 * ORDER BY of a read, and the cursor that continues it. Rows are in a total order: the columns asked for, then the order of
 * arrival. A cursor holds the last row's place in that order, so pages neither repeat nor skip a row that stays, however
 * many are added between them; a row that is replaced arrives anew.
 */
import { EngineError } from "../core/error.ts";
import type { DataType, Schema } from "../core/type.ts";
import { type CellValue, cellWidth, hasOffsets } from "../core/value.ts";
import { compareCells } from "./compare.ts";
import { columnIndex } from "./filter.ts";
import { fieldType, type RowReference, type Segment, sequenceOf } from "./segment.ts";

export interface OrderItem {
  readonly column: string;
  readonly descending: boolean;
}

export interface OrderColumn {
  readonly index: number;
  readonly descending: boolean;
}

/** A row with what places it. */
export interface PlacedRow extends RowReference {
  readonly keys: readonly CellValue[];
  readonly sequence: number;
}

export type Place = Pick<PlacedRow, "keys" | "sequence">;

export function resolveOrder(schema: Schema, viewName: string, items: readonly OrderItem[]): readonly OrderColumn[] {
  return items.map(({ column, descending }) => ({ index: columnIndex(schema, viewName, column), descending }));
}

export function comparePlaces(order: readonly OrderColumn[], a: Place, b: Place): number {
  for (let at = 0; at < order.length; at++) {
    const compared = compareCells(a.keys[at] ?? null, b.keys[at] ?? null);
    if (compared !== 0) return order[at]?.descending ? -compared : compared;
  }
  return a.sequence - b.sequence;
}

export function placeRow(order: readonly OrderColumn[], segment: Segment, row: number): PlacedRow {
  const keys = order.map(({ index }) => segment.readers[index]?.(row) ?? null);
  return { segment, row, keys, sequence: sequenceOf(segment, row) };
}

/** Keeps the first `limit` rows by order, in O(n log limit) and O(limit) memory. */
export class FirstRows {
  readonly #order: readonly OrderColumn[];
  readonly #limit: number;
  #rows: PlacedRow[] = [];
  #worst: PlacedRow | null = null;

  constructor(order: readonly OrderColumn[], limit: number) {
    this.#order = order;
    this.#limit = limit;
  }

  add(row: PlacedRow): void {
    if (this.#worst !== null && comparePlaces(this.#order, row, this.#worst) >= 0) return;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.#limit + 16) this.#cut();
  }

  /** In order. */
  take(): readonly PlacedRow[] {
    this.#cut();
    return this.#rows;
  }

  #cut(): void {
    this.#rows.sort((a, b) => comparePlaces(this.#order, a, b));
    if (this.#rows.length < this.#limit) return;
    this.#rows.length = this.#limit;
    this.#worst = this.#rows.at(-1) ?? null;
  }
}

interface CursorText {
  readonly v: 1;
  /** View and order it belongs to. */
  readonly o: string;
  readonly k: readonly (string | null)[];
  readonly s: number;
}

const utf8 = new TextEncoder();

export interface CursorScope {
  readonly viewName: string;
  readonly schema: Schema;
  readonly order: readonly OrderColumn[];
}

function orderText({ viewName, schema, order }: CursorScope): string {
  const items = order.map(({ index, descending }) => `${schema.fields[index]?.name}${descending ? "-" : "+"}`);
  return [viewName, ...items].join("\n");
}

export function encodeCursor(scope: CursorScope, place: Place): string {
  const k = place.keys.map((key) => (key instanceof Uint8Array ? key.toHex() : key === null ? null : String(key)));
  const text: CursorText = { v: 1, o: orderText(scope), k, s: place.sequence };
  return utf8.encode(JSON.stringify(text)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Throws EngineError CURSOR when the text is not one of ours, or of another view or order. */
export function decodeCursor(scope: CursorScope, text: string): Place {
  const cursor = readCursor(text);
  if (cursor === null) throw cursorError("is not one this server gave");
  if (cursor.o !== orderText(scope)) throw cursorError("belongs to another view or order");
  try {
    const keys = scope.order.map(({ index }, at) => readKey(fieldType(scope.schema, index), cursor.k[at] ?? null));
    return { keys, sequence: cursor.s };
  } catch {
    throw cursorError("is not one this server gave");
  }
}

/** The inverse of `String(cell)`. */
function readKey(type: DataType, text: string | null): CellValue {
  if (text === null) return null;
  if (type.kind === "bytes") return Uint8Array.fromHex(text);
  if (hasOffsets(type)) return text;
  if (type.kind === "boolean") return text === "true";
  const wide = type.kind === "decimal" || (cellWidth(type) === 8 && type.kind !== "double");
  return wide ? BigInt(text) : Number(text);
}

function readCursor(text: string): CursorText | null {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return isCursor(value) ? value : null;
  } catch {
    return null;
  }
}

function isCursor(value: unknown): value is CursorText {
  if (typeof value !== "object" || value === null) return false;
  const { v, o, k, s } = value as Partial<Record<keyof CursorText, unknown>>;
  const keys = Array.isArray(k) && k.every((key) => key === null || typeof key === "string");
  return v === 1 && typeof o === "string" && keys && Number.isSafeInteger(s);
}

function cursorError(what: string): EngineError {
  return new EngineError(`the cursor ${what}`, {
    domain: "user",
    code: "CURSOR",
    hint: 'take it from "next" of the page before, with the same order, and change nothing in it',
  });
}
