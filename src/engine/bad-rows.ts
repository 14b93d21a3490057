/**
 * What happens to a record that gave no row: with policy `fail` the job stops with an error that names topic, partition,
 * offset, reason and column and shows the beginning of the record; with `skip` it is counted. Never silent either way.
 */
import {
  BAD_EXPRESSION,
  BAD_FIELD,
  BAD_JSON,
  BAD_MISSING_FIELD,
  BAD_NOT_OBJECT,
  BAD_NULL_TIME,
  BAD_UTF8,
} from "../../assembly/shared/status.ts";
import { safeText } from "../connectors/print/safe-text.ts";
import { EngineError } from "../core/error.ts";
import type { BadRow } from "../kernel/program.ts";
import type { TableDefinition } from "../plan/plan.ts";

export type BadRowPolicy = "fail" | "skip";

const EXCERPT_BYTES = 160;

export interface BadRecord {
  readonly bad: BadRow;
  readonly table: string;
  /** `clicks[3]`, or a file. */
  readonly partition: string;
  /** Offset in the partition. */
  readonly position: bigint;
  readonly bytes: Uint8Array;
  /** The table's event time; null when it has none. */
  readonly timeColumn: string | null;
}

/** The column whose values the table's watermark follows. */
export function timeColumnOf({ columns, watermark }: TableDefinition): string | null {
  return watermark === null ? null : (columns[watermark.column]?.name ?? null);
}

/** The error a job with policy `fail` ends with. */
export function badRowError(record: BadRecord): EngineError {
  // The first byte is where a record begins, not where it goes wrong.
  const at = record.bad.at > 0 ? `, byte ${record.bad.at}` : "";
  const message =
    `table "${record.table}": record at ${record.partition} offset ${record.position}${at} ${describeReason(record)}` +
    `: ${excerpt(record.bytes)}`;
  return new EngineError(message, { domain: "user", code: "MALFORMED-RECORD", hint: hintFor(record.bad) });
}

function describeReason({ bad, timeColumn }: BadRecord): string {
  const name = bad.column ?? (bad.reason === BAD_NULL_TIME ? timeColumn : null);
  const column = name === null ? "a column" : `column "${name}"`;
  switch (bad.reason) {
    case BAD_JSON:
      return "is not JSON";
    case BAD_UTF8:
      return "is not UTF-8";
    case BAD_NOT_OBJECT:
      return "is neither a JSON object nor an array of objects";
    case BAD_FIELD:
      return `has a value that does not fit ${column}`;
    case BAD_MISSING_FIELD:
      return `has no field for ${column}`;
    case BAD_NULL_TIME:
      return `has no event time in ${column}`;
    case BAD_EXPRESSION:
      return `makes an expression fail${name === null ? "" : ` (${column})`}`;
    default:
      return `was refused for reason ${bad.reason}`;
  }
}

function hintFor(bad: BadRow): string {
  switch (bad.reason) {
    case BAD_NULL_TIME:
      return "SET 'table.exec.source.rowtime-null-handling' = 'DROP' counts and drops such rows";
    case BAD_EXPRESSION:
      return "TRY_CAST gives NULL where CAST fails; 'bad-row.policy' = 'skip' in WITH (…) counts such rows and goes on";
    default:
      return "'json.ignore-parse-errors' = 'true' or 'bad-row.policy' = 'skip' in WITH (…) counts such records and goes on";
  }
}

/** Safe to show: a record must not be able to move the cursor or retitle the window of who reads the error. */
function excerpt(bytes: Uint8Array): string {
  const text = safeText(new TextDecoder().decode(bytes.subarray(0, EXCERPT_BYTES)).trimEnd());
  return bytes.length > EXCERPT_BYTES ? `${text}…` : text;
}
