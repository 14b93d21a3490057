/**
 * HTTP on running jobs, by fetch, as a stranger's program would use it: a view over a file in four formats with filter, order,
 * pages and a live stream; probes and metrics; and a job that never rests.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { findArrowReader } from "../formats/arrow-reader.ts";
import { fileTable, Running, tableOf, toLines } from "./millrace.ts";

const PAGES = 12;
const WINDOWS = 10;
const columns = "page STRING, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND";

interface Row {
  readonly window_start: string;
  readonly page: string | null;
  readonly c: number;
  readonly s: number;
}

/** Windows of a minute, pages (one of them NULL) with as many rows as their number. */
const records = Array.from({ length: WINDOWS }, (_, w) =>
  Array.from({ length: PAGES }, (_, p) =>
    Array.from({ length: p + 1 }, (_, i) => ({
      page: p === 0 ? null : `/p,"${p}"`,
      n: 2 ** 53 - 1 - i,
      ts: `2024-05-01 00:0${w}:0${i % 10}`,
    })),
  ),
).flat(2);
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const expected: readonly Row[] = Array.from({ length: WINDOWS }, (_, w) => {
  const names = Array.from({ length: PAGES - 1 }, (_, p) => `/p,"${p + 1}"`).sort(byBytes);
  return [null, ...names].map((page) => {
    const mine = records.filter((record) => record.page === page && record.ts.startsWith(`2024-05-01 00:0${w}`));
    return { window_start: `2024-05-01 00:0${w}:00`, page, c: mine.length, s: mine.length };
  });
}).flat();

