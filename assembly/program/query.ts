// A query as the kernel keeps it: registers in and out, and for window aggregates keys, aggregates, row layout and slices.
import { COUNTERS_BYTES } from "../shared/abi";

//   0 u32 QUERY_*   4 u32 source struct, also of a query over another   8 u32 { u32 from, u32 to }[], 12 u32 count
export const QUERY_KIND = 0;
export const QUERY_SOURCE = 4;
export const QUERY_INPUTS = 8;
export const QUERY_INPUT_COUNT = 12;
//  16 u32 filter register + 1   20 u32 instructions, 24 u32 count
export const QUERY_FILTER = 16;
export const QUERY_FILTER_CODE = 20;
export const QUERY_FILTER_COUNT = 24;
//  28 u32 instructions, 32 u32 count
export const QUERY_COMPUTE = 28;
export const QUERY_COMPUTE_COUNT = 32;
//  36 u32 outputs (see output.ts), 40 u32 count, 44 u32 output batch (shared/abi.ts)
export const QUERY_OUTPUTS = 36;
export const QUERY_OUTPUT_COUNT = 40;
export const QUERY_BATCH = 44;
//  48 u32 { u32 register, i32 item }[] whose poison makes a bad row, 52 u32 count   56 u32 own index   60 u32 1 = dropped
export const QUERY_CHECKS = 48;
export const QUERY_CHECK_COUNT = 52;
export const QUERY_INDEX = 56;
export const QUERY_DROPPED = 60;
//  64 i64 window size, 72 i64 offset, both in time units   80 i64 units a ms   88 u32 time register (of the source)
// 148 u32 WINDOW_*   184 i64 from one window's end to the next   192 i64 slice size (window/share.ts)
export const QUERY_SIZE = 64;
export const QUERY_OFFSET = 72;
export const QUERY_UNITS = 80;
export const QUERY_TIME = 88;
export const QUERY_SHAPE = 148;
export const QUERY_STEP = 184;
export const QUERY_SLICE = 192;
//  92 u32 keys (KEY_*), 96 u32 count   100 u32 aggregates (AGG_*), 104 u32 count
export const QUERY_KEYS = 92;
export const QUERY_KEY_COUNT = 96;
export const QUERY_AGGREGATES = 100;
export const QUERY_AGGREGATE_COUNT = 104;
// 108, 112, 116 u32 register + 1 of window start, end, time   120 u32 key registers[]   124 instructions, 128 count
// 132 u32 having register + 1
export const QUERY_START_REGISTER = 108;
export const QUERY_END_REGISTER = 112;
export const QUERY_TIME_REGISTER = 116;
export const QUERY_EMIT_KEYS = 120;
export const QUERY_EMIT = 124;
export const QUERY_EMIT_COUNT = 128;
export const QUERY_HAVING = 132;
// 136 u32 bytes of a state row   140 u32 template row   144 u32 row that nobody reads
export const QUERY_ROW_BYTES = 136;
export const QUERY_TEMPLATE = 140;
export const QUERY_SINK_ROW = 144;
// 152 u32 slices, by key (window/slices.ts), 156 u32 end, 160 u32 capacity, 164 u32 first of them
// 168 i64 watermark in ms up to which windows are closed   200 i64 end of the last window that was opened for emission
export const QUERY_SLICES = 152;
export const QUERY_SLICE_COUNT = 156;
export const QUERY_SLICE_CAPACITY = 160;
export const QUERY_SLICE_FIRST = 164;
export const QUERY_ADVANCED = 168;
export const QUERY_EMITTED = 200;
// 176 u32 sorted rows of the window in hand (table/sort.ts), 180 u32 next of them   208 u32 its slice, 0 = no window in hand
// 212 u32 1 = the slice is free once its rows have left   216 i64 its start   224 slices whose rows are in the batch in hand
export const QUERY_SORTED = 176;
export const QUERY_SORTED_NEXT = 180;
export const QUERY_OPENED = 208;
export const QUERY_OPENED_OWN = 212;
export const QUERY_OPENED_START = 216;
export const QUERY_LEFT = 224;
// 228 u32 the query whose result this one reads, 0 = it reads the source   232 u32 1 = other queries read this one's result
// 236 u32 OVER: rows before the current one in its frame   240 u32 slice of its partitions   244 u32 slot of a partition's frame
// in its row   208 u32 slice of the frames' states (over/frame.ts)
// 248 i64 a slice starts at a multiple of QUERY_SLICE from here
export const QUERY_PARENT = 228;
export const QUERY_READ = 232;
export const QUERY_PRECEDING = 236;
export const QUERY_PARTITIONS = 240;
export const QUERY_FRAME = 244;
export const QUERY_SLICE_OFFSET = 248;
// 256 u32 program of the best rows a group, 0 = none (top/top.ts), its slot in the row as OVER's   260 u32 next entry to emit
export const QUERY_TOP = 256;
export const QUERY_TOP_NEXT = 260;
// 264 u32 OP_* of each row the query gives, 0 = they are all inserts   268 u32 1 = windows that are open may give changes, too
// 272 u32 1 = rows come with the parent's ops   276 u32 1 = a changed row leaves twice, as it was before and as it is
export const QUERY_OPS = 264;
export const QUERY_DUE = 268;
export const QUERY_RETRACTED = 272;
export const QUERY_BOTH = 276;
// 280 u32 OVER: rows, from the current one back, that its frame leaves out   284 u32 rank of the entry emitted last
export const QUERY_UNTIL = 280;
export const QUERY_TOP_RANKED = 284;
// 288 i64 allowed lateness in time units: how long a closed window still takes rows
export const QUERY_ALLOWED = 288;
// 296 u32 OVER: 1 = its frame is by time, QUERY_SIZE back   300 u32 program of a sort (sort/sort.ts)
export const QUERY_RANGE = 296;
export const QUERY_SORT = 300;
// 304 u32 the sides of a join (join/table.ts)   308 u32 JOIN_*   312, 316 u32 first and last entry that came and has
// not met the other side   320, 324 u32 where its emission stands: left entry, and right entry or number of mates
export const QUERY_SIDES = 304;
export const QUERY_WINDOWED = 308;
export const QUERY_JOIN_FIRST = 312;
export const QUERY_JOIN_LAST = 316;
export const QUERY_JOIN_LEFT = 320;
export const QUERY_JOIN_MATE = 324;
// 328 u32 changed groups of the best rows (ranked/groups.ts)
export const QUERY_RANKED = 328;
// 336 i64 how far behind its own partition's watermark a row is not late yet: the allowed lateness, or without end where the
// watermark of the table judges (QUERY_ADVANCED)
export const QUERY_LENIENCE = 336;
// 344 u32 1 = other queries read the rows that this one refuses as late   348 registers of such a query (late-rows.ts), each its number
// + 1, 0 = not wanted: start and end of the window, watermark, ms behind
export const QUERY_LATE_READ = 344;
export const QUERY_LATE = 348;
export const LATE_START = 0;
export const LATE_END = 4;
export const LATE_MARK = 8;
export const LATE_BEHIND = 12;
// 368 u32 program of LEAD (lead/lead.ts)
export const QUERY_LEAD = 368;
// 376 u32 sessions that are open   380 u32 rows that have held one since the table was made   384 u32 files of sessions by their
// end (session/close.ts), 388 u32 count, 392 u32 room   396 u32 the first emitted one that is not over yet
export const QUERY_SESSIONS = 376;
export const QUERY_SESSIONS_DEAD = 380;
export const QUERY_FILES = 384;
export const QUERY_FILE_COUNT = 388;
export const QUERY_FILE_ROOM = 392;
export const QUERY_SESSION_LEFT = 396;
// 400 u32 rows of sessions that wait for their place in the sequence (session/sequence.ts)
export const QUERY_SESSION_QUEUE = 400;
// 404 u32 ORDER_* (aggregate/order.ts)
export const QUERY_ORDER = 404;
// 408 u32 sides in QUERY_SIDES: two of a join, or those of which this query reads all rows (run-query.ts)
export const QUERY_SIDE_COUNT = 408;
// 412 u32 program of a join by time (join/interval.ts)
export const QUERY_INTERVAL = 412;
// 416 u32 JOIN_PAIRS … of a join of windows   420 u32 what its right side has in the window in hand (join/windows.ts)
export const QUERY_JOIN_TYPE = 416;
export const QUERY_JOIN_SEEN = 420;
// 424 i64 slices before it are suffixes   432 u32 sum of the slices from there on, 0 = none (window/suffixes.ts)
export const QUERY_FRONT_END = 424;
export const QUERY_BACK = 432;
// 440 counters
export const QUERY_COUNTERS = 440;
export const QUERY_BYTES = QUERY_COUNTERS + COUNTERS_BYTES;

