/** TLS settings as Java's client writes them → as librdkafka reads them; what librdkafka says → what people are told. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readJaas } from "../../../src/connectors/kafka/jaas.ts";
import { readProperties } from "../../../src/connectors/kafka/properties.ts";
import { plainWords, refusalOf, settingsHint } from "../../../src/connectors/kafka/refusals.ts";
import { EngineError } from "../../../src/core/error.ts";

function read(options: Record<string, string>) {
  const all = Object.fromEntries(Object.entries(options).map(([name, value]) => [`properties.${name}`, value]));
  const servers = { "properties.bootstrap.servers": "localhost:9092" };
  return readProperties({ table: "t", options: { ...servers, ...all } }, "consumer").values;
}

function refusal(options: Record<string, string>): string {
  try {
    read(options);
  } catch (error) {
    if (error instanceof EngineError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  throw new Error("nothing was refused");
}

function pemOf(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

const someBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

test("PEM text comes out as openssl reads it, whatever white space stands in it and text around it", () => {
  const space = fc.constantFrom(" ", "\n", "\r\n", "\t", "  ");
  fc.assert(
    fc.property(fc.array(someBytes, { minLength: 1, maxLength: 3 }), space, (certificates, blank) => {
      const text = certificates.map((bytes) => pemOf("CERTIFICATE", bytes)).join("");
      const pasted = `subject=CN = x${blank}${text.replaceAll("\n", blank)}${blank}that is all`;
      const type = { "ssl.truststore.type": "pem" };
      expect(read({ ...type, "ssl.truststore.certificates": pasted }).get("ssl.ca.pem")).toBe(text);
    }),
  );
});

test("keys with headers keep their lines; of key and certificate in one text each option takes its own", () => {
  const key =
    "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
  const certificate = pemOf("CERTIFICATE", new Uint8Array(100));
  const both = { "ssl.keystore.certificate.chain": key + certificate, "ssl.keystore.key": key + certificate };
  const values = read({ ...both, "ssl.key.password": "x" });
  expect(values.get("ssl.key.pem")).toBe(key);
  expect(values.get("ssl.certificate.pem")).toBe(certificate);
  expect(refusal(both)).toContain('"properties.ssl.key.password" is missing');
});

test("text that is no PEM is refused without being shown", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9+/=-]{20,200}$/), (secret) => {
      const certificate = pemOf("CERTIFICATE", new Uint8Array(9));
      const said = refusal({ "ssl.keystore.key": secret, "ssl.keystore.certificate.chain": certificate });
      expect(said).toContain('"properties.ssl.keystore.key" holds no private key in PEM form');
      expect(said).not.toContain(secret);
    }),
  );
});

test("much text that almost is PEM is read in no time that grows with its square", () => {
  const text = "-----BEGIN CERTIFICATE-----".repeat(200_000);
  expect(refusal({ "ssl.truststore.type": "PEM", "ssl.truststore.certificates": text })).toContain("no certificate");
});

test("a PEM key store in a file is key and chain for librdkafka", () => {
  const values = read({ "ssl.keystore.type": "PEM", "ssl.keystore.location": "/k.pem" });
  expect([values.get("ssl.certificate.location"), values.get("ssl.key.location")]).toEqual(["/k.pem", "/k.pem"]);
  expect(values.has("ssl.keystore.location")).toBe(false);
});

test("what would fail later, or silently, is refused with what is missing", () => {
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ "ssl.keystore.location": "/k.p12" }, '"properties.ssl.keystore.password" is missing'],
    [{ "ssl.keystore.location": "/k.jks", "ssl.keystore.type": "JKS" }, "keytool -importkeystore"],
    [{ "ssl.truststore.location": "/t.jks" }, "keytool -list -rfc"],
    [{ "ssl.truststore.location": "/t.p12", "ssl.truststore.type": "PKCS12" }, "keytool -list -rfc"],
    [{ "ssl.certificate.location": "/c.pem" }, "the client's certificate has no key"],
    [{ "security.protocol": "SASL_SSL" }, '"properties.sasl.mechanism" is missing'],
    [{ "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN" }, '"properties.sasl.jaas.config" is missing'],
  ];
  for (const [options, says] of cases) expect(refusal(options)).toContain(says);
});

test("a delegation token is not taken for a password", () => {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="a" password="b"';
  expect(readJaas(`${login};`)).toEqual({ username: "a", password: "b" });
  expect(readJaas(`${login} tokenauth="true";`)).toBeNull();
  expect(readJaas(`${login} tokenauth=true;`)).toBeNull();
});

test("librdkafka's words lose its names and counts; words that are not known are nobody's refusal", () => {
  const said =
    "sasl_ssl://h:9/bootstrap: SASL authentication error: Authentication failed: x (after 3ms in state AUTH_REQ, 1 identical error(s) suppressed)";
  expect(plainWords(said)).toBe("SASL authentication error: Authentication failed: x");
  expect(plainWords(`GroupCoordinator: h:9: SASL authentication error`)).toBe("SASL authentication error");
  expect(refusalOf(said)).toMatchObject({ isLasting: true, what: expect.stringContaining("refuses the login") });
  for (const other of ["", "h:9/1: Connect to ipv4#1.2.3.4:9 failed: Connection refused", "Local: Timed out"])
    expect(refusalOf(other)).toBeNull();
  // A broker that goes away while a client logs in.
  expect(
    refusalOf("h:9/1: SASL authentication error: SaslAuthenticateRequest failed: Local: Broker transport failure"),
  ).toBeNull();
  expect(settingsHint("something else")).toContain("'properties.*'");
});