describe("a view over a file", () => {
  let folder: TemporaryFolder;
  let running: Running;
  let url: string;

  beforeAll(async () => {
    folder = new TemporaryFolder();
    folder.write("in.json", toLines(records));
    const script = `SET 'pipeline.name' = 'pages';
      ${fileTable("t", columns, { path: join(folder.path, "in.json") })}
      CREATE MATERIALIZED VIEW pages AS SELECT window_start, page, COUNT(*) AS c, COUNT(n) AS s, MAX(n) AS big
      FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, page;`;
    running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
    url = await running.says(/"serving":"([^"]+)"/);
    while ((await rows("limit=1000")).length < expected.length) await Bun.sleep(5);
  });

  afterAll(async () => {
    running.process.kill("SIGINT");
    expect((await running.ended()).code).toBe(0);
    folder[Symbol.dispose]();
  });

  const get = (query: string) => fetch(`${url}/v1/views/pages?${query}`);
  async function rows(query: string): Promise<Row[]> {
    const answer = await get(query);
    const body = (await answer.json()) as { rows: (Row & { big: number })[] };
    return body.rows.map(({ window_start, page, c, s }) => ({ window_start, page, c, s }));
  }

  test("is listed with its columns", async () => {
    const answer = (await (await fetch(`${url}/v1/views`)).json()) as { views: Record<string, unknown>[] };
    expect(answer.views).toHaveLength(1);
    expect(answer.views[0]).toMatchObject({ name: "pages" });
    expect(answer.views[0]?.columns).toMatchObject([
      { name: "window_start", type: "TIMESTAMP(3)" },
      { name: "page", type: "STRING" },
      { name: "c", type: "BIGINT" },
      { name: "s", type: "BIGINT" },
      { name: "big", type: "BIGINT" },
    ]);
  });

  test("gives the same rows as JSON, NDJSON and CSV, by Accept and by format=", async () => {
    const json = await get("limit=1000");
    expect([json.status, json.headers.get("content-type")]).toEqual([200, "application/json"]);
    const text = await json.text();
    expect(text).toContain(`"big":${2 ** 53 - 1}`);
    expect(await rows("limit=1000")).toEqual([...expected]);
    const lines = await fetch(`${url}/v1/views/pages?limit=1000`, { headers: { accept: "application/x-ndjson" } });
    expect(lines.headers.get("content-type")).toStartWith("application/x-ndjson");
    const read = (await lines.text()).trim().split("\n");
    expect(read.map((line) => JSON.parse(line))).toEqual(expected.map((row) => ({ ...row, big: 2 ** 53 - 1 })));
    const csv = await (await get("limit=1000&format=csv")).text();
    const cell = (value: string | null) => (value === null ? "" : `"${value.replaceAll('"', '""')}"`);
    expect(csv.split("\r\n")).toEqual([
      "window_start,page,c,s,big",
      ...expected.map((row) => `${row.window_start},${cell(row.page)},${row.c},${row.s},${2 ** 53 - 1}`),
      "",
    ]);
  });

  test("gives an Arrow stream that another implementation reads", async () => {
    const reader = findArrowReader();
    if (typeof reader !== "function") return console.log(`skipped: Arrow by pyarrow: ${reader.reason}`);
    const answer = await get("limit=1000&format=arrow");
    expect(answer.headers.get("content-type")).toBe("application/vnd.apache.arrow.stream");
    const { schema, columns: read } = reader(new Uint8Array(await answer.arrayBuffer()));
    expect(schema.map(([name, type]) => `${name} ${type}`)).toEqual([
      "window_start timestamp[us]",
      "page string",
      "c int64",
      "s int64",
      "big int64",
    ]);
    expect(read.page).toEqual(expected.map((row) => row.page));
    expect(read.c).toEqual(expected.map((row) => String(row.c)));
    expect(read.window_start).toEqual(
      expected.map((row) => String(Date.parse(`${row.window_start.replace(" ", "T")}Z`) * 1000)),
    );
  }, 180_000);

  test("filters, orders and limits", async () => {
    const where = (test: (row: Row) => boolean) => expected.filter(test);
    expect(await rows("where=c:gt:10&where=page:ne:/p,%2211%22")).toEqual(
      where((row) => row.c > 10 && row.page !== '/p,"11"' && row.page !== null),
    );
    expect(await rows("from=2024-05-01T00:03:00Z&to=2024-05-01T00:05:00Z")).toEqual(
      where((row) => row.window_start >= "2024-05-01 00:03:00" && row.window_start < "2024-05-01 00:05:00"),
    );
    expect(await rows("where=c:in:3,4&limit=1000")).toEqual(where((row) => row.c === 3 || row.c === 4));
    const ordered = await rows("order=c:desc,window_start&limit=15");
    expect(ordered).toEqual(
      [...expected].sort((a, b) => b.c - a.c || byBytes(a.window_start, b.window_start)).slice(0, 15),
    );
  });

  test("pages through by cursor without a gap or a double, in any order", async () => {
    for (const order of ["", "order=c:desc&"]) {
      const seen: Row[] = [];
      let pages = 0;
      for (let cursor = ""; ; pages++) {
        const answer = await get(`${order}limit=17${cursor}`);
        const body = (await answer.json()) as { rows: Row[]; next: string | null };
        seen.push(...body.rows.map(({ window_start, page, c, s }) => ({ window_start, page, c, s })));
        if (body.next === null) break;
        expect(answer.headers.get("link")).toContain('rel="next"');
        cursor = `&cursor=${encodeURIComponent(body.next)}`;
      }
      const inOrder = order === "" ? expected : [...expected].sort((a, b) => b.c - a.c);
      expect({ order, pages, rows: seen }).toEqual({
        order,
        pages: Math.ceil(expected.length / 17) - 1,
        rows: [...inOrder],
      });
    }
  });

  test("answers what it does not understand with problem details that name it", async () => {
    const cases: readonly (readonly [string, number, string])[] = [
      ["/v1/views/pagse", 404, "pages"],
      ["/v1/views/pages?where=pgae:eq:x", 400, "page"],
      ["/v1/views/pages?where=c:eq:many", 400, "many"],
      ["/v1/views/pages?ordr=c", 400, "order"],
      ["/v1/views/pages?limit=-1", 400, "limit"],
      ["/v1/views/pages?cursor=nonsense", 400, "cursor"],
      ["/v1/views/pages?format=xml", 400, "xml"],
      ["/v1/jobs/9", 404, "9"],
      ["/nowhere", 404, "nowhere"],
    ];
    for (const [path, status, word] of cases) {
      const answer = await fetch(url + path);
      const text = await answer.text();
      expect({ path, status: answer.status, type: answer.headers.get("content-type") }).toEqual({
        path,
        status,
        type: "application/problem+json",
      });
      expect(JSON.parse(text)).toMatchObject({ status });
      expect(text).toContain(word);
    }
  });

  test("streams its newest rows first and closes with the client", async () => {
    const stopped = new AbortController();
    const answer = await fetch(`${url}/v1/views/pages/stream?snapshot=12`, { signal: stopped.signal });
    expect(answer.headers.get("content-type")).toStartWith("text/event-stream");
    const event = await firstEvent(answer, "reset");
    expect(event).toMatchObject({ reason: "start" });
    expect((event as { rows: Row[] }).rows.map(({ page }) => page)).toEqual(
      expected.slice(-12).map(({ page }) => page),
    );
    stopped.abort();
  });

  test("tells of the job, and probes and metrics agree with it", async () => {
    expect([(await fetch(`${url}/livez`)).status, (await fetch(`${url}/readyz`)).status]).toEqual([200, 200]);
    const { jobs } = (await (await fetch(`${url}/v1/jobs`)).json()) as { jobs: Record<string, unknown>[] };
    expect(jobs[0]).toMatchObject({ id: "1", name: "pages", phase: "finished", error: null });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toStartWith("text/plain");
    const text = await metrics.text();
    const values = [...text.matchAll(/^millrace_source_records_total\{[^}]*\} (\d+)$/gm)].map(([, value]) =>
      Number(value),
    );
    expect({ values, text: values.length === 1 ? "" : text }).toEqual({ values: [records.length], text: "" });
    const plan = (await (await fetch(`${url}/v1/jobs/1/plan`)).json()) as { queries: unknown[] };
    expect(plan.queries).toHaveLength(1);
    const lag = (await (await fetch(`${url}/v1/jobs/1/lag`)).json()) as { sources: { lag: number }[] };
    expect(lag.sources.map((source) => source.lag)).toEqual([0]);
  });

  test("shows a page whose parts all load", async () => {
    const page = await fetch(`${url}/`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const html = await page.text();
    const parts = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(parts.length).toBeGreaterThan(0);
    for (const path of parts) {
      const part = await fetch(url + path);
      expect({ path, status: part.status, empty: (await part.text()) === "" }).toEqual({
        path,
        status: 200,
        empty: false,
      });
    }
  });
});

