/** What tests of TLS and SASL share: one secured broker a file, its listeners as options of tables, one run that looks for secrets. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type SecuredBroker, securedBrokerAvailable, startSecuredBroker } from "../../scripts/kafka/broker.ts";
import type { SecuredListener } from "../../scripts/kafka/security.ts";
import { KafkaAdmin } from "../../src/connectors/kafka/admin.ts";
import { type Ended, millrace, tableOf } from "../end-to-end/millrace.ts";

const START_TIMEOUT_MS = 180_000;
setDefaultTimeout(120_000);

export type Options = Readonly<Record<string, string>>;

export interface Secured extends SecuredBroker {
  readonly admin: KafkaAdmin;
  /** A new topic that holds `{"n":1}` and `{"n":2}`. */
  filled(): Promise<string>;
  empty(): Promise<string>;
}

/** `body` gets the broker, which is there once tests run. */
export function describeSecured(name: string, body: (broker: () => Secured) => void): void {
  const available = securedBrokerAvailable();
  if (!available.ok) {
    console.log(`skipped: ${name} (${available.reason})`);
    if (process.env.MILLRACE_REQUIRE_BROKER === "1")
      test(`${name}: a broker is there`, () => expect(available.reason).toBe(""));
    return;
  }
  describe(name, () => {
    let secured: Secured | null = null;
    beforeAll(async () => {
      const user = { name: "alice", password: `wonderland-${crypto.randomUUID()}` };
      secured = withTopics(await startSecuredBroker(user));
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await secured?.admin.close();
      await secured?.stop();
    }, START_TIMEOUT_MS);
    body(() => secured as Secured);
  });
}

function withTopics(broker: SecuredBroker): Secured {
  const admin = new KafkaAdmin(broker.bootstrap);
  const empty = async () => {
    const name = `test-${crypto.randomUUID()}`;
    await admin.createTopic({ name, partitions: 1 });
    await admin.offsets(name, 1);
    return name;
  };
  const filled = async () => {
    const topic = await empty();
    const at = ["--topic", topic, "--bootstrap-servers", broker.bootstrap];
    const { code, err } = await millrace(["produce", ...at], '{"n":1}\n{"n":2}\n');
    expect([code, err]).toEqual([0, ""]);
    return topic;
  };
  return { ...broker, admin, empty, filled };
}

/** One column, at the listener's port, or at the plain one (null). */
export function tableAt(name: string, at: { bootstrap: string; topic: string }, options: Options = {}): string {
  return tableOf(name, "n BIGINT", {
    connector: "kafka",
    topic: at.topic,
    "properties.bootstrap.servers": at.bootstrap,
    "scan.startup.mode": "earliest-offset",
    "scan.bounded.mode": "latest-offset",
    format: "json",
    ...options,
  });
}

/** With `properties.` before each name. */
export function properties(options: Options): Options {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [`properties.${name}`, value]));
}

export function pem(path: string): string {
  return readFileSync(path, "utf8");
}

export function trusting({ security }: Secured, authority = security.certificates.authority): Options {
  return properties({ "ssl.truststore.type": "PEM", "ssl.truststore.location": authority });
}

export function tls(broker: Secured): Options {
  return { "properties.security.protocol": "SSL", ...trusting(broker) };
}

export interface Login {
  readonly protocol: "SASL_PLAINTEXT" | "SASL_SSL";
  readonly mechanism: string;
  readonly user?: string;
  readonly password?: string;
  /** Before the class names, as Flink's SQL jars have it. */
  readonly shaded?: string;
}

/** As it is written for Kafka's Java client. */
export function login({ security: { user } }: Secured, how: Login): Options {
  const module = how.mechanism === "PLAIN" ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
  const { user: name = user.name, password = user.password, shaded = "" } = how;
  const entry = `${shaded}org.apache.kafka.common.security.${module} required username="${name}" password="${password}";`;
  return properties({
    "security.protocol": how.protocol,
    "sasl.mechanism": how.mechanism,
    "sasl.jaas.config": entry.replaceAll("'", "''"),
  });
}

export function at(broker: Secured, listener: SecuredListener | null, topic: string) {
  return { bootstrap: listener === null ? broker.bootstrap : broker.security.at[listener], topic };
}

/** Nothing that was said holds one of these. */
export function expectNoSecret({ out, err }: Pick<Ended, "out" | "err">, secrets: readonly string[]): void {
  const said = `${out}${err}`;
  for (const secret of secrets) {
    const at = said.indexOf(secret);
    expect([secret, at < 0 ? null : said.slice(Math.max(0, at - 300), at + 300)]).toEqual([secret, null]);
  }
}
