/** The allow-list of `properties.*`: what passes, under which name, and that nothing else does. */
import { expect, test } from "bun:test";
import { readJaas } from "../../../src/connectors/kafka/jaas.ts";
import { propertyNames, readProperties } from "../../../src/connectors/kafka/properties.ts";
import { EngineError } from "../../../src/core/error.ts";

const servers = { "properties.bootstrap.servers": "localhost:9092" };

function consumer(options: Record<string, string>) {
  return readProperties({ table: "t", options: { ...servers, ...options } }, "consumer");
}

function refusal(options: Record<string, string>): EngineError {
  try {
    consumer(options);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("passes known properties under librdkafka's names, those of the other role aside", () => {
  const { values } = consumer({
    "properties.fetch.max.wait.ms": "50",
    "properties.security.protocol": "SSL",
    "properties.ssl.endpoint.identification.algorithm": "",
    "properties.linger.ms": "5",
    "properties.max.poll.records": "500",
    format: "json",
  });
  expect(Object.fromEntries(values)).toEqual({
    "bootstrap.servers": "localhost:9092",
    "fetch.wait.max.ms": "50",
    "security.protocol": "ssl",
    "ssl.endpoint.identification.algorithm": "none",
  });
});

test("refuses what runs programs or loads code, and what it does not know, with the nearest name", () => {
  for (const name of [
    "sasl.kerberos.kinit.cmd",
    "plugin.library.paths",
    "ssl.engine.location",
    "ssl.providers",
    "sasl.oauthbearer.config",
    "debug",
    "__proto__",
    "constructor",
  ]) {
    const error = refusal({ [`properties.${name}`]: "x" });
    expect(error).toMatchObject({ exitCode: 74, message: expect.stringContaining(`"properties.${name}"`) });
  }
  expect(refusal({ "properties.isolation.levl": "x" }).hint).toBe('did you mean "properties.isolation.level"?');
  expect(propertyNames).toContain("properties.sasl.mechanism");
});

test("reads the login of sasl.jaas.config, and shows no secret when it cannot", () => {
  const scram =
    'org.apache.kafka.common.security.scram.ScramLoginModule required username="al\\"ice" password="p;w=1";';
  const { values, secrets } = consumer({
    "properties.sasl.mechanism": "scram-sha-512",
    "properties.sasl.jaas.config": scram,
  });
  expect(values.get("sasl.mechanism")).toBe("SCRAM-SHA-512");
  expect(values.get("sasl.username")).toBe('al"ice');
  expect(values.get("sasl.password")).toBe("p;w=1");
  expect(secrets).toContain("p;w=1");
  const flink =
    'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule required\n username=a password="b";';
  expect(readJaas(flink)).toEqual({ username: "a", password: "b" });
  for (const text of [
    "",
    'com.sun.security.auth.module.Krb5LoginModule required password="hush" username="x";',
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="x" password="hush" and more;',
    'org.apache.kafka.common.security.plain.PlainLoginModule required password="hush";',
  ]) {
    const error = refusal({ "properties.sasl.jaas.config": text });
    expect(`${error.message} ${error.hint}`).not.toContain("hush");
  }
});

test("refuses values that do not fit: numbers, words, Java key stores, NUL, reset modes", () => {
  for (const [name, value] of [
    ["fetch.min.bytes", "many"],
    ["check.crcs", "yes"],
    ["security.protocol", "tls"],
    ["sasl.mechanism", "GSSAPI"],
    ["ssl.keystore.type", "JKS"],
    ["ssl.truststore.location", "/trust.jks"],
    ["client.id", "a\0b"],
    ["auto.offset.reset", "first"],
    ["bootstrap.servers", " "],
  ] as const) {
    expect(refusal({ [`properties.${name}`]: value })).toMatchObject({ exitCode: 74 });
  }
});
