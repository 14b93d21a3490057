/**
 * The HTTP application, made from the parts and one route table: what the table does not hold is answered with 404 or
 * 405, what a handler throws with problem details. It reads views and job status and never waits for the engine.
 */
import { type Context, Hono } from "hono";
import type { Counter, Family, Histogram } from "../metrics/metrics.ts";
import { consoleAssets } from "./console/assets.ts";
import { checkBody, checkHost, checkOrigin } from "./guard.ts";
import { registerJobMetrics } from "./job-metrics.ts";
import { jobRoutes } from "./job-routes.ts";
import { openApiDocument } from "./openapi.ts";
import { openApiRoute, operationRoutes } from "./operation-routes.ts";
import type { ServerParts } from "./parts.ts";
import { Problem, problemOf, problemResponse } from "./problem.ts";
import { checkParameters } from "./read-query.ts";
import type { Env, Route } from "./route.ts";
import { StreamHub } from "./stream.ts";
import { viewRoutes } from "./view-routes.ts";

export interface Server {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Ends the streams that are open. */
  close(): void;
}

/** Registers its metrics in `parts.metrics`: one server a registry. */
export function createServer(parts: ServerParts): Server {
  const streams = new StreamHub(parts);
  const described = [...viewRoutes, ...jobRoutes, ...operationRoutes];
  const openApi = openApiRoute(() => openApiDocument([...described, openApi], parts.version));
  const routes: readonly Route[] = [...described, openApi];
  const app = new Hono<Env>();
  countRequests(app, parts);
  for (const route of routes) mountRoute(app, route, { parts, streams });
  mountConsole(app);
  refuseOtherMethods(app, routes);
  app.notFound((context) => {
    const { pathname } = new URL(context.req.url);
    const detail = `there is nothing at "${pathname.slice(0, 200)}"`;
    return problemResponse(
      { status: 404, code: "no-route", title: "Nothing here", detail, hint: "see /openapi.json" },
      pathname,
    );
  });
  app.onError((error, context) => {
    const problem = problemOf(error);
    if (problem.status === 500) parts.onFault?.(error);
    return problemResponse(problem, new URL(context.req.url).pathname);
  });
  registerJobMetrics(parts);
  return {
    fetch: (request) => refuseHost(request, parts) ?? answer(app, request),
    close: () => streams.close(lastWords(parts)),
  };
}

/** What streams are told before they end for good: whether the job is done, and what went wrong with it. */
function lastWords({ jobs }: ServerParts): string {
  const ended = jobs.list().map(({ id, name, status, error }) => ({ id, name, phase: status.phase, error }));
  return JSON.stringify({ jobs: ended });
}

/**
 * HEAD is answered as GET is, and the body left out by the HTTP server, which then knows its length: Hono would take the body
 * away and leave a length of 0.
 */
function answer(app: Hono<Env>, request: Request): Response | Promise<Response> {
  if (request.method !== "HEAD") return app.fetch(request, { headOnly: false });
  return app.fetch(new Request(request, { method: "GET" }), { headOnly: true });
}

/** Before anything else, since a request with a strange host has no URL that could be routed. */
function refuseHost(request: Request, { host, allowedHosts = [] }: ServerParts): Response | null {
  try {
    checkHost(request.headers.get("host"), { host, allowedHosts });
    return null;
  } catch (error) {
    return problemResponse(problemOf(error), "/");
  }
}

const DURATION_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

interface RequestMetrics {
  readonly requests: Family<Counter>;
  readonly seconds: Family<Histogram>;
}

function countRequests(app: Hono<Env>, parts: ServerParts): void {
  const { metrics } = parts;
  const counted: RequestMetrics = {
    requests: metrics.counter({
      name: "millrace_http_requests_total",
      help: "HTTP requests answered.",
      unit: "requests",
      labels: ["route", "method", "status"],
    }),
    seconds: metrics.histogram({
      name: "millrace_http_request_duration_seconds",
      help: "Time to the answer's head.",
      unit: "seconds",
      labels: ["route"],
      bounds: DURATION_BOUNDS,
    }),
  };
  app.use(async (context, next) => {
    const started = performance.now();
    checkBody(context.req.raw.headers);
    await next();
    context.res.headers.set("x-content-type-options", "nosniff");
    countRequest(context, counted, (performance.now() - started) / 1000);
  });
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);

/** By route, not by path: hostile paths must not make series. */
function countRequest(context: Context<Env>, { requests, seconds }: RequestMetrics, elapsed: number): void {
  const route = context.get("route") ?? "none";
  const asked = context.env.headOnly ? "HEAD" : context.req.raw.method;
  const method = METHODS.has(asked) ? asked : "other";
  requests.with({ route, method, status: String(context.res.status) }).add();
  seconds.with({ route }).observe(elapsed);
}

function mountRoute(
  app: Hono<Env>,
  route: Route,
  { parts, streams }: { parts: ServerParts; streams: StreamHub },
): void {
  const known = route.parameters.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name);
  app.on(route.method, route.path, (context) => {
    context.set("route", route.path);
    if (route.method === "POST") checkOrigin(context.req.raw.headers);
    const query = new URL(context.req.url).searchParams;
    checkParameters(query, known);
    return route.handle({ context, parts, streams, query });
  });
}

function mountConsole(app: Hono<Env>): void {
  for (const [path, asset] of Object.entries(consoleAssets())) {
    app.get(path, (context) => {
      context.set("route", path);
      return new Response(asset.body, { headers: asset.headers });
    });
  }
}

function refuseOtherMethods(app: Hono<Env>, routes: readonly Route[]): void {
  const allowed = new Map<string, string[]>();
  for (const path of Object.keys(consoleAssets())) allowed.set(path, ["GET", "HEAD"]);
  for (const { path, method } of routes) {
    allowed.set(path, [...(allowed.get(path) ?? []), ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  for (const [path, methods] of allowed) {
    const allow = methods.join(", ");
    app.all(path, (context) => {
      context.set("route", path);
      if (context.req.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
      throw new Problem({
        status: 405,
        code: "method-not-allowed",
        title: "Not with this method",
        detail: `${context.req.method.slice(0, 20)} is not something "${path}" takes`,
        hint: `use ${allow}`,
        headers: { allow },
      });
    });
  }
}