describe("a job that never rests", () => {
  test("answers with whole, growing windows while it runs flat out, streams them, and stops over HTTP", async () => {
    const clicks = tableOf(
      "clicks",
      "user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND",
      {
        connector: "datagen",
        kind: "clickstream",
        seed: "1",
        "events-per-second": "1000",
        "rows-per-second": "100000000",
      },
    );
    const script = `${clicks} CREATE MATERIALIZED VIEW v AS SELECT window_start, COUNT(*) AS n
      FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;`;
    await using running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
    const url = await running.says(/"serving":"([^"]+)"/);
    const live = await fetch(`${url}/v1/views/v/stream`);
    const event = await firstEvent(live, "rows");
    expect(JSON.stringify(event)).toContain("window_start");
    let before = -1;
    for (let look = 0; look < 20; look++) {
      const answer = await fetch(`${url}/v1/views/v?limit=100000`);
      expect(answer.status).toBe(200);
      const { rows } = (await answer.json()) as { rows: { window_start: string; n: number }[] };
      const starts = rows.map((row) => Date.parse(`${row.window_start.replace(" ", "T")}Z`));
      const first = starts[0] ?? 0;
      expect(starts).toEqual(starts.map((_, i) => first + i * 10_000));
      expect(rows.slice(1).every(({ n }) => n > 9_000 && n < 11_000)).toBe(true);
      const { jobs } = (await (await fetch(`${url}/v1/jobs`)).json()) as { jobs: { at: string; phase: string }[] };
      expect(["starting", "running"]).toContain(jobs[0]?.phase ?? "");
      expect(first + starts.length).toBeGreaterThanOrEqual(before);
      before = first + starts.length;
    }
    const stop = await fetch(`${url}/v1/jobs/1/stop`, { method: "POST" });
    expect(stop.status).toBe(202);
    const ended = await running.ended();
    expect(ended.code).toBe(0);
  }, 30_000);
});

describe("a view of plain rows", () => {
  test("has its rows counted as given out, and its columns told by an empty one", async () => {
    const script = `${tableOf("t", "n INT", { connector: "datagen", "number-of-rows": "9" })}
      CREATE MATERIALIZED VIEW every AS SELECT n FROM t;
      CREATE MATERIALIZED VIEW none AS SELECT n FROM t WHERE n IS NULL;`;
    await using running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
    const url = await running.says(/"serving":"([^"]+)"/);
    interface Jobs {
      readonly jobs: { readonly phase: string; readonly queries: { readonly emitted: number }[] }[];
    }
    const look = async () => ((await (await fetch(`${url}/v1/jobs`)).json()) as Jobs).jobs[0];
    while ((await look())?.phase !== "finished") await Bun.sleep(10);
    expect((await look())?.queries.map(({ emitted }) => emitted)).toEqual([9, 0]);
    expect((await (await fetch(`${url}/v1/views/every?format=csv`)).text()).split("\r\n")).toHaveLength(11);
    expect(await (await fetch(`${url}/v1/views/none?format=csv`)).text()).toBe("n\r\n");
  });
});

/** The data of the first event of that name. */
async function firstEvent(answer: Response, name: string): Promise<unknown> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const data = new RegExp(`^event: ${name}\\nid: .*\\ndata: (.*)\\n\\n`, "m").exec(text)?.[1];
    if (data !== undefined) return JSON.parse(data);
    const piece = await reader.read();
    if (piece.done) throw new Error(`the stream ended without "${name}": ${text}`);
    text += decoder.decode(piece.value, { stream: true });
  }
}
