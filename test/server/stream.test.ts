import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { Op } from "../../src/core/batch.ts";
import { type Fixture, jobStatus, MINUTE, NOON, NOON_MS, pageBatch, readEvents, startFixture } from "./fixture.ts";

const open: Fixture[] = [];
function start(...args: Parameters<typeof startFixture>): Fixture {
  const fixture = startFixture(...args);
  open.push(fixture);
  return fixture;
}
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.listening.stop();
});

interface RowsData {
  readonly rows: { readonly page: string; readonly clicks: number }[];
  readonly ops?: string[];
  readonly watermark: string | null;
  readonly reason?: string;
}

/** Opens a stream; `next` gives the next event that is not a comment, parsed. */
async function openStream(fixture: Fixture, path: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const response = await fixture.get(path, { headers, signal: stop.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const events = readEvents(response);
  const next = async (): Promise<{ event: string; id: string; data: RowsData }> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done === true || value === undefined) throw new Error("the stream ended");
      if (value.event !== "") return { event: value.event, id: value.id, data: JSON.parse(value.data) as RowsData };
    }
  };
  const comment = async (): Promise<string> => {
    for (;;) {
      const { value } = await events.next();
      if (value !== undefined && value.comment !== "") return value.comment;
    }
  };
  return { next, comment, close: () => stop.abort() };
}

const row = (minute: number, page: string, clicks: number) => [
  NOON + BigInt(minute) * MINUTE,
  page,
  BigInt(clicks),
  null,
  null,
];

