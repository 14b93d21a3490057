// Reads an encoded program into the structs the stages work on. What is made here is remembered and given back by
// `unloadProgram`, so that one kernel can run a self-test first and the real program after it.
import { closeJson, loadJson } from "../decode/json";
import { setRegisterFile } from "../expression/run";
import { SIDE_QUERY, sideOf } from "../join/table";
import { allocate, allocateZeroed, release } from "../memory/heap";
import {
  closeRegisters,
  defineRegister,
  openRegisters,
  physicalOf,
  validityOf,
  valuesOf,
  widthOf,
} from "../memory/registers";
import {
  ABI_VERSION,
  DECODE_JSON,
  DECODE_NONE,
  DECODE_RAW,
  METADATA_BYTES,
  METADATA_LEADER_EPOCH,
  PROGRAM_MAGIC,
  QUERY_LATE_ROWS,
  QUERY_PROJECT,
  QUERY_WINDOW,
} from "../shared/abi";
import { PHYS_STR, VECTOR_ROWS } from "../shared/layout";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { readQuery } from "./load-query";
import { QUERY_KIND, QUERY_LATE_READ, QUERY_PARENT, QUERY_READ, QUERY_SIDE_COUNT, QUERY_SOURCE } from "./query";
import {
  openReader,
  readBytes,
  readCode,
  readLong,
  readOptionalRegister,
  readRegister,
  readWord,
  requireProgram,
} from "./reader";
import {
  SOURCE_BYTES,
  SOURCE_COMPUTE,
  SOURCE_COMPUTE_COUNT,
  SOURCE_DECODE,
  SOURCE_DECODER,
  SOURCE_ENVELOPES,
  SOURCE_HAS_TIME,
  SOURCE_KEY_DECODE,
  SOURCE_MAX_AHEAD,
  SOURCE_METADATA,
  SOURCE_METADATA_COUNT,
  SOURCE_NULL_TIME,
  SOURCE_TIME,
  SOURCE_UNITS,
  SOURCE_UTF8,
  SOURCE_WATERMARK,
} from "./source";

let program: usize = 0;
let sources: usize = 0;
let sourceTotal: u32 = 0;
let queries: usize = 0;
let queryTotal: u32 = 0;

export function sourceCount(): u32 {
  return sourceTotal;
}

export function queryCount(): u32 {
  return queryTotal;
}

/** Address of a source's struct; the number must be below sourceCount(). */
export function sourceAt(index: u32): usize {
  return load<u32>(sources + (index << 2));
}

export function queryAt(index: u32): usize {
  return load<u32>(queries + (index << 2));
}

/** Takes ownership of the bytes at `address` (from allocate). Traps with STATUS_PROGRAM when they are no program. */
export function readProgram(address: usize, length: u32): void {
  program = address;
  openReader(address, length);
  requireProgram(readWord() === PROGRAM_MAGIC && readWord() === ABI_VERSION);
  readRegisters();
  readConstants();
  sourceTotal = readWord();
  sources = allocate(sourceTotal * 4 + 4);
  for (let i: u32 = 0; i < sourceTotal; i++) store<u32>(sources + (i << 2), <u32>readSource());
  queryTotal = readWord();
  queries = allocate(queryTotal * 4 + 4);
  for (let i: u32 = 0; i < queryTotal; i++) {
    const query: usize = readQuery(i);
    const source: u32 = load<u32>(query, QUERY_SOURCE);
    requireProgram(source < sourceTotal);
    store<u32>(query, <u32>sourceAt(source), QUERY_SOURCE);
    store<u32>(queries + (i << 2), <u32>query);
  }
  for (let i: u32 = 0; i < queryTotal; i++) linkParent(queryAt(i));
}

/** A query's parent is read as its number + 1. Rows that are not results are read by joins and unions alone. */
function linkParent(query: usize): void {
  const parent: u32 = load<u32>(query, QUERY_PARENT);
  const sides: u32 = load<u32>(query, QUERY_SIDE_COUNT);
  if (sides !== 0) {
    for (let i: u32 = 0; i < sides; i++) {
      const side: usize = sideOf(query, i);
      store<u32>(side, <u32>readQueryOf(query, load<u32>(side, SIDE_QUERY)), SIDE_QUERY);
    }
    store<u32>(query, load<u32>(sideOf(query, 0), SIDE_QUERY), QUERY_PARENT);
    return;
  }
  if (parent === 0) return;
  if (load<u32>(query, QUERY_KIND) === QUERY_LATE_ROWS) {
    requireProgram(parent <= queryTotal && load<u32>(queryAt(parent - 1), QUERY_KIND) === QUERY_WINDOW);
    store<u32>(queryAt(parent - 1), 1, QUERY_LATE_READ);
    store<u32>(query, <u32>queryAt(parent - 1), QUERY_PARENT);
    return;
  }
  const read: usize = readQueryOf(query, parent);
  requireProgram(load<u32>(read, QUERY_KIND) !== QUERY_PROJECT);
  store<u32>(query, <u32>read, QUERY_PARENT);
}

