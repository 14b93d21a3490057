/**
 * `produce`: JSON events into a Kafka topic, from a file, standard input or a generator. Every record is acknowledged by all
 * in-sync replicas and written once (idempotent producer) before the command says it is done.
 */
import type { Command } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import { nearestName } from "../core/nearest.ts";
import { type CliDependencies, collectSetting, fileError, wholeNumber } from "./commands.ts";
import type { CliIo } from "./io.ts";
import type { LineGenerator, ProducedRecords, ProducerPort } from "./producer-port.ts";
import { dropNewlines, recordsOf, type Stamps } from "./record-lines.ts";
import { grouped, StatusLine, short } from "./status-line.ts";

interface ProduceFlags {
  readonly topic: string;
  readonly bootstrapServers?: string;
  readonly property?: Readonly<Record<string, string>>;
  readonly generate?: string;
  readonly rate?: number;
  readonly count?: number;
  readonly partitions?: number;
  readonly createTopic?: boolean;
  readonly seed: number;
  readonly eventsPerSecond?: number;
  readonly addEventId?: boolean;
  readonly addEventTimestamp?: boolean;
  readonly json?: boolean;
}

/** Records and the partition they go to; null = where the topic's partitioner puts them. */
interface Delivery {
  readonly records: ProducedRecords;
  readonly partition: number | null;
}

const MOST = Number.MAX_SAFE_INTEGER;
const DRAW_EVERY_MS = 250;
const INTERRUPTED = 130;
const BATCH_ROWS = 4096;
const BUFFER_BYTES = 4 << 20;

export function addProduceCommand(
  program: Command,
  dependencies: CliDependencies,
  done: (code: ExitCode) => void,
): void {
  program
    .command("produce")
    .description("write JSON events to a Kafka topic: acknowledged by all, idempotent")
    .argument("[file]", "one JSON object a line; - or nothing for standard input")
    .requiredOption("--topic <name>", "the topic to write to")
    .option("--bootstrap-servers <hosts>", "brokers, host:port[,…]; default $MILLRACE_KAFKA, else 127.0.0.1:9092")
    .option("--property <key=value>", "a client property (security.protocol, …); may be given again", collectSetting)
    .option("--generate <name>", "make events instead of reading them: clickstream")
    .option("--rate <n>", "generated events a second; default as fast as the broker takes them", wholeNumber(1, MOST))
    .option("--count <n>", "generated events in all; default without end", wholeNumber(0, MOST))
    .option("--create-topic", "make the topic where it is not there, with --partitions partitions, else 1")
    .option("--partitions <n>", "deal generated events out to this many partitions", wholeNumber(1, 1024))
    .option("--seed <n>", "of the generator: the same seed gives the same events", wholeNumber(0, MOST), 0)
    .option("--events-per-second <n>", "generated events in a second of event time", wholeNumber(1, 1_000_000_000))
    .option("--add-event-id", "give objects without event_id a random one")
    .option("--add-event-timestamp", "give objects without event_timestamp the time of sending")
    .option("--json", "the summary as JSON")
    .action(async (path: string | undefined, flags: ProduceFlags) => {
      if (flags.partitions !== undefined && flags.generate === undefined && !flags.createTopic)
        throw usage("--partitions goes with --generate or --create-topic");
      const producer = await dependencies.producer();
      const deliveries = flags.generate === undefined ? fromFile(dependencies.io, path, flags) : null;
      if (deliveries === null && path !== undefined) throw usage("a file and --generate exclude each other");
      const given = deliveries ?? generated(producer, flags);
      // A file that cannot be read is told before a broker is asked for anything.
      const first = deliveries === null || (path ?? "-") === "-" ? null : await given.next();
      await produce(dependencies.io, producer, { flags, deliveries: first === null ? given : startWith(first, given) });
      done(ExitCode.ok);
    });
}

async function* startWith(
  first: IteratorResult<Delivery, unknown>,
  rest: AsyncGenerator<Delivery>,
): AsyncGenerator<Delivery> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function usage(message: string, hint = "see millrace produce --help"): EngineError {
  return new EngineError(message, { domain: "user", code: "USAGE", exitCode: ExitCode.usage, hint });
}

async function* fromFile(io: CliIo, path = "-", flags: ProduceFlags): AsyncGenerator<Delivery> {
  const stamps: Stamps = {
    eventId: flags.addEventId ? () => crypto.randomUUID() : null,
    eventTimestamp: flags.addEventTimestamp ? () => io.now() : null,
  };
  try {
    for await (const records of recordsOf(io.readBytes(path), stamps)) yield { records, partition: null };
  } catch (error) {
    throw error instanceof EngineError ? error : fileError(path, error);
  }
}

