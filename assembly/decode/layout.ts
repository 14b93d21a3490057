// Learned layouts: the bytes that records of one shape have in common. A layout cuts a record into constant texts and values,
//   {"user":  …  ,"page":  …  }\n
// where a constant text reaches from the end of one value to the start of the next and holds exactly one mark (scan.ts). A record
// fits when its constant texts are those of the layout, byte for byte, and every value between them is a string (by its first
// and last byte) or another well-formed value. With the count of special bytes right as well, or the strings looked at one by
// one, such a record is well-formed JSON with the keys of the learned one, whatever was learned: a layout is a guess about
// speed only.
import { lastDigits, notDigits } from "./number";
import { countSpecials, spansOf } from "./scan";
import { skipScalar, skipValue } from "./skip";

// Layout.
//   0 u32 keys   4 u32 special bytes in the constant texts   8 u32 bytes behind the last value   12 u32 where the text ends
//  16 u32 address of i32[fields]: the key whose value a field takes, -1 = none
//  20 u32 special bytes of a record that fits exactly   24 u32 1 = some record does
//  32 keys and one whose exact text is that behind the last value, then those numbers, then the text of the learned record
export const LAYOUT_KEYS = 0;
export const LAYOUT_SPECIALS = 4;
export const LAYOUT_TAIL = 8;
export const LAYOUT_END = 12;
export const LAYOUT_LEAVES = 16;
export const LAYOUT_EXACT_SPECIALS = 20;
export const LAYOUT_EXACT = 24;
export const LAYOUT_HEADER = 32;

// Key, 160 bytes. Its exact text is the constant text with the quote in front of it and the quote behind it, where the values of
// the learned record on these sides were strings.
//   0 u32 bytes of the constant text   4 u32 of these from the mark on   8 u32 where it ends in the learned record
//  12 u32 KIND_*, 0 = text of at most 16 bytes before a plain value
//  16 v128 the text's last 16 bytes, zeros in front of a shorter one, 32 v128 ones where it has bytes
//  48 v128, 64 v128 the same for the 16 bytes before   80, 96, 112, 128 the same four for the exact text, whose last byte is the
//  value's first
// 144 u32 bytes of the constant text before the mark  148 u32 EXACT_*
export const KEY_LENGTH = 0;
export const KEY_REACH = 4;
export const KEY_TEXT = 8;
export const KEY_KIND = 12;
export const KEY_LAST = 16;
export const KEY_BEFORE = 48;
export const KEY_EXACT_LAST = 80;
export const KEY_EXACT_BEFORE = 112;
export const KEY_LEAD = 144;
export const KEY_EXACT = 148;
export const KEY_BYTES = 160;
/** The text is longer than 16 bytes. */
export const KIND_LONG: u32 = 1;
/** The text is longer than 32 bytes. */
export const KIND_LONGER: u32 = 2;
/** The value is an object, whose first key follows. */
export const KIND_OPENS: u32 = 4;

/** The value was a string. */
export const EXACT_STRING: u32 = 1;
/** The exact text is longer than 16 bytes. */
export const EXACT_LONG: u32 = 2;
/** The value is an object, whose first key follows. */
export const EXACT_OPENS: u32 = 4;

/** Sixteen zeros and sixteen bytes of ones: the mask of the last n bytes is at n. */
const MASKS: usize = memory.data<u64>([0, 0, -1, -1]);

/** Ones in the last `length` bytes of sixteen; all from sixteen on. */
export function lastBytes(length: i32): v128 {
  return v128.load(MASKS + <usize>max<i32>(min<i32>(length, 16), 0));
}

/** Nonzero where the 16 bytes before `a` differ from the last ones of a text. */
function difference(a: usize, text: v128, mask: v128): v128 {
  return v128.and(v128.xor(v128.load(a - 16), text), mask);
}

/** Whether the `length` bytes before `a` and before `b` are the same. */
function sameBefore(a: usize, b: usize, length: u32): bool {
  if (v128.any_true(difference(a, v128.load(b - 16), lastBytes(length)))) return false;
  return length <= 16 || memory.compare(a - length, b - length, length - 16) === 0;
}

