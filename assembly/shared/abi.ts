// What the kernel's exports and its host agree on beyond registers and inputs: the control block, status codes, the codes
// of the encoded program. Compiled by asc and imported by Bun: plain constants only.

/** Counts up when an export or a layout below changes its meaning. */
export const ABI_VERSION = 1;

/** Least i64 stands for "no watermark yet"; times are milliseconds unless said otherwise. */
// Control block, at a fixed address below static data: 64-bit scalars cross here, since arguments are i32 only.
export const CONTROL = 1024;
/** i64: argument or result of the call that names it. */
export const CONTROL_A = 0;
export const CONTROL_B = 8;
/** u32 STATUS_* of the call that failed; stays set when the kernel trapped. */
export const CONTROL_STATUS = 16;
/** Details of an error: query index, column or aggregate index, ERR_* of status.ts. */
export const CONTROL_QUERY = 20;
export const CONTROL_ITEM = 24;
export const CONTROL_ERROR = 28;
/** i64 start of the window concerned, in ms. */
export const CONTROL_WINDOW = 32;

export const STATUS_OK = 0;
/** The memory limit is reached. Returned before a vector is touched where it can be foreseen; else the kernel has trapped. */
export const STATUS_OUT_OF_MEMORY = 1;
/** The encoded program is not one this kernel reads: our bug. */
export const STATUS_PROGRAM = 2;
/** A result cannot be represented (overflow of SUM, a poisoned output of emission); CONTROL_ITEM is the output column. */
export const STATUS_RESULT = 3;

/** First word of an encoded program, "MRK1". */
export const PROGRAM_MAGIC = 0x314b524d;

// Data types of keys, arguments and outputs: code | precision << 8 | scale << 16.
export const TYPE_BOOLEAN = 1;
export const TYPE_TINYINT = 2;
export const TYPE_SMALLINT = 3;
export const TYPE_INT = 4;
export const TYPE_BIGINT = 5;
export const TYPE_FLOAT = 6;
export const TYPE_DOUBLE = 7;
export const TYPE_DECIMAL = 8;
/** STRING, CHAR, VARCHAR and BYTES. */
export const TYPE_STRING = 9;
export const TYPE_DATE = 10;
export const TYPE_TIME = 11;
export const TYPE_TIMESTAMP = 12;
export const TYPE_INTERVAL_DAY = 13;
export const TYPE_INTERVAL_MONTH = 14;

export const DECODE_NONE = 0;
export const DECODE_JSON = 1;
export const DECODE_RAW = 2;

export const METADATA_PARTITION = 1;
export const METADATA_OFFSET = 2;
export const METADATA_TIMESTAMP = 3;
export const METADATA_TOPIC = 4;
/** Processing time, as ingestBegin is told it. */
export const METADATA_CLOCK = 5;
/** From here on: read from the record's envelope. */
export const METADATA_LEADER_EPOCH = 6;
export const METADATA_TIMESTAMP_TYPE = 7;
export const METADATA_HEADER = 8;
/** { u32 kind, u32 register, u32 register of a header's name, else 0 } */
export const METADATA_BYTES = 12;

export const NULL_TIME_BAD = 0;
export const NULL_TIME_DROP = 1;
export const NULL_TIME_SKIP_WATERMARK = 2;

export const QUERY_PROJECT = 1;
export const QUERY_WINDOW = 2;
export const QUERY_OVER = 3;
/** Aggregation without a window: its result is a changelog. */
export const QUERY_GROUP = 4;
/** Rows wait for the watermark and leave in order of their time. */
export const QUERY_SORTED_ROWS = 5;
/** The best rows a group, without a window: its result is a changelog. */
export const QUERY_RANKED_ROWS = 7;
/** The rows that a window query, its parent, refuses as late. */
export const QUERY_LATE_ROWS = 8;
/** Rows wait for those behind them in their partition. */
export const QUERY_LEADING = 9;
/** Flag of it: rows of one time come together. */
export const SORT_PEERS = 1;
/** Rows of two other queries. */
export const QUERY_JOIN = 6;
/** Of a join: rows are kept for good, or are those of windows that close together, or meet where their times are close. */
export const JOIN_ROWS = 0;
export const JOIN_WINDOWS = 1;
export const JOIN_INTERVAL = 2;
/** What leaves of a join of windows: pairs, or left rows that meet some, that meet none, that are known to meet none. */
export const JOIN_PAIRS = 0;
export const JOIN_SEMI = 1;
export const JOIN_ANTI = 2;
export const JOIN_NOT_IN = 3;

