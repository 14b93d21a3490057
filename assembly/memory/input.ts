// Input regions: where a source lays whole records end to end, with their partition, position and timestamp beside them.
// SLACK_BYTES are readable in front of and behind the record bytes. Growing keeps nothing; pointers move.
import {
  SOURCE_BYTES_BLOCK,
  SOURCE_ENVELOPES,
  SOURCE_ENVELOPES_BLOCK,
  SOURCE_INPUT,
  SOURCE_KEY_DECODE,
  SOURCE_KEYS_BLOCK,
  SOURCE_LINES,
  SOURCE_ROWS_BLOCK,
} from "../program/source";
import { DECODE_NONE } from "../shared/abi";
import {
  INPUT_BYTES,
  INPUT_BYTES_CAPACITY,
  INPUT_ENVELOPE_BYTES,
  INPUT_ENVELOPE_BYTES_CAPACITY,
  INPUT_ENVELOPE_OFFSETS,
  INPUT_KEY_BYTES,
  INPUT_KEY_BYTES_CAPACITY,
  INPUT_KEY_OFFSETS,
  INPUT_OFFSETS,
  INPUT_PARTITIONS,
  INPUT_POSITIONS,
  INPUT_ROWS_CAPACITY,
  INPUT_TIMESTAMPS,
  SLACK_BYTES,
} from "../shared/layout";
import { allocate, release } from "./heap";

const NO_TIMESTAMP: i64 = i64.MIN_VALUE;

/** Room for at least this many record bytes, records and, where keys or envelopes are wanted, as many bytes of them. */
export function reserveInput(source: usize, bytes: u32, rows: u32): void {
  const input: usize = source + SOURCE_INPUT;
  if (bytes > load<u32>(input, INPUT_BYTES_CAPACITY)) {
    release(load<u32>(source, SOURCE_BYTES_BLOCK));
    const block: usize = allocate(<usize>bytes + 2 * SLACK_BYTES);
    store<u32>(source, <u32>block, SOURCE_BYTES_BLOCK);
    store<u32>(input, <u32>block + SLACK_BYTES, INPUT_BYTES);
    store<u32>(input, bytes, INPUT_BYTES_CAPACITY);
    if (load<u32>(source, SOURCE_KEY_DECODE) !== DECODE_NONE) reserveKeys(source, bytes);
    if (load<u32>(source, SOURCE_ENVELOPES) !== 0) reserveEnvelopes(source, bytes);
  }
  if (rows > load<u32>(input, INPUT_ROWS_CAPACITY)) reserveRows(source, rows);
}

function reserveKeys(source: usize, bytes: u32): void {
  release(load<u32>(source, SOURCE_KEYS_BLOCK));
  const block: usize = allocate(<usize>bytes + 2 * SLACK_BYTES);
  store<u32>(source, <u32>block, SOURCE_KEYS_BLOCK);
  store<u32>(source + SOURCE_INPUT, <u32>block + SLACK_BYTES, INPUT_KEY_BYTES);
  store<u32>(source + SOURCE_INPUT, bytes, INPUT_KEY_BYTES_CAPACITY);
}

function reserveEnvelopes(source: usize, bytes: u32): void {
  release(load<u32>(source, SOURCE_ENVELOPES_BLOCK));
  const block: usize = allocate(<usize>bytes + 2 * SLACK_BYTES);
  store<u32>(source, <u32>block, SOURCE_ENVELOPES_BLOCK);
  store<u32>(source + SOURCE_INPUT, <u32>block + SLACK_BYTES, INPUT_ENVELOPE_BYTES);
  store<u32>(source + SOURCE_INPUT, bytes, INPUT_ENVELOPE_BYTES_CAPACITY);
}

