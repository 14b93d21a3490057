/**
 * What a person sees when a secured broker and a job do not fit each other: what is wrong, what to do, the exit code, soon; and
 * never a secret, whatever it is made of and wherever one looks.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { SecuredListener } from "../../scripts/kafka/security.ts";
import { type Ended, millrace, Running, runSql } from "../end-to-end/millrace.ts";
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

interface Fault {
  readonly name: string;
  /** null = the one without TLS and login. */
  readonly listener: SecuredListener | null;
  readonly options: (broker: Secured) => Options;
  readonly code: number;
  /** All of them are in what is said. */
  readonly says: readonly string[];
}

const plain = { protocol: "SASL_PLAINTEXT", mechanism: "PLAIN" } as const;
const wrongPassword = "not-the-words-that-open-it";

const connectionFaults: readonly Fault[] = [
  ...["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"].map(
    (mechanism): Fault => ({
      name: `a wrong password, ${mechanism}`,
      listener: "saslSsl",
      options: (broker) => ({
        ...login(broker, { protocol: "SASL_SSL", mechanism, password: wrongPassword }),
        ...trusting(broker),
      }),
      code: 75,
      says: ["refuses the login: SASL authentication error", "user and password in 'properties.sasl.jaas.config'"],
    }),
  ),
  {
    name: "a user there is not",
    listener: "saslPlaintext",
    options: (broker) => login(broker, { ...plain, user: "mallory" }),
    code: 75,
    says: ["refuses the login"],
  },
  {
    name: "a mechanism the broker has not",
    listener: "saslPlaintext",
    options: (broker) => login(broker, { ...plain, mechanism: "SCRAM-SHA-512" }),
    code: 75,
    says: [
      "does not take this way to log in",
      "supported mechanisms: PLAIN,SCRAM-SHA-256",
      "'properties.sasl.mechanism'",
    ],
  },
  {
    name: "an authority that is not known",
    listener: "ssl",
    options: (broker) => ({ ...tls(broker), ...trusting(broker, broker.security.certificates.otherAuthority) }),
    code: 75,
    says: ['signed by "millrace test authority", which is not trusted', "'properties.ssl.truststore.certificates'"],
  },
  {
    name: "no authority at all",
    listener: "ssl",
    options: () => properties({ "security.protocol": "SSL" }),
    code: 75,
    says: ['signed by "millrace test authority", which is not trusted', "'properties.ssl.truststore.certificates'"],
  },
  {
    name: "the certificate of another host",
    listener: "elsewhere",
    options: tls,
    code: 75,
    says: ['not for "127.0.0.1" but for DNS:elsewhere.example', "'properties.bootstrap.servers'"],
  },
  {
    name: "a certificate that was good until yesterday",
    listener: "expired",
    options: tls,
    code: 75,
    says: ["shows a certificate that is good from", "renew it"],
  },
  {
    name: "no certificate of the client",
    listener: "mtls",
    options: tls,
    code: 75,
    says: ["client's certificate, or wants one", "'properties.ssl.keystore.certificate.chain'"],
  },
  {
    name: "no TLS where it is spoken",
    listener: "ssl",
    options: () => ({}),
    code: 75,
    says: ["ends the connection without an answer to PLAINTEXT", "SSL, SASL_PLAINTEXT or SASL_SSL"],
  },
  {
    name: "TLS where it is not spoken",
    listener: null,
    options: tls,
    code: 75,
    says: ["does not answer in TLS", "'properties.security.protocol'"],
  },
  {
    name: "no login where one is asked for",
    listener: "saslPlaintext",
    options: () => ({}),
    code: 75,
    says: ["ends the connection without an answer to PLAINTEXT", "'properties.security.protocol'"],
  },
  {
    name: "a login where none is asked for",
    listener: null,
    options: (broker) => login(broker, plain),
    code: 75,
    says: ["asks for no login", "'PLAINTEXT' there, or 'SSL'"],
  },
  {
    name: "a login in the clear where TLS is spoken",
    listener: "saslSsl",
    options: (broker) => login(broker, plain),
    code: 75,
    says: ["ends the connection without an answer to SASL_PLAINTEXT", "SASL_SSL"],
  },
];

