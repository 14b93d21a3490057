// Record keys that are JSON objects: the fields that a table takes from the key, for rows whose values are already decoded. An
// absent key has NULL fields. A key, or a value in it, that does not fit poisons its lanes, so that only queries that read
// them count the row as bad; where errors are ignored they are NULL.
import { JSON_FAIL_ON_MISSING, JSON_IGNORE_ERRORS } from "../shared/json";
import { INPUT_KEY_BYTES, INPUT_KEY_OFFSETS } from "../shared/layout";
import { ERR_CAST } from "../shared/status";
import {
  bindFields,
  DECODER_FIELD_COUNT,
  DECODER_FIELDS,
  DECODER_FLAGS,
  FIELD_BYTES,
  FIELD_STATE,
  FIELD_VALIDITY,
  putNull,
  STATE_DONE,
  STATE_ERROR,
  STATE_MISSING,
} from "./decoder";
import { decodeObject } from "./object";
import { skipSpace } from "./text";
import { isUtf8 } from "./utf8";

/** Fills lanes [0, rows) from the keys of records `records`, u32 record[rows]. */
export function decodeJsonKeys(decoder: usize, input: usize, records: usize, rows: u32): void {
  bindFields(decoder);
  const bytes: usize = load<u32>(input, INPUT_KEY_BYTES);
  const offsets: usize = load<u32>(input, INPUT_KEY_OFFSETS);
  for (let lane: u32 = 0; lane < rows; lane++) {
    const offset: usize = offsets + (load<u32>(records + (lane << 2)) << 2);
    const at: usize = bytes + load<u32>(offset);
    const end: usize = bytes + load<u32>(offset, 4);
    if (at === end) setStates(decoder, lane, STATE_DONE);
    else if (!decodeKey(decoder, lane, at, end)) setStates(decoder, lane, STATE_ERROR);
    poisonLanes(decoder, lane);
  }
}

function decodeKey(decoder: usize, lane: u32, at: usize, end: usize): bool {
  at = skipSpace(at, end);
  if (at === end || load<u8>(at) !== 123 || !isUtf8(at, end)) return false;
  const next: usize = decodeObject(decoder, lane, at, end);
  return next !== 0 && skipSpace(next, end) === end;
}

function setStates(decoder: usize, lane: u32, state: u32): void {
  const count: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  for (let i: u32 = 0; i < count; i++, field += FIELD_BYTES) {
    store<u32>(field, state, FIELD_STATE);
    putNull(field, lane);
  }
}

function poisonLanes(decoder: usize, lane: u32): void {
  const flags: u32 = load<u32>(decoder, DECODER_FLAGS);
  const count: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  for (let i: u32 = 0; i < count; i++, field += FIELD_BYTES) {
    const state: u32 = load<u32>(field, FIELD_STATE);
    const missing: bool = state === STATE_MISSING && (flags & JSON_FAIL_ON_MISSING) !== 0;
    if (!missing && (state !== STATE_ERROR || (flags & JSON_IGNORE_ERRORS) !== 0)) continue;
    store<u8>(<usize>load<u32>(field, FIELD_VALIDITY) + lane, ERR_CAST);
  }
}