/** Throws EngineError (2) where there is no such generator. */
function generated(port: ProducerPort, flags: ProduceFlags): AsyncGenerator<Delivery> {
  const name = flags.generate as string;
  const partitions = flags.partitions ?? 1;
  const generators = Array.from({ length: partitions }, (_, partition) => {
    const { seed, eventsPerSecond = null } = flags;
    return port.createGenerator(name, { seed, partitions, partition, startMs: null, eventsPerSecond });
  });
  if (generators.includes(null)) {
    const near = nearestName(name, port.generatorNames);
    const hint = near === null ? `there is: ${port.generatorNames.join(", ")}` : `did you mean ${near}?`;
    throw usage(`there is no generator "${name}"`, hint);
  }
  return deal(generators as LineGenerator[], flags);
}

/** Rows of the generators in turn, in stretches, so that no partition runs ahead of the others. */
async function* deal(generators: readonly LineGenerator[], flags: ProduceFlags): AsyncGenerator<Delivery> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const ends = new Int32Array(BATCH_ROWS);
  const total = flags.count ?? Number.POSITIVE_INFINITY;
  // At most a tenth of a second's worth at once keeps a slow rate even.
  const perTurn = Math.min(BATCH_ROWS, Math.max(1, Math.floor((flags.rate ?? MOST) / 10 / generators.length)));
  const left = generators.map((_, index) => Math.floor((total - index + generators.length - 1) / generators.length));
  while (left.some((rows) => rows > 0)) {
    for (const [partition, generator] of generators.entries()) {
      const wanted = Math.min(perTurn, left[partition] as number);
      if (wanted <= 0) continue;
      const { rows } = generator.fill(buffer, 0, wanted, ends);
      left[partition] = (left[partition] as number) - rows;
      yield { records: dropNewlines(buffer, rows, ends), partition: generators.length === 1 ? null : partition };
    }
  }
}

interface ProduceInput {
  readonly flags: ProduceFlags;
  readonly deliveries: AsyncGenerator<Delivery>;
}

async function produce(io: CliIo, port: ProducerPort, { flags, deliveries }: ProduceInput): Promise<void> {
  const producer = await port.openProducer({
    topic: flags.topic,
    bootstrapServers: flags.bootstrapServers ?? io.env.MILLRACE_KAFKA ?? "127.0.0.1:9092",
    properties: flags.property ?? {},
    createPartitions: flags.createTopic ? (flags.partitions ?? 1) : null,
  });
  const startedAt = io.now();
  const line = new StatusLine(io.stderr, !flags.json);
  let sent = 0;
  let interrupts = 0;
  const release = [
    io.every(DRAW_EVERY_MS, () => line.draw([`${grouped(sent)} records · ${rateOf(sent, io.now() - startedAt)}`])),
    io.onInterrupt(() => {
      interrupts++;
      if (interrupts > 1) io.exit(INTERRUPTED);
    }),
  ];
  try {
    for await (const { records, partition } of deliveries) {
      await producer.send(records, partition);
      sent += records.rows;
      if (interrupts > 0) break;
      const aheadMs = flags.rate === undefined ? 0 : (sent * 1000) / flags.rate - (io.now() - startedAt);
      // Even without a rate: interrupts and the status line need their turn.
      await io.sleep(Math.max(0, aheadMs));
    }
    await producer.flush();
  } finally {
    for (const undo of release) undo();
    line.clear();
    await producer.close();
  }
  reportProduced(io, { flags, sent, elapsedMs: io.now() - startedAt });
}

function reportProduced(io: CliIo, end: { flags: ProduceFlags; sent: number; elapsedMs: number }): void {
  const { flags, sent, elapsedMs } = end;
  if (flags.json) {
    io.stdout.write(`${JSON.stringify({ topic: flags.topic, records: sent, elapsedMs })}\n`);
    return;
  }
  const seconds = (elapsedMs / 1000).toFixed(1);
  io.stdout.write(
    `${grouped(sent)} records in topic "${flags.topic}" after ${seconds} s (${rateOf(sent, elapsedMs)})\n`,
  );
}

function rateOf(rows: number, elapsedMs: number): string {
  return `${short((rows * 1000) / Math.max(elapsedMs, 1))}/s`;
}
