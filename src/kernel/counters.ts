/** What the kernel counts, as plain numbers; its layout is in assembly/shared/abi.ts. */

/** Per query; rows = counted + late + filtered + bad, over all rows the source decoded. bigint-free: < 2^53. */
export interface QueryCounters {
  readonly rows: number;
  readonly counted: number;
  readonly late: number;
  readonly filtered: number;
  readonly bad: number;
  readonly groups: number;
  readonly openWindows: number;
  readonly emitted: number;
  readonly stateBytes: number;
  /** Windows that had closed before a row came which others of its windows took: the row is counted, these lack it. */
  readonly missed: number;
}

/** Per source. records = every record handed in; rows = what decoding made of them. */
export interface SourceCounters {
  readonly records: number;
  readonly rows: number;
  readonly skipped: number;
  readonly bad: number;
  /** Rows whose time was further ahead than allowed. */
  readonly ahead: number;
  /** Elements of records that are arrays, beside one a record: records + elements is what may become rows. */
  readonly elements: number;
}

/** What a query has cost. Depends on the machine, as counters do not. */
export interface QueryEffort {
  /** How long the query itself has worked, without those that read it; 0 where the kernel was given no clock. */
  readonly busyMs: number;
  /** The most `stateBytes` has been. */
  readonly peakBytes: number;
}
