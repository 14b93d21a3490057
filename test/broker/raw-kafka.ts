/**
 * librdkafka's own API, as far as tests need it beyond the product: transactions, and its mock cluster, a broker in this process
 * that can be told to fail.
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { kafkaLibraryInfo } from "../../src/connectors/kafka/library.ts";

const text = (value: string) => Buffer.from(`${value}\0`);

function openLibrary() {
  return dlopen(kafkaLibraryInfo().path, {
    rd_kafka_conf_new: { args: [], returns: "ptr" },
    rd_kafka_conf_set: { args: ["ptr", "ptr", "ptr", "ptr", "usize"], returns: "i32" },
    rd_kafka_new: { args: ["i32", "ptr", "ptr", "usize"], returns: "ptr" },
    rd_kafka_destroy: { args: ["ptr"], returns: "void" },
    rd_kafka_topic_new: { args: ["ptr", "ptr", "ptr"], returns: "ptr" },
    rd_kafka_topic_destroy: { args: ["ptr"], returns: "void" },
    rd_kafka_produce: { args: ["ptr", "i32", "i32", "ptr", "usize", "ptr", "usize", "ptr"], returns: "i32" },
    rd_kafka_produceva: { args: ["ptr", "ptr", "usize"], returns: "ptr" },
    rd_kafka_flush: { args: ["ptr", "i32"], returns: "i32" },
    rd_kafka_init_transactions: { args: ["ptr", "i32"], returns: "ptr" },
    rd_kafka_begin_transaction: { args: ["ptr"], returns: "ptr" },
    rd_kafka_commit_transaction: { args: ["ptr", "i32"], returns: "ptr" },
    rd_kafka_abort_transaction: { args: ["ptr", "i32"], returns: "ptr" },
    rd_kafka_mock_cluster_new: { args: ["ptr", "i32"], returns: "ptr" },
    rd_kafka_mock_cluster_destroy: { args: ["ptr"], returns: "void" },
    rd_kafka_mock_cluster_bootstraps: { args: ["ptr"], returns: "cstring" },
    rd_kafka_mock_topic_create: { args: ["ptr", "ptr", "i32", "i32"], returns: "i32" },
    rd_kafka_mock_push_request_errors_array: { args: ["ptr", "i32", "usize", "ptr"], returns: "void" },
    rd_kafka_mock_clear_request_errors: { args: ["ptr", "i32"], returns: "void" },
    rd_kafka_mock_broker_set_down: { args: ["ptr", "i32"], returns: "i32" },
    rd_kafka_mock_broker_set_up: { args: ["ptr", "i32"], returns: "i32" },
    rd_kafka_mock_broker_set_rtt: { args: ["ptr", "i32", "i32"], returns: "i32" },
  }).symbols;
}

let symbols: ReturnType<typeof openLibrary> | null = null;

function library() {
  symbols ??= openLibrary();
  return symbols;
}

function client(settings: Record<string, string>): Pointer {
  const conf = library().rd_kafka_conf_new() as Pointer;
  const error = new Uint8Array(512);
  for (const [name, value] of Object.entries(settings))
    if (library().rd_kafka_conf_set(conf, text(name), text(value), error, 512) !== 0) throw new Error(name);
  return library().rd_kafka_new(0, conf, error, 512) as Pointer;
}

/** Writes to one partition inside transactions. Blocks. */
export class TransactionalWriter {
  readonly #client: Pointer;
  readonly #topic: Pointer;

  constructor(bootstrap: string, topic: string) {
    this.#client = client({ "bootstrap.servers": bootstrap, "transactional.id": `id-${topic}` });
    this.#topic = library().rd_kafka_topic_new(this.#client, text(topic), null) as Pointer;
    this.#check(library().rd_kafka_init_transactions(this.#client, 30_000));
  }

  begin(): void {
    this.#check(library().rd_kafka_begin_transaction(this.#client));
  }

