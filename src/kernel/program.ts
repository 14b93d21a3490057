/**
 * The kernel's program as a value: registers, constants, decoders, instruction lists, windows, keys, aggregates, outputs.
 * `engine/compile.ts` makes one from a plan; `encode-program.ts` turns it into the bytes the kernel reads. The kernel knows
 * no SQL and no names; names are here for errors and for people.
 *
 * One vector (≤ VECTOR_ROWS rows) at a time goes: decode → compute → watermark and verdict → for every query: late? →
 * filter → compute → output, or window aggregate. When the watermark closes windows: state → registers → compute → having → output.
 */

import type { DataType } from "../core/type.ts";
import type { JoinIntervalProgram, JoinWindowsProgram } from "./join-program.ts";

/** PHYS_* of assembly/shared/layout.ts. */
export type PhysicalType = number;
/** Index into `KernelProgram.registers`. */
export type Register = number;

/** 32-byte instruction, see layout.ts. Opcodes in assembly/shared/opcode.ts. Unused operands are 0. */
export interface Instruction {
  readonly opcode: number;
  readonly flags: number;
  readonly dst: Register;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly immediate: bigint;
}

export type ConstantValue = null | boolean | bigint | number | string | Uint8Array;

/** A register filled once with one value in every lane. bigint for PHYS_I64 and PHYS_DEC, number for PHYS_F64. */
export interface Constant {
  readonly register: Register;
  readonly value: ConstantValue;
}

export interface JsonFieldProgram {
  /** Keys from the root: ["user", "id"]. */
  readonly path: readonly string[];
  readonly type: DataType;
  readonly register: Register;
  /** Column name, for errors. */
  readonly name: string;
}

export interface JsonDecodeProgram {
  readonly kind: "json";
  readonly fields: readonly JsonFieldProgram[];
  /** full: a record is malformed exactly when JSON.parse refuses it. projected: checks only what it reads. */
  readonly validation: "full" | "projected";
  readonly ignoreParseErrors: boolean;
  readonly failOnMissingField: boolean;
  /** lenient = Millrace's superset (either style, any offset, epoch milliseconds); the others are exactly Flink's. */
  readonly timestampFormat: "lenient" | "SQL" | "ISO-8601";
}

/** The whole record as one STRING or BYTES column. */
export interface RawDecodeProgram {
  readonly kind: "raw";
  readonly register: Register | null;
  readonly utf8: boolean;
}

export type MetadataProgram =
  | {
      /**
       * partition → BIGINT; offset; timestamp → microseconds (NULL where absent); topic → looked up by partition index.
       * clock → TIMESTAMP_LTZ(3), the processing time. From the record's envelope: leader-epoch → BIGINT (NULL where not known); timestamp-type → STRING.
       */
      readonly kind: "partition" | "offset" | "timestamp" | "topic" | "clock" | "leader-epoch" | "timestamp-type";
      readonly register: Register;
    }
  /** BYTES of the record's last header of that name, NULL where there is none. `name` is a constant's register. */
  | { readonly kind: "header"; readonly register: Register; readonly name: Register };

export interface EventTimeProgram {
  /** The time attribute and the WATERMARK expression, both PHYS_I64 in `unitsPerMs` units (1000 = µs). */
  readonly timeRegister: Register;
  readonly watermarkRegister: Register;
  readonly unitsPerMs: number;
  /** A row further ahead of its record timestamp than this does not move the watermark; null = no check. */
  readonly maxAheadMs: number | null;
  /** What a NULL event time does to the row. */
  readonly nullHandling: "bad" | "drop" | "skip-watermark";
}

export interface SourceProgram {
  readonly decode: JsonDecodeProgram | RawDecodeProgram;
  /** Decoder of record keys, when the table has key fields. */
  readonly keyDecode: JsonDecodeProgram | RawDecodeProgram | null;
  readonly metadata: readonly MetadataProgram[];
  /** Computed columns and the watermark expression, run on every decoded row. */
  readonly compute: readonly Instruction[];
  readonly eventTime: EventTimeProgram | null;
}

/** Copies a source register into a query register for the rows that are selected (an alias when all are). */
export interface RegisterInput {
  readonly from: Register;
  readonly to: Register;
}

export interface FilterProgram {
  readonly instructions: readonly Instruction[];
  /** PHYS_BOOL; only TRUE passes. A poisoned lane makes a bad row. Runs on source registers. */
  readonly register: Register;
}

/** Group key column. The key's bytes are memory-comparable, so that results can leave in key order. NULLs first. */
export interface KeyProgram {
  readonly register: Register;
  readonly type: DataType;
  readonly name: string;
}

export interface AggregateProgram {
  /** Id of plan/aggregates.ts. */
  readonly function: string;
  /** Argument register and type, absent for COUNT(*). */
  readonly argument: { readonly register: Register; readonly type: DataType } | null;
  readonly distinct: boolean;
  /** PHYS_BOOL register; only TRUE rows count. */
  readonly filter: Register | null;
  readonly resultType: DataType;
  /** Where emission puts the result. */
  readonly result: Register;
  /** Of sketches lgK, 4 to 21; of LISTAGG the constant register of its separator; of APPROX_PERCENTILE the quantile in 1e-9; of COUNT_AUTO lgK and, times 256, how many values it counts exactly. */
  readonly parameter: number;
  /** Output or call name, for errors. */
  readonly name: string;
}

