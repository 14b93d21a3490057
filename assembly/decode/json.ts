// The JSON decoder: records of an input region become lanes of the fields' registers, a vector at a time.
import { INPUT_BYTES, INPUT_OFFSETS, INPUT_ROWS, VECTOR_ROWS } from "../shared/layout";
import { beginChunks, decodeChunk, filledLanes, releaseLayouts } from "./chunk";
import { bindFields, DECODER_PENDING, openDecoder, releaseDecoder } from "./decoder";
import { beginRecord, ROW_RECORD, resumeArray } from "./record";

let next: u32 = 0;

/** A decoder from what src/kernel/encode-json.ts made; 0 = refused. The bytes must stay where they are while it lives. */
export function loadJson(encoded: usize, length: i32): usize {
  return openDecoder(encoded, <u32>length);
}

/** Frees a decoder. */
export function closeJson(decoder: usize): void {
  releaseLayouts(decoder);
  releaseDecoder(decoder);
}

/** What to pass as `first` to go on: the record that the last call did not finish. */
export function decodeNext(): i32 {
  return <i32>next;
}

/** u32 record[] of the rows that the last call made. */
export function rowRecord(): usize {
  return ROW_RECORD;
}

/**
 * Fills lanes [0, n) of all fields with the rows of records `first`, first + 1, ... of the region at `input`; returns n. Stops at
 * VECTOR_ROWS rows or the region's end. Records that give no row are reported. Strings are views of the region or of scratch
 * memory.
 */
export function decodeJson(decoder: usize, input: usize, first: i32): i32 {
  bindFields(decoder);
  const bytes: usize = load<u32>(input, INPUT_BYTES);
  const offsets: usize = load<u32>(input, INPUT_OFFSETS);
  const total: u32 = load<u32>(input, INPUT_ROWS);
  let record: u32 = <u32>first;
  let lane: u32 = 0;
  if (load<u32>(decoder, DECODER_PENDING) === record + 1) {
    beginRecord(record, bytes + load<u32>(offsets + (record << 2)));
    lane = resumeArray(decoder, lane);
    record++;
  }
  store<u32>(decoder, load<u32>(decoder, DECODER_PENDING) === record ? record : 0, DECODER_PENDING);
  beginChunks(bytes, offsets, lane);
  while (record < total && filledLanes() < <u32>VECTOR_ROWS) record = decodeChunk(decoder, record, total);
  next = load<u32>(decoder, DECODER_PENDING) !== 0 ? record - 1 : record;
  return <i32>filledLanes();
}
