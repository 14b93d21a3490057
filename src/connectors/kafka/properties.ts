/**
 * `properties.*` of a Kafka table → settings of librdkafka, by an allow-list. Names are those of Kafka's Java client, as Flink
 * takes them, and librdkafka's own; what differs is translated. Everything else is refused: some settings of librdkafka run
 * programs or load code. Values of secrets never get into messages.
 */
import { nearestName } from "../../core/nearest.ts";
import { optionError, type TableOptions } from "../options.ts";
import { readJaas } from "./jaas.ts";
import { applyTls } from "./tls.ts";

export interface KafkaSettings {
  /** librdkafka's names. */
  readonly values: ReadonlyMap<string, string>;
  /** Values to keep out of messages. */
  readonly secrets: readonly string[];
}

export type ClientRole = "consumer" | "producer";

/** What the table itself decides from properties, beside the settings. */
export interface TableProperties extends KafkaSettings {
  readonly bootstrapServers: string;
  readonly groupId: string | null;
  readonly offsetReset: "earliest" | "latest" | "none";
  readonly discoveryIntervalMs: number | null;
}

interface Property {
  /** librdkafka's name. */
  readonly to: string;
  /** Null = both roles. */
  readonly role: ClientRole | null;
  readonly isSecret: boolean;
  /** Throws, or returns the value as librdkafka writes it. */
  readonly read: (text: string, fail: (hint: string) => Error) => string;
}

export const propertyPrefix = "properties.";

const known = new Map<string, Property | "no effect">();

type Reader = Property["read"];
const anyText: Reader = (text) => text;
const wholeNumber: Reader = (text, fail) => {
  if (/^\s*-?\d{1,15}\s*$/.test(text)) return text.trim();
  throw fail("it takes a whole number");
};
const trueOrFalse: Reader = (text, fail) => {
  const value = text.trim().toLowerCase();
  if (value === "true" || value === "false") return value;
  throw fail("it takes true or false");
};
function oneOf(...values: readonly string[]): Reader {
  return (text, fail) => {
    const value = values.find((candidate) => candidate.toLowerCase() === text.trim().toLowerCase());
    if (value !== undefined) return value;
    throw fail(`it takes ${values.join(", ")}`);
  };
}

function allow(read: Reader, role: ClientRole | null, names: string, isSecret = false): void {
  for (const entry of names.split(" ")) {
    const [name = "", to = name] = entry.split(">");
    known.set(name, { to, role, isSecret, read });
  }
}

allow(anyText, null, "bootstrap.servers client.id client.rack broker.address.family client.dns.lookup");
allow(oneOf("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"), null, "security.protocol");
allow(oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), null, "sasl.mechanism sasl.mechanisms>sasl.mechanism");
allow(anyText, null, "sasl.username");
allow(anyText, null, "sasl.password ssl.key.password ssl.keystore.password ssl.key.pem", true);
allow(anyText, null, "ssl.keystore.key>ssl.key.pem", true);
allow(
  anyText,
  null,
  "ssl.ca.location ssl.certificate.location ssl.key.location ssl.keystore.location ssl.crl.location",
);
allow(anyText, null, "ssl.ca.pem ssl.certificate.pem ssl.cipher.suites ssl.curves.list ssl.sigalgs.list");
allow(anyText, null, "ssl.truststore.location>ssl.ca.location ssl.truststore.certificates>ssl.ca.pem");
allow(anyText, null, "ssl.keystore.certificate.chain>ssl.certificate.pem");
allow(trueOrFalse, null, "enable.ssl.certificate.verification socket.keepalive.enable socket.nagle.disable");
allow(
  (text, fail) => (text.trim() === "" ? "none" : oneOf("https", "none")(text, fail)),
  null,
  "ssl.endpoint.identification.algorithm",
);
allow(wholeNumber, null, "socket.timeout.ms socket.connection.setup.timeout.ms connections.max.idle.ms");
allow(wholeNumber, null, "socket.send.buffer.bytes socket.receive.buffer.bytes statistics.interval.ms");
allow(wholeNumber, null, "send.buffer.bytes>socket.send.buffer.bytes receive.buffer.bytes>socket.receive.buffer.bytes");
allow(wholeNumber, null, "reconnect.backoff.ms reconnect.backoff.max.ms retry.backoff.ms retry.backoff.max.ms");
allow(wholeNumber, null, "metadata.max.age.ms topic.metadata.refresh.interval.ms receive.message.max.bytes");
allow(wholeNumber, null, "message.max.bytes max.request.size>message.max.bytes max.in.flight.requests.per.connection");

allow(anyText, "consumer", "group.id");
allow(oneOf("read_committed", "read_uncommitted"), "consumer", "isolation.level");
allow(trueOrFalse, "consumer", "check.crcs");
allow(wholeNumber, "consumer", "fetch.min.bytes fetch.max.bytes fetch.wait.max.ms fetch.max.wait.ms>fetch.wait.max.ms");
allow(wholeNumber, "consumer", "max.partition.fetch.bytes fetch.error.backoff.ms fetch.queue.backoff.ms");
allow(wholeNumber, "consumer", "queued.min.messages queued.max.messages.kbytes");

allow(trueOrFalse, "producer", "enable.idempotence");
allow(
  oneOf("none", "gzip", "snappy", "lz4", "zstd"),
  "producer",
  "compression.type compression.codec>compression.type",
);
allow(wholeNumber, "producer", "compression.level linger.ms batch.size batch.num.messages retries request.timeout.ms");
allow(wholeNumber, "producer", "delivery.timeout.ms message.timeout.ms>delivery.timeout.ms");
allow(oneOf("all", "-1", "0", "1"), "producer", "acks request.required.acks>acks");