/** One block for all row columns: positions, timestamps (8 bytes), offsets, key and envelope offsets, partitions (4 bytes). */
function reserveRows(source: usize, rows: u32): void {
  const input: usize = source + SOURCE_INPUT;
  release(load<u32>(source, SOURCE_ROWS_BLOCK));
  const block: usize = allocate(<usize>rows * 32 + 12 + SLACK_BYTES);
  store<u32>(source, <u32>block, SOURCE_ROWS_BLOCK);
  store<u32>(input, <u32>block, INPUT_POSITIONS);
  store<u32>(input, <u32>block + rows * 8, INPUT_TIMESTAMPS);
  store<u32>(input, <u32>block + rows * 16, INPUT_OFFSETS);
  store<u32>(input, <u32>block + rows * 20 + 4, INPUT_KEY_OFFSETS);
  store<u32>(input, <u32>block + rows * 24 + 8, INPUT_ENVELOPE_OFFSETS);
  store<u32>(input, <u32>block + rows * 28 + 12, INPUT_PARTITIONS);
  store<u32>(input, rows, INPUT_ROWS_CAPACITY);
  memory.fill(block, 0, rows * 32 + 12);
}

export function releaseInput(source: usize): void {
  release(load<u32>(source, SOURCE_BYTES_BLOCK));
  release(load<u32>(source, SOURCE_ROWS_BLOCK));
  release(load<u32>(source, SOURCE_KEYS_BLOCK));
  release(load<u32>(source, SOURCE_ENVELOPES_BLOCK));
}

/**
 * Splits bytes [0, used) at newlines into records of `partition`, whose first byte stands at `position`; at most as many
 * records as the region has room for. A line keeps its newline. `final`: a last line without newline is a record too.
 * Returns the records; `consumed` is offsets[records].
 */
export function splitLines(source: usize, used: u32, final: bool, partition: u32, position: i64): u32 {
  const input: usize = source + SOURCE_INPUT;
  const most: u32 = load<u32>(input, INPUT_ROWS_CAPACITY);
  const bytes: usize = load<u32>(input, INPUT_BYTES);
  const offsets: usize = load<u32>(input, INPUT_OFFSETS);
  store<u32>(source, 1, SOURCE_LINES);
  let rows: u32 = findLines(bytes, used, offsets, most);
  if (final && rows < most && load<u32>(offsets + (rows << 2)) < used) store<u32>(offsets + (++rows << 2), used);
  const positions: usize = load<u32>(input, INPUT_POSITIONS);
  const timestamps: usize = load<u32>(input, INPUT_TIMESTAMPS);
  const partitions: usize = load<u32>(input, INPUT_PARTITIONS);
  for (let i: u32 = 0; i < rows; i++) {
    store<i64>(positions + (i << 3), position + <i64>load<u32>(offsets + (i << 2)));
    store<i64>(timestamps + (i << 3), NO_TIMESTAMP);
    store<u32>(partitions + (i << 2), partition);
  }
  return rows;
}

/** Writes the byte after each newline to offsets[1 ...]; offsets[0] = 0. Returns the lines found. */
function findLines(bytes: usize, used: u32, offsets: usize, most: u32): u32 {
  let rows: u32 = 0;
  let i: u32 = 0;
  store<u32>(offsets, 0);
  // Lines of more than 64 bytes end at most once in a block: stored always, kept when it was there, so that no branch is to be
  // guessed. The spare cell behind the last offset takes what is not kept.
  for (; i + 64 <= used && rows + 64 <= most; i += 64) {
    const low: u64 = newlines(bytes + i) | (newlines(bytes + i + 16) << 16);
    let mask: u64 = low | (newlines(bytes + i + 32) << 32) | (newlines(bytes + i + 48) << 48);
    store<u32>(offsets + (rows << 2), i + <u32>ctz<u64>(mask) + 1, 4);
    rows += u32(mask !== 0);
    mask &= mask - 1;
    while (mask !== 0) {
      store<u32>(offsets + (++rows << 2), i + <u32>ctz<u64>(mask) + 1);
      mask &= mask - 1;
    }
  }
  for (; i < used; i += 16) {
    let mask: u32 = <u32>newlines(bytes + i);
    if (used - i < 16) mask &= (1 << (used - i)) - 1;
    while (mask !== 0) {
      if (rows === most) return rows;
      store<u32>(offsets + (++rows << 2), i + ctz<u32>(mask) + 1);
      mask &= mask - 1;
    }
  }
  return rows;
}

function newlines(at: usize): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(10))));
}