/**
 * The rest of a record whose usual parts fit: constant texts of more than 32 bytes, values that are neither strings nor short
 * whole numbers. Returns the special bytes in these values, -1 = it does not fit.
 */
function fitUnusual(layout: usize, spans: usize): i32 {
  const keys: u32 = load<u32>(layout, LAYOUT_KEYS);
  let key: usize = layout + LAYOUT_HEADER;
  let specials: i32 = 0;
  for (let i: u32 = 0; i < keys; i++, key += KEY_BYTES, spans += 8) {
    const kind: u32 = load<u32>(key, KEY_KIND);
    const value: usize = load<u32>(spans);
    const to: usize = load<u32>(spans, 4);
    if ((kind & KIND_LONGER) !== 0) {
      const length: u32 = load<u32>(key, KEY_LENGTH);
      if (memory.compare(value - length, <usize>load<u32>(key, KEY_TEXT) - length, length - 32) !== 0) return -1;
    }
    if ((kind & KIND_OPENS) !== 0 || load<u8>(value) === 34) continue;
    const inside: i32 = otherSpecials(value, to);
    if (inside < 0) return -1;
    specials += inside;
  }
  return specials;
}

/**
 * fitLayout for the usual record, whose strings stand where those of the learned one stood: their quotes are compared with the
 * constant texts. -1 says nothing yet: fitLayout has to be asked.
 */
export function fitExact(layout: usize, marks: usize, at: usize, end: usize): i32 {
  if (load<u32>(layout, LAYOUT_EXACT) === 0) return -1;
  const keys: u32 = load<u32>(layout, LAYOUT_KEYS);
  let key: usize = layout + LAYOUT_HEADER;
  const behind: usize = key + keys * KEY_BYTES;
  let mark: usize = load<u32>(marks);
  let wrong: u32 = u32(mark - load<u32>(key, KEY_LEAD) !== at);
  let differs: v128 = difference(end, v128.load(behind, KEY_EXACT_LAST), v128.load(behind, KEY_EXACT_LAST + 16));
  const first: usize = spansOf(marks);
  let span: usize = first;
  let short: u32 = 0;
  let unusual: u32 = 0;
  // The end of the last value stands for a mark while the loop runs, in which nothing is called: the vector would leave its register.
  const last: usize = marks + (keys << 2);
  const kept: u32 = load<u32>(last);
  store<u32>(last, <u32>end - load<u32>(layout, LAYOUT_TAIL));
  do {
    const value: usize = mark + load<u32>(key, KEY_REACH);
    const text: v128 = v128.xor(v128.load(value - 15), v128.load(key, KEY_EXACT_LAST));
    differs = v128.or(differs, v128.and(text, v128.load(key, KEY_EXACT_LAST + 16)));
    const kind: u32 = load<u32>(key, KEY_EXACT);
    if ((kind & EXACT_LONG) !== 0) {
      const before: v128 = v128.xor(v128.load(value - 31), v128.load(key, KEY_EXACT_BEFORE));
      differs = v128.or(differs, v128.and(before, v128.load(key, KEY_EXACT_BEFORE + 16)));
    }
    marks += 4;
    key += KEY_BYTES;
    mark = load<u32>(marks);
    const to: usize = mark - load<u32>(key, KEY_LEAD);
    store<u32>(span, <u32>value);
    store<u32>(span, <u32>to, 4);
    span += 8;
    if ((kind & EXACT_STRING) !== 0) short |= <u32>(to - value - 2);
    else if ((kind & EXACT_OPENS) !== 0) wrong |= <u32>(value ^ to);
    else {
      // A string here is for fitLayout: its closing quote has not been looked at.
      wrong |= u32(load<u8>(value) === 34);
      unusual |= u32(!isShortWhole(value, to));
    }
  } while (key !== behind);
  store<u32>(last, kept);
  if ((wrong | (short & 0x80000000)) !== 0 || v128.any_true(differs)) return -1;
  const specials: i32 = load<i32>(layout, LAYOUT_EXACT_SPECIALS);
  if (unusual === 0) return specials;
  const more: i32 = fitUnusual(layout, first);
  return more < 0 ? -1 : specials + more;
}

