// What becomes of a row in a window query, before its filter.

/** ALIVE's 1 is TAKE, its 0 is DEAD, so that ALIVE can stand for verdicts where windows refuse nothing. */
export const VERDICT_DEAD: u32 = 0;
export const VERDICT_TAKE: u32 = 1;
export const VERDICT_LATE: u32 = 2;
/** The window does not fit in an i64. */
export const VERDICT_REFUSED: u32 = 3;
/** No event time, or a time between two windows. */
export const VERDICT_NOWHERE: u32 = 4;