const keyStore = (more: (broker: Secured) => Options) => (broker: Secured) => ({
  ...tls(broker),
  ...properties(more(broker)),
});

const settingFaults: readonly Fault[] = [
  {
    name: "a key store that another password opens",
    listener: "mtls",
    options: keyStore(({ security: { certificates } }) => ({
      "ssl.keystore.type": "PKCS12",
      "ssl.keystore.location": certificates.clientStore,
      "ssl.keystore.password": wrongPassword,
    })),
    code: 74,
    says: ["its password is another", "'properties.ssl.keystore.password'"],
  },
  {
    name: "a key that another password opens",
    listener: "mtls",
    options: keyStore(({ security: { certificates } }) => ({
      "ssl.keystore.certificate.chain": pem(certificates.clientCertificate),
      "ssl.keystore.key": pem(certificates.clientKeyEncrypted),
      "ssl.key.password": wrongPassword,
    })),
    code: 74,
    says: ["its password is another", "'properties.ssl.key.password'"],
  },
  {
    name: "an encrypted key without its password",
    listener: "mtls",
    options: keyStore(({ security: { certificates } }) => ({
      "ssl.keystore.certificate.chain": pem(certificates.clientCertificate),
      "ssl.keystore.key": pem(certificates.clientKeyEncrypted),
    })),
    code: 1,
    says: ['"properties.ssl.key.password" is missing', "is encrypted"],
  },
  {
    name: "a key without its certificate",
    listener: "mtls",
    options: keyStore(({ security: { certificates } }) => ({ "ssl.keystore.key": pem(certificates.clientKey) })),
    code: 1,
    says: ['"properties.ssl.keystore.certificate.chain" is missing'],
  },
  {
    name: "a file that is no certificate",
    listener: "ssl",
    options: (broker) => ({ ...tls(broker), ...trusting(broker, broker.security.certificates.clientStore) }),
    code: 74,
    says: ["ssl.ca.location", "is it PEM"],
  },
  {
    name: "a trust store in Java's own form",
    listener: "ssl",
    options: () => properties({ "ssl.truststore.type": "JKS", "ssl.truststore.location": "trust.jks" }),
    code: 1,
    says: ["PEM is read here", "keytool -list -rfc"],
  },
  {
    name: "a login that is no login",
    listener: "saslPlaintext",
    options: (broker) => ({
      ...login(broker, plain),
      ...properties({ "sasl.jaas.config": `PlainLoginModule required password="${wrongPassword}";` }),
    }),
    code: 1,
    says: ['"properties.sasl.jaas.config" is not a login', "***"],
  },
];

const SOON_MS = 30_000;

async function meets(broker: Secured, { listener, options, code, says }: Fault): Promise<void> {
  const { security } = broker;
  const topic = "test";
  const script = `${tableAt("a", at(broker, listener, topic), options(broker))}SELECT n FROM a;`;
  await using running = new Running(["run", "-"]).input(script);
  // Bounded, not quick: a run that hangs is ended here, by a signal that is no exit code.
  const timer = setTimeout(() => running.process.kill("SIGKILL"), SOON_MS);
  const ended = await running.ended();
  clearTimeout(timer);
  expect([ended.out, ended.code, ended.err]).toEqual(["", code, expect.stringMatching(/^error\[[A-Z-]+\]: /)]);
  for (const text of says) expect(ended.err).toContain(text.replace("***", "****"));
  expect(ended.err).toMatch(/hint: /);
  const keys = [pem(security.certificates.clientKey), pem(security.certificates.clientKeyEncrypted)];
  const lines = keys.flatMap((key) => key.split("\n").filter((line) => line !== "" && !line.startsWith("-----")));
  expectNoSecret(ended, [wrongPassword, security.user.password, security.certificates.password, ...lines]);
}

