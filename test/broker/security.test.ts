/** Every way to a secured broker, there and back: what a job writes through it, another reads through it. */
import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SecuredListener } from "../../scripts/kafka/security.ts";
import { jsonLines, Running, runSql } from "../end-to-end/millrace.ts";
import {
  at,
  describeSecured,
  expectNoSecret,
  login,
  type Options,
  pem,
  properties,
  type Secured,
  tableAt,
  tls,
  trusting,
} from "./security-fixture.ts";

const shaded = "org.apache.flink.kafka.shaded.";

interface Way {
  readonly name: string;
  readonly listener: SecuredListener;
  readonly options: (broker: Secured) => Options;
}

const tlsWays: readonly Way[] = [
  { name: "TLS, trust store a PEM file", listener: "ssl", options: tls },
  {
    name: "TLS, trust store PEM text",
    listener: "ssl",
    options: ({ security: { certificates } }) =>
      properties({
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": pem(certificates.otherAuthority) + pem(certificates.authority),
      }),
  },
  {
    name: "TLS, PEM text on one line, as properties files have it",
    listener: "ssl",
    options: ({ security: { certificates } }) =>
      properties({
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": pem(certificates.authority).replaceAll("\n", " "),
      }),
  },
  {
    name: "TLS by librdkafka's names",
    listener: "ssl",
    options: ({ security: { certificates } }) =>
      properties({ "security.protocol": "ssl", "ssl.ca.location": certificates.authority }),
  },
  {
    name: "TLS without a look at the host",
    listener: "elsewhere",
    options: (broker) => ({ ...tls(broker), ...properties({ "ssl.endpoint.identification.algorithm": "" }) }),
  },
];

const ownCertificate = (more: (broker: Secured) => Options) => (broker: Secured) => ({
  ...tls(broker),
  ...properties(more(broker)),
});

const mutualWays: readonly Way[] = [
  {
    name: "mutual TLS, PEM text",
    listener: "mtls",
    options: ownCertificate(({ security: { certificates } }) => ({
      "ssl.keystore.type": "PEM",
      "ssl.keystore.certificate.chain": pem(certificates.clientCertificate) + pem(certificates.authority),
      "ssl.keystore.key": pem(certificates.clientKey),
    })),
  },
  {
    name: "mutual TLS, an encrypted key",
    listener: "mtls",
    options: ownCertificate(({ security: { certificates } }) => ({
      "ssl.keystore.type": "PEM",
      "ssl.keystore.certificate.chain": pem(certificates.clientCertificate).replaceAll("\n", " "),
      "ssl.keystore.key": pem(certificates.clientKeyEncrypted).replaceAll("\n", " "),
      "ssl.key.password": certificates.password,
    })),
  },
  {
    name: "mutual TLS, one PEM file",
    listener: "mtls",
    options: ownCertificate(({ security: { certificates } }) => ({
      "ssl.keystore.type": "PEM",
      "ssl.keystore.location": certificates.clientBundle,
    })),
  },
  {
    name: "mutual TLS, PKCS12",
    listener: "mtls",
    options: ownCertificate(({ security: { certificates } }) => ({
      "ssl.keystore.type": "PKCS12",
      "ssl.keystore.location": certificates.clientStore,
      "ssl.keystore.password": certificates.password,
    })),
  },
];

const saslWays: readonly Way[] = [
  ...["PLAIN", "SCRAM-SHA-256"].map(
    (mechanism): Way => ({
      name: `${mechanism} in the clear`,
      listener: "saslPlaintext",
      options: (broker) => login(broker, { protocol: "SASL_PLAINTEXT", mechanism }),
    }),
  ),
  ...["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"].map(
    (mechanism): Way => ({
      name: `${mechanism} over TLS, Flink's class names`,
      listener: "saslSsl",
      options: (broker) => ({ ...login(broker, { protocol: "SASL_SSL", mechanism, shaded }), ...trusting(broker) }),
    }),
  ),
];

