/**
 * Reading alone: our source drains a topic into a kernel's input region, nothing is decoded, beside librdkafka's own consumer
 * loop in C, which counts the records and lets them go. Both read the same records from the first offset to the last, and time counts from
 * the first batch: neither's connecting is in it.
 */
import { readKafkaSourceOptions } from "../src/connectors/kafka/options.ts";
import { createKafkaSource } from "../src/connectors/kafka/source.ts";
import { runBaseline } from "./baseline.ts";
import { kernelOf } from "./kernel.ts";
import { type BenchTable, sameAnswer } from "./table.ts";

const ROUNDS = 3;
const REGION_BYTES = 4 << 20;
const REGION_ROWS = 32_768;

export interface Topic {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
}

interface Drained {
  readonly ms: number;
  readonly records: number;
  readonly bytes: number;
}

async function ours({ bootstrap, topic, partitions }: Topic): Promise<Drained> {
  const options = {
    topic,
    "properties.bootstrap.servers": bootstrap,
    "scan.startup.mode": "earliest-offset",
    "scan.bounded.mode": "latest-offset",
  };
  const source = createKafkaSource({
    options: readKafkaSourceOptions({ table: "t", options }),
    clock: { now: () => performance.now() },
  });
  const region = kernelOf(
    "CREATE TABLE t (line STRING) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'raw'); SELECT line FROM t;",
  ).input(0);
  region.reserve(REGION_BYTES, REGION_ROWS);
  await source.open();
  let start = 0;
  let [records, bytes] = [0, 0];
  for (let finished = 0; finished < partitions; ) {
    const { rows, events } = source.poll(region, 50);
    if (start === 0 && rows > 0) start = performance.now();
    records += rows;
    // Every record has a newline behind it in the region.
    if (rows > 0) bytes += (new Int32Array(region.buffer(), region.offsets, rows + 1)[rows] ?? 0) - rows;
    finished += events.filter(({ kind }) => kind === "finished").length;
  }
  const ms = performance.now() - start;
  await source.close();
  return { ms, records, bytes };
}

async function theirs({ bootstrap, topic, partitions, records }: Topic): Promise<Drained | null> {
  const text = await runBaseline("consume", [bootstrap, topic, String(partitions), String(records)]);
  if (text === null) return null;
  const [ms, found, bytes] = text.split(" ").map(Number);
  return { ms: ms ?? 0, records: found ?? 0, bytes: bytes ?? 0 };
}

export async function benchDrain(topic: Topic, result: BenchTable): Promise<void> {
  let [mine, other] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // Turn by turn, since the broker beside them takes its share of the cores.
  for (let round = 0; round < ROUNDS; round++) {
    const a = await ours(topic);
    const b = await theirs(topic);
    sameAnswer("records drained", a.records, topic.records);
    if (b !== null) sameAnswer("records and bytes drained", [a.records, a.bytes], [b.records, b.bytes]);
    mine = Math.min(mine, a.ms);
    if (b !== null) other = Math.min(other, b.ms);
  }
  result.rate({
    what: "drain into the kernel's memory, nothing decoded",
    unit: "k messages/s",
    ours: topic.records / mine,
    theirs: Number.isFinite(other) ? topic.records / other : null,
    beside: "librdkafka's own loop, C",
    bar: "≥ 0.8 ×",
  });
}