describeSecured("what does not fit a secured broker", (broker) => {
  for (const fault of [...connectionFaults, ...settingFaults])
    test(`${fault.name}: exit code ${fault.code}, said with what to do`, () => meets(broker(), fault));

  test("the same is said of a table that is written", async () => {
    const topic = await broker().filled();
    const extra = login(broker(), { ...plain, password: wrongPassword });
    const tables = tableAt("a", at(broker(), null, topic)) + tableAt("b", at(broker(), "saslPlaintext", topic), extra);
    const ended = await runSql(`${tables}INSERT INTO b SELECT n FROM a;`);
    expect([ended.code, ended.err]).toEqual([75, expect.stringContaining("refuses the login")]);
    expectNoSecret(ended, [wrongPassword]);
  });

  test("no secret is in anything that is said of a job that runs, or of one that does not", async () => {
    const topic = await broker().filled();
    const secret = fc.stringMatching(/^[A-Za-z0-9!#$%&()*+,/:;<=>?@^_{|}~'"\\ -]{16,60}$/);
    await fc.assert(
      fc.asyncProperty(secret, async (password) => {
        for (const said of await everythingSaid(broker(), topic, password)) {
          expectNoSecret(said, formsOf(password));
        }
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });
});

/** As it is, as SQL and JSON write it. */
function formsOf(password: string): string[] {
  return [password, password.replaceAll("'", "''"), quoted(password), JSON.stringify(password).slice(1, -1)];
}

/** As a login writes it. */
function quoted(password: string): string {
  return password.replace(/["\\]/g, "\\$&");
}

/** A running job that has `password` in all its secrets, and scripts with it that are wrong. */
async function everythingSaid(broker: Secured, topic: string, password: string): Promise<Pick<Ended, "out" | "err">[]> {
  // Over the open port nobody asks for these; they are in the job all the same.
  const secrets = {
    ...properties({ "ssl.keystore.password": password, "ssl.key.password": password, "sasl.username": "alice" }),
    ...login(broker, { ...plain, password: quoted(password) }),
    "properties.sasl.password": password,
    "properties.security.protocol": "PLAINTEXT",
  };
  const escaped = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, doubled(name, value)]));
  const table = (options: Options) => tableAt("a", at(broker, null, topic), { ...escaped, ...options });
  const script = `${table({ "scan.bounded.mode": "unbounded" })}CREATE VIEW v AS SELECT n FROM a;\nSELECT n FROM v;`;
  const wrong = [
    table({ "properties.sasl.mechanism": "NONE" }),
    table({ "properties.sasl.jaas.config": `x ${escaped["properties.sasl.password"]}` }),
    table({}).replace("'properties.sasl.password' =", "'properties.sasl.password'"),
    table({}).replace("'format'", "format"),
    table({ "scan.startup.mode": "somewhere" }),
    table({ "properties.security.protocol": "SASL_SSL" }),
  ];
  const said: Pick<Ended, "out" | "err">[] = [];
  for (const command of ["run", "check", "explain"])
    for (const sql of command === "run" ? wrong : [...wrong, script])
      said.push(await millrace([command, "-"], sql.endsWith(";\n") ? `${sql}SELECT n FROM a;` : sql));
  said.push(...(await saidByServer(script)));
  return said;
}

function doubled(name: string, value: string): string {
  return name === "properties.sasl.jaas.config" ? value : value.replaceAll("'", "''");
}

async function saidByServer(script: string): Promise<Pick<Ended, "out" | "err">[]> {
  await using running = new Running(["run", "-", "--json", "--port", "0"]).input(script);
  const base = await running.says(/(http:\/\/127\.0\.0\.1:\d+)/);
  await running.prints(/"n":(2)/);
  const said: Pick<Ended, "out" | "err">[] = [];
  for (const path of ["/v1/jobs", "/metrics", "/"])
    said.push({ out: await (await fetch(base + path)).text(), err: "" });
  const jobs = JSON.parse(said[0]?.out ?? "") as { jobs?: { id: string }[] };
  for (const { id } of jobs.jobs ?? [])
    for (const part of ["", "/plan", "/watermarks"])
      said.push({ out: await (await fetch(`${base}/v1/jobs/${id}${part}`)).text(), err: "" });
  expect(said.length).toBeGreaterThan(3);
  running.process.kill("SIGTERM");
  said.push(await running.ended());
  return said;
}
