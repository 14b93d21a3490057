/**
 * `explain --analyze`: what every operator of a job has done by its end, as a tree like EXPLAIN's. Times are of the kernel, without
 * those that read it; what is left of the whole went into sources, sinks and waiting.
 */
import type { JobStatus, OperatorStatus, QueryStatus } from "../engine/status.ts";

/** Ends with a line break. `stopped`: it was not read to its end. */
export function explainAnalyze(status: JobStatus, stopped: boolean): string {
  const parts = [...status.queries.map((query) => queryText(query)), sourcesText(status, stopped)];
  return parts.map((part) => `${part}\n`).join("\n");
}

function queryText(query: QueryStatus): string {
  const place = query.operators.length - 1;
  return [`${query.label}: ${rows(query.emitted)}`, ...operatorTree(query.operators, place, "")].join("\n");
}

function operatorTree(operators: readonly OperatorStatus[], place: number, indent: string): string[] {
  const operator = operators[place];
  if (operator === undefined) return [];
  const below = operator.reads.flatMap((read) => operatorTree(operators, read, `${indent}   `));
  const scan = operator.reads.length === 0 ? [`${indent}   └─ read ${operator.table}`] : [];
  return [`${indent}└─ ${operator.title}`, `${indent}     ${workOf(operator)}`, ...below, ...scan];
}

function workOf(operator: OperatorStatus): string {
  const { late, filtered, bad, missed, busyMs, peakBytes, emitted, counted } = operator;
  const apart = [
    [late, "late"],
    [filtered, "filtered"],
    [bad, "bad"],
    [missed, "windows missed"],
  ].flatMap(([count, name]) => (count === 0 ? [] : [`${number(Number(count))} ${name}`]));
  const out = operator.title === "filters and columns" ? counted : emitted;
  const state = peakBytes > 0 ? [`state ${bytes(peakBytes)} at most`] : [];
  return [`${rows(operator.rows)} in`, ...apart, `${number(out)} out`, milliseconds(busyMs), ...state].join(", ");
}

function sourcesText(status: JobStatus, stopped: boolean): string {
  const lines = status.sources.map(
    (source) => `  ${source.name}: ${number(source.records)} records, decoded in ${milliseconds(source.decodingMs)}`,
  );
  const whole = status.at - status.startedAt;
  const decoding = status.sources.reduce((sum, source) => sum + source.decodingMs, 0);
  const operators = status.queries.flatMap((query) => query.operators);
  const busy = decoding + operators.reduce((sum, operator) => sum + operator.busyMs, 0);
  const end = stopped ? "stopped" : "at the end of the input";
  return [
    `${end} after ${milliseconds(whole)}`,
    ...lines,
    `  sources, sinks and waiting: ${milliseconds(Math.max(0, whole - busy))}`,
  ].join("\n");
}

function rows(count: number): string {
  return `${number(count)} ${count === 1 ? "row" : "rows"}`;
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}

function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(1)} ms`;
}

function bytes(count: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let size = count;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
