/** Probes, metrics and the description of the API itself. */
import { prometheusContentType } from "../metrics/metrics.ts";
import { Problem } from "./problem.ts";
import { jsonResponse, type Route } from "./route.ts";

export const operationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/livez",
    operationId: "live",
    summary: "Whether the process answers",
    tag: "operations",
    parameters: [],
    answers: [{ status: 200, description: "It does", content: { "text/plain": null } }],
    handle: () => plain("ok\n"),
  },
  {
    method: "GET",
    path: "/readyz",
    operationId: "ready",
    summary: "Whether its answers make sense yet",
    tag: "operations",
    parameters: [],
    answers: [
      { status: 200, description: "They do", content: { "text/plain": null } },
      { status: 503, description: "Not yet; the detail says why", content: { "application/problem+json": "Problem" } },
    ],
    handle({ parts }) {
      const missing = parts.notReady();
      if (missing === null) return plain("ok\n");
      throw new Problem({ status: 503, code: "not-ready", title: "Not ready", detail: missing });
    },
  },
  {
    method: "GET",
    path: "/metrics",
    operationId: "metrics",
    summary: "Prometheus text",
    tag: "operations",
    parameters: [],
    answers: [{ status: 200, description: "Metrics", content: { "text/plain": null } }],
    handle: ({ parts }) => plain(parts.metrics.scrape(), prometheusContentType),
  },
];

/** The description of all routes is one of them: it takes the document made from the rest. */
export function openApiRoute(document: () => string): Route {
  return {
    method: "GET",
    path: "/openapi.json",
    operationId: "openapi",
    summary: "This description (OpenAPI 3.1)",
    tag: "operations",
    parameters: [],
    answers: [{ status: 200, description: "The description", content: { "application/json": null } }],
    handle: () => jsonResponse(document()),
  };
}

function plain(body: string, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}
