import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { tableFromIPC } from "apache-arrow";
import { EngineError } from "../../src/core/error.ts";
import { findArrowReader } from "../formats/arrow-reader.ts";
import { type Fixture, jobStatus, MINUTE, NOON, NOON_MS, pageBatch, startFixture } from "./fixture.ts";

let server: Fixture;
beforeAll(() => {
  server = startFixture();
  server.pages.append(
    pageBatch([
      [NOON, "/a", 9_007_199_254_740_993n, 1050n, 0.5],
      [NOON, "/b", 2n, null, Number.NaN],
      [NOON + MINUTE, 'q"uo,te', 3n, -5n, null],
      [NOON + MINUTE, null, 4n, 0n, 1e-7],
    ]),
  );
});
beforeEach(() => {
  server.job = { ...server.job, status: jobStatus() };
  server.notReady = null;
});
afterAll(() => server.listening.stop());

const problemOf = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as {
    status: number;
    type: string;
    detail: string;
    hint?: string;
    nearest?: string;
  };
  expect(body.status).toBe(response.status);
  return body;
};

/** A request byte by byte, for what fetch does not let one send. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(server.listening.port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes) => {
      answer += bytes.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("rows", () => {
  test("JSON keeps every digit and names watermark, epoch and sequence in body and headers", async () => {
    const response = await server.get("/v1/views/page_counts");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-millrace-watermark")).toBe("2024-05-01T12:00:00.000Z");
    expect(response.headers.get("x-millrace-epoch")).toBe("0");
    const text = await response.text();
    expect(text).toContain(
      '{"window_start":"2024-05-01 12:00:00","page":"/a","clicks":9007199254740993,"revenue":10.50,"share":0.5}',
    );
    expect(JSON.parse(text)).toMatchObject({
      view: "page_counts",
      consistency: "committed",
      watermark: "2024-05-01T12:00:00.000Z",
      epoch: 0,
      sequence: 4,
      next: null,
      rows: [{}, { revenue: null, share: "NaN" }, { page: 'q"uo,te', revenue: -0.05 }, { page: null, share: 1e-7 }],
    });
  });

  test("the same rows come as NDJSON, CSV and Arrow, by Accept or by format", async () => {
    const ndjson = await server.get("/v1/views/page_counts", { headers: { accept: "application/x-ndjson" } });
    expect(ndjson.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await ndjson.text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).page)).toEqual(["/a", "/b", 'q"uo,te', null]);

    const csv = await server.get("/v1/views/page_counts?format=csv&limit=3");
    expect(csv.headers.get("content-type")).toStartWith("text/csv");
    expect(await csv.text()).toBe(
      "window_start,page,clicks,revenue,share\r\n" +
        "2024-05-01 12:00:00,/a,9007199254740993,10.50,0.5\r\n" +
        "2024-05-01 12:00:00,/b,2,,NaN\r\n" +
        '2024-05-01 12:01:00,"q""uo,te",3,-0.05,\r\n',
    );
    expect(csv.headers.get("link")).toMatch(/^<\/v1\/views\/page_counts\?.*cursor=.*>; rel="next"$/);

    const accept = "text/html;q=0.9, application/vnd.apache.arrow.stream, */*;q=0.1";
    const arrow = await server.get("/v1/views/page_counts", { headers: { accept } });
    expect(arrow.headers.get("content-type")).toBe("application/vnd.apache.arrow.stream");
    const bytes = new Uint8Array(await arrow.arrayBuffer());
    expect(tableFromIPC(bytes).getChild("clicks")?.get(0)).toBe(9_007_199_254_740_993n);
    const reader = findArrowReader();
    if (typeof reader === "function") expect(reader(bytes).columns.revenue).toEqual(["10.50", null, "-0.05", "0.00"]);
    else console.log(`skipped: the Arrow answer in pyarrow (${reader.reason})`);
  });

  test("pages follow the link to the end", async () => {
    const seen: unknown[] = [];
    let path: string | null = "/v1/views/page_counts?order=-clicks&limit=3";
    while (path !== null) {
      const response = await server.get(path);
      const body = (await response.json()) as { rows: { page: unknown }[]; next: string | null };
      seen.push(...body.rows.map((row) => row.page));
      path = /^<(.*)>/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      expect(path === null).toBe(body.next === null);
    }
    expect(seen).toEqual(["/a", null, 'q"uo,te', "/b"]);
  });

  test("where, from, to and order are read from the query", async () => {
    const rows = async (query: string) =>
      ((await (await server.get(`/v1/views/page_counts?${query}`)).json()) as { rows: { page: string }[] }).rows.map(
        (r) => r.page,
      );
    expect(await rows("where=clicks:ge:3&where=page:ne:/a")).toEqual(['q"uo,te']);
    expect(await rows("from=2024-05-01T12:01:00Z&order=page:desc")).toEqual(['q"uo,te', null as unknown as string]);
    expect(await rows("to=2024-05-01T12:01:00Z&where=page:in:/a,/z")).toEqual(["/a"]);
  });

  test("HEAD has the headers of GET, its length too, and no body", async () => {
    for (const path of [
      "/",
      "/v1/views/page_counts",
      "/v1/views/page_counts?format=arrow",
      "/openapi.json",
      "/nothing",
    ]) {
      const get = await raw(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      const head = await raw(`HEAD ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      const headersOf = (answer: string) => {
        const lines = (answer.split("\r\n\r\n")[0] ?? "").toLowerCase().split("\r\n");
        return lines.filter((line) => !line.startsWith("date:")).sort();
      };
      expect(headersOf(head)).toEqual(headersOf(get));
      expect(head.split("\r\n\r\n")[1]).toBe("");
    }
    expect(await (await server.get("/metrics")).text()).toContain(
      'millrace_http_requests_total{route="/v1/views/:view",method="HEAD",status="200"} 2',
    );
  });

  test("committed reads of a job with checkpoints wait for the commit, latest ones do not", async () => {
    server.keyed.append({ ...pageBatch([[NOON, "/k", 1n, null, null]]), epoch: 1 });
    const count = async (at: string) =>
      ((await (await server.get(`/v1/views/page_totals?consistency=${at}`)).json()) as { rows: unknown[] }).rows.length;
    expect([await count("latest"), await count("committed")]).toEqual([1, 0]);
    server.keyed.commit(1);
    expect(await count("committed")).toBe(1);
  });

  test("the list describes views and their columns", async () => {
    const { views } = (await (await server.get("/v1/views")).json()) as { views: { columns?: unknown[] }[] };
    expect(views[0]).toMatchObject({ name: "page_counts", rows: 4, windowColumn: "window_start", primaryKey: null });
    expect(views[0]?.columns?.[3]).toEqual({
      name: "revenue",
      type: "DECIMAL(12, 2)",
      nullable: true,
    });
    expect(views[1]).toMatchObject({ name: "page_totals", primaryKey: ["page"] });
  });
});

describe("what is refused", () => {
  const cases: readonly [path: string, status: number, type: string, hint: RegExp | null][] = [
    ["/v1/views/page_count", 404, "unknown-view", /did you mean "page_counts"\?/],
    ["/v1/views/%2e%2e%2fetc", 404, "unknown-view", null],
    ["/v1/views/page_counts?where=click:eq:1", 400, "unknown-column", /did you mean "clicks"\?/],
    ["/v1/views/page_counts?where=clicks:is:1", 400, "where", /op one of eq, ne/],
    ["/v1/views/page_counts?where=clicks:eq:many", 400, "literal", /a whole number/],
    ["/v1/views/page_counts?order=pages", 400, "unknown-column", /did you mean "page"\?/],
    ["/v1/views/page_counts?limit=0", 400, "limit", null],
    ["/v1/views/page_counts?limit=100001", 400, "limit", null],
    ["/v1/views/page_counts?limit=1&limit=2", 400, "repeated-parameter", null],
    ["/v1/views/page_counts?cursor=abc", 400, "cursor", /take it from "next"/],
    ["/v1/views/page_counts?form=csv", 400, "unknown-parameter", /did you mean "from"|"format"/],
    ["/v1/views/page_counts?format=xml", 400, "unknown-format", null],
    ["/v1/views/page_counts?consistency=eventual", 400, "consistency", null],
    ["/v1/views/page_counts/stream?where=nope:eq:1", 400, "unknown-column", null],
    ["/v1/views/page_counts/stream?snapshot=x", 400, "snapshot", null],
    ["/v1/jobs/clickstreams", 404, "unknown-job", /did you mean "clickstream"\?/],
    ["/v2", 404, "no-route", null],
  ];
  for (const [path, status, type, hint] of cases) {
    test(`${path} → ${status} ${type}`, async () => {
      const body = await problemOf(await server.get(path));
      expect([body.status, body.type]).toEqual([status, `urn:millrace:problem:${type}`]);
      if (hint !== null) expect(body.hint).toMatch(hint);
    });
  }

  test("an Accept that takes nothing there is gives 406 with what there is", async () => {
    const body = await problemOf(
      await server.get("/v1/views/page_counts", { headers: { accept: "image/png, text/csv;q=0" } }),
    );
    expect(body).toMatchObject({ status: 406, hint: expect.stringContaining("application/x-ndjson") });
  });

  test("another method gives 405 with Allow; OPTIONS lists them and opens nothing to other sites", async () => {
    const post = await server.get("/v1/views/page_counts", { method: "POST" });
    expect(post.headers.get("allow")).toBe("GET, HEAD");
    expect((await problemOf(post)).status).toBe(405);
    expect((await server.get("/v1/jobs/clickstream/stop")).headers.get("allow")).toBe("POST");
    const options = await server.get("/v1/views", { method: "OPTIONS", headers: { origin: "http://evil.example" } });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD"]);
    expect(options.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("a large body gives 413, announced or not", async () => {
    const announced = await server.get("/v1/jobs/clickstream/stop", { method: "POST", body: "x".repeat(70_000) });
    expect(announced.status).toBe(413);
    expect(server.stopped).toEqual([]);
  });

  test("a Host that is not ours gives 421: a page cannot reach in by a name of its own", async () => {
    const ask = (host: string) => raw(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    for (const host of ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "user@localhost"]) {
      expect(await ask(host)).toStartWith("HTTP/1.1 421");
    }
    for (const host of ["localhost", `127.0.0.1:${server.listening.port}`, "LOCALHOST:1", "[::1]:9"]) {
      expect(await ask(host)).toStartWith("HTTP/1.1 200");
    }
  });

  test("a page of another site cannot stop a job", async () => {
    for (const headers of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }]) {
      const response = await server.get("/v1/jobs/clickstream/stop", { method: "POST", headers });
      expect((await problemOf(response)).status).toBe(403);
    }
    expect(server.stopped).toEqual([]);
  });

  test("a fault of ours says nothing of the inside, and is reported to the owner", async () => {
    const broken = startFixture({
      notReady: () => {
        throw new Error("secret");
      },
    });
    try {
      const body = await problemOf(await broken.get("/readyz"));
      expect(JSON.stringify(body)).not.toContain("secret");
      expect(body.status).toBe(500);
      expect(String(broken.faults[0])).toContain("secret");
    } finally {
      await broken.listening.stop();
    }
  });

  test("a port that is taken is an error that names port and flag, exit code 74", () => {
    const { port } = server.listening;
    let caught: unknown;
    try {
      startFixture({ port });
    } catch (error) {
      caught = error;
    }
    if (!(caught instanceof EngineError)) throw new Error(`not an EngineError: ${String(caught)}`);
    expect(caught.message).toBe(`port ${port} on "127.0.0.1" is taken by another process`);
    expect([caught.exitCode, caught.code]).toEqual([74, "PORT-TAKEN"]);
    expect(caught.hint).toContain("--port");
  });
});

describe("jobs and operations", () => {
  test("a job shows its counters, its lag and who holds the watermark back", async () => {
    const job = (await (await server.get("/v1/jobs/clickstream")).json()) as Record<string, unknown>;
    expect(job).toMatchObject({ id: "clickstream", phase: "running", queries: [{ counted: 900, late: 50 }] });
    const lag = await (await server.get("/v1/jobs/clickstream/lag")).json();
    expect(lag).toMatchObject({
      sources: [{ name: "clicks", lag: 42, partitions: [{ lag: 12 }, { lag: 30, position: "120" }] }],
    });
    const marks = await (await server.get("/v1/jobs/clickstream/watermarks")).json();
    expect(marks).toMatchObject({
      sources: [{ holdback: "clicks[1]: lowest watermark", watermark: "2024-05-01T12:00:00.000Z" }],
    });
    expect(marks).toMatchObject({
      queries: [
        {
          label: "insert into page_counts",
          openWindows: 2,
          nextWindowEnd: "2024-05-01T12:01:00.000Z",
          waitsFor: "the watermark of clicks, which is 60.0 s before the end; clicks[1]: lowest watermark",
        },
      ],
    });
    // Decisions about silent partitions are told wherever somebody may look for them.
    const idleChanges = [{ partition: "clicks[1]", idle: true, at: "2024-05-01T12:00:01.000Z" }];
    expect(marks).toMatchObject({ sources: [{ idleChanges, idleChangeCount: 51 }] });
    expect(job).toMatchObject({ sources: [{ idlePartitions: 0, idleChanges, idleChangeCount: 51 }] });
    const metrics = await (await server.get("/metrics")).text();
    expect(metrics).toContain('millrace_source_idle_changes_total{job="clickstream",source="clicks"} 51\n');
    expect(metrics).toContain('millrace_source_idle_partitions{job="clickstream",source="clicks"} 0\n');
    expect(await (await server.get("/v1/jobs/clickstream/plan")).json()).toEqual({ version: 1 });
  });

  test("stop tells the job and answers 202", async () => {
    const response = await server.get("/v1/jobs/clickstream/stop", { method: "POST" });
    expect([response.status, server.stopped.splice(0)]).toEqual([202, ["clickstream"]]);
  });

  test("readyz says what is missing", async () => {
    expect(await (await server.get("/readyz")).text()).toBe("ok\n");
    server.notReady = 'job "clickstream" is starting';
    expect(await problemOf(await server.get("/readyz"))).toMatchObject({
      status: 503,
      detail: 'job "clickstream" is starting',
    });
    expect((await server.get("/livez")).status).toBe(200);
  });

  test("metrics count requests by route, rows by outcome, and name the lag of each partition", async () => {
    await server.get("/v1/views/some-path-nobody-has");
    const response = await server.get("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    expect(text).toMatch(/millrace_http_requests_total\{route="\/v1\/views\/:view",method="GET",status="404"\} \d+/);
    expect(text).not.toContain("nobody-has");
    expect(text).toContain('millrace_partition_lag{job="clickstream",source="clicks",partition="clicks[1]"} 30');
    const query = 'job="clickstream",query="0: insert into page_counts"';
    expect(text).toContain(`millrace_query_rows_total{${query},outcome="late"} 50`);
    expect(text).toContain('millrace_view_rows{view="page_counts"} 4');
  });

  test("the OpenAPI document describes every route that answers", async () => {
    const document = (await (await server.get("/openapi.json")).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { parameters: { name: string; in: string }[]; responses: Record<string, unknown> }>
      >;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe("3.1.0");
    const references = JSON.stringify(document.paths).matchAll(/#\/components\/schemas\/(\w+)/g);
    for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name as string);
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const [method, { parameters, responses }] of Object.entries(methods)) {
        expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(
          inPath as string[],
        );
        const real = path.replace("{view}", "page_counts").replace("{job}", "clickstream");
        const answer = await server.get(real, { method: method === "get" ? "HEAD" : method.toUpperCase() });
        expect([path, Object.keys(responses)]).toEqual([path, expect.arrayContaining([String(answer.status)])]);
      }
    }
    server.stopped.length = 0;
  });

  test("the page comes with a policy that lets it load nothing from elsewhere", async () => {
    const page = await server.get("/");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    const linked = [...html.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map((match) => match[1] as string);
    expect(linked).toContain("/console/main.js");
    for (const path of linked) expect([path, (await server.get(path)).status]).toEqual([path, 200]);
  });

  test("a watermark at the end of time reads `end`", async () => {
    const done = startFixture();
    try {
      done.pages.append(pageBatch([[NOON, "/", 1n, null, null]], NOON_MS));
      done.pages.advance(Number.MAX_SAFE_INTEGER, 0);
      const response = await done.get("/v1/views/page_counts");
      expect(response.headers.get("x-millrace-watermark")).toBe("end");
    } finally {
      await done.listening.stop();
    }
  });
});
