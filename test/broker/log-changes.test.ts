/**
 * What can happen to a log beside records being added at its end, seen by whole jobs on a real broker: transactions that stay
 * open or are aborted, control records at the end, tombstones, records deleted under the reader, partitions that are added,
 * topics that go. No row is lost or made late in silence, and a job that cannot go on says why and ends.
 */
import { expect, test } from "bun:test";
import { jsonErrors, jsonLines, lastSummary, Running, runSql, tableOf } from "../end-to-end/millrace.ts";
import { type Cluster, columnOf, describeBroker, openProducer, openSource, read, write } from "./fixture.ts";
import { KeyRegion } from "./key-region.ts";
import { TransactionalWriter } from "./raw-kafka.ts";

const columns = "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts";

function table(cluster: Cluster, topic: string, options: Record<string, string> = {}): string {
  return tableOf("t", columns, {
    connector: "kafka",
    topic,
    "properties.bootstrap.servers": cluster.bootstrap,
    "scan.startup.mode": "earliest-offset",
    format: "json",
    ...options,
  });
}

const bounded = { "scan.bounded.mode": "latest-offset" };
const counts = `SELECT window_start, COUNT(*) AS c, SUM(n) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end;`;
const view = `CREATE MATERIALIZED VIEW v AS ${counts}`;
const row = (n: number, minute: number) => `{"n":${n},"ts":"2024-05-01 00:${String(minute).padStart(2, "0")}:00"}`;
const windowOf = (minute: number, c: number, s: number) => ({
  window_start: `2024-05-01 00:${String(minute).padStart(2, "0")}:00`,
  c,
  s,
});

interface Source {
  readonly watermark: string | null;
  readonly holdback: string | null;
  readonly partitions: readonly { name: string; lag: number; idle: boolean; position: string }[];
}

async function bodyOf<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function sourceAt(url: string): Promise<Source> {
  const { sources } = await bodyOf<{ sources: Source[] }>(url);
  return sources[0] ?? { watermark: null, holdback: null, partitions: [] };
}

/** A job that serves, and what it says of itself. */
class Served implements AsyncDisposable {
  readonly running: Running;
  #url = "";

  constructor(script: string) {
    this.running = new Running(["run", "-", "--port", "0", "--json"]).input(script);
  }

