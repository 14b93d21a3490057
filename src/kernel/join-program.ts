/** When rows of a join meet: in windows that end together, or where their times are close. */

/** Rows meet of windows that end together. */
export interface JoinWindowsProgram {
  /** Pairs, and rows that meet none of sides that are kept; else rows of the left side alone: that meet some, that meet none, or are known to. */
  readonly gives: "pairs" | "semi" | "anti" | "not-in";
  /** Of a side that gives rows of a source: whose watermark judges them. Null: results, which come when their window closes. */
  readonly judgedBy: readonly ["partition" | "table" | null, "partition" | "table" | null];
}

/** Rows meet whose times are close. */
export interface JoinIntervalProgram {
  /** Least and greatest time of a right row less that of a left one, in ms. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** Of the left side and of the right one. */
  readonly sides: readonly [JoinTimeProgram, JoinTimeProgram];
}

export interface JoinTimeProgram {
  /** A register. */
  readonly timeRegister: number;
  readonly unitsPerMs: number;
  /** Its rows come from a source, and the watermarks of their own partitions judge them. */
  readonly judged: boolean;
}
