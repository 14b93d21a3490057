/**
 * A batch as one run of bytes, to cross from the engine's thread to the main one. The buffers are laid down as they are,
 * each on a multiple of 8, so that decoding makes views and copies nothing. The schema does not travel: both sides have it.
 *
 *    0 u32 magic "MRB1"   4 u32 rows   8 u32 columns   12 u32 flags (1 = op, 2 = watermark)
 *   16 f64 watermark (ms)             24 f64 epoch
 *   32 per column, 16 bytes: u32 validity bytes (0 = none), u32 offset bytes (0 = none), u32 value bytes, u32 0
 *      then, each padded to 8: op; per column validity, offsets, values
 */
import type { Batch, Column } from "./batch.ts";
import { assert } from "./error.ts";
import type { DataType, Schema } from "./type.ts";
import { hasOffsets, valuesBytes } from "./value.ts";

const MAGIC = 0x3142524d;
const HEADER_BYTES = 32;
const COLUMN_BYTES = 16;
const FLAG_OP = 1;
const FLAG_WATERMARK = 2;
const MAX_BYTES = 0x7fffffff;

export function encodeBatch(batch: Batch): Uint8Array {
  const buffers = buffersOf(batch);
  let size = HEADER_BYTES + COLUMN_BYTES * batch.columns.length;
  for (const buffer of buffers) size += padded(buffer.length);
  assert(size <= MAX_BYTES, `a batch of ${size} bytes is cut before it travels`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, batch.rows, true);
  view.setUint32(8, batch.columns.length, true);
  view.setUint32(12, (batch.op === null ? 0 : FLAG_OP) | (batch.watermark === null ? 0 : FLAG_WATERMARK), true);
  view.setFloat64(16, batch.watermark ?? 0, true);
  view.setFloat64(24, batch.epoch, true);
  batch.columns.forEach((_, index) => {
    for (let part = 0; part < 3; part++) {
      const length = (buffers[1 + index * 3 + part] as Uint8Array).length;
      view.setUint32(HEADER_BYTES + index * COLUMN_BYTES + part * 4, length, true);
    }
  });
  let at = HEADER_BYTES + COLUMN_BYTES * batch.columns.length;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += padded(buffer.length);
  }
  return bytes;
}

const NOTHING = new Uint8Array(0);

/** op, then validity, offsets and values of every column, cut to what the rows use. */
function buffersOf(batch: Batch): Uint8Array[] {
  const { rows, schema } = batch;
  assert(batch.columns.length === schema.fields.length, "a batch has one column a field");
  assert(batch.op === null || batch.op.length >= rows, "a batch has one op a row");
  const buffers = [batch.op === null ? NOTHING : batch.op.subarray(0, rows)];
  batch.columns.forEach((column, index) => {
    const type = schema.fields[index]?.type as DataType;
    checkColumn(column, type, rows);
    buffers.push(column.validity === null ? NOTHING : column.validity.subarray(0, (rows + 7) >>> 3));
    if (column.offsets === null) {
      buffers.push(NOTHING, column.values.subarray(0, valuesBytes(type, rows)));
    } else {
      const { buffer, byteOffset } = column.offsets;
      buffers.push(new Uint8Array(buffer, byteOffset, (rows + 1) * 4), column.values.subarray(0, column.offsets[rows]));
    }
  });
  return buffers;
}

/** The batch's buffers are views into `bytes`, which must not change any more and must start on a multiple of 8. */
export function decodeBatch(bytes: Uint8Array, schema: Schema): Batch {
  assert(bytes.byteOffset % 8 === 0, "batch bytes start on a multiple of 8");
  assert(bytes.length >= HEADER_BYTES, "batch bytes hold a header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert(view.getUint32(0, true) === MAGIC, "batch bytes begin with their magic number");
  const rows = view.getUint32(4, true);
  const count = view.getUint32(8, true);
  const flags = view.getUint32(12, true);
  assert(
    count === schema.fields.length,
    `a batch of ${count} columns has ${schema.fields.length} fields in its schema`,
  );
  const cursor = { bytes, at: HEADER_BYTES + COLUMN_BYTES * count };
  assert(cursor.at <= bytes.length, "batch bytes hold every column's lengths");
  const op = (flags & FLAG_OP) === 0 ? null : take(cursor, rows);
  const columns = schema.fields.map((field, index) => {
    const header = HEADER_BYTES + index * COLUMN_BYTES;
    const validityBytes = view.getUint32(header, true);
    const offsetBytes = view.getUint32(header + 4, true);
    const validity = take(cursor, validityBytes);
    const offsets = take(cursor, offsetBytes);
    const values = take(cursor, view.getUint32(header + 8, true));
    assert(offsetBytes % 4 === 0, "offsets are whole int32s");
    const column: Column = {
      validity: validityBytes === 0 ? null : validity,
      offsets: offsetBytes === 0 ? null : new Int32Array(offsets.buffer, offsets.byteOffset, offsetBytes / 4),
      values,
    };
    checkColumn(column, field.type, rows);
    return column;
  });
  assert(cursor.at === bytes.length, "batch bytes end with their last buffer");
  const watermark = (flags & FLAG_WATERMARK) === 0 ? null : view.getFloat64(16, true);
  return { schema, rows, columns, op, watermark, epoch: view.getFloat64(24, true) };
}

function take(cursor: { bytes: Uint8Array; at: number }, length: number): Uint8Array {
  const start = cursor.at;
  cursor.at += padded(length);
  assert(cursor.at <= cursor.bytes.length, "batch bytes hold every buffer whole");
  return cursor.bytes.subarray(start, start + length);
}

/** Lengths agree with the type and the rows, and offsets rise inside the values. */
function checkColumn(column: Column, type: DataType, rows: number): void {
  const { validity, offsets, values } = column;
  assert(validity === null || validity.length >= (rows + 7) >>> 3, "validity has a bit a row");
  assert((offsets !== null) === hasOffsets(type), `a ${type.kind} column has offsets exactly when its type does`);
  if (offsets === null) {
    assert(values.length >= valuesBytes(type, rows), `a ${type.kind} column holds a value a row`);
    return;
  }
  assert(offsets.length > rows, "offsets hold one more than the rows");
  let last = offsets[0] as number;
  assert(last >= 0, "offsets begin at or after 0");
  for (let row = 1; row <= rows; row++) {
    const next = offsets[row] as number;
    if (next < last) assert(false, `offsets rise at row ${row}`);
    last = next;
  }
  assert(last <= values.length, "offsets end inside the values");
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}
