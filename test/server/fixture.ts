/** A server on a free port over views and jobs that the test feeds by hand. */
import { batchFromRows } from "../../src/core/batch-builder.ts";
import type { Schema } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import type { JobStatus, OperatorStatus } from "../../src/engine/status.ts";
import { encodeArrowStream } from "../../src/formats/arrow-ipc.ts";
import { encodeCsv } from "../../src/formats/csv.ts";
import { MetricRegistry } from "../../src/metrics/metrics.ts";
import { createServer } from "../../src/server/app.ts";
import type { JobInfo, ServerParts } from "../../src/server/parts.ts";
import { type Listening, serve } from "../../src/server/serve.ts";
import { View } from "../../src/views/view.ts";

export const NOON_MS = Date.UTC(2024, 4, 1, 12);
export const MINUTE = 60_000_000n;
export const NOON = BigInt(NOON_MS) * 1000n;

export const pageSchema: Schema = {
  fields: [
    { name: "window_start", type: { kind: "timestamp", precision: 3 }, nullable: false },
    { name: "page", type: { kind: "string" }, nullable: true },
    { name: "clicks", type: { kind: "bigint" }, nullable: false },
    { name: "revenue", type: { kind: "decimal", precision: 12, scale: 2 }, nullable: true },
    { name: "share", type: { kind: "double" }, nullable: true },
  ],
};

export function pageBatch(rows: readonly (readonly CellValue[])[], watermark: number | null = NOON_MS) {
  return batchFromRows(pageSchema, rows, { watermark });
}

const tumbling: OperatorStatus = {
  title: "aggregate tumbling 1 min on event_timestamp",
  reads: [],
  table: "clicks",
  rows: 990,
  counted: 900,
  late: 50,
  filtered: 40,
  bad: 0,
  groups: 7,
  openWindows: 2,
  emitted: 21,
  stateBytes: 4096,
  missed: 0,
  busyMs: 3,
  peakBytes: 8192,
};

export function jobStatus(overrides: Partial<JobStatus> = {}): JobStatus {
  const partition = {
    watermark: NOON_MS,
    position: "120",
    lag: 30,
    idle: false,
    finished: false,
    paused: false,
    silentSince: NOON_MS,
  };
  return {
    phase: "running",
    at: NOON_MS + 4000,
    startedAt: NOON_MS,
    kernelBytes: 1_048_576,
    sources: [
      {
        name: "clicks",
        decodingMs: 12,
        records: 1000,
        rows: 990,
        skipped: 4,
        bad: 6,
        ahead: 0,
        elements: 0,
        own: false,
        watermark: NOON_MS,
        holdback: "clicks[1]: lowest watermark",
        warnings: 0,
        lastWarning: null,
        lastBadRow: null,
        idleChanges: [{ partition: "clicks[1]", idle: true, at: NOON_MS + 1000 }],
        idleChangeCount: 51,
        partitions: [
          { name: "clicks[0]", ...partition, watermark: NOON_MS + 5000, lag: 12 },
          { name: "clicks[1]", ...partition },
        ],
      },
    ],
    queries: [
      {
        label: "insert into page_counts",
        accounting: {
          read: 1000,
          counted: 900,
          late: 50,
          deadLettered: 0,
          skipped: 10,
          filtered: 40,
          difference: 0,
        },
        source: 0,
        rows: 990,
        counted: 900,
        late: 50,
        filtered: 40,
        bad: 0,
        groups: 7,
        openWindows: 2,
        emitted: 21,
        stateBytes: 4096,
        missed: 0,
        operators: [tumbling],
        nextWindowEnd: NOON_MS + 60_000,
      },
    ],
    ...overrides,
  };
}

export interface Fixture {
  readonly listening: Listening;
  readonly url: string;
  readonly pages: View;
  readonly keyed: View;
  readonly metrics: MetricRegistry;
  job: JobInfo;
  notReady: string | null;
  stopped: string[];
  faults: unknown[];
  get(path: string, init?: RequestInit): Promise<Response>;
}

export function startFixture(overrides: Partial<ServerParts> & { port?: number } = {}): Fixture {
  const pages = new View({ name: "page_counts", schema: pageSchema, primaryKey: null, transactional: false });
  const keyed = new View({
    name: "page_totals",
    schema: pageSchema,
    primaryKey: [1],
    transactional: true,
    logRows: 20,
  });
  const views = [pages, keyed];
  const metrics = overrides.metrics ?? new MetricRegistry();
  const job: JobInfo = {
    id: "clickstream",
    name: "clickstream",
    status: jobStatus(),
    error: null,
    plan: '{"version":1}',
  };
  const fixture = {
    pages,
    keyed,
    metrics,
    job,
    notReady: null as string | null,
    stopped: [] as string[],
    faults: [] as unknown[],
  };
  const parts: ServerParts = {
    views: { list: () => views, get: (name) => views.find((view) => view.name === name) },
    jobs: {
      list: () => [fixture.job],
      get: (id) => (id === fixture.job.id ? fixture.job : undefined),
      stop: (id) => {
        fixture.stopped.push(id);
        return Promise.resolve();
      },
    },
    metrics,
    formats: { csv: encodeCsv, arrow: encodeArrowStream },
    clock: { now: () => NOON_MS + 4000 },
    notReady: () => fixture.notReady,
    version: "0.1.0",
    host: "127.0.0.1",
    instance: "run1",
    onFault: (error) => fixture.faults.push(error),
    ...overrides,
  };
  const listening = serve({ app: createServer(parts), host: "127.0.0.1", port: overrides.port ?? 0 });
  const { url } = listening;
  return Object.assign(fixture, { listening, url, get: (path: string, init?: RequestInit) => fetch(url + path, init) });
}

/** Reads Server-Sent Events one by one. */
export async function* readEvents(
  response: Response,
): AsyncGenerator<{ event: string; id: string; data: string; comment: string }> {
  const decoder = new TextDecoder();
  let text = "";
  if (response.body === null) return;
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) =>
        /^/.test(name) ? (new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? "") : "";
      yield { event: field("event"), id: field("id"), data: field("data"), comment: field("") };
    }
  }
}
