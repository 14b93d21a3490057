// Byte layouts that the kernel and its host agree on. Compiled by asc and imported by Bun: plain constants only.

/** Rows a vector holds: the unit every kernel stage works on. 2048 x 8 B = 16 KiB a register, so a few stay in L1. */
export const VECTOR_ROWS = 2048;

/** Readable bytes past both ends of every input and string area, so that 16-byte loads need no end check. */
export const SLACK_BYTES = 64;

// Physical types: how a column is kept in a register.
/** u8, 0 or 1. */
export const PHYS_BOOL = 1;
/** i64: every integer type, DATE (days), TIME (ms), TIMESTAMP (us for p <= 6, else ns), intervals (ms or months). */
export const PHYS_I64 = 2;
/** f64: DOUBLE; FLOAT is rounded to f32 after every operation. */
export const PHYS_F64 = 3;
/** i128 little-endian (lo u64, hi i64): DECIMAL's unscaled value. */
export const PHYS_DEC = 4;
/** { u32 address, u32 length }: bytes in kernel memory, UTF-8 for strings. */
export const PHYS_STR = 5;

// Register descriptor, 16 bytes. Descriptors may alias: several point at the same values.
//   0 u32 values     address of VECTOR_ROWS x width
//   4 u32 validity   address of u8[VECTOR_ROWS]: 0 NULL, 1 valid, >= 2 an error code of status.ts (a poisoned lane)
//   8 u32 type       PHYS_*
//  12 u32 own        address of the register's own values (values == own unless it is an alias; validity likewise behind it)
export const REG_VALUES = 0;
export const REG_VALIDITY = 4;
export const REG_TYPE = 8;
export const REG_OWN = 12;
export const REG_BYTES = 16;

// Instruction, 32 bytes.
//   0 u16 opcode   2 u16 flags   4 u32 dst   8 u32 a   12 u32 b   16 u32 c   20 u32 d   24 i64 immediate
// dst, a, b, c, d are register numbers (d may be a count, see the opcode).
export const INS_OPCODE = 0;
export const INS_FLAGS = 2;
export const INS_DST = 4;
export const INS_A = 8;
export const INS_B = 12;
export const INS_C = 16;
export const INS_D = 20;
export const INS_IMMEDIATE = 24;
export const INS_BYTES = 32;

// Input region descriptor, one a source (see InputRegion in connectors/connector.ts).
//   0 u32 bytes        4 u32 offsets      8 u32 partitions   12 u32 positions   16 u32 timestamps
//  20 u32 keyBytes    24 u32 keyOffsets  28 u32 rows (set by ingestBegin)
//  32 u32 bytesCapacity  36 u32 rowsCapacity  40 u32 keyBytesCapacity
//  44 u32 envelopeBytes (0 where none are wanted)  48 u32 envelopeOffsets  52 u32 envelopeBytesCapacity
export const INPUT_BYTES = 0;
export const INPUT_OFFSETS = 4;
export const INPUT_PARTITIONS = 8;
export const INPUT_POSITIONS = 12;
export const INPUT_TIMESTAMPS = 16;
export const INPUT_KEY_BYTES = 20;
export const INPUT_KEY_OFFSETS = 24;
export const INPUT_ROWS = 28;
export const INPUT_BYTES_CAPACITY = 32;
export const INPUT_ROWS_CAPACITY = 36;
export const INPUT_KEY_BYTES_CAPACITY = 40;
export const INPUT_ENVELOPE_BYTES = 44;
export const INPUT_ENVELOPE_OFFSETS = 48;
export const INPUT_ENVELOPE_BYTES_CAPACITY = 52;
export const INPUT_DESCRIPTOR_BYTES = 56;

// Envelope of a record: what comes with it beside key, value, offset and time. Little-endian, unaligned.
//   0 i32 leader epoch, -1 = not known   4 i32 ENVELOPE_TIME_*   8 headers, one behind another to the envelope's end
// A header: 0 u32 bytes of its name   4 i32 bytes of its value, -1 = NULL   8 name, then value
export const ENVELOPE_EPOCH = 0;
export const ENVELOPE_TIME = 4;
export const ENVELOPE_HEADERS = 8;
export const HEADER_NAME_LENGTH = 0;
export const HEADER_VALUE_LENGTH = 4;
export const HEADER_NAME = 8;
export const ENVELOPE_TIME_NONE = 0;
export const ENVELOPE_TIME_CREATE = 1;
export const ENVELOPE_TIME_LOG_APPEND = 2;

// "No timestamp" and "no watermark yet" are the least i64 (i64.MIN_VALUE in asc, -(2n ** 63n) in the host).