export interface OutputColumn {
  readonly name: string;
  readonly register: Register;
  readonly type: DataType;
  readonly nullable: boolean;
}

interface QueryInput {
  /** The source at the bottom. */
  readonly source: number;
  /** Query whose output registers this one reads in place of the source's; never a project query. */
  readonly parent?: number;
  /** Queries, `parent` the first, whose rows it reads as they come: these may be project queries; output registers to those it reads. */
  readonly unites?: readonly { readonly query: number; readonly columns: readonly RegisterInput[] }[];
}

export interface ProjectQueryProgram extends QueryInput {
  readonly kind: "project";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  readonly compute: readonly Instruction[];
  readonly outputs: readonly OutputColumn[];
}

/** The best rows of every group: its result is those rows, best first, in place of one row a group. */
export interface TopProgram {
  /** Equal rows have different numbers, or one and the next is as many higher, or one higher. */
  readonly function: "ROW_NUMBER" | "RANK" | "DENSE_RANK";
  /** The greatest number that is kept. */
  readonly most: number;
  readonly order: readonly {
    readonly register: Register;
    readonly descending: boolean;
    readonly nullsFirst: boolean;
  }[];
  /** What a row carries: read when it comes in, and written when it leaves. */
  readonly carried: readonly RegisterInput[];
  /** Without a window: rows whose number changes are told anew. */
  readonly told?: boolean;
  /** BIGINT from 1. */
  readonly rank: Register | null;
}

export interface WindowQueryProgram extends QueryInput {
  readonly kind: "window-aggregate";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  /** Keys and arguments, on selected rows. */
  readonly compute: readonly Instruction[];
  readonly window: {
    /** Of a session `sizeMs` is the gap. */
    readonly kind: "tumbling" | "hopping" | "cumulating" | "session";
    /** Rows are results of such windows and fall into the one they came from: `timeRegister` is its window_time. */
    readonly ofResults?: boolean;
    /** Of a window; the longest when cumulating. */
    readonly sizeMs: number;
    /** From one window's end to the next. */
    readonly stepMs: number;
    readonly offsetMs: number;
    readonly timeRegister: Register;
    readonly unitsPerMs: number;
    /** Whose watermark tells which rows are late; a row's own partition's unless it is said. */
    readonly judgedBy?: "partition" | "table";
  };
  readonly keys: readonly KeyProgram[];
  readonly aggregates: readonly AggregateProgram[];
  readonly top?: TopProgram;
  /** Results are changes: they leave while windows are open (`Kernel.fire`), and when late rows come to one that has closed. */
  readonly changes?: {
    /** As of GroupQueryProgram. */
    readonly of: "both" | "newest";
    /** How long a closed window still takes rows. */
    readonly allowedMs: number;
  };
  /** Emission, on registers filled from state. windowStart and windowEnd are TIMESTAMP(3), so µs; windowTime = end − 1 ms. */
  readonly emit: {
    readonly windowStart: Register | null;
    readonly windowEnd: Register | null;
    readonly windowTime: Register | null;
    /** One a key, in key order. */
    readonly keys: readonly Register[];
    readonly compute: readonly Instruction[];
    /** HAVING, or a filter of an outer query; only TRUE passes. */
    readonly having: Register | null;
  };
  readonly outputs: readonly OutputColumn[];
}

/** Every row's aggregates over the last rows of its partition, itself the last. Rows must come in the order of the frame. */
export interface OverQueryProgram extends QueryInput {
  readonly kind: "over";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  /** Keys and arguments. Registers of arguments and FILTER are written to, so nothing else may read them. */
  readonly compute: readonly Instruction[];
  /** PARTITION BY. */
  readonly keys: readonly KeyProgram[];
  readonly aggregates: readonly AggregateProgram[];
  /** Rows before the current one that are in its frame, fewer than 2^31; null = all of the partition. */
  readonly preceding: number | null;
  /** Rows, from the current one back, that are not in the frame; absent: none. Only with a bounded frame. */
  readonly until?: number;
  /** Rows enter and leave the state of a bounded frame, which ends at the current row; else each frame is aggregated anew. */
  readonly sliding?: boolean;
  /** The frame is by time instead: the rows at most so much earlier, or all (null), and all of the row's own time. */
  readonly range?: { readonly timeRegister: Register; readonly preceding: bigint | null };
  /** Over inputs and results. */
  readonly emit: { readonly compute: readonly Instruction[]; readonly having: Register | null };
  readonly outputs: readonly OutputColumn[];
}

