/** What librdkafka reports while reading → what it means: a fault to ride out (a warning) or one that ends the job. */
import type { EngineError } from "../../core/error.ts";
import type { SourceEvent, SourcePartition } from "../connector.ts";
import type { KafkaSourceOptions } from "./options.ts";
import { inputGap } from "./positions.ts";
import { refusalOf } from "./refusals.ts";
import { serviceError } from "./topics.ts";
import type { KafkaEvent } from "./wire.ts";

/** Errors of a partition that waiting does not heal, and what to do. */
const lasting: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: "give the client the right to read the topic",
  GROUP_AUTHORIZATION_FAILED: "give the client the right to use the group",
  _BAD_MSG: "a batch of records is damaged on the broker (its checksum does not fit)",
  INVALID_MSG: "a batch of records is damaged on the broker",
  _BAD_COMPRESSION: "a batch of records does not decompress",
  _NOT_IMPLEMENTED: "the batch's compression is not built in; npm run setup says which Debian package brings it",
  MSG_SIZE_TOO_LARGE: "raise 'properties.receive.message.max.bytes'",
};

const unknown = new Set(["UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION"]);

/** A partition is not where it was: it has been deleted, or a broker that has just come back does not know it yet. */
export function mayBeGone({ name }: KafkaEvent): boolean {
  return unknown.has(name);
}

/** The cluster has been asked, more than once, and does not have these any more. */
export function partitionsGone(names: readonly string[]): EngineError {
  const [first = ""] = names;
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const hint =
    "its topic was deleted while it was read; start the job again once it is there, or leave it out of the table";
  return serviceError(`"${first}"${more} cannot be read on: the cluster does not have it any more`, { hint });
}

/** Topics of the same name that are others: what comes next there is not what came next. */
export function topicsReplaced(names: readonly string[]): EngineError {
  const [first = ""] = names;
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  return inputGap(`topic "${first}"${more} was deleted and made anew while it was read: its records have begun again`);
}

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
  const refusal = event.kind === "client-error" ? refusalOf(text) : null;
  if (refusal?.isLasting) return serviceError(`${about} ${refusal.what}`, { hint: refusal.hint });
  const hint = event.kind === "partition-error" ? lasting[event.name] : undefined;
  if (hint !== undefined) return serviceError(`${about} cannot be read on: ${text}`, { hint });
  if (event.fatal) return serviceError(`${about}: ${text}`, { hint: "start the job again" });
  const what = event.kind === "commit-error" ? "offsets were not committed: " : "";
  return { kind: "warning", code: event.name, message: `${about}: ${what}${text}` };
}
