/** One line's worth of a job's status, and its speed. */
import type { JobStatus, QueryStatus } from "../engine/status.ts";
import type { JobProgress } from "./engine-port.ts";

export function progressOf(
  status: JobStatus,
  shown: Pick<JobProgress, "rowsPerSecond" | "views" | "url">,
): JobProgress {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const watermarks = status.sources.flatMap((source) => source.watermark ?? []);
  const lags = status.sources.flatMap((source) => source.partitions.flatMap((partition) => partition.lag ?? []));
  return {
    phase: status.phase,
    rows: sum(status.sources.map((source) => (source.own ? 0 : source.records))),
    late: sum(worstOfQueries(status, (query) => query.late)),
    missed: sum(worstOfQueries(status, (query) => query.missed)),
    bad: sum([
      ...status.sources.map((source) => source.bad + source.skipped),
      ...worstOfQueries(status, (query) => query.bad),
    ]),
    idle: sum(status.sources.map((source) => source.partitions.filter((partition) => partition.idle).length)),
    openWindows: sum(status.queries.map((query) => query.openWindows)),
    watermark: watermarks.length === 0 ? null : Math.min(...watermarks),
    lag: lags.length === 0 ? null : sum(lags),
    ...shown,
  };
}

/** By source, the largest count among its queries: a row that two queries refused is one row to a person. */
function worstOfQueries(status: JobStatus, count: (query: QueryStatus) => number): number[] {
  return status.sources.map((_, source) => {
    return Math.max(0, ...status.queries.filter((query) => query.source === source).map(count));
  });
}

/** Records a second between the last two different statuses. */
export class RateMeter {
  #at = 0;
  #records = 0;
  #rate = 0;

  observe(status: JobStatus): number {
    const records = status.sources.reduce((total, source) => total + source.records, 0);
    if (this.#at === 0) this.#remember(status.at, records);
    else if (status.at > this.#at) {
      this.#rate = ((records - this.#records) * 1000) / (status.at - this.#at);
      this.#remember(status.at, records);
    }
    return this.#rate;
  }

  #remember(at: number, records: number): void {
    this.#at = at;
    this.#records = records;
  }
}
