/**
 * What a person sees when a job on a real broker goes wrong: the error form, the place and the exit code, from the command line.
 */
import { expect, test } from "bun:test";
import { jsonErrors, jsonLines, lastSummary, millrace, runSql, tableOf } from "../end-to-end/millrace.ts";
import { type Cluster, describeBroker, write } from "./fixture.ts";

function clicks(cluster: Cluster, topic: string, options: Record<string, string> = {}): string {
  return tableOf("clicks", "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND", {
    connector: "kafka",
    topic,
    "properties.bootstrap.servers": cluster.bootstrap,
    "scan.startup.mode": "earliest-offset",
    "scan.bounded.mode": "latest-offset",
    format: "json",
    ...options,
  });
}

const counted = `SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end;`;
const good = (n: number) => `{"n":${n},"ts":"2024-05-01 00:00:0${n}"}`;

describeBroker("errors on a real broker", (cluster) => {
  test("a topic that is not there is exit code 74, and the one that is meant is named", async () => {
    const topic = await cluster().topic(1);
    const misspelt = `${topic.slice(0, -1)}_`;
    const { out, err, code } = await runSql(clicks(cluster(), misspelt) + counted);
    expect([out, code]).toEqual(["", 74]);
    expect(err).toContain(`table "clicks": there is no topic "${misspelt}"`);
    expect(err).toContain(`hint: did you mean "${topic}"?`);
    const json = await runSql(clicks(cluster(), misspelt) + counted, "--json");
    expect([json.code, jsonErrors(json)]).toMatchObject([74, [{ exitCode: 74, hint: `did you mean "${topic}"?` }]]);
    const sink = `${clicks(cluster(), topic)}${tableOf("o", "n BIGINT", {
      connector: "kafka",
      topic: misspelt,
      "properties.bootstrap.servers": cluster().bootstrap,
      format: "json",
    })} INSERT INTO o SELECT n FROM clicks;`;
    const written = await runSql(sink);
    expect({ code: written.code, bug: written.err.includes("BUG") }).toEqual({ code: 74, bug: false });
    expect(written.err).toContain(misspelt);
    const at = ["--bootstrap-servers", cluster().bootstrap];
    const produced = await millrace(["produce", "--topic", misspelt, ...at], `${good(1)}\n`);
    expect([produced.code, produced.err]).toEqual([
      74,
      `error[KAFKA-TOPIC]: there is no topic "${misspelt}"\nhint: --create-topic makes it; did you mean "${topic}"?\n`,
    ]);
  });

  test("a malformed record names partition and offset, shows its beginning and says what to do", async () => {
    const topic = await cluster().topic(3);
    const broken = `{"n":3,"ts":"2024-05-01 00:00:03" ${"x".repeat(400)}`;
    await write(cluster(), { topic, partition: 1 }, [good(1), good(2), broken, good(4)]);
    const { out, err, code } = await runSql(clicks(cluster(), topic) + counted);
    expect([out, code]).toEqual(["", 1]);
    expect(err).toStartWith(
      `error[MALFORMED-RECORD]: table "clicks": record at ${topic}[1] offset 2, byte 34: expected`,
    );
    expect(err).toContain(`after the value of "ts", found "${"x".repeat(24)}…", in ${broken.slice(0, 120)}`);
    expect(err.length).toBeLessThan(600);
    expect(err).toContain("\nhint: 'json.ignore-parse-errors' = 'true' or 'bad-row.policy' = 'skip' in WITH (…)");
  });

  test("under 'skip' it is counted with the others, tombstones too, and the rest is right", async () => {
    const topic = await cluster().topic(2);
    await write(cluster(), { topic, partition: 0 }, [good(1), "{", "", "[]", good(2), '{"n":1}']);
    await write(cluster(), { topic, partition: 1 }, ["[1]", good(3)]);
    const run = await runSql(clicks(cluster(), topic, { "bad-row.policy": "skip" }) + counted, "--json");
    expect(run.code).toBe(0);
    expect(jsonLines(run.out)).toEqual([{ window_start: "2024-05-01 00:00:00", c: 3 }]);
    expect(lastSummary(run)).toMatchObject({ rows: 8, bad: 5, late: 0, lag: 0 });
  });
});
