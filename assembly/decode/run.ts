// A run of neighbouring records that all fit layouts, converted column by column.
import { VECTOR_ROWS } from "../shared/layout";
import { beginColumn, fillColumn, fillNulls, REFUSED } from "./column";
import { DECODER_FIELD_COUNT, DECODER_FIELDS, FIELD_BYTES } from "./decoder";
import { LAYOUT_KEYS, LAYOUT_LEAVES } from "./layout";
import { FIRST_MARK, FITS } from "./match";
import { spansOf } from "./scan";

/** u64 a record of a run of several layouts: the span of the column in hand. */
const GATHERED: usize = memory.data(VECTOR_ROWS * 8);
/** Stands for the value of a field that a record's layout does not have. Loads of 16 bytes end or begin in it. */
const NULL_TEXT: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 110, 117, 108, 108, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);
const NULL_AT: usize = 16;
const NULL_END: usize = 20;

/**
 * Converts records [from, to) of the chunk into lanes from `lane` on. False when values did not fit: nothing counts then, and the
 * records concerned are marked for the general way, which reports them.
 */
export function decodeRun(decoder: usize, from: u32, to: u32, lane: u32): bool {
  const count: u32 = to - from;
  const fields: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  const single: bool = hasOneLayout(from, to);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  let refused: u32 = 0;
  memory.fill(REFUSED, 0, count);
  for (let i: u32 = 0; i < fields; i++, field += FIELD_BYTES) {
    if (!single) gatherSpans(i, from, count);
    else if (!findSpans(i, from)) {
      fillNulls(field, lane, count);
      continue;
    }
    refused += fillColumn(field, lane, count);
  }
  if (refused === 0) return true;
  for (let i: u32 = 0; i < count; i++) if (load<u8>(REFUSED + i) !== 0) store<u32>(FITS + ((from + i) << 2), 0);
  return false;
}

function hasOneLayout(from: u32, to: u32): bool {
  const layout: u32 = load<u32>(FITS + (from << 2));
  for (let i: u32 = from + 1; i < to; i++) if (load<u32>(FITS + (i << 2)) !== layout) return false;
  return true;
}

/** The marks of a run follow each other, so the spans of one key stand at equal distances. False when there is no such key. */
function findSpans(field: u32, from: u32): bool {
  const layout: usize = load<u32>(FITS + (from << 2));
  const key: i32 = load<i32>(<usize>load<u32>(layout, LAYOUT_LEAVES) + (field << 2));
  if (key < 0) return false;
  beginColumn(
    spansOf(load<u32>(FIRST_MARK + (from << 2))) + ((<usize>key) << 3),
    load<u32>(layout, LAYOUT_KEYS) << 3,
    from,
  );
  return true;
}

function gatherSpans(field: u32, from: u32, count: u32): void {
  const missing: u64 = <u64>(NULL_TEXT + NULL_AT) | ((<u64>(NULL_TEXT + NULL_END)) << 32);
  for (let i: u32 = 0; i < count; i++) {
    const layout: usize = load<u32>(FITS + ((from + i) << 2));
    const key: i32 = load<i32>(<usize>load<u32>(layout, LAYOUT_LEAVES) + (field << 2));
    const spans: usize = spansOf(load<u32>(FIRST_MARK + ((from + i) << 2)));
    store<u64>(GATHERED + (i << 3), key < 0 ? missing : load<u64>(spans + ((<usize>key) << 3)));
  }
  beginColumn(GATHERED, 8, from);
}
