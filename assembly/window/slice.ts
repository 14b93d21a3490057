// A slice holds the state of rows between two edges of windows (share.ts): its table, rows and arena. 64 bytes.
//   0 i64 key: start in time units + windows that its rows have missed
//   8 u32 chunks of the table   12 u32 their number - 1   16 u32 groups   20 u32 groups to grow at
//  24 u32 first row block   28 u32 current row block   32 u32 next row   36 u32 its block's end
//  40 u32 arena block   44 u32 arena cursor   48 u32 arena limit   52 u32 next of the slices that were left
//  56 u32 its changed groups (changes/track.ts), 0 = none   60 u32 what has its rows beside it (suffixes.ts), 0 = nothing
export const SLICE_KEY = 0;
export const SLICE_CHUNKS = 8;
export const SLICE_MASK = 12;
export const SLICE_GROUPS = 16;
export const SLICE_GROW_AT = 20;
export const SLICE_FIRST = 24;
export const SLICE_BLOCK = 28;
export const SLICE_CURSOR = 32;
export const SLICE_LIMIT = 36;
export const SLICE_ARENA = 40;
export const SLICE_LEFT = 52;
export const SLICE_CHANGED = 56;
export const SLICE_GATHERED = 60;
export const SLICE_BYTES = 64;
