/** The OpenAPI 3.1 document, made from the route table and the shapes below. */
import type { Route, RouteParameter } from "./route.ts";

const text = { type: "string" };
const maybeText = { type: ["string", "null"] };
const whole = { type: "integer" };
const flag = { type: "boolean" };
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});
const list = (items: unknown) => ({ type: "array", items });
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** ISO 8601; `end` once no row will ever come again; null before the first. */
const position = { watermark: maybeText, epoch: whole, sequence: whole };

const schemas = {
  Problem: object({ type: text, title: text, status: whole, detail: text, instance: text, hint: text, nearest: text }, [
    "type",
    "title",
    "status",
    "detail",
  ]),
  Column: object({ name: text, type: text, nullable: flag }),
  View: object({
    name: text,
    columns: list(reference("Column")),
    primaryKey: { ...list(text), type: ["array", "null"] },
    windowColumn: maybeText,
    rows: whole,
    bytes: whole,
    windows: whole,
    droppedRows: whole,
    droppedWindows: whole,
    logStart: whole,
    ...position,
  }),
  ViewList: object({ views: list(reference("View")), instance: text, version: text, now: whole }),
  ViewPage: object({
    view: text,
    consistency: { type: "string", enum: ["committed", "latest"] },
    ...position,
    next: maybeText,
    rows: list({ type: "object" }),
  }),
  Job: object({
    id: text,
    name: text,
    phase: { type: "string", enum: ["starting", "running", "finished", "stopped", "failed"] },
    at: text,
    startedAt: text,
    sources: list({ type: "object" }),
    queries: list({ type: "object" }),
    kernelBytes: whole,
    error: { type: ["object", "null"] },
  }),
  JobList: object({ jobs: list(reference("Job")), now: whole }),
  JobLag: object({ id: text, at: text, sources: list({ type: "object" }) }),
  JobWatermarks: object({ id: text, at: text, sources: list({ type: "object" }), queries: list({ type: "object" }) }),
  Plan: object({ version: whole, queries: list({ type: "object" }), settings: { type: "object" } }),
};

export function openApiDocument(routes: readonly Route[], version: string): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const info = { title: "Millrace", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } };
  return JSON.stringify({ openapi: "3.1.0", info, paths, components: { schemas } });
}

function operation({ operationId, summary, tag, parameters, answers }: Route): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const { status, description, content } of answers) {
    const media = Object.entries(content).map(([type, schema]) => [
      type,
      schema === null ? {} : { schema: reference(schema) },
    ]);
    responses[status] = { description, content: Object.fromEntries(media) };
  }
  const problem = { "application/problem+json": { schema: reference("Problem") } };
  responses.default = { description: "What went wrong (RFC 9457)", content: problem };
  return { operationId, summary, tags: [tag], parameters: parameters.map(describeParameter), responses };
}

function describeParameter(parameter: RouteParameter): Record<string, unknown> {
  const { name, description, schema, repeated = false } = parameter;
  const required = parameter.in === "path";
  return {
    name,
    in: parameter.in,
    description,
    required,
    schema: repeated ? { type: "array", items: schema } : schema,
  };
}