  write(texts: readonly string[]): void {
    for (const each of texts) {
      const bytes = Buffer.from(each);
      library().rd_kafka_produce(this.#topic, 0, 2, bytes, bytes.length, null, 0, null);
    }
    library().rd_kafka_flush(this.#client, 30_000);
  }

  commit(): void {
    this.#check(library().rd_kafka_commit_transaction(this.#client, 30_000));
  }

  abort(): void {
    this.#check(library().rd_kafka_abort_transaction(this.#client, 30_000));
  }

  close(): void {
    library().rd_kafka_topic_destroy(this.#topic);
    library().rd_kafka_destroy(this.#client);
  }

  #check(failure: unknown): void {
    if (failure !== null) throw new Error("a transaction's step failed");
  }
}

/** rd_kafka_vtype_t, and the size of rd_kafka_vu_t on 64-bit machines: a tag, padding, a union of 64 bytes. */
const Part = { topic: 1, partition: 3, value: 4, flags: 7, header: 9 } as const;
const PART_BYTES = 72;
const COPY = 2;

export interface HeaderedRecord {
  readonly value: string;
  /** A name may come twice; null = a header without a value. */
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
}

/** Writes records with headers to partition 0. Blocks. */
export function writeWithHeaders(bootstrap: string, topic: string, records: readonly HeaderedRecord[]): void {
  const producer = client({ "bootstrap.servers": bootstrap });
  for (const { value, headers } of records) {
    const parts = new DataView(new ArrayBuffer(PART_BYTES * (4 + headers.length)));
    const kept: Uint8Array[] = [];
    const address = (bytes: Uint8Array): bigint => {
      kept.push(bytes);
      return BigInt(ptr(bytes));
    };
    const part = (index: number, kind: number, words: readonly bigint[]): void => {
      parts.setInt32(index * PART_BYTES, kind, true);
      for (const [word, bits] of words.entries()) parts.setBigInt64(index * PART_BYTES + 8 + word * 8, bits, true);
    };
    const payload = Buffer.from(value);
    part(0, Part.topic, [address(text(topic))]);
    part(1, Part.partition, [0n]);
    part(2, Part.value, [address(payload), BigInt(payload.length)]);
    part(3, Part.flags, [BigInt(COPY)]);
    for (const [index, [name, bytes]] of headers.entries()) {
      // A length of 0 needs an address that is not NULL.
      const at = bytes === null ? 0n : address(bytes.length === 0 ? text("") : bytes);
      part(4 + index, Part.header, [address(text(name)), at, BigInt(bytes?.length ?? 0)]);
    }
    const failure = library().rd_kafka_produceva(producer, new Uint8Array(parts.buffer), 4 + headers.length);
    if (failure !== null || kept.length === 0) throw new Error("a record with headers was not taken");
  }
  if (library().rd_kafka_flush(producer, 30_000) !== 0) throw new Error("records with headers were not delivered");
  library().rd_kafka_destroy(producer);
}

/** Numbers of requests in Kafka's protocol. */
export const Request = { produce: 0, fetch: 1, listOffsets: 2, metadata: 3, offsetCommit: 8 } as const;

export class MockCluster {
  readonly #client: Pointer;
  readonly #cluster: Pointer;
  readonly bootstrap: string;

  constructor() {
    this.#client = client({ log_level: "0" });
    this.#cluster = library().rd_kafka_mock_cluster_new(this.#client, 1) as Pointer;
    this.bootstrap = library().rd_kafka_mock_cluster_bootstraps(this.#cluster) ?? "";
  }

  createTopic(name: string, partitions: number): void {
    library().rd_kafka_mock_topic_create(this.#cluster, text(name), partitions, 1);
  }

  /** The next answers to requests of the kind carry these errors. */
  failNext(request: number, errors: readonly number[]): void {
    library().rd_kafka_mock_push_request_errors_array(this.#cluster, request, errors.length, Int32Array.from(errors));
  }

  /** Takes back what `failNext` has not used up. */
  forgive(request: number): void {
    library().rd_kafka_mock_clear_request_errors(this.#cluster, request);
  }

  goDown(): void {
    library().rd_kafka_mock_broker_set_down(this.#cluster, 1);
  }

  comeUp(): void {
    library().rd_kafka_mock_broker_set_up(this.#cluster, 1);
  }

  slowDown(ms: number): void {
    library().rd_kafka_mock_broker_set_rtt(this.#cluster, 1, ms);
  }

  close(): void {
    library().rd_kafka_mock_cluster_destroy(this.#cluster);
    library().rd_kafka_destroy(this.#client);
  }
}