export const WINDOW_TUMBLING = 1;
export const WINDOW_HOPPING = 2;
export const WINDOW_CUMULATING = 3;
/** The size is the gap. */
export const WINDOW_SESSION = 4;
/** Which number a row of the best rows has. */
export const RANK_NUMBER = 0;
export const RANK_GAPS = 1;
export const RANK_DENSE = 2;
/** Flag: rows are results of windows of this shape, and fall into the window they came from. */
export const WINDOW_OF_RESULTS = 8;

export const AGGREGATE_COUNT = 1;
export const AGGREGATE_SUM = 2;
export const AGGREGATE_AVG = 3;
export const AGGREGATE_MIN = 4;
export const AGGREGATE_MAX = 5;
export const AGGREGATE_STDDEV_POP = 6;
export const AGGREGATE_STDDEV_SAMP = 7;
export const AGGREGATE_VAR_POP = 8;
export const AGGREGATE_VAR_SAMP = 9;
export const AGGREGATE_APPROX_COUNT_DISTINCT = 10;
/** The sketch itself, as bytes in DataSketches' compact HLL_8 image. */
export const AGGREGATE_HLL_SKETCH = 11;
export const AGGREGATE_FIRST_VALUE = 12;
export const AGGREGATE_LAST_VALUE = 13;
/** Its parameter is the constant register of what stands between. */
export const AGGREGATE_LISTAGG = 14;
/** Its parameter is the quantile in 1e-9. */
export const AGGREGATE_APPROX_PERCENTILE = 15;
/** Of images that OP_STR_SKETCH has let pass. */
export const AGGREGATE_HLL_UNION = 16;
/** COUNT(DISTINCT) that turns into a sketch: n, or -1 - n from a sketch. Its parameter is lgK | most exact values << 8. */
export const AGGREGATE_COUNT_AUTO = 17;

// Source counters, i64 each.
export const SOURCE_RECORDS = 0;
export const SOURCE_ROWS = 8;
export const SOURCE_SKIPPED = 16;
export const SOURCE_BAD = 24;
export const SOURCE_AHEAD = 32;
/** Elements of arrays, beside one a record. */
export const SOURCE_ELEMENTS = 40;
/** Nanoseconds that decoding took, and what comes before the queries. */
export const SOURCE_BUSY = 48;
export const SOURCE_COUNTERS_BYTES = 56;

// Query counters, i64 each.
export const COUNT_ROWS = 0;
export const COUNT_COUNTED = 8;
export const COUNT_LATE = 16;
export const COUNT_FILTERED = 24;
export const COUNT_BAD = 32;
export const COUNT_GROUPS = 40;
export const COUNT_WINDOWS = 48;
export const COUNT_EMITTED = 56;
export const COUNT_STATE_BYTES = 64;
/** Windows that had closed before a row came which others of its windows still took. */
export const COUNT_MISSED = 72;
/** Nanoseconds that the query itself has worked, without those that read it (measure.ts). */
export const COUNT_BUSY = 80;
/** The most COUNT_STATE_BYTES has been. */
export const COUNT_PEAK_BYTES = 88;
export const COUNTERS_BYTES = 96;

// Kinds of change, u8 a row: a new row, the old and the new state of one that changes, and one that is gone.
export const OP_INSERT = 0;
export const OP_UPDATE_BEFORE = 1;
export const OP_UPDATE_AFTER = 2;
export const OP_DELETE = 3;

// Output batch: u32 rows, u32 address of OP_* a row (0 = all are inserts), then one descriptor a column.
//   0 u32 validity (0 = no NULL)   4 u32 offsets (0 = fixed width)   8 u32 values   12 u32 bytes in values
export const OUTPUT_ROWS = 0;
export const OUTPUT_OPS = 4;
export const OUTPUT_COLUMNS = 16;
export const COLUMN_VALIDITY = 0;
export const COLUMN_OFFSETS = 4;
export const COLUMN_VALUES = 8;
export const COLUMN_VALUES_BYTES = 12;
export const COLUMN_BYTES = 16;

// Bad row, 20 bytes. Context says what `field` counts: 0 a column of the value, 1 of the key, 2 the event time,
// BAD_CONTEXT_QUERY + q: an item of query q (keys, then aggregates; or outputs), -1 its filter.
export const BAD_RECORD = 0;
export const BAD_REASON = 4;
export const BAD_COLUMN = 8;
export const BAD_AT = 12;
export const BAD_CONTEXT = 16;
export const BAD_BYTES = 20;
export const BAD_CONTEXT_VALUE = 0;
export const BAD_CONTEXT_KEY = 1;
export const BAD_CONTEXT_TIME = 2;
export const BAD_CONTEXT_QUERY = 16;