/** The query with this number + 1, which another reads from now on. */
function readQueryOf(query: usize, number: u32): usize {
  requireProgram(number !== 0 && number <= queryTotal);
  const read: usize = queryAt(number - 1);
  requireProgram(read !== query);
  store<u32>(read, 1, QUERY_READ);
  return read;
}

/** Frees what readProgram made; sources and queries must have been closed before. */
export function closeProgram(): void {
  if (program === 0) return;
  for (let i: u32 = 0; i < sourceTotal; i++) {
    closeDecoder(sourceAt(i) + SOURCE_DECODE);
    closeDecoder(sourceAt(i) + SOURCE_KEY_DECODE);
    release(sourceAt(i));
  }
  for (let i: u32 = 0; i < queryTotal; i++) release(queryAt(i));
  release(sources);
  release(queries);
  closeRegisters();
  release(program);
  program = 0;
  sourceTotal = 0;
  queryTotal = 0;
}

function readRegisters(): void {
  const count: u32 = readWord();
  const file: usize = openRegisters(count);
  for (let i: u32 = 0; i < count; i++) defineRegister(i, readWord());
  setRegisterFile(file);
}

function readConstants(): void {
  const count: u32 = readWord();
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = readRegister();
    const present: u32 = readWord();
    const length: u32 = readWord();
    fillConstant(register, present, readBytes(length), length);
  }
}

function fillConstant(register: u32, present: u32, bytes: usize, length: u32): void {
  const values: usize = valuesOf(register);
  const physical: u32 = physicalOf(register);
  const width: u32 = widthOf(physical);
  memory.fill(validityOf(register), present !== 0 ? <u8>LANE_VALID : <u8>LANE_NULL, VECTOR_ROWS);
  if (physical !== PHYS_STR) requireProgram(length === width || present === 0);
  for (let i: u32 = 0; i < <u32>VECTOR_ROWS; i++) {
    const at: usize = values + i * width;
    if (physical === PHYS_STR) {
      store<u32>(at, <u32>bytes);
      store<u32>(at, length, 4);
    } else if (present !== 0) {
      memory.copy(at, bytes, width);
    }
  }
}

function readSource(): usize {
  const at: usize = allocateZeroed(SOURCE_BYTES);
  readDecoder(at + SOURCE_DECODE);
  readDecoder(at + SOURCE_KEY_DECODE);
  const metadata: u32 = readWord();
  store<u32>(at, metadata, SOURCE_METADATA_COUNT);
  const list: usize = readBytes(metadata * METADATA_BYTES);
  store<u32>(at, <u32>list, SOURCE_METADATA);
  for (let i: u32 = 0; i < metadata; i++) {
    if (load<u32>(list + i * METADATA_BYTES) >= <u32>METADATA_LEADER_EPOCH) store<u32>(at, 1, SOURCE_ENVELOPES);
  }
  readCode(at + SOURCE_COMPUTE, at + SOURCE_COMPUTE_COUNT);
  store<u32>(at, readWord(), SOURCE_HAS_TIME);
  store<u32>(at, readRegister(), SOURCE_TIME);
  store<u32>(at, readRegister(), SOURCE_WATERMARK);
  store<u32>(at, readWord(), SOURCE_NULL_TIME);
  store<i64>(at, readLong(), SOURCE_UNITS);
  store<i64>(at, readLong(), SOURCE_MAX_AHEAD);
  return at;
}

/** Fills three words: kind, handle or register + 1, UTF-8 flag. */
function readDecoder(at: usize): void {
  const kind: u32 = readWord();
  store<u32>(at, kind, SOURCE_DECODE);
  if (kind === DECODE_NONE) return;
  if (kind === DECODE_RAW) {
    store<u32>(at, readOptionalRegister(), SOURCE_DECODER);
    store<u32>(at, readWord(), SOURCE_UTF8);
    return;
  }
  requireProgram(kind === DECODE_JSON);
  const length: u32 = readWord();
  const decoder: usize = loadJson(readBytes(length), <i32>length);
  requireProgram(decoder !== 0);
  store<u32>(at, <u32>decoder, SOURCE_DECODER);
}

/** Takes back what readDecoder made. */
function closeDecoder(at: usize): void {
  if (load<u32>(at, SOURCE_DECODE) === DECODE_JSON) closeJson(load<u32>(at, SOURCE_DECODER));
}
