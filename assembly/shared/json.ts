// The encoded JSON decoder: what src/kernel/encode-json.ts writes and assembly/decode/decoder.ts reads. Little-endian u32 words;
// compiled by asc and imported by Bun: plain constants only.
//
//   header | fields | nodes | field numbers by node | key bytes

/** "MRJ1" */
export const JSON_MAGIC = 0x314a524d;

// Header, 32 bytes. Counts are in entries, except `key bytes`.
export const JSON_FIELD_COUNT = 4;
export const JSON_NODE_COUNT = 8;
export const JSON_BELOW_COUNT = 12;
export const JSON_KEY_BYTES = 16;
export const JSON_FLAGS = 20;
export const JSON_TIMESTAMPS = 24;
export const JSON_HEADER_BYTES = 32;

export const JSON_FULL = 1;
export const JSON_IGNORE_ERRORS = 2;
export const JSON_FAIL_ON_MISSING = 4;

export const JSON_TIME_LENIENT = 0;
export const JSON_TIME_SQL = 1;
export const JSON_TIME_ISO = 2;

// Field, 16 bytes: 0 u32 register   4 u32 JSON_* type   8 u32 precision   12 u32 scale
export const JSON_FIELD_BYTES = 16;

// Node of the tree of wanted keys, 32 bytes; node 0 is the record itself. A node's children stand together, behind it.
//   0 u32 first key byte   4 u32 key length   8 u32 first child   12 u32 children
//  16 u32 field + 1, 0 = an object on the way   20 u32 first, 24 u32 count of the field numbers at and below it
export const NODE_KEY = 0;
export const NODE_KEY_LENGTH = 4;
export const NODE_FIRST_CHILD = 8;
export const NODE_CHILDREN = 12;
export const NODE_FIELD = 16;
export const NODE_BELOW = 20;
export const NODE_BELOW_COUNT = 24;
export const NODE_BYTES = 32;

export const JSON_BOOLEAN = 1;
export const JSON_TINYINT = 2;
export const JSON_SMALLINT = 3;
export const JSON_INT = 4;
export const JSON_BIGINT = 5;
export const JSON_FLOAT = 6;
export const JSON_DOUBLE = 7;
export const JSON_DECIMAL = 8;
export const JSON_STRING = 9;
export const JSON_BYTES = 10;
export const JSON_DATE = 11;
export const JSON_TIME = 12;
export const JSON_TIMESTAMP = 13;
export const JSON_TIMESTAMP_LTZ = 14;