// Key: 0 u32 register   4 u32 type   8 u32 1 = last key
export const KEY_REGISTER = 0;
export const KEY_TYPE = 4;
export const KEY_LAST = 8;
export const KEY_BYTES = 16;

// Aggregate, 80 bytes.
//   0 u32 AGGREGATE_*   4 u32 argument register + 1   8 u32 argument type   12 u32 1 = distinct   16 u32 filter register + 1
//  20 u32 result register   24 u32 result type   28 u32 lgK   32 u32 STATE_* (aggregate/state.ts)   36 u32 slot in the row
//  40 u32 offset of the presence word in the row, 44 u32 its bit (0 = presence follows from a count)
//  48 u32 slot of the distinct set, 0 = none   52, 56 u32 slots of MIN and MAX that a SUM updates too, 0 = none
//  60 u32 1 = a SUM of the same argument does the work   64 u32 values that a group counts exactly (aggregate/auto.ts)
//  68 u32 aggregate whose distinct set this one shares, 0 = none, 72 u32 its bit there (aggregate/shared-distinct.ts)
export const AGG_FUNCTION = 0;
export const AGG_ARGUMENT = 4;
export const AGG_TYPE = 8;
export const AGG_DISTINCT = 12;
export const AGG_FILTER = 16;
export const AGG_RESULT = 20;
export const AGG_RESULT_TYPE = 24;
export const AGG_LGK = 28;
export const AGG_STATE = 32;
export const AGG_SLOT = 36;
export const AGG_PRESENT = 40;
export const AGG_BIT = 44;
export const AGG_SET = 48;
export const AGG_LEAST = 52;
export const AGG_GREATEST = 56;
export const AGG_FUSED = 60;
export const AGG_LIMIT = 64;
export const AGG_SHARED = 68;
export const AGG_SHARE_BIT = 72;
export const AGG_BYTES = 80;
