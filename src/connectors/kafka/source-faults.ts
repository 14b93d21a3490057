/** What librdkafka reports while reading → what it means: a fault to ride out (a warning) or one that ends the job. */
import type { EngineError } from "../../core/error.ts";
import type { SourceEvent, SourcePartition } from "../connector.ts";
import type { KafkaSourceOptions } from "./options.ts";
import { inputGap } from "./positions.ts";
import { serviceError } from "./topics.ts";
import type { KafkaEvent } from "./wire.ts";

/** Errors of a partition that waiting does not heal, and what to do. */
const lasting: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PART: "the topic may have been deleted while it was read",
  _UNKNOWN_TOPIC: "the topic may have been deleted while it was read",
  _UNKNOWN_PARTITION: "the topic may have been deleted while it was read",
  TOPIC_AUTHORIZATION_FAILED: "give the client the right to read the topic",
  GROUP_AUTHORIZATION_FAILED: "give the client the right to use the group",
  _BAD_MSG: "a batch of records is damaged on the broker (its checksum does not fit)",
  INVALID_MSG: "a batch of records is damaged on the broker",
  _BAD_COMPRESSION: "a batch of records does not decompress",
  _NOT_IMPLEMENTED: "the batch's compression is not built in; npm run setup says which Debian package brings it",
  MSG_SIZE_TOO_LARGE: "raise 'properties.receive.message.max.bytes'",
};

const gaps = new Set(["_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE"]);

export function faultOf(
  event: KafkaEvent,
  partitions: readonly SourcePartition[],
  { properties }: KafkaSourceOptions,
): EngineError | Extract<SourceEvent, { kind: "warning" }> {
  const name = partitions[event.index]?.name ?? (event.partition >= 0 ? `partition ${event.partition}` : null);
  const about = name === null ? `kafka at "${properties.bootstrapServers}"` : `"${name}"`;
  const text = event.text === "" ? event.name : event.text;
  if (event.kind === "partition-error" && gaps.has(event.name)) {
    return inputGap(`${about} has lost the offset to go on from: ${text}`);
  }
  const hint = event.kind === "partition-error" ? lasting[event.name] : undefined;
  if (hint !== undefined) return serviceError(`${about} cannot be read on: ${text}`, { hint });
  if (event.fatal) return serviceError(`${about}: ${text}`, { hint: "start the job again" });
  const what = event.kind === "commit-error" ? "offsets were not committed: " : "";
  return { kind: "warning", code: event.name, message: `${about}: ${what}${text}` };
}