/** Aggregation without a window. Its output is a changelog: every batch says of each row whether it is new, old or gone. */
export interface GroupQueryProgram extends QueryInput {
  readonly kind: "group-aggregate";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  /** Keys and arguments, on selected rows. */
  readonly compute: readonly Instruction[];
  readonly keys: readonly KeyProgram[];
  readonly aggregates: readonly AggregateProgram[];
  /** Its rows are the changes of another such query: those that are old or gone are taken back. */
  readonly ofChanges: boolean;
  /** Both: -U and +U of a row that changes; newest: +U alone, and -D with the row's key. */
  readonly changes: "both" | "newest";
  readonly emit: {
    readonly keys: readonly Register[];
    readonly compute: readonly Instruction[];
    readonly having: Register | null;
  };
  readonly outputs: readonly OutputColumn[];
}

/**
 * Rows wait until the watermark reaches their time, and leave in its order. Rows of a source are judged by key: late is one whose
 * time is not after the last that left for its key.
 */
export interface SortQueryProgram extends QueryInput {
  readonly kind: "sort";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  /** Time and keys. */
  readonly compute: readonly Instruction[];
  readonly timeRegister: Register;
  readonly unitsPerMs: number;
  /** Rows of one time come to the reader together: in one vector, or shown before. */
  readonly peers: boolean;
  readonly keys: readonly KeyProgram[];
  /** What a row carries: read when it comes in, and written when it leaves. */
  readonly carried: readonly RegisterInput[];
  /** Over what is carried. */
  readonly emit: { readonly compute: readonly Instruction[]; readonly having: Register | null };
  readonly outputs: readonly OutputColumn[];
}

export interface JoinSideProgram {
  /** Query whose output is the side's rows. */
  readonly query: number;
  /** Of that query's output registers, one a key. */
  readonly keys: readonly Register[];
  /** What a row carries: read when it comes in, and written when it leaves. */
  readonly columns: readonly RegisterInput[];
  /** Its rows leave even when they meet none, with the other side NULL. */
  readonly kept: boolean;
}

/** Rows of two queries that are equal in their keys. */
export interface JoinQueryProgram {
  readonly kind: "join";
  /** Of the left side. */
  readonly source: number;
  readonly inputs: readonly [];
  /** Both sides give rows of the same windows, whose end is the first key: they leave when the window has closed. Else a pair leaves once both rows are there. */
  readonly windows: JoinWindowsProgram | null;
  /** A row leaves what is kept when the watermark says that none can meet it any more; never together with `windows`. */
  readonly interval: JoinIntervalProgram | null;
  /** Types and names; a NULL equals nothing. */
  readonly keys: readonly { readonly type: DataType; readonly name: string }[];
  readonly sides: readonly [JoinSideProgram, JoinSideProgram];
  readonly emit: {
    readonly keys: readonly Register[];
    readonly compute: readonly Instruction[];
    readonly having: Register | null;
  };
  readonly outputs: readonly OutputColumn[];
}

/** The best rows of every group, without a window. Its output is a changelog. */
export interface RankedQueryProgram extends QueryInput {
  readonly kind: "ranked";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  /** Keys and order, on selected rows. */
  readonly compute: readonly Instruction[];
  readonly keys: readonly KeyProgram[];
  readonly top: TopProgram;
  /** As of GroupQueryProgram. */
  readonly ofChanges: boolean;
  readonly changes: "both" | "newest";
  /** Over what rows carry, and their numbers. */
  readonly emit: { readonly compute: readonly Instruction[]; readonly having: Register | null };
  readonly outputs: readonly OutputColumn[];
}

/** The rows that a window query refuses as late, on the source's registers and these, before the window's own filter. */
export interface LateQueryProgram extends Omit<ProjectQueryProgram, "kind" | "parent"> {
  readonly kind: "late";
  /** The window query; absent where there is none, and then there are no rows. */
  readonly parent?: number;
  /** µs, and ms for `behind`: the last window that refused the row, by which watermark, how long it had been closed. */
  readonly late: {
    readonly windowStart: Register | null;
    readonly windowEnd: Register | null;
    readonly watermark: Register | null;
    readonly behind: Register | null;
  };
}

/** Rows wait for the `rows` behind them in their partition, and leave with what the last of these carries. */
export interface LeadQueryProgram extends QueryInput {
  readonly kind: "lead";
  readonly inputs: readonly RegisterInput[];
  readonly filter: FilterProgram | null;
  readonly compute: readonly Instruction[];
  readonly keys: readonly KeyProgram[];
  /** At least 1. */
  readonly rows: number;
  readonly carried: readonly RegisterInput[];
  /** Of the row behind; NULL when there is none. */
  readonly ahead: readonly RegisterInput[];
  /** BIGINT: 1 where there is a row behind, else 0. */
  readonly there: Register;
  readonly emit: { readonly compute: readonly Instruction[]; readonly having: Register | null };
  readonly outputs: readonly OutputColumn[];
}

export type QueryProgram =
  | ProjectQueryProgram
  | LateQueryProgram
  | WindowQueryProgram
  | OverQueryProgram
  | SortQueryProgram
  | RankedQueryProgram
  | LeadQueryProgram
  | GroupQueryProgram
  | JoinQueryProgram;

export interface KernelProgram {
  readonly version: 1;
  readonly registers: readonly PhysicalType[];
  readonly constants: readonly Constant[];
  readonly sources: readonly SourceProgram[];
  readonly queries: readonly QueryProgram[];
}