/** Known to the Java client, decided here in another way or without meaning: taken, so that a Flink script runs unchanged. */
for (const name of [
  ..."auto.offset.reset partition.discovery.interval.ms sasl.jaas.config ssl.keystore.type ssl.truststore.type".split(
    " ",
  ),
  ..."ssl.truststore.password enable.auto.commit auto.commit.interval.ms max.poll.records max.poll.interval.ms".split(
    " ",
  ),
  ..."session.timeout.ms heartbeat.interval.ms buffer.memory max.block.ms transaction.timeout.ms".split(" "),
  ..."key.deserializer value.deserializer key.serializer value.serializer allow.auto.create.topics".split(" "),
  ..."ssl.protocol ssl.enabled.protocols group.instance.id client.id.prefix commit.offsets.on.checkpoint".split(" "),
  ..."register.consumer.metrics default.api.timeout.ms metadata.recovery.strategy".split(" "),
])
  known.set(name, "no effect");

/** Names that `properties.*` takes, with the prefix. */
export const propertyNames: readonly string[] = [...known.keys()].map((name) => propertyPrefix + name);

/** Throws EngineError (74) for a name that is not on the list or a value it does not take. Opens nothing. */
export function readProperties(from: TableOptions, role: ClientRole): TableProperties {
  const values = new Map<string, string>();
  const secrets: string[] = [];
  for (const [option, text] of Object.entries(from.options)) {
    if (!option.startsWith(propertyPrefix)) continue;
    const property = propertyOf(from, option);
    if (text.includes("\0")) throw optionError(from, `option "${option}" holds a NUL character`, "remove it");
    if (property === "no effect" || (property.role !== null && property.role !== role)) continue;
    const shown = property.isSecret ? "has a value that does not fit" : `is "${text}"`;
    const fail = (hint: string) => optionError(from, `option "${option}" ${shown}`, hint);
    values.set(property.to, property.read(text, fail));
    if (property.isSecret) secrets.push(text);
  }
  applyJaas(from, values, secrets);
  checkLogin(from, values);
  applyTls(from, values);
  return {
    values,
    secrets,
    bootstrapServers: requiredServers(from, values),
    groupId: emptyToNull(property(from, "group.id")),
    offsetReset: readOffsetReset(from),
    discoveryIntervalMs: readDiscovery(from),
  };
}

function property(from: TableOptions, name: string): string | null {
  const option = propertyPrefix + name;
  return Object.hasOwn(from.options, option) ? (from.options[option] as string) : null;
}

function emptyToNull(text: string | null): string | null {
  return text === null || text.trim() === "" ? null : text;
}

function propertyOf(from: TableOptions, option: string): Property | "no effect" {
  const found = known.get(option.slice(propertyPrefix.length));
  if (found !== undefined) return found;
  const near = nearestName(option, propertyNames);
  const hint = near === null ? "the Kafka page of the documentation lists the properties" : `did you mean "${near}"?`;
  throw optionError(from, `option "${option}" is not a Kafka property that can be set here`, hint);
}

function requiredServers(from: TableOptions, values: ReadonlyMap<string, string>): string {
  const servers = values.get("bootstrap.servers")?.trim() ?? "";
  if (servers !== "") return servers;
  const hint = "add 'properties.bootstrap.servers' = 'host:9092' to WITH (…)";
  throw optionError(from, 'option "properties.bootstrap.servers" is missing', hint);
}

function readOffsetReset(from: TableOptions): TableProperties["offsetReset"] {
  const text = property(from, "auto.offset.reset");
  switch (text?.trim().toLowerCase()) {
    case "earliest":
    case "smallest":
    case "beginning":
      return "earliest";
    case "latest":
    case "largest":
    case "end":
      return "latest";
    case undefined:
    case "none":
    case "error":
      return "none";
  }
  const hint = "it takes earliest, latest or none";
  throw optionError(from, `option "properties.auto.offset.reset" is "${text}"`, hint);
}

function readDiscovery(from: TableOptions): number | null {
  const text = property(from, "partition.discovery.interval.ms");
  if (text === null) return null;
  if (/^\s*-?\d{1,12}\s*$/.test(text)) return Math.max(0, Number(text));
  const option = "properties.partition.discovery.interval.ms";
  throw optionError(from, `option "${option}" is "${text}"`, "it takes milliseconds");
}

function applyJaas(from: TableOptions, values: Map<string, string>, secrets: string[]): void {
  const text = property(from, "sasl.jaas.config");
  if (text === null) return;
  const login = readJaas(text);
  if (login === null) {
    const hint = 'write: org.apache…PlainLoginModule required username="…" password="…"; (or ScramLoginModule)';
    throw optionError(from, 'option "properties.sasl.jaas.config" is not a login that is known here', hint);
  }
  values.set("sasl.username", login.username);
  values.set("sasl.password", login.password);
  secrets.push(login.password, text);
}

/** What librdkafka would say in words of its own. */
function checkLogin(from: TableOptions, values: ReadonlyMap<string, string>): void {
  const protocol = values.get("security.protocol") ?? "plaintext";
  if (!protocol.startsWith("sasl_")) return;
  if (!values.has("sasl.mechanism")) {
    const hint = "it takes PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512";
    throw optionError(from, 'option "properties.sasl.mechanism" is missing', hint);
  }
  if (values.has("sasl.username") && values.has("sasl.password")) return;
  const hint = `${protocol.toUpperCase()} wants a login: org.apache…PlainLoginModule required username="…" password="…"; (or ScramLoginModule)`;
  throw optionError(from, 'option "properties.sasl.jaas.config" is missing', hint);
}
