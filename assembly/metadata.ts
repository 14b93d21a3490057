// Metadata columns of a vector's rows, taken from the columns that lie beside the records in the input region.
import { validityOf, valuesOf } from "./memory/registers";
import { SOURCE_INPUT, SOURCE_METADATA, SOURCE_METADATA_COUNT, SOURCE_NUMBERS, SOURCE_TOPICS } from "./program/source";
import { METADATA_OFFSET, METADATA_PARTITION, METADATA_TIMESTAMP } from "./shared/abi";
import { INPUT_PARTITIONS, INPUT_POSITIONS, INPUT_TIMESTAMPS } from "./shared/layout";

const MICROSECONDS: i64 = 1000;
const MOST_MS: i64 = i64.MAX_VALUE / 1000;

/** `records` is u32 record[] of rows [0, rows). */
export function fillMetadata(source: usize, records: usize, rows: u32): void {
  const list: usize = load<u32>(source, SOURCE_METADATA);
  const count: u32 = load<u32>(source, SOURCE_METADATA_COUNT);
  const input: usize = source + SOURCE_INPUT;
  for (let i: u32 = 0; i < count; i++) {
    const kind: u32 = load<u32>(list + (i << 3));
    const register: u32 = load<u32>(list + (i << 3), 4);
    memory.fill(validityOf(register), 1, rows);
    if (kind === METADATA_PARTITION) fillPartitions(source, records, rows, valuesOf(register));
    else if (kind === METADATA_OFFSET)
      fillOffsets(load<u32>(input, INPUT_POSITIONS), records, rows, valuesOf(register));
    else if (kind === METADATA_TIMESTAMP) fillTimestamps(load<u32>(input, INPUT_TIMESTAMPS), records, rows, register);
    else fillTopics(source, records, rows, valuesOf(register));
  }
}

/** The number that nameTopic has given the record's partition in its topic. */
function fillPartitions(source: usize, records: usize, rows: u32, to: usize): void {
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const numbers: usize = load<u32>(source, SOURCE_NUMBERS);
  for (let i: u32 = 0; i < rows; i++) {
    store<i64>(to + (i << 3), load<i64>(numbers + (load<u32>(partitions + (load<u32>(records + (i << 2)) << 2)) << 3)));
  }
}

function fillOffsets(positions: usize, records: usize, rows: u32, to: usize): void {
  for (let i: u32 = 0; i < rows; i++)
    store<i64>(to + (i << 3), load<i64>(positions + (load<u32>(records + (i << 2)) << 3)));
}

/** Milliseconds become microseconds; what no i64 of microseconds holds is NULL, as is "no timestamp". */
function fillTimestamps(timestamps: usize, records: usize, rows: u32, register: u32): void {
  const to: usize = valuesOf(register);
  const validity: usize = validityOf(register);
  for (let i: u32 = 0; i < rows; i++) {
    const ms: i64 = load<i64>(timestamps + (load<u32>(records + (i << 2)) << 3));
    store<i64>(to + (i << 3), ms * MICROSECONDS);
    store<u8>(validity + i, u8(ms <= MOST_MS && ms >= -MOST_MS));
  }
}

/** { address, length } that nameTopic has set for the record's partition. */
function fillTopics(source: usize, records: usize, rows: u32, to: usize): void {
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const topics: usize = load<u32>(source, SOURCE_TOPICS);
  for (let i: u32 = 0; i < rows; i++) {
    store<u64>(to + (i << 3), load<u64>(topics + (load<u32>(partitions + (load<u32>(records + (i << 2)) << 2)) << 3)));
  }
}
