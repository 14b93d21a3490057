/** Views over HTTP: the list, the rows in four formats, the live stream. */

import { formatType } from "../core/type-text.ts";
import type { View, ViewInfo, ViewPosition, ViewRows } from "../views/view.ts";
import { positionOf, rowsToJson, toJson, watermarkText } from "./json.ts";
import { chooseFormat, type RowFormat, rowFormats } from "./negotiate.ts";
import type { ServerParts } from "./parts.ts";
import { notFound } from "./problem.ts";
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  readConsistency,
  readCount,
  readSelection,
  readViewQuery,
  single,
} from "./read-query.ts";
import { count, jsonResponse, type Route, type RouteInput, type RouteParameter, text } from "./route.ts";

const viewParameter: RouteParameter = { name: "view", in: "path", description: "Name of the view.", schema: text };
const consistency: RouteParameter = {
  name: "consistency",
  in: "query",
  description: "committed (default): results of committed checkpoints only; latest: what is in memory now.",
  schema: { type: "string", enum: ["committed", "latest"], default: "committed" },
};
const selection: readonly RouteParameter[] = [
  {
    name: "where",
    in: "query",
    description: "column:op:value with op eq, ne, lt, le, gt, ge or in (values parted by commas). All must hold.",
    schema: text,
    repeated: true,
  },
  { name: "from", in: "query", description: "Windows that start at or after this.", schema: text },
  { name: "to", in: "query", description: "Windows that start before this.", schema: text },
];

export const viewRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/views",
    operationId: "listViews",
    summary: "The views there are, their columns and where they stand",
    tag: "views",
    parameters: [consistency],
    answers: [{ status: 200, description: "The views", content: { "application/json": "ViewList" } }],
    handle({ parts, query }) {
      const at = readConsistency(query);
      const views = parts.views.list().map((view) => describeView(view.info(at)));
      return jsonResponse(toJson({ views, instance: parts.instance, version: parts.version, now: parts.clock.now() }));
    },
  },
  {
    method: "GET",
    path: "/v1/views/:view",
    operationId: "readView",
    summary: "Rows of a view as JSON, NDJSON, CSV or an Arrow IPC stream",
    tag: "views",
    parameters: [
      viewParameter,
      ...selection,
      {
        name: "order",
        in: "query",
        description: "column[:asc|:desc], parted by commas. Absent: order of arrival. NULL sorts first.",
        schema: text,
        repeated: true,
      },
      {
        name: "limit",
        in: "query",
        description: "Rows of one page.",
        schema: { type: "integer", minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
      },
      { name: "cursor", in: "query", description: "Continues the page that gave it.", schema: text },
      consistency,
      {
        name: "format",
        in: "query",
        description: "Wins over Accept.",
        schema: { type: "string", enum: Object.keys(rowFormats) },
      },
    ],
    answers: [
      {
        status: 200,
        description: "A page. Headers name the watermark, the epoch and, where there is one, the next page.",
        content: {
          "application/json": "ViewPage",
          "application/x-ndjson": null,
          "text/csv": null,
          "application/vnd.apache.arrow.stream": null,
        },
      },
    ],
    handle: readRows,
  },
  {
    method: "GET",
    path: "/v1/views/:view/stream",
    operationId: "streamView",
    summary:
      "Changes of a view as Server-Sent Events: rows, watermark, reset (start anew with the rows given), dropped, end",
    tag: "views",
    parameters: [
      viewParameter,
      ...selection,
      { name: "snapshot", in: "query", description: "Begin with this many of the newest rows.", schema: count },
      { name: "after", in: "query", description: "Id of the last event seen, as Last-Event-ID.", schema: text },
      consistency,
      { name: "Last-Event-ID", in: "header", description: "Resumes behind this event.", schema: text },
    ],
    answers: [{ status: 200, description: "The stream", content: { "text/event-stream": null } }],
    handle({ context, parts, streams, query }) {
      const view = findView(parts, context.req.param("view") ?? "");
      const after = context.req.header("last-event-id") ?? single(query, "after") ?? null;
      return streams.open(view, {
        selection: readSelection(query),
        consistency: readConsistency(query),
        snapshotRows: readCount(query, "snapshot", { fallback: 0, least: 0 }),
        after,
        headOnly: context.env.headOnly,
      });
    },
  },
];

function findView(parts: ServerParts, name: string): View {
  const view = parts.views.get(name);
  if (view !== undefined) return view;
  throw notFound(
    "view",
    name,
    parts.views.list().map((known) => known.name),
  );
}

export function describeView(info: ViewInfo): Record<string, unknown> {
  const columns = info.schema.fields.map(({ name, type, nullable }) => ({ name, type: formatType(type), nullable }));
  return { ...info, schema: undefined, watermark: watermarkText(info.watermark), columns };
}

function readRows({ context, parts, query }: RouteInput): Response {
  const view = findView(parts, context.req.param("view") ?? "");
  const format = chooseFormat(single(query, "format"), context.req.header("accept"));
  const viewQuery = readViewQuery(query);
  const rows = view.read(viewQuery);
  const url = new URL(context.req.url);
  const body = encodeRows(parts, { view, format, rows, consistency: viewQuery.consistency ?? "committed" });
  return new Response(body, { headers: pageHeaders(format, rows, url) });
}

function pageHeaders(format: RowFormat, rows: ViewRows, url: URL): Headers {
  const headers = positionHeaders(rows);
  headers.set("content-type", format === "csv" ? "text/csv; charset=utf-8; header=present" : rowFormats[format]);
  headers.set("cache-control", "no-store");
  headers.set("vary", "accept");
  if (rows.next !== null) {
    url.searchParams.set("cursor", rows.next);
    headers.set("link", `<${url.pathname}${url.search}>; rel="next"`);
    headers.set("x-millrace-next-cursor", rows.next);
  }
  return headers;
}

function positionHeaders(position: ViewPosition): Headers {
  return new Headers({
    "x-millrace-watermark": watermarkText(position.watermark) ?? "none",
    "x-millrace-epoch": String(position.epoch),
    "x-millrace-sequence": String(position.sequence),
  });
}

interface Page {
  readonly view: View;
  readonly format: RowFormat;
  readonly rows: ViewRows;
  readonly consistency: string;
}

function encodeRows(parts: ServerParts, { view, format, rows, consistency }: Page): string | Uint8Array<ArrayBuffer> {
  switch (format) {
    case "csv":
      return new Uint8Array(parts.formats.csv(rows.batch));
    case "arrow":
      return new Uint8Array(parts.formats.arrow(view.schema, [rows.batch]));
    case "ndjson":
      return rowsToJson(rows.batch)
        .map((row) => `${row}\n`)
        .join("");
    case "json": {
      const envelope = toJson({ view: view.name, consistency, ...positionOf(rows), next: rows.next });
      return `${envelope.slice(0, -1)},"rows":[${rowsToJson(rows.batch).join(",\n")}]}\n`;
    }
  }
}
