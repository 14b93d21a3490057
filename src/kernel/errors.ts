/** The kernel's status codes and bad-row entries, in terms of the program's names. */
import * as abi from "../../assembly/shared/abi.ts";
import { ERR_DIVISION_BY_ZERO, ERR_OVERFLOW } from "../../assembly/shared/status.ts";
import { EngineError } from "../core/error.ts";
import type { BadRow } from "./bad-row.ts";
import type { KernelMemory } from "./memory.ts";
import type { JsonDecodeProgram, KernelProgram, QueryProgram, RawDecodeProgram } from "./program.ts";

export interface KernelFailure {
  /** STATUS_*; 0 when the kernel trapped for no reason of its own. */
  readonly status: number;
  readonly memory: KernelMemory;
  readonly program: KernelProgram;
  readonly cause?: unknown;
}

export function kernelError(failure: KernelFailure): EngineError {
  const { cause } = failure;
  switch (failure.status) {
    case abi.STATUS_OUT_OF_MEMORY:
      return new EngineError(
        `the state of the job does not fit in "${Math.round(failure.memory.byteLength / 2 ** 20)} MiB"`,
        {
          domain: "user",
          code: "OUT-OF-MEMORY",
          hint: "use shorter windows, fewer distinct keys, or APPROX_COUNT_DISTINCT for COUNT(DISTINCT …)",
          cause,
        },
      );
    case abi.STATUS_RESULT:
      return resultError(failure);
    default:
      return new EngineError(`the kernel stopped (status ${failure.status})`, {
        domain: "internal",
        code: "BUG",
        cause,
      });
  }
}

function resultError({ memory, program }: KernelFailure): EngineError {
  const query = program.queries[memory.u32(abi.CONTROL + abi.CONTROL_QUERY)];
  const item = memory.i32(abi.CONTROL + abi.CONTROL_ITEM);
  const window = memory.control(abi.CONTROL_WINDOW);
  const error = memory.u32(abi.CONTROL + abi.CONTROL_ERROR);
  const what = error === ERR_OVERFLOW ? "overflows its type" : "cannot be computed";
  const where = window === NO_WINDOW ? "" : ` of the window that starts at ${instant(Number(window))}`;
  return new EngineError(`${refusedItem(query, item)}${where} ${what}`, {
    domain: "user",
    code: error === ERR_DIVISION_BY_ZERO ? "DIVISION-BY-ZERO" : error === ERR_OVERFLOW ? "OVERFLOW" : "RESULT",
    hint: "cast the argument to a wider type, as in SUM(CAST(x AS BIGINT)) or SUM(CAST(x AS DECIMAL(38, 0)))",
  });
}

const NO_WINDOW = -(2n ** 63n);

/** An output, −1 the condition; below that an item of the rows on their way in: −2 their filter or time … */
function refusedItem(query: QueryProgram | undefined, item: number): string {
  if (item >= 0) return `column "${query?.outputs[item]?.name ?? item}"`;
  if (item === -1) return query?.kind === "over" ? "the condition" : 'column "HAVING"';
  const name = itemName(query, -2 - item);
  return name === null ? "a condition over results" : `"${name}" over results`;
}

function instant(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

/** Reads one bad-row entry. */
export function badRowOf(entry: {
  readonly memory: KernelMemory;
  readonly at: number;
  readonly program: KernelProgram;
  readonly source: number;
}): BadRow {
  const { memory, at, program } = entry;
  const item = memory.i32(at + abi.BAD_COLUMN);
  const context = memory.u32(at + abi.BAD_CONTEXT);
  const query = context >= abi.BAD_CONTEXT_QUERY ? context - abi.BAD_CONTEXT_QUERY : null;
  const decoders = program.sources[entry.source];
  const decoder = context === abi.BAD_CONTEXT_KEY ? decoders?.keyDecode : decoders?.decode;
  const field = query === null ? jsonField(decoder, item) : null;
  return {
    record: memory.u32(at + abi.BAD_RECORD),
    reason: memory.u32(at + abi.BAD_REASON),
    column: query === null ? (field?.name ?? null) : itemName(program.queries[query], item),
    field,
    query,
    item: query === null ? -1 : item,
    at: memory.i32(at + abi.BAD_AT),
  };
}

function jsonField(decoder: JsonDecodeProgram | RawDecodeProgram | null | undefined, item: number) {
  return decoder?.kind === "json" ? (decoder.fields[item] ?? null) : null;
}

/** Keys come before aggregates. */
function itemName(query: QueryProgram | undefined, item: number): string | null {
  if (query === undefined || item < 0) return null;
  if (query.kind === "project" || query.kind === "late") return query.outputs[item]?.name ?? null;
  const aggregates = "aggregates" in query ? query.aggregates : [];
  return query.keys[item]?.name ?? aggregates[item - query.keys.length]?.name ?? null;
}
