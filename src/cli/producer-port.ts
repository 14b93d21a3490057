/**
 * What `produce` asks of Kafka and of the generator. The connectors satisfy it and `main.ts` joins them: the command line
 * knows neither.
 */

export interface ProduceTarget {
  readonly topic: string;
  readonly bootstrapServers: string;
  /** Further client properties (`security.protocol`, …) without the prefix `properties.`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Makes the topic, with so many partitions, where it is not there; null = it has to be there. */
  readonly createPartitions: number | null;
}

/** Records without their newlines; record i is bytes[offsets[i], offsets[i + 1]). */
export interface ProducedRecords {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

export interface RecordProducer {
  /** Queues the records, to `partition` or where the topic's partitioner puts them; waits while the queue is full. */
  send(records: ProducedRecords, partition: number | null): Promise<void>;
  /** Settles when every record so far is acknowledged by all in-sync replicas. Rejects with EngineError (75). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface GeneratorOptions {
  readonly seed: number;
  readonly partitions: number;
  readonly partition: number;
  readonly startMs: number | null;
  readonly eventsPerSecond: number | null;
}

/** Fills a buffer with JSON lines. `ends[k]` becomes the end of the k-th, newline included. */
export interface LineGenerator {
  fill(buffer: Uint8Array, offset: number, maxRows: number, ends?: Int32Array): { rows: number; end: number };
}

export interface ProducerPort {
  /** Acknowledged by all, idempotent. Throws EngineError: 74 without the topic, 75 where no broker answers. */
  openProducer(target: ProduceTarget): Promise<RecordProducer>;
  /** By name; null where there is no such generator. */
  createGenerator(name: string, options: GeneratorOptions): LineGenerator | null;
  readonly generatorNames: readonly string[];
}
