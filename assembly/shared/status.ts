// Codes shared by the kernel and its host. A validity byte of 2 or more is one of the ERR_ codes: the lane is poisoned.

export const LANE_NULL = 0;
export const LANE_VALID = 1;
export const ERR_OVERFLOW = 2;
export const ERR_DIVISION_BY_ZERO = 3;
export const ERR_CAST = 4;
export const ERR_ARGUMENT = 5;

// Why a record gave no row. Below BAD_FIRST: skipped and counted; from BAD_FIRST on: a bad row.
export const RECORD_OK = 0;
export const SKIP_EMPTY = 1;
export const SKIP_NOT_OBJECT = 2;
export const BAD_FIRST = 16;
export const BAD_JSON = 16;
export const BAD_UTF8 = 17;
export const BAD_NOT_OBJECT = 18;
export const BAD_FIELD = 19;
export const BAD_MISSING_FIELD = 20;
export const BAD_NULL_TIME = 21;
export const BAD_EXPRESSION = 22;