/**
 * Whether the record [at, end), whose marks stand at `marks`, fits: the special bytes it must then have, or -1. The caller has
 * seen that it has as many marks as the layout has keys. Leaves in SPANS where the values are. Whatever the record holds,
 * nothing beyond the slack is read.
 */
export function fitLayout(layout: usize, marks: usize, at: usize, end: usize): i32 {
  const tail: usize = end - load<u32>(layout, LAYOUT_TAIL);
  if (!sameBefore(end, load<u32>(layout, LAYOUT_END), load<u32>(layout, LAYOUT_TAIL))) return -1;
  let specials: u32 = load<u32>(layout, LAYOUT_SPECIALS);
  let key: usize = layout + LAYOUT_HEADER;
  const behind: usize = key + load<u32>(layout, LAYOUT_KEYS) * KEY_BYTES;
  let value: usize = <usize>load<u32>(marks) + load<u32>(key, KEY_REACH);
  let wrong: u32 = u32(value - load<u32>(key, KEY_LENGTH) !== at);
  let differs: v128 = i8x16.splat(0);
  const first: usize = spansOf(marks);
  let span: usize = first;
  // No call in this loop: the vector would leave its register.
  let unusual: u32 = 0;
  do {
    const kind: u32 = load<u32>(key, KEY_KIND);
    differs = v128.or(differs, difference(value, v128.load(key, KEY_LAST), v128.load(key, KEY_LAST + 16)));
    if ((kind & KIND_LONG) !== 0) {
      const before: v128 = difference(value - 16, v128.load(key, KEY_BEFORE), v128.load(key, KEY_BEFORE + 16));
      differs = v128.or(differs, before);
    }
    marks += 4;
    key += KEY_BYTES;
    const isLast: bool = key === behind;
    const next: usize = isLast ? tail : <usize>load<u32>(marks) + load<u32>(key, KEY_REACH);
    const to: usize = isLast ? tail : next - load<u32>(key, KEY_LENGTH);
    store<u64>(span, <u64>value | ((<u64>to) << 32));
    span += 8;
    unusual |= kind & KIND_LONGER;
    if (load<u8>(value) === 34) {
      wrong |= u32(<i32>(to - value) < 2) | u32(load<u8>(to - 1) !== 34) | (kind & KIND_OPENS);
      specials += 2;
    } else if ((kind & KIND_OPENS) === 0) {
      unusual |= u32(!isShortWhole(value, to));
    } else {
      wrong |= u32(value !== to);
    }
    value = next;
  } while (key !== behind);
  if (wrong !== 0 || v128.any_true(differs)) return -1;
  if (unusual === 0) return specials;
  const more: i32 = fitUnusual(layout, first);
  return more < 0 ? -1 : <i32>specials + more;
}

/** Whether [at, end) is a whole number of 1 to 8 digits, the first no zero. */
function isShortWhole(at: usize, end: usize): bool {
  const length: u32 = <u32>(end - at);
  return length - 1 < 8 && load<u8>(at) !== 48 && notDigits(lastDigits(end, length)) === 0;
}

/** Special bytes in a value that is no string and no usual whole number, -1 when [at, end) is not one value. It has no marks. */
function otherSpecials(at: usize, end: usize): i32 {
  const length: i32 = <i32>(end - at);
  if (length < 1) return -1;
  if ((load<u8>(at) | 32) === 123) return skipValue(at, end, true) === end ? <i32>countSpecials(at, end) : -1;
  return isPlainNumber(at, length) || skipScalar(at, end) === end ? 0 : -1;
}

/** Whether the bytes are at most 16 digits, perhaps with a point among them: most numbers. */
function isPlainNumber(at: usize, length: i32): bool {
  if (length > 16) return false;
  const digits: v128 = i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(10));
  const others: u32 = ~(<u32>i8x16.bitmask(digits)) & ((1 << length) - 1);
  const point: i32 = others === 0 ? length : ctz<i32>(<i32>others);
  if ((others & (others - 1)) !== 0 || point === 0 || point + 1 === length) return false;
  return (others === 0 || load<u8>(at + point) === 46) && (load<u8>(at) !== 48 || point === 1);
}
