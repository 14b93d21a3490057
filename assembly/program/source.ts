// A source as the kernel keeps it: how records are decoded, its input region, its partitions and their watermarks.

import { SOURCE_COUNTERS_BYTES } from "../shared/abi";
import { INPUT_DESCRIPTOR_BYTES } from "../shared/layout";

//   0 u32 DECODE_*   4 u32 decoder handle (json) or register + 1 (raw)   8 u32 raw: check UTF-8
//  12 u32 DECODE_* of keys   16 u32 handle or register + 1   20 u32 raw: check UTF-8
export const SOURCE_DECODE = 0;
export const SOURCE_DECODER = 4;
export const SOURCE_UTF8 = 8;
export const SOURCE_KEY_DECODE = 12;
export const SOURCE_KEY_DECODER = 16;
export const SOURCE_KEY_UTF8 = 20;
//  24 u32 address of METADATA_BYTES[], 28 u32 count   32 u32 instructions, 36 u32 count
export const SOURCE_METADATA = 24;
export const SOURCE_METADATA_COUNT = 28;
export const SOURCE_COMPUTE = 32;
export const SOURCE_COMPUTE_COUNT = 36;
//  40 u32 1 = has event time   44 u32 time register   48 u32 watermark register   52 u32 NULL_TIME_*
//  56 i64 units a millisecond   64 i64 max ahead in ms, -1 = no check
export const SOURCE_HAS_TIME = 40;
export const SOURCE_TIME = 44;
export const SOURCE_WATERMARK = 48;
export const SOURCE_NULL_TIME = 52;
export const SOURCE_UNITS = 56;
export const SOURCE_MAX_AHEAD = 64;
//  72 input descriptor of shared/layout.ts
export const SOURCE_INPUT = 72;
// 128 u32 address of i64 watermark[] in time units   132 u32 partitions   136 u32 capacity   140 u32 { address, length }[] topics
export const SOURCE_PARTITIONS = SOURCE_INPUT + INPUT_DESCRIPTOR_BYTES;
export const SOURCE_PARTITION_COUNT = SOURCE_PARTITIONS + 4;
export const SOURCE_PARTITION_CAPACITY = SOURCE_PARTITIONS + 8;
export const SOURCE_TOPICS = SOURCE_PARTITIONS + 12;
// 144 u32 next record to decode   148 u32 1 = lines (a trailing newline is no part of a raw record)
export const SOURCE_NEXT = SOURCE_PARTITIONS + 16;
export const SOURCE_LINES = SOURCE_PARTITIONS + 20;
// 152 u32 allocation behind bytes, 156 behind the row columns, 160 behind keys   164 u32 address of i64 number[] in its topic
export const SOURCE_BYTES_BLOCK = SOURCE_PARTITIONS + 24;
export const SOURCE_ROWS_BLOCK = SOURCE_PARTITIONS + 28;
export const SOURCE_KEYS_BLOCK = SOURCE_PARTITIONS + 32;
export const SOURCE_NUMBERS = SOURCE_PARTITIONS + 36;
// 168 u32 1 = envelopes are wanted   172 u32 allocation behind envelopes
export const SOURCE_ENVELOPES = SOURCE_PARTITIONS + 40;
export const SOURCE_ENVELOPES_BLOCK = SOURCE_PARTITIONS + 44;
// 176 i64 processing time of the batch in hand, in ms
export const SOURCE_CLOCK = SOURCE_PARTITIONS + 48;
// 184 counters
export const SOURCE_COUNTERS = SOURCE_PARTITIONS + 56;
export const SOURCE_BYTES = SOURCE_COUNTERS + SOURCE_COUNTERS_BYTES;