  source(until: (source: Source) => boolean): Promise<Source> {
    return this.#poll(async (url) => {
      const at = `${url}/v1/jobs/${await this.#id(url)}`;
      const [watermarks, lags] = await Promise.all([sourceAt(`${at}/watermarks`), sourceAt(`${at}/lag`)]);
      const partitions = lags.partitions.map((partition, index) => ({ ...watermarks.partitions[index], ...partition }));
      return { ...watermarks, partitions };
    }, until);
  }

  rows(until: (rows: readonly unknown[]) => boolean): Promise<readonly unknown[]> {
    return this.#poll(async (url) => (await bodyOf<{ rows: unknown[] }>(`${url}/v1/views/v?limit=1000`)).rows, until);
  }

  late(): Promise<number> {
    return this.#poll(
      async (url) => {
        const { queries } = await bodyOf<{ queries: { late: number }[] }>(`${url}/v1/jobs/${await this.#id(url)}`);
        return queries[0]?.late ?? -1;
      },
      (late) => late >= 0,
    );
  }

  async #id(url: string): Promise<string> {
    return (await bodyOf<{ jobs: { id: string }[] }>(`${url}/v1/jobs`)).jobs[0]?.id ?? "";
  }

  /** Fails after a quarter of a minute with what it saw last. */
  async #poll<T>(look: (url: string) => Promise<T>, until: (value: T) => boolean): Promise<T> {
    if (this.#url === "") this.#url = await this.running.says(/"serving":"([^"]+)"/);
    const deadline = performance.now() + 15_000;
    for (;;) {
      const value = await look(this.#url);
      if (until(value)) return value;
      if (performance.now() > deadline) throw new Error(`not within 15 s; last: ${JSON.stringify(value)}`);
      await Bun.sleep(20);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.running[Symbol.asyncDispose]();
  }
}

describeBroker("a log that changes", (cluster) => {
  for (const end of ["commit", "abort"] as const) {
    test(`an open transaction holds the watermark back and shows as lag until its ${end}, also past the idle time-out`, async () => {
      const topic = await cluster().topic(2);
      const writer = new TransactionalWriter(cluster().bootstrap, topic);
      writer.begin();
      writer.write([row(1, 0), row(2, 0)]);
      await using job = new Served(`${table(cluster(), topic, { "scan.watermark.idle-timeout": "300 ms" })}${view}`);
      await write(cluster(), { topic, partition: 1 }, [row(10, 0), row(20, 5)]);
      const before = await job.source(({ partitions }) => partitions[1]?.idle === true);
      // Long past its time-out: partition 1 fell silent later.
      expect(before.partitions[0]).toMatchObject({ idle: false, lag: 2, position: "0" });
      expect(before).toMatchObject({ watermark: null, holdback: `${topic}[0]: an open transaction` });
      if (end === "commit") writer.commit();
      else writer.abort();
      // Idle now, it lets the other one close what there is.
      await job.source(({ partitions }) => partitions[0]?.idle === true && partitions[0].lag === 0);
      await write(cluster(), { topic, partition: 1 }, [row(21, 5)]);
      const sum = end === "commit" ? windowOf(0, 3, 13) : windowOf(0, 1, 10);
      expect(await job.rows((rows) => rows.length > 0)).toEqual([sum]);
      expect(await job.late()).toBe(0);
      // One that begins behind what was read, while the partition is idle.
      await job.source(({ partitions }) => partitions.every(({ idle }) => idle));
      writer.begin();
      writer.write([row(3, 6)]);
      await job.source(
        ({ partitions, holdback }) => partitions[0]?.lag === 1 && /open transaction/.test(holdback ?? ""),
      );
      await write(cluster(), { topic, partition: 1 }, [row(30, 6), row(40, 9)]);
      await job.source(({ partitions }) => partitions[1]?.position === "5" && partitions[1].idle);
      expect((await job.rows(() => true)).length).toBe(1);
      writer.commit();
      await job.source(({ partitions }) => partitions[0]?.idle === true && partitions[0].lag === 0);
      await write(cluster(), { topic, partition: 1 }, [row(41, 9)]);
      expect((await job.rows((rows) => rows.length >= 3)).slice(1)).toEqual([windowOf(5, 2, 41), windowOf(6, 2, 33)]);
      expect(await job.late()).toBe(0);
      writer.close();
    });
  }

  test("a bounded job ends on a partition whose last records are aborted or markers, wherever its bound lies", async () => {
    const topic = await cluster().topic(1);
    const writer = new TransactionalWriter(cluster().bootstrap, topic);
    for (const end of ["commit", "abort", "abort"] as const) {
      writer.begin();
      writer.write([row(1, 0), row(2, 0)]);
      writer[end]();
    }
    writer.close();
    // 0 1 rows, 2 marker, 3 4 aborted, 5 marker, 6 7 aborted, 8 marker
    for (const offset of [3, 4, 5, 6, 8, 9]) {
      const bound = {
        "scan.bounded.mode": "specific-offsets",
        "scan.bounded.specific-offsets": `partition:0,offset:${offset}`,
      };
      const run = await runSql(`${table(cluster(), topic, bound)}${counts}`, "--json");
      expect({ offset, code: run.code, rows: jsonLines(run.out) }).toEqual({
        offset,
        code: 0,
        rows: [windowOf(0, 2, 3)],
      });
    }
    const latest = await runSql(`${table(cluster(), topic, bounded)}${counts}`, "--json");
    expect(lastSummary(latest)).toMatchObject({ rows: 2, lag: 0 });
    const dirty = { ...bounded, "properties.isolation.level": "read_uncommitted" };
    const all = await runSql(`${table(cluster(), topic, dirty)}${counts}`, "--json");
    expect(jsonLines(all.out)).toEqual([windowOf(0, 6, 9)]);
  });

  test("tombstones are counted apart, whatever the policy, and their keys make no row", async () => {
    const topic = await cluster().topic(1, { "cleanup.policy": "compact" });
    const producer = await openProducer(cluster(), topic);
    const keys = columnOf(["a", "b", "a", "c"]);
    await producer.send({
      ...columnOf([row(1, 0), row(2, 0), "", row(3, 1)]),
      keyBytes: keys.bytes,
      keyOffsets: keys.offsets,
      nulls: Uint8Array.from([0, 0, 1, 0]),
      partition: 0,
    });
    await producer.flush();
    await producer.close();
    for (const policy of ["fail", "skip"]) {
      const run = await runSql(
        `${table(cluster(), topic, { ...bounded, "bad-row.policy": policy })}${counts}`,
        "--json",
      );
      expect(jsonLines(run.out)).toEqual([windowOf(0, 2, 3), windowOf(1, 1, 3)]);
      expect(lastSummary(run)).toMatchObject({ rows: 4, bad: 1, lag: 0 });
    }
  });

  test("topics without records, and partitions without any, end a bounded job with what is there", async () => {
    const topic = await cluster().topic(3);
    const none = await runSql(`${table(cluster(), topic, bounded)}${counts}`, "--json");
    expect([none.code, none.out, lastSummary(none)]).toMatchObject([0, "", { rows: 0, lag: 0 }]);
    await write(cluster(), { topic, partition: 1 }, [row(1, 0), row(2, 3)]);
    const one = await runSql(`${table(cluster(), topic, bounded)}${counts}`, "--json");
    expect(jsonLines(one.out)).toEqual([windowOf(0, 1, 1), windowOf(3, 1, 2)]);
    // Only deleted ones.
    await cluster().admin.deleteRecords({ topic, partition: 1, offset: 2n });
    const gone = await runSql(`${table(cluster(), topic, bounded)}${counts}`, "--json");
    expect([gone.code, gone.out]).toEqual([0, ""]);
  });

  test("records deleted before they were read end the job with exit code 76, and the gap is named", async () => {
    const topic = await cluster().topic(1, { "segment.bytes": "1048576" });
    const texts = Array.from({ length: 30_000 }, (_, n) => row(n, n % 60).replace("}", `,"pad":"${"x".repeat(200)}"}`));
    await write(cluster(), { topic, partition: 0 }, texts.slice(0, 100));
    const slow = { "properties.queued.min.messages": "1", "properties.fetch.max.bytes": "1048576" };
    const group = { "properties.group.id": topic, "scan.startup.mode": "group-offsets" };
    const first = await runSql(
      `${table(cluster(), topic, { ...slow, ...group, ...bounded, "properties.auto.offset.reset": "earliest" })}${counts}`,
      "--json",
    );
    expect(first.code).toBe(0);
    await write(cluster(), { topic, partition: 0 }, texts);
    await cluster().admin.deleteRecords({ topic, partition: 0, offset: 20_000n });
    for (const reset of ["earliest", "latest", "none"]) {
      const options = { ...group, ...bounded, "properties.auto.offset.reset": reset };
      const run = await runSql(`${table(cluster(), topic, options)}${counts}`, "--json");
      expect([reset, run.code, jsonErrors(run)]).toMatchObject([
        reset,
        76,
        [
          {
            message: expect.stringContaining(
              `"${topic}[0]" cannot start at offset 100: the log has 20000 to 30100; 19900 records`,
            ),
          },
        ],
      ]);
    }
  });

  test("records deleted in front of a slow reader are not skipped over in silence", async () => {
    const topic = await cluster().topic(1);
    const texts = Array.from({ length: 40_000 }, (_, n) => `${n}`.padEnd(300, "."));
    await write(cluster(), { topic, partition: 0 }, texts);
    const source = openSource(cluster(), topic, {
      "properties.queued.min.messages": "1",
      "properties.max.partition.fetch.bytes": "100000",
    });
    await source.open();
    const region = new KeyRegion({ bytes: 1 << 16, rows: 100 });
    const before = await read(source, { region, until: ({ records }) => records.length >= 100 });
    await cluster().admin.deleteRecords({ topic, partition: 0, offset: 39_000n });
    const seen = before.records.map(({ text }) => text);
    const rest = read(source, {
      region,
      until: ({ records }) => {
        for (const { text } of records.splice(0)) seen.push(text);
        return seen.length >= 40_000;
      },
    });
    await expect(rest).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringContaining(`"${topic}[0]" has lost`),
    });
    await source.close();
    // What had been fetched is handed over, without a gap.
    expect(seen.length).toBeLessThan(39_000);
    expect(seen).toEqual(texts.slice(0, seen.length));
  });

  test("partitions added while the job runs are read from their beginning, and none of their rows is late", async () => {
    const topic = await cluster().topic(1);
    const options = { "scan.topic-partition-discovery.interval": "100 ms", "scan.startup.mode": "latest-offset" };
    await write(cluster(), { topic, partition: 0 }, [row(100, 0)]);
    await using job = new Served(`${table(cluster(), topic, options)}${view}`);
    await job.source(({ partitions }) => partitions[0]?.position === "1");
    await write(cluster(), { topic, partition: 0 }, [row(1, 0)]);
    await cluster().admin.addPartitions(topic, 3);
    await write(cluster(), { topic, partition: 2 }, [row(2, 0), row(3, 2)]);
    const { partitions } = await job.source((source) => source.partitions[2]?.position === "2");
    expect(partitions.map(({ name }) => name)).toEqual([0, 1, 2].map((n) => `${topic}[${n}]`));
    await write(cluster(), { topic, partition: 0 }, [row(4, 2)]);
    expect(await job.rows((rows) => rows.length > 0)).toEqual([windowOf(0, 2, 3)]);
    expect(await job.late()).toBe(0);
  });

  test("a topic deleted while it is read ends the job, says so, and makes no window of what was open", async () => {
    const topic = await cluster().topic(2);
    await write(cluster(), { topic, partition: 0 }, [row(1, 0)]);
    await using job = new Served(`${table(cluster(), topic)}${view}`);
    await job.source(({ partitions }) => partitions[0]?.position === "1");
    await cluster().admin.deleteTopic(topic);
    const ended = await job.running.ended();
    expect({ code: ended.code, err: ended.err }).toMatchObject({
      code: 75,
      err: expect.stringMatching(/cannot be read on: the cluster does not have it any more/),
    });
  });

  for (const records of [1, 10]) {
    test(`a topic deleted and made anew under the reader, with ${records} records where 3 were read, ends the job`, async () => {
      const topic = await cluster().topic(1);
      await write(cluster(), { topic, partition: 0 }, [row(1, 0), row(2, 0), row(3, 0)]);
      await using job = new Served(`${table(cluster(), topic)}${view}`);
      await job.source(({ partitions }) => partitions[0]?.position === "3");
      await cluster().admin.deleteTopic(topic);
      for (let made = false; !made; )
        made = await cluster()
          .admin.createTopic({ name: topic, partitions: 1 })
          .then(() => true)
          .catch(() => Bun.sleep(20).then(() => false));
      await write(
        cluster(),
        { topic, partition: 0 },
        Array.from({ length: records }, (_, n) => row(n, 1)),
      );
      const ended = await job.running.ended();
      expect(jsonErrors({ ...ended, err: ended.err.trim().split("\n").slice(1).join("\n") })).toMatchObject([
        { exitCode: 76, message: expect.stringContaining(topic) },
      ]);
    });
  }

  test("records larger than what a fetch asks for are read", async () => {
    const topic = await cluster().topic(1, { "max.message.bytes": "10485760" });
    const large = row(5, 0).replace("}", `,"pad":"${"x".repeat(3_000_000)}"}`);
    const producer = await openProducer(cluster(), topic, { "properties.max.request.size": "8000000" });
    await producer.send(columnOf([row(1, 0), large, row(2, 1)]));
    await producer.flush();
    await producer.close();
    const small = { "properties.max.partition.fetch.bytes": "1000", "properties.fetch.max.bytes": "2000" };
    const run = await runSql(`${table(cluster(), topic, { ...bounded, ...small })}${counts}`, "--json");
    expect([run.err.includes('"error"') ? run.err : "", jsonLines(run.out)]).toEqual([
      "",
      [windowOf(0, 2, 6), windowOf(1, 1, 2)],
    ]);
  });
});
