// Metadata columns of a vector's rows, taken from the columns that lie beside the records in the input region, and from the
// records' envelopes (shared/layout.ts). Of headers that share a name the last one counts, as in Flink's MAP.
import { validityOf, valuesOf } from "./memory/registers";
import {
  SOURCE_CLOCK,
  SOURCE_INPUT,
  SOURCE_METADATA,
  SOURCE_METADATA_COUNT,
  SOURCE_NUMBERS,
  SOURCE_TOPICS,
} from "./program/source";
import {
  METADATA_BYTES,
  METADATA_CLOCK,
  METADATA_LEADER_EPOCH,
  METADATA_OFFSET,
  METADATA_PARTITION,
  METADATA_TIMESTAMP,
  METADATA_TIMESTAMP_TYPE,
  METADATA_TOPIC,
} from "./shared/abi";
import {
  ENVELOPE_EPOCH,
  ENVELOPE_HEADERS,
  ENVELOPE_TIME,
  ENVELOPE_TIME_CREATE,
  ENVELOPE_TIME_LOG_APPEND,
  HEADER_NAME,
  HEADER_NAME_LENGTH,
  HEADER_VALUE_LENGTH,
  INPUT_ENVELOPE_BYTES,
  INPUT_ENVELOPE_OFFSETS,
  INPUT_PARTITIONS,
  INPUT_POSITIONS,
  INPUT_TIMESTAMPS,
} from "./shared/layout";

const MICROSECONDS: i64 = 1000;
const MOST_MS: i64 = i64.MAX_VALUE / 1000;

/** The names of Kafka's TimestampType, 16 bytes each: NoTimestampType, CreateTime, LogAppendTime. */
const TIME_TYPES: usize = memory.data<u8>([
  78, 111, 84, 105, 109, 101, 115, 116, 97, 109, 112, 84, 121, 112, 101, 0, 67, 114, 101, 97, 116, 101, 84, 105, 109,
  101, 0, 0, 0, 0, 0, 0, 76, 111, 103, 65, 112, 112, 101, 110, 100, 84, 105, 109, 101, 0, 0, 0,
]);

/** `records` is u32 record[] of rows [0, rows). */
export function fillMetadata(source: usize, records: usize, rows: u32): void {
  const list: usize = load<u32>(source, SOURCE_METADATA);
  const count: u32 = load<u32>(source, SOURCE_METADATA_COUNT);
  const input: usize = source + SOURCE_INPUT;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = list + i * METADATA_BYTES;
    const kind: u32 = load<u32>(at);
    const register: u32 = load<u32>(at, 4);
    memory.fill(validityOf(register), 1, rows);
    if (kind === METADATA_PARTITION) fillPartitions(source, records, rows, valuesOf(register));
    else if (kind === METADATA_OFFSET)
      fillOffsets(load<u32>(input, INPUT_POSITIONS), records, rows, valuesOf(register));
    else if (kind === METADATA_TIMESTAMP) fillTimestamps(load<u32>(input, INPUT_TIMESTAMPS), records, rows, register);
    else if (kind === METADATA_CLOCK) fillClock(source, rows, valuesOf(register));
    else if (kind === METADATA_TOPIC) fillTopics(source, records, rows, valuesOf(register));
    else if (kind === METADATA_LEADER_EPOCH) fillLeaderEpochs(input, records, rows, register);
    else if (kind === METADATA_TIMESTAMP_TYPE) fillTimestampTypes(input, records, rows, valuesOf(register));
    else fillHeaders(input, records, rows, at);
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

function fillClock(source: usize, rows: u32, to: usize): void {
  const now: i64 = load<i64>(source, SOURCE_CLOCK) * MICROSECONDS;
  for (let i: u32 = 0; i < rows; i++) store<i64>(to + (i << 3), now);
}

/** { address, length } that nameTopic has set for the record's partition. */
function fillTopics(source: usize, records: usize, rows: u32, to: usize): void {
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const topics: usize = load<u32>(source, SOURCE_TOPICS);
  for (let i: u32 = 0; i < rows; i++) {
    store<u64>(to + (i << 3), load<u64>(topics + (load<u32>(partitions + (load<u32>(records + (i << 2)) << 2)) << 3)));
  }
}

/** The envelope of row `i`. */
function envelopeOf(input: usize, records: usize, i: u32): usize {
  const offsets: usize = load<u32>(input, INPUT_ENVELOPE_OFFSETS);
  return <usize>load<u32>(input, INPUT_ENVELOPE_BYTES) + load<u32>(offsets + (load<u32>(records + (i << 2)) << 2));
}

function fillLeaderEpochs(input: usize, records: usize, rows: u32, register: u32): void {
  const to: usize = valuesOf(register);
  const validity: usize = validityOf(register);
  for (let i: u32 = 0; i < rows; i++) {
    const epoch: i32 = load<i32>(envelopeOf(input, records, i), ENVELOPE_EPOCH);
    store<i64>(to + (i << 3), epoch);
    store<u8>(validity + i, u8(epoch >= 0));
  }
}

function fillTimestampTypes(input: usize, records: usize, rows: u32, to: usize): void {
  for (let i: u32 = 0; i < rows; i++) {
    const type: i32 = load<i32>(envelopeOf(input, records, i), ENVELOPE_TIME);
    const isCreate: bool = type === ENVELOPE_TIME_CREATE;
    const isAppend: bool = type === ENVELOPE_TIME_LOG_APPEND;
    store<u32>(to + (i << 3), <u32>TIME_TYPES + (isCreate ? 16 : isAppend ? 32 : 0));
    store<u32>(to + (i << 3), isCreate ? 10 : isAppend ? 13 : 15, 4);
  }
}

/** `column` is the program's entry. A header that is not there is NULL, as is one without a value. */
function fillHeaders(input: usize, records: usize, rows: u32, column: usize): void {
  const register: u32 = load<u32>(column, 4);
  const name: usize = valuesOf(load<u32>(column, 8));
  const to: usize = valuesOf(register);
  const validity: usize = validityOf(register);
  const offsets: usize = load<u32>(input, INPUT_ENVELOPE_OFFSETS);
  const bytes: usize = load<u32>(input, INPUT_ENVELOPE_BYTES);
  for (let i: u32 = 0; i < rows; i++) {
    const end: usize = bytes + load<u32>(offsets + (load<u32>(records + (i << 2)) << 2), 4);
    const header: usize = findHeader(envelopeOf(input, records, i) + ENVELOPE_HEADERS, end, name);
    const length: i32 = header === 0 ? -1 : load<i32>(header, HEADER_VALUE_LENGTH);
    store<u8>(validity + i, u8(length >= 0));
    store<u32>(to + (i << 3), length < 0 ? 0 : <u32>header + HEADER_NAME + load<u32>(header, HEADER_NAME_LENGTH));
    store<u32>(to + (i << 3), <u32>max<i32>(length, 0), 4);
  }
}

/** The last header of the name between `at` and `end`, 0 = none. */
function findHeader(at: usize, end: usize, name: usize): usize {
  const wanted: u32 = load<u32>(name, 4);
  let found: usize = 0;
  while (at < end) {
    const length: u32 = load<u32>(at, HEADER_NAME_LENGTH);
    const same: bool = length === wanted && memory.compare(at + HEADER_NAME, load<u32>(name), wanted) === 0;
    if (same) found = at;
    at += HEADER_NAME + length + <u32>max<i32>(load<i32>(at, HEADER_VALUE_LENGTH), 0);
  }
  return found;
}
