/**
 * Writes a table's rows to a topic. At least once (the default): idempotent, acknowledged by all in-sync replicas, and `flush`
 * resolves only when every row is; a row that cannot be delivered is thrown. With `none`, rows are sent and forgotten.
 */

import type { Batch } from "../../core/batch.ts";
import { assert } from "../../core/error.ts";
import type { EncodeRows, Sink } from "../connector.ts";
import type { KafkaSinkOptions } from "./options.ts";
import { KafkaProducer } from "./producer.ts";

export interface KafkaSinkInput {
  readonly options: KafkaSinkOptions;
  readonly encode: EncodeRows;
}

export function createKafkaSink(input: KafkaSinkInput): KafkaSink {
  return new KafkaSink(input);
}

export class KafkaSink implements Sink {
  readonly #options: KafkaSinkOptions;
  readonly #encode: EncodeRows;
  #producer: KafkaProducer | null = null;
  #next = 0;

  constructor({ options, encode }: KafkaSinkInput) {
    this.#options = options;
    this.#encode = encode;
  }

  async open(): Promise<void> {
    this.#producer = await KafkaProducer.open(this.#options);
  }

  async write(batch: Batch): Promise<void> {
    const encoded = this.#encode(batch);
    if (encoded.rows > 0) await this.#running().send({ ...encoded, ...this.#placed(encoded.rows) });
  }

  async flush(): Promise<void> {
    if (this.#options.guarantee === "at-least-once") await this.#running().flush();
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }

  #running(): KafkaProducer {
    assert(this.#producer !== null, "a Kafka sink is opened before it is used");
    return this.#producer;
  }

  /** Flink: `fixed` = a writer keeps to one partition; there is one writer. */
  #placed(rows: number): { partition?: number | Int32Array } {
    switch (this.#options.partitioner) {
      case "default":
        return {};
      case "fixed":
        return { partition: 0 };
      case "round-robin": {
        const { partitions } = this.#running();
        const first = this.#next;
        this.#next = (first + rows) % partitions;
        return { partition: Int32Array.from({ length: rows }, (_, row) => (first + row) % partitions) };
      }
    }
  }
}
