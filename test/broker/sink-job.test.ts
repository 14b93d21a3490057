/**
 * Jobs on a real broker from end to end, by the command line: rows produced from a file, read with their keys and metadata, and
 * written to another topic that a second job reads back; a job that is stopped and goes on where it left off.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";
import { jsonLines, lastSummary, millrace, Running, runSql, tableOf, toLines } from "../end-to-end/millrace.ts";
import { type Cluster, columnOf, describeBroker, openProducer, write } from "./fixture.ts";

function kafkaTable(cluster: Cluster, name: string, columns: string, options: Record<string, string>): string {
  return tableOf(name, columns, {
    connector: "kafka",
    "properties.bootstrap.servers": cluster.bootstrap,
    ...(options["value.format"] === undefined ? { format: "json" } : {}),
    ...options,
  });
}

const bounded = { "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset" };
const clickColumns = "n BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";
const at = (second: number) =>
  new Date(Date.UTC(2024, 4, 1, 0, 0, second)).toISOString().slice(0, 19).replace("T", " ");
const click = (n: number) => ({ n, page: `/p/${n % 4}`, ts: at(n) });

describeBroker("jobs on a real broker", (cluster) => {
  test("produce writes a file's lines once each; windows go to a topic and come back the same", async () => {
    using folder = new TemporaryFolder();
    const input = await cluster().topic(1);
    const output = await cluster().topic(2);
    folder.write("clicks.json", toLines(Array.from({ length: 240 }, (_, n) => click(n))));
    const servers = ["--bootstrap-servers", cluster().bootstrap];
    const file = join(folder.path, "clicks.json");
    const produced = await millrace(["produce", file, "--topic", input, ...servers, "--json"]);
    expect([produced.code, JSON.parse(produced.out)]).toMatchObject([0, { topic: input, records: 240 }]);
    const job = `${kafkaTable(cluster(), "clicks", clickColumns, { topic: input, ...bounded })}
      ${kafkaTable(cluster(), "o", "ws TIMESTAMP(3), page STRING, c BIGINT, s BIGINT", { topic: output })}
      ${tableOf("p", "page STRING", { connector: "print" })}
      EXECUTE STATEMENT SET BEGIN
        INSERT INTO o SELECT window_start, page, COUNT(*), SUM(n)
          FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, page;
        INSERT INTO p SELECT page FROM clicks WHERE n >= 238;
      END;`;
    const run = await runSql(job, "--json");
    expect({ code: run.code, rows: lastSummary(run).rows }).toEqual({ code: 0, rows: 240 });
    expect(jsonLines(run.out)).toEqual([{ page: "/p/2" }, { page: "/p/3" }]);
    const columns = "ws TIMESTAMP(3), page STRING, c BIGINT, s BIGINT";
    const back = await runSql(
      `${kafkaTable(cluster(), "o", columns, { topic: output, ...bounded })}SELECT * FROM o;`,
      "--json",
    );
    const expected = [0, 1, 2, 3].flatMap((minute) =>
      [0, 1, 2, 3].map((page) => {
        const mine = Array.from({ length: 60 }, (_, i) => minute * 60 + i).filter((n) => n % 4 === page);
        return { ws: at(minute * 60), page: `/p/${page}`, c: mine.length, s: mine.reduce((sum, n) => sum + n, 0) };
      }),
    );
    const order = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(order(jsonLines(back.out))).toEqual(order(expected));
  });

  test("produce makes the topic when told, once, and leaves one that is there as it is", async () => {
    const topic = `made-${crypto.randomUUID()}`;
    const produce = (...flags: string[]) =>
      millrace(
        ["produce", "--topic", topic, "--bootstrap-servers", cluster().bootstrap, "--json", ...flags],
        '{"n":1}\n',
      );
    const partitionsNow = async () =>
      (await cluster().admin.topics()).find(({ name }) => name === topic)?.partitions ?? null;
    expect([(await produce()).code, await partitionsNow()]).toEqual([74, null]);
    const first = await produce("--create-topic", "--partitions", "3");
    expect({ code: first.code, err: first.err, partitions: await partitionsNow() }).toEqual({
      code: 0,
      err: "",
      partitions: 3,
    });
    expect([(await produce("--create-topic", "--partitions", "8")).code, await partitionsNow()]).toEqual([0, 3]);
    const dealt = await produce("--create-topic", "--partitions", "8", "--generate", "clickstream", "--count", "100");
    expect([dealt.code, dealt.err]).toMatchObject([74, expect.stringContaining("has 3 partitions")]);
    const run = await runSql(
      `${kafkaTable(cluster(), "t", "n BIGINT", { topic, ...bounded })}SELECT n FROM t WHERE n = 1;`,
      "--json",
    );
    expect(jsonLines(run.out)).toEqual([{ n: 1 }, { n: 1 }]);
  });

  test("keys, partition, offset, timestamp and topic are columns", async () => {
    const [wide, narrow] = [await cluster().topic(2), await cluster().topic(1)];
    const produce = async (topic: string, partition: number, rows: readonly (readonly [string, string])[]) => {
      const producer = await openProducer(cluster(), topic);
      const keys = columnOf(rows.map(([key]) => key));
      const values = columnOf(rows.map(([, value]) => value));
      await producer.send({ ...values, partition, keyBytes: keys.bytes, keyOffsets: keys.offsets });
      await producer.flush();
      await producer.close();
    };
    const now = Date.now();
    await produce(wide, 1, [
      ['{"id":7,"tag":"a"}', '{"v":"x"}'],
      ['{"id":9007199254740993,"tag":null}', '{"v":"y"}'],
    ]);
    await produce(narrow, 0, [["{}", '{"v":"z"}']]);
    const columns = `k_id BIGINT, k_tag STRING, v STRING, p INT METADATA FROM 'partition' VIRTUAL, o BIGINT METADATA FROM 'offset' VIRTUAL,
      at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, topic STRING METADATA VIRTUAL, twice AS k_id * 2`;
    const table = kafkaTable(cluster(), "t", columns.replace("at TIME", "`at` TIME"), {
      topic: `${wide};${narrow}`,
      "key.format": "json",
      "key.fields": "k_id;k_tag",
      "key.fields-prefix": "k_",
      "value.format": "json",
      "value.fields-include": "EXCEPT_KEY",
      ...bounded,
    });
    const run = await runSql(`${table}SELECT k_id, k_tag, v, p, o, topic, twice, \`at\` FROM t;`, "--json");
    expect({ code: run.code, err: jsonLines(run.err).length }).toEqual({ code: 0, err: 1 });
    const lines = run.out.trim().split("\n").sort();
    const times = lines.map((line) => String((JSON.parse(line) as { at: string }).at));
    for (const time of times) expect(Math.abs(Date.parse(time.replace(" ", "T")) - now)).toBeLessThan(600_000);
    const plain = lines.map((line, i) => line.replace(`,"at":"${times[i]}"`, ""));
    const rows = [
      `{"k_id":7,"k_tag":"a","v":"x","p":1,"o":0,"topic":"${wide}","twice":14}`,
      `{"k_id":9007199254740993,"k_tag":null,"v":"y","p":1,"o":1,"topic":"${wide}","twice":18014398509481986}`,
      `{"k_id":null,"k_tag":null,"v":"z","p":0,"o":0,"topic":"${narrow}","twice":null}`,
    ];
    expect(plain).toEqual(rows.sort());
  });

  test("a stopped job has committed what it gave, and goes on behind it under group-offsets", async () => {
    const topic = await cluster().topic(2);
    const group = `group-${crypto.randomUUID()}`;
    const records = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => JSON.stringify({ n: from + i }));
    await write(cluster(), { topic, partition: 0 }, records(0, 50));
    await write(cluster(), { topic, partition: 1 }, records(50, 100));
    const script = (options: Record<string, string>) =>
      `${kafkaTable(cluster(), "t", "n BIGINT", {
        topic,
        "properties.group.id": group,
        "scan.startup.mode": "group-offsets",
        "properties.auto.offset.reset": "earliest",
        ...options,
      })}SELECT n FROM t;`;
    const numbers = (out: string) => jsonLines(out).map((row) => (row as { n: number }).n);
    const seen: number[] = [];
    {
      await using running = new Running(["run", "-", "--format", "json"]).input(script({}));
      await running.prints(/((?:.*\n){100})/);
      running.process.kill("SIGINT");
      const ended = await running.ended();
      expect({ err: ended.err, code: ended.code }).toEqual({ err: "", code: 0 });
      seen.push(...numbers(ended.out));
    }
    await write(cluster(), { topic, partition: 1 }, records(100, 130));
    const second = await runSql(script({ "scan.bounded.mode": "latest-offset" }), "--format", "json");
    expect(second.code).toBe(0);
    seen.push(...numbers(second.out));
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 130 }, (_, n) => n));
    const third = await runSql(script({ "scan.bounded.mode": "latest-offset" }), "--format", "json");
    expect([third.out, third.code]).toEqual(["", 0]);
  });

  test("a sink with keys writes them, and a reader finds them", async () => {
    const input = await cluster().topic(1);
    const output = await cluster().topic(1);
    await write(
      cluster(),
      { topic: input, partition: 0 },
      toLines([click(1), click(2)])
        .trim()
        .split("\n"),
    );
    const keyed = {
      topic: output,
      "key.format": "json",
      "key.fields": "page",
      "value.format": "json",
    };
    const columns = "page STRING, n BIGINT";
    const job = `${kafkaTable(cluster(), "clicks", clickColumns, { topic: input, ...bounded })}
      ${kafkaTable(cluster(), "o", columns, keyed)} INSERT INTO o SELECT page, n FROM clicks;`;
    const run = await runSql(job);
    expect({ err: run.err, code: run.code }).toEqual({ err: "", code: 0 });
    const reader = kafkaTable(cluster(), "r", "page STRING, n BIGINT", {
      topic: output,
      "key.format": "json",
      "key.fields": "page",
      "value.format": "json",
      "value.fields-include": "EXCEPT_KEY",
      ...bounded,
    });
    const back = await runSql(`${reader}SELECT page, n FROM r;`, "--format", "json");
    expect(jsonLines(back.out)).toEqual([
      { page: "/p/1", n: 1 },
      { page: "/p/2", n: 2 },
    ]);
  });
});