describe("a stream", () => {
  test("gives changes as they come, with ids that rise, and watermarks between", async () => {
    const server = start();
    const stream = await openStream(server, "/v1/views/page_counts/stream");
    server.pages.append(pageBatch([row(0, "/a", 1), row(0, "/b", 2)]));
    const first = await stream.next();
    expect([first.event, first.id]).toEqual(["rows", "run1.2"]);
    expect(first.data.rows.map(({ page, clicks }) => [page, clicks])).toEqual([
      ["/a", 1],
      ["/b", 2],
    ]);
    server.pages.advance(NOON_MS + 60_000, 0);
    expect(await stream.next()).toMatchObject({ event: "watermark", data: { watermark: "2024-05-01T12:01:00.000Z" } });
    server.pages.append(pageBatch([row(1, "/a", 3)]));
    expect(await stream.next()).toMatchObject({ event: "rows", id: "run1.3" });
    stream.close();
  });

  test("resumes behind the last event seen: nothing twice, nothing missing", async () => {
    const server = start();
    for (let n = 0; n < 10; n++) server.pages.append(pageBatch([row(n, "/a", n)]));
    const stream = await openStream(server, "/v1/views/page_counts/stream", { "last-event-id": "run1.7" });
    const resumed = await stream.next();
    expect(resumed.data.rows.map(({ clicks }) => clicks)).toEqual([7, 8, 9]);
    stream.close();
    const byQuery = await openStream(server, "/v1/views/page_counts/stream?after=run1.9");
    expect((await byQuery.next()).data.rows.map(({ clicks }) => clicks)).toEqual([9]);
    byQuery.close();
  });

  test("begins with the newest rows when asked, and goes on without a gap", async () => {
    const server = start();
    for (let n = 0; n < 10; n++) server.pages.append(pageBatch([row(n, "/a", n)]));
    const stream = await openStream(server, "/v1/views/page_counts/stream?snapshot=3");
    const snapshot = await stream.next();
    expect([snapshot.event, snapshot.id, snapshot.data.reason]).toEqual(["reset", "run1.10", "start"]);
    expect(snapshot.data.rows.map(({ clicks }) => clicks)).toEqual([7, 8, 9]);
    server.pages.append(pageBatch([row(10, "/a", 10)]));
    expect((await stream.next()).data.rows.map(({ clicks }) => clicks)).toEqual([10]);
    stream.close();
  });

  test("a place of another run, or one that is gone, gives a reset instead of wrong rows", async () => {
    const server = start();
    for (let n = 0; n < 200; n++) {
      server.keyed.append({ ...pageBatch([row(0, `/${n % 3}`, n)]), op: new Uint8Array([Op.updateAfter]) });
    }
    server.keyed.commit(0);
    for (const id of ["run0.5", "run1.999", "nonsense", "run1.1"]) {
      const stream = await openStream(server, "/v1/views/page_totals/stream?snapshot=10", { "last-event-id": id });
      const { event, data } = await stream.next();
      expect([id, event, data.rows.map(({ clicks }) => clicks)]).toEqual([id, "reset", [197, 198, 199]]);
      stream.close();
    }
  });

  test("changes carry Flink's change kinds where a view has updates", async () => {
    const server = start();
    const stream = await openStream(server, "/v1/views/page_totals/stream?consistency=latest");
    const op = new Uint8Array([Op.insert, Op.updateBefore, Op.updateAfter, Op.delete]);
    server.keyed.append({ ...pageBatch([row(0, "/a", 1), row(0, "/a", 1), row(0, "/a", 2), row(0, "/a", 2)]), op });
    expect((await stream.next()).data.ops).toEqual(["+I", "-U", "+U", "-D"]);
    stream.close();
  });

  test("conditions hold for changes too, and ids pass over what they leave out", async () => {
    const server = start();
    const stream = await openStream(server, "/v1/views/page_counts/stream?where=page:eq:/b");
    server.pages.append(pageBatch([row(0, "/a", 1)], null));
    server.pages.append(pageBatch([row(0, "/b", 2), row(0, "/c", 3)], null));
    expect(await stream.next()).toMatchObject({ id: "run1.3", data: { rows: [{ page: "/b" }] } });
    stream.close();
  });

  test("a large change comes in several events", async () => {
    const server = start({ streamLimits: { eventRows: 10 } });
    const stream = await openStream(server, "/v1/views/page_counts/stream");
    server.pages.append(pageBatch(Array.from({ length: 25 }, (_, n) => row(0, "/a", n))));
    const sizes = [await stream.next(), await stream.next(), await stream.next()].map(({ data }) => data.rows.length);
    expect(sizes).toEqual([10, 10, 5]);
    stream.close();
  });

  test("a quiet stream shows signs of life", async () => {
    const server = start({ streamLimits: { heartbeatMs: 5 } });
    const stream = await openStream(server, "/v1/views/page_counts/stream");
    expect(await stream.comment()).toBe("still here");
    stream.close();
  });

  test("a stream that ends because the server does says what became of the job", async () => {
    const server = start();
    const stream = await openStream(server, "/v1/views/page_counts/stream");
    const error = { code: "MALFORMED-RECORD", message: "no JSON", hint: null };
    server.job = { ...server.job, status: jobStatus({ phase: "failed" }), error };
    const stopped = server.listening.stop();
    let last = await stream.next();
    while (last.event !== "end") last = await stream.next();
    expect<unknown>(last.data).toEqual({ jobs: [{ id: "clickstream", name: "clickstream", phase: "failed", error }] });
    await stopped;
  });

  test("clients at the same place of a view share what is made for them, others get their own", async () => {
    const server = start();
    const changesAfter = server.pages.changesAfter.bind(server.pages);
    let made = 0;
    server.pages.changesAfter = (...args) => {
      made++;
      return changesAfter(...args);
    };
    const same = await Promise.all(
      Array.from({ length: 5 }, () => openStream(server, "/v1/views/page_counts/stream?where=page:ne:/x")),
    );
    const other = await openStream(server, "/v1/views/page_counts/stream?where=page:eq:/a");
    server.pages.append(pageBatch([row(0, "/a", 1), row(0, "/b", 2), row(0, "/x", 3)]));
    const pagesOf = async (stream: (typeof same)[number]) => {
      let event = await stream.next();
      while (event.event !== "rows") event = await stream.next();
      return event.data.rows.map(({ page }) => page);
    };
    for (const stream of same) expect(await pagesOf(stream)).toEqual(["/a", "/b"]);
    expect(await pagesOf(other)).toEqual(["/a"]);
    server.pages.append(pageBatch([row(1, "/c", 1)]));
    for (const stream of same) expect(await pagesOf(stream)).toEqual(["/c"]);
    // Two kinds of stream, each looked at when it opens, and at and after each of two changes: not once a client (30).
    expect(made).toBeLessThanOrEqual(10);
    for (const stream of [...same, other]) stream.close();
  });

  test("a client that left is forgotten; as many as allowed may be there at once", async () => {
    const server = start({ streamLimits: { clients: 1 } });
    const clients = () => /millrace_http_stream_clients (\d+)/.exec(server.metrics.scrape())?.[1];
    const stream = await openStream(server, "/v1/views/page_counts/stream");
    expect(clients()).toBe("1");
    const refused = await server.get("/v1/views/page_counts/stream");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect((await server.get("/v1/views/page_counts/stream", { method: "HEAD" })).status).toBe(200);
    stream.close();
    while (clients() !== "0") await Bun.sleep(5);
    const again = await openStream(server, "/v1/views/page_counts/stream");
    again.close();
  });

  test("a client that does not read is dropped, told so and counted; the view goes on", async () => {
    const server = start({ streamLimits: { behindRows: 2000 } });
    const reader = await openStream(server, "/v1/views/page_counts/stream?where=page:eq:mark");
    let text = "";
    const socket = connect(server.listening.port, "127.0.0.1");
    socket.write("GET /v1/views/page_counts/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise<void>((resolve) => socket.once("data", () => resolve()));
    socket.pause();
    const page = "x".repeat(1000);
    const dropped = () => server.metrics.scrape().includes("millrace_http_streams_dropped_total 1");
    let batches = 0;
    while (!dropped()) {
      server.pages.append(pageBatch(Array.from({ length: 500 }, (_, n) => row(0, page, n))));
      if (++batches > 400) throw new Error("200,000 rows of 1 kB did not drop a client that reads nothing");
      await Bun.sleep(1);
    }
    server.pages.append(pageBatch([row(1, "mark", 1)]));
    for (let event = await reader.next(); event.event !== "rows"; ) event = await reader.next();
    reader.close();
    socket.on("data", (bytes) => {
      text = (text + bytes.toString()).slice(-2000);
    });
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.resume();
    while (!text.includes("event: dropped")) await Bun.sleep(5);
    expect(text).toContain('"reason":"this client reads too slowly"');
    socket.destroy();
    await ended;
  });
});
