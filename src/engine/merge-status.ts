/** What the workers of a job say of it, as one: partitions side by side, counters added up. */
import type { Accounting } from "./accounting.ts";
import type { JobStatus, OperatorStatus, PartitionStatus, QueryStatus, SourceStatus } from "./status.ts";

/** `first` gives the results and knows the watermark; the others may have said nothing yet. */
export function mergeStatus(first: JobStatus, others: readonly JobStatus[]): JobStatus {
  if (others.length === 0) return first;
  return {
    ...first,
    sources: first.sources.map((source, index) => mergeSource([source, ...at(others, "sources", index)])),
    queries: first.queries.map((query, index) => mergeQuery([query, ...at(others, "queries", index)])),
    kernelBytes: total([first, ...others], ({ kernelBytes }) => kernelBytes),
  };
}

function at<K extends "sources" | "queries">(all: readonly JobStatus[], key: K, index: number): JobStatus[K][number][] {
  return all.flatMap((status) => status[key][index] ?? []);
}

function mergeSource(all: readonly [SourceStatus, ...SourceStatus[]]): SourceStatus {
  const changes = all.flatMap(({ idleChanges }) => idleChanges);
  return {
    ...all[0],
    records: total(all, ({ records }) => records),
    rows: total(all, ({ rows }) => rows),
    skipped: total(all, ({ skipped }) => skipped),
    bad: total(all, ({ bad }) => bad),
    ahead: total(all, ({ ahead }) => ahead),
    elements: total(all, ({ elements }) => elements),
    holdback:
      [...all].sort((a, b) => lowest(a) - lowest(b)).find(({ holdback }) => holdback !== null)?.holdback ?? null,
    partitions: all.flatMap(({ partitions }) => partitions).sort(byName),
    decodingMs: total(all, ({ decodingMs }) => decodingMs),
    warnings: total(all, ({ warnings }) => warnings),
    lastWarning: all.find(({ lastWarning }) => lastWarning !== null)?.lastWarning ?? null,
    lastBadRow: all.find(({ lastBadRow }) => lastBadRow !== null)?.lastBadRow ?? null,
    idleChanges: changes.sort((a, b) => a.at - b.at),
    idleChangeCount: total(all, ({ idleChangeCount }) => idleChangeCount),
  };
}

/** The least watermark of the partitions that hold the table back: before all times where one has none. */
function lowest({ partitions }: SourceStatus): number {
  const live = partitions.filter(({ idle, finished }) => !idle && !finished);
  return Math.min(Number.MAX_VALUE, ...live.map(({ watermark }) => watermark ?? -Number.MAX_VALUE));
}

/** `clicks[2]` before `clicks[10]`. */
function byName(a: PartitionStatus, b: PartitionStatus): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

function mergeQuery(all: readonly [QueryStatus, ...QueryStatus[]]): QueryStatus {
  return {
    ...all[0],
    rows: total(all, ({ rows }) => rows),
    counted: total(all, ({ counted }) => counted),
    late: total(all, ({ late }) => late),
    filtered: total(all, ({ filtered }) => filtered),
    bad: total(all, ({ bad }) => bad),
    missed: total(all, ({ missed }) => missed),
    groups: total(all, ({ groups }) => groups),
    // A window is open in every worker that has rows of it.
    openWindows: Math.max(...all.map(({ openWindows }) => openWindows)),
    stateBytes: total(all, ({ stateBytes }) => stateBytes),
    nextWindowEnd: all.reduce<number | null>(
      (least, { nextWindowEnd: end }) => (end === null || (least !== null && least <= end) ? least : end),
      null,
    ),
    emitted: total(all, ({ emitted }) => emitted),
    operators: all[0].operators.map((operator, place) => mergeOperator(operator, all, place)),
    accounting: mergeAccounting(all.flatMap(({ accounting }) => accounting ?? [])),
  };
}

function mergeOperator(first: OperatorStatus, all: readonly QueryStatus[], place: number): OperatorStatus {
  const same = all.flatMap(({ operators }) => operators[place] ?? []);
  const sums = Object.entries(first).map(([key, value]) => [
    key,
    typeof value === "number" ? total(same, (one) => Number(one[key as keyof OperatorStatus])) : value,
  ]);
  return { ...first, ...Object.fromEntries(sums), openWindows: Math.max(...same.map((one) => one.openWindows)) };
}

function mergeAccounting(all: readonly Accounting[]): Accounting | null {
  if (all.length === 0) return null;
  return {
    read: total(all, ({ read }) => read),
    counted: total(all, ({ counted }) => counted),
    late: total(all, ({ late }) => late),
    deadLettered: total(all, ({ deadLettered }) => deadLettered),
    skipped: total(all, ({ skipped }) => skipped),
    filtered: total(all, ({ filtered }) => filtered),
    difference: total(all, ({ difference }) => difference),
  };
}

function total<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}
