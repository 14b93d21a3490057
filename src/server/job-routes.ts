/** Jobs over HTTP: what they do, how far they are, who holds the watermark back, their plan, and stopping one. */
import { toJson, watermarkText } from "./json.ts";
import { waitsFor } from "./open-window.ts";
import type { JobInfo, ServerParts } from "./parts.ts";
import { notFound } from "./problem.ts";
import { jsonResponse, type Route, type RouteInput, type RouteParameter, text } from "./route.ts";

const jobParameter: RouteParameter = { name: "job", in: "path", description: "Id of the job.", schema: text };
const answer = (schema: string, description: string) => [
  { status: 200, description, content: { "application/json": schema } },
];

export const jobRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/jobs",
    operationId: "listJobs",
    summary: "The jobs of this process",
    tag: "jobs",
    parameters: [],
    answers: answer("JobList", "The jobs"),
    handle: ({ parts }) => jsonResponse(toJson({ jobs: parts.jobs.list().map(describeJob), now: parts.clock.now() })),
  },
  {
    method: "GET",
    path: "/v1/jobs/:job",
    operationId: "readJob",
    summary: "Counters of a job's sources and queries",
    tag: "jobs",
    parameters: [jobParameter],
    answers: answer("Job", "The job"),
    handle: (input) => jsonResponse(toJson(describeJob(findJob(input)))),
  },
  {
    method: "GET",
    path: "/v1/jobs/:job/lag",
    operationId: "readLag",
    summary: "How far each partition is behind its end",
    tag: "jobs",
    parameters: [jobParameter],
    answers: answer("JobLag", "Position and lag by partition; lag is null where the end is not known"),
    handle: (input) => jsonResponse(toJson(describeLag(findJob(input)))),
  },
  {
    method: "GET",
    path: "/v1/jobs/:job/watermarks",
    operationId: "readWatermarks",
    summary:
      "Watermarks by source and partition, who holds each back, and the latest decisions about silent partitions",
    tag: "jobs",
    parameters: [jobParameter],
    answers: answer("JobWatermarks", "Watermarks"),
    handle: (input) => jsonResponse(toJson(describeWatermarks(findJob(input)))),
  },
  {
    method: "GET",
    path: "/v1/jobs/:job/plan",
    operationId: "readPlan",
    summary: "The plan the job runs",
    tag: "jobs",
    parameters: [jobParameter],
    answers: answer("Plan", "The plan, as it is stored"),
    handle: (input) => jsonResponse(findJob(input).plan),
  },
  {
    method: "POST",
    path: "/v1/jobs/:job/stop",
    operationId: "stopJob",
    summary: "Stop a job: it flushes its sinks, commits its positions and ends",
    tag: "jobs",
    parameters: [jobParameter],
    answers: [{ status: 202, description: "It was told to stop", content: { "application/json": "Job" } }],
    async handle(input) {
      const { id } = findJob(input);
      await input.parts.jobs.stop(id);
      const body = `${toJson(describeJob(findJob(input)))}\n`;
      return new Response(body, { status: 202, headers: { "content-type": "application/json" } });
    },
  },
];

function findJob({ context, parts }: RouteInput): JobInfo {
  const id = context.req.param("job") ?? "";
  const job = parts.jobs.get(id);
  if (job !== undefined) return job;
  throw notFound("job", id, jobIds(parts));
}

function jobIds(parts: ServerParts): string[] {
  return parts.jobs.list().map((job) => job.id);
}

function describeJob({ id, name, status, error }: JobInfo): Record<string, unknown> {
  const sources = status.sources.map((source) => ({
    ...source,
    watermark: watermarkText(source.watermark),
    partitions: source.partitions.length,
    idlePartitions: source.partitions.filter((partition) => partition.idle).length,
    idleChanges: idleChanges(source),
    lag: totalLag(source.partitions),
  }));
  const queries = status.queries.map((query) => ({ ...query, nextWindowEnd: watermarkText(query.nextWindowEnd) }));
  return { id, name, ...status, startedAt: isoTime(status.startedAt), at: isoTime(status.at), sources, queries, error };
}

function describeLag({ id, status }: JobInfo): Record<string, unknown> {
  const sources = status.sources.map(({ name, partitions }) => ({
    name,
    lag: totalLag(partitions),
    partitions: partitions.map((partition) => ({
      name: partition.name,
      position: partition.position,
      lag: partition.lag,
      paused: partition.paused,
      finished: partition.finished,
    })),
  }));
  return { id, at: isoTime(status.at), sources };
}

function describeWatermarks({ id, status }: JobInfo): Record<string, unknown> {
  const sources = status.sources.map((source) => ({
    name: source.name,
    watermark: watermarkText(source.watermark),
    holdback: source.holdback,
    idleChanges: idleChanges(source),
    idleChangeCount: source.idleChangeCount,
    partitions: source.partitions.map((partition) => ({
      name: partition.name,
      watermark: watermarkText(partition.watermark),
      idle: partition.idle,
      finished: partition.finished,
      paused: partition.paused,
      silentSince: isoTime(partition.silentSince),
    })),
  }));
  const queries = status.queries.map((query) => ({
    label: query.label,
    openWindows: query.openWindows,
    nextWindowEnd: watermarkText(query.nextWindowEnd),
    waitsFor: waitsFor(query, status.sources),
  }));
  return { id, at: isoTime(status.at), sources, queries };
}

/** The decisions to leave a silent partition out of the watermark, and to take it in again. */
function idleChanges(source: JobInfo["status"]["sources"][number]): Record<string, unknown>[] {
  return source.idleChanges.map(({ partition, idle, at }) => ({ partition, idle, at: isoTime(at) }));
}

/** Null as soon as one partition's end is not known. */
export function totalLag(partitions: readonly { readonly lag: number | null }[]): number | null {
  let total = 0;
  for (const { lag } of partitions) {
    if (lag === null) return null;
    total += lag;
  }
  return total;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