async function thereAndBack(broker: Secured, { listener, options }: Way): Promise<void> {
  const [from, to] = [await broker.filled(), await broker.empty()];
  const extra = options(broker);
  const tables = tableAt("a", at(broker, listener, from), extra) + tableAt("b", at(broker, listener, to), extra);
  const written = await runSql(`${tables}INSERT INTO b SELECT n * 10 AS n FROM a;`);
  expect([written.err, written.code]).toEqual(["", 0]);
  const read = await runSql(`${tables}SELECT n FROM b;`, "--json");
  expect([read.code, jsonLines(read.out)]).toEqual([0, [{ n: 10 }, { n: 20 }]]);
  expectNoSecret(read, [broker.security.user.password, broker.security.certificates.password]);
}

describeSecured("a secured broker", (broker) => {
  for (const way of [...tlsWays, ...mutualWays, ...saslWays])
    test(`${way.name}: a job writes, another reads`, () => thereAndBack(broker(), way));

  test("keys are their owner's alone", () => {
    const { certificates } = broker().security;
    for (const path of [certificates.clientKey, certificates.clientBundle, certificates.clientStore])
      expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(certificates.clientKey)).mode & 0o777).toBe(0o700);
  });

  test("the command that a refused Java trust store is told of makes one that works", async () => {
    const { certificates } = broker().security;
    const folder = mkdtempSync(join(tmpdir(), "millrace-trust-"));
    chmodSync(folder, 0o700);
    const run = (...command: readonly string[]) => {
      const done = Bun.spawnSync([...command], { cwd: folder, stdout: "pipe", stderr: "pipe" });
      expect([command[0], done.success ? "" : `${done.stdout}${done.stderr}`]).toEqual([command[0], ""]);
      return done.stdout.toString();
    };
    try {
      const store = ["-keystore", "trust.jks", "-storetype", "JKS", "-storepass", "changeit"];
      run("keytool", "-importcert", "-noprompt", "-file", certificates.authority, ...store);
      const topic = await broker().filled();
      const using = (options: Options) =>
        runSql(
          `${tableAt("a", at(broker(), "ssl", topic), { "properties.security.protocol": "SSL", ...properties(options) })}SELECT n FROM a;`,
        );
      const refused = await using({ "ssl.truststore.location": join(folder, "trust.jks") });
      expect(refused.code).toBe(1);
      expect(refused.err).toContain("keytool -list -rfc -keystore trust.jks > trust.pem");
      const text = run("keytool", "-list", "-rfc", "-keystore", "trust.jks", "-storepass", "changeit");
      await Bun.write(join(folder, "trust.pem"), text);
      const location = { "ssl.truststore.type": "PEM", "ssl.truststore.location": join(folder, "trust.pem") };
      expect((await using(location)).err).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  // The last of the file: the user is gone afterwards.
  test("a running job whose login is refused from now on ends and says so, reading or writing", async () => {
    const [from, to] = [await broker().filled(), await broker().empty()];
    const extra = login(broker(), { protocol: "SASL_PLAINTEXT", mechanism: "SCRAM-SHA-256" });
    const endless = { "scan.bounded.mode": "unbounded" };
    const reader = `${tableAt("a", at(broker(), "saslPlaintext", from), { ...extra, ...endless })}SELECT n FROM a;`;
    const tables =
      tableAt("a", at(broker(), null, from), endless) + tableAt("b", at(broker(), "saslPlaintext", to), extra);
    await using reading = new Running(["run", "-", "--json"]).input(reader);
    await using writing = new Running(["run", "-", "--json"]).input(`${tables}INSERT INTO b SELECT n FROM a;`);
    await reading.prints(/"n":(2)/);
    const written = async () => (await broker().admin.offsets(to, 1))[0]?.end ?? 0n;
    while ((await written()) < 2n) await Bun.sleep(50);
    const { user } = broker().security;
    const gone = ["--alter", "--delete-config", "SCRAM-SHA-256", "--entity-type", "users", "--entity-name", user.name];
    await broker().tool("kafka.admin.ConfigCommand", ["--bootstrap-server", broker().bootstrap, ...gone]);
    for (const job of [reading, writing]) {
      const ended = await job.ended();
      expect([ended.code, ended.err]).toEqual([75, expect.stringContaining("refuses the login: SASL authentication")]);
      expect(ended.err).toContain("'properties.sasl.jaas.config'");
      expectNoSecret(ended, [user.password]);
    }
  });
});
