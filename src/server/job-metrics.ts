/** What jobs and views say of themselves, as Prometheus metrics that are read when scraped. */
import type { Counter, Family, MetricRegistry } from "../metrics/metrics.ts";
import type { JobInfo, ServerParts } from "./parts.ts";

type SourceStatus = JobInfo["status"]["sources"][number];
type QueryStatus = JobInfo["status"]["queries"][number];

export function registerJobMetrics(parts: ServerParts): void {
  const { metrics } = parts;
  const updates = [sourceMetrics(metrics), queryMetrics(metrics)];
  const memory = metrics.gauge({
    name: "millrace_kernel_memory_bytes",
    help: "Memory of a job's kernel.",
    labels: ["job"],
  });
  metrics.onScrape(() => {
    memory.clear();
    for (const job of parts.jobs.list()) {
      for (const update of updates) update(job);
      memory.with({ job: job.id }).set(job.status.kernelBytes);
    }
  });
  registerViewMetrics(parts);
}

/** A total of another thread; a late status never makes it fall. */
function follow(family: Family<Counter>, labels: Record<string, string>, total: number): void {
  const counter = family.with(labels);
  if (total > counter.value) counter.setTotal(total);
}

function sourceMetrics(metrics: MetricRegistry): (job: JobInfo) => void {
  const labels = ["job", "source"];
  const total = (name: string, help: string) => metrics.counter({ name, help, labels });
  const counters: readonly [Family<Counter>, (source: SourceStatus) => number][] = [
    [total("millrace_source_records_total", "Records read."), (source) => source.records],
    [total("millrace_source_rows_total", "Rows decoded."), (source) => source.rows],
    [
      total("millrace_source_skipped_total", "Records skipped: empty, null, or no JSON object."),
      (source) => source.skipped,
    ],
    [total("millrace_source_malformed_total", "Records that gave no row."), (source) => source.bad],
    [total("millrace_source_ahead_total", "Rows too far ahead to move the watermark."), (source) => source.ahead],
    [
      total("millrace_source_idle_changes_total", "Times a partition fell silent or woke, as the watermark sees it."),
      (source) => source.idleChangeCount,
    ],
    [total("millrace_source_warnings_total", "Faults the source rode out."), (source) => source.warnings],
  ];
  const idle = metrics.gauge({
    name: "millrace_source_idle_partitions",
    help: "Partitions that are silent and hold the watermark back no more.",
    labels,
  });
  const partition = [...labels, "partition"];
  const lag = metrics.gauge({
    name: "millrace_partition_lag",
    help: "Rows (bytes of a file) up to the end.",
    labels: partition,
  });
  const watermark = metrics.gauge({
    name: "millrace_source_watermark_seconds",
    help: "Watermark of the table, as Unix time.",
    unit: "seconds",
    labels,
  });
  return (job) => {
    for (const source of job.status.sources) {
      const series = { job: job.id, source: source.name };
      for (const [family, read] of counters) follow(family, series, read(source));
      idle.with(series).set(source.partitions.filter((each) => each.idle).length);
      if (source.watermark !== null) watermark.with(series).set(source.watermark / 1000);
      for (const { name, lag: behind } of source.partitions) {
        if (behind === null) lag.remove({ ...series, partition: name });
        else lag.with({ ...series, partition: name }).set(behind);
      }
    }
  };
}

function queryMetrics(metrics: MetricRegistry): (job: JobInfo) => void {
  const labels = ["job", "query"];
  const rows = metrics.counter({
    name: "millrace_query_rows_total",
    help: "Rows a query took in, by what became of them; the outcomes add up to the rows of its source.",
    unit: "rows",
    labels: [...labels, "outcome"],
  });
  const emitted = metrics.counter({
    name: "millrace_query_emitted_rows_total",
    help: "Result rows.",
    unit: "rows",
    labels,
  });
  const missed = metrics.counter({
    name: "millrace_query_missed_windows_total",
    help: "Windows that had closed before a row came which other windows of a hopping or cumulating query still took.",
    unit: "windows",
    labels,
  });
  const accounted = metrics.gauge({
    name: "millrace_query_accounted_rows",
    help: "Rows that a query was to read, and what became of them: read is the sum of the other parts.",
    unit: "rows",
    labels: [...labels, "part"],
  });
  const difference = metrics.gauge({
    name: "millrace_query_accounting_difference",
    help: "Rows read less all that are accounted for: 0.",
    labels,
  });
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels });
  const groups = gauge("millrace_query_groups", "Groups in state.");
  const windows = gauge("millrace_query_open_windows", "Windows not closed yet.");
  const state = gauge("millrace_query_state_bytes", "Size of the state.");
  const outcomes: readonly (keyof QueryStatus & ("counted" | "late" | "filtered" | "bad"))[] = [
    "counted",
    "late",
    "filtered",
    "bad",
  ];
  return (job) => {
    job.status.queries.forEach((query, index) => {
      const series = { job: job.id, query: `${index}: ${query.label}` };
      for (const outcome of outcomes) follow(rows, { ...series, outcome }, query[outcome]);
      follow(emitted, series, query.emitted);
      follow(missed, series, query.missed);
      if (query.accounting !== null) {
        const { difference: left, ...parts } = query.accounting;
        difference.with(series).set(left);
        for (const [part, count] of Object.entries(parts))
          accounted.with({ ...series, part: partNames[part] ?? part }).set(count);
      }
      groups.with(series).set(query.groups);
      windows.with(series).set(query.openWindows);
      state.with(series).set(query.stateBytes);
    });
  };
}

/** As Prometheus writes names. */
const partNames: Readonly<Record<string, string>> = { deadLettered: "dead_lettered" };

function registerViewMetrics({ metrics, views }: ServerParts): void {
  const labels = ["view"];
  const rows = metrics.gauge({ name: "millrace_view_rows", help: "Rows a view holds.", labels });
  const bytes = metrics.gauge({ name: "millrace_view_bytes", help: "Bytes of a view's rows.", unit: "bytes", labels });
  const changes = metrics.counter({ name: "millrace_view_changes_total", help: "Changes of a view.", labels });
  const dropped = metrics.counter({
    name: "millrace_view_dropped_rows_total",
    help: "Rows that left a view because it was full.",
    unit: "rows",
    labels,
  });
  metrics.onScrape(() => {
    for (const view of views.list()) {
      const info = view.info("latest");
      const series = { view: view.name };
      rows.with(series).set(info.rows);
      bytes.with(series).set(info.bytes);
      follow(changes, series, info.sequence);
      follow(dropped, series, info.droppedRows);
    }
  });
}
