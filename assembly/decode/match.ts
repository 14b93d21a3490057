// Which learned layout each record of a scanned chunk fits. Fitting is exact: a record that fits is well-formed JSON of that shape,
// whatever bytes its values hold.

import { VECTOR_ROWS } from "../shared/layout";
import { DECODER_LAYOUTS, LAYOUTS } from "./decoder";
import { fitExact, fitLayout, LAYOUT_KEYS } from "./layout";
import { countSpecials, hasHighBytes, MARKS, marksEnd, spansOf, specialCount } from "./scan";
import { findStringEnd } from "./text";
import { isUtf8 } from "./utf8";

/** u32 a record of the chunk: the layout it fits, 0 = none. */
export const FITS: usize = memory.data(VECTOR_ROWS * 4);
/** u32 a record: where its marks begin. */
export const FIRST_MARK: usize = memory.data(VECTOR_ROWS * 4);
/** u8 a record: 1 = a string in it has escapes. */
export const ESCAPED: usize = memory.data(VECTOR_ROWS);
/** Whether any record has. */
export let anyEscaped: bool = false;
/** u32 a record: the special bytes it must have if none stands in a string. */
const EXPECTED: usize = memory.data(VECTOR_ROWS * 4);

/** Record bytes and offsets of the region in hand. */
let bytes: usize = 0;
let offsets: usize = 0;

export function beginRegion(recordBytes: usize, recordOffsets: usize): void {
  bytes = recordBytes;
  offsets = recordOffsets;
}

/** Where a record begins, and the one before it ends. */
export function startOf(record: u32): usize {
  return bytes + load<u32>(offsets + (record << 2));
}

/** Fills the tables above for `count` records from `first` on, which are what scanChunk has scanned. */
export function matchRecords(decoder: usize, first: u32, count: u32): void {
  let marks: usize = MARKS;
  let total: u32 = 0;
  let layout: usize = load<u32>(decoder, DECODER_LAYOUTS);
  let at: usize = startOf(first);
  for (let i: u32 = 0; i < count; i++) {
    const end: usize = startOf(first + i + 1);
    let specials: i32 = tryLayout(layout, marks, at, end);
    if (specials < 0) {
      const other: usize = findLayout(decoder, marks, at, end);
      if (other !== 0) {
        layout = other;
        specials = <i32>foundSpecials;
      }
    }
    store<u32>(FITS + (i << 2), specials < 0 ? 0 : <u32>layout);
    store<u32>(FIRST_MARK + (i << 2), <u32>marks);
    if (specials >= 0) {
      marks += load<u32>(layout, LAYOUT_KEYS) << 2;
    } else {
      specials = countSpecials(at, end);
      while (<usize>load<u32>(marks) < end) marks += 4;
    }
    store<u32>(EXPECTED + (i << 2), specials);
    total += specials;
    at = end;
  }
  anyEscaped = false;
  if (total !== specialCount) checkEach(first, count);
  if (hasHighBytes && !isUtf8(startOf(first), startOf(first + count))) checkUtf8(first, count);
}

/** The special bytes the record must have when it fits the layout, else -1. */
function tryLayout(layout: usize, marks: usize, at: usize, end: usize): i32 {
  const behind: usize = marks + (load<u32>(layout, LAYOUT_KEYS) << 2);
  // As many marks as keys.
  if (behind > marksEnd || <usize>load<u32>(behind - 4) >= end || <usize>load<u32>(behind) < end) return -1;
  const specials: i32 = fitExact(layout, marks, at, end);
  return specials >= 0 ? specials : fitLayout(layout, marks, at, end);
}

/** What tryLayout said to the layout that findLayout found. */
let foundSpecials: u32 = 0;

/** The first learned layout that the record fits, 0 when there is none. */
function findLayout(decoder: usize, marks: usize, at: usize, end: usize): usize {
  for (let i: u32 = 0; i < <u32>LAYOUTS; i++) {
    const layout: usize = load<u32>(decoder + DECODER_LAYOUTS + (i << 2));
    const specials: i32 = layout === 0 ? -1 : tryLayout(layout, marks, at, end);
    if (specials < 0) continue;
    foundSpecials = specials;
    return layout;
  }
  return 0;
}

/** Somewhere in the chunk a string holds a special byte. Such a record fits only when its strings are well-formed. */
function checkEach(first: u32, count: u32): void {
  memory.fill(ESCAPED, 0, count);
  for (let i: u32 = 0; i < count; i++) {
    const layout: usize = load<u32>(FITS + (i << 2));
    const at: usize = startOf(first + i);
    if (layout === 0 || countSpecials(at, startOf(first + i + 1)) === load<u32>(EXPECTED + (i << 2))) continue;
    if (areStrings(layout, spansOf(load<u32>(FIRST_MARK + (i << 2))))) {
      store<u8>(ESCAPED + i, 1);
      anyEscaped = true;
    } else {
      store<u32>(FITS + (i << 2), 0);
    }
  }
}

/** Whether every value that begins with a quote is one well-formed string. */
function areStrings(layout: usize, spans: usize): bool {
  const keys: u32 = load<u32>(layout, LAYOUT_KEYS);
  for (let i: u32 = 0; i < keys; i++) {
    const at: usize = load<u32>(spans + (i << 3));
    const end: usize = load<u32>(spans + (i << 3), 4);
    if (load<u8>(at) === 34 && findStringEnd(at + 1, end, true) !== end - 1) return false;
  }
  return true;
}

/** Records that are not well-formed UTF-8 fit nothing. */
function checkUtf8(first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    if (!isUtf8(startOf(first + i), startOf(first + i + 1))) store<u32>(FITS + (i << 2), 0);
  }
}
