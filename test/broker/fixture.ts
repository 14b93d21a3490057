/**
 * What tests against a real broker share: one broker a file, topics with names of their own, tables read to their bound or to
 * a number of records. Without a broker the file says why it is left out; with MILLRACE_REQUIRE_BROKER=1 that is a failure.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Broker, brokerAvailable, startBroker } from "../../scripts/kafka/broker.ts";
import type { SourceEvent } from "../../src/connectors/connector.ts";
import { KafkaAdmin } from "../../src/connectors/kafka/admin.ts";
import { readKafkaSinkOptions, readKafkaSourceOptions } from "../../src/connectors/kafka/options.ts";
import { KafkaProducer } from "../../src/connectors/kafka/producer.ts";
import { createKafkaSource, type KafkaSource } from "../../src/connectors/kafka/source.ts";
import { KeyRegion, type ReadRecord } from "./key-region.ts";

const START_TIMEOUT_MS = 180_000;
setDefaultTimeout(60_000);

export interface Cluster {
  readonly bootstrap: string;
  readonly admin: KafkaAdmin;
  /** A new topic with a name of its own. */
  topic(partitions: number, settings?: Record<string, string>): Promise<string>;
}

/** `body` gets the cluster, which is there once tests run. */
export function describeBroker(name: string, body: (cluster: () => Cluster) => void): void {
  const available = brokerAvailable();
  if (!available.ok) {
    console.log(`skipped: ${name} (${available.reason})`);
    if (process.env.MILLRACE_REQUIRE_BROKER === "1")
      test(`${name}: a broker is there`, () => expect(available.reason).toBe(""));
    return;
  }
  describe(name, () => {
    let broker: Broker | null = null;
    let cluster: Cluster | null = null;
    beforeAll(async () => {
      broker = await startBroker();
      cluster = clusterAt(broker.bootstrap);
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await cluster?.admin.close();
      await broker?.stop();
    }, START_TIMEOUT_MS);
    body(() => cluster as Cluster);
  });
}

function clusterAt(bootstrap: string): Cluster {
  const admin = new KafkaAdmin(bootstrap);
  return {
    bootstrap,
    admin,
    async topic(partitions, settings = {}) {
      const name = `test-${crypto.randomUUID()}`;
      await admin.createTopic({ name, partitions, settings });
      await admin.offsets(name, partitions);
      return name;
    },
  };
}

/** `options` are of the table; a topic and the broker's address are added. */
export function openSource(
  cluster: Pick<Cluster, "bootstrap">,
  topic: string,
  options: Record<string, string> = {},
): KafkaSource {
  const all: Record<string, string> = {
    "properties.bootstrap.servers": cluster.bootstrap,
    "scan.startup.mode": "earliest-offset",
    ...options,
  };
  if (all["topic-pattern"] === undefined) all.topic = topic;
  return createKafkaSource({
    options: readKafkaSourceOptions({ table: "t", options: all }),
    clock: { now: () => performance.now() },
  });
}

export async function openProducer(
  cluster: Pick<Cluster, "bootstrap">,
  topic: string,
  options: Record<string, string> = {},
) {
  const all = { "properties.bootstrap.servers": cluster.bootstrap, topic, ...options };
  return KafkaProducer.open(readKafkaSinkOptions({ table: "t", options: all }));
}

/** Texts as columns of bytes. */
export function columnOf(texts: readonly string[]): { rows: number; bytes: Uint8Array; offsets: Int32Array } {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new Int32Array(texts.length + 1);
  for (const [row, part] of parts.entries()) offsets[row + 1] = (offsets[row] as number) + part.length;
  return { rows: texts.length, bytes: Buffer.concat(parts), offsets };
}

/** Writes the texts to one partition and waits until the broker has them. */
export async function write(cluster: Cluster, at: { topic: string; partition: number }, texts: readonly string[]) {
  const producer = await openProducer(cluster, at.topic);
  await producer.send({ ...columnOf(texts), partition: at.partition });
  await producer.flush();
  await producer.close();
}

export interface ReadResult {
  readonly records: ReadRecord[];
  readonly events: SourceEvent[];
}

export interface ReadUntil {
  readonly region?: KeyRegion;
  /** Ends when it says so; absent = when every partition has finished. Looks at everything read so far. */
  readonly until?: (soFar: ReadResult) => boolean;
  readonly partitions?: number;
}

/** Polls an opened source. Fails after half a minute without an end. */
export async function read(source: KafkaSource, how: ReadUntil = {}): Promise<ReadResult> {
  const region = how.region ?? new KeyRegion({ bytes: 1 << 20, rows: 8192 });
  const result: ReadResult = { records: [], events: [] };
  const finished = new Set<number>();
  const done = how.until ?? (() => finished.size === (how.partitions ?? 1));
  const deadline = performance.now() + 30_000;
  do {
    const { rows, events } = source.poll(region, 20);
    for (const record of region.records(rows)) result.records.push(record);
    for (const event of events) {
      result.events.push(event);
      if (event.kind === "finished") finished.add(event.partition);
    }
    if (performance.now() > deadline) {
      const kinds = result.events.map(({ kind }) => kind).join(" ");
      throw new Error(`no end after ${result.records.length} records and events: ${kinds}`);
    }
    await Bun.sleep(0);
  } while (!done(result));
  return result;
}

/** Opens, reads to the bound, closes. */
export async function readTable(
  cluster: Cluster,
  topic: string,
  options: Record<string, string> = {},
  how: ReadUntil = {},
) {
  const source = openSource(cluster, topic, { "scan.bounded.mode": "latest-offset", ...options });
  try {
    const partitions = await source.open();
    return await read(source, { partitions: partitions.length, ...how });
  } finally {
    await source.close();
  }
}

export function textsOf({ records }: ReadResult): string[] {
  return records.map(({ text }) => text);
}
