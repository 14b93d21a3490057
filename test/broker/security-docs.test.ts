/** The examples of docs/kafka.md, with this broker's ports, files and passwords in place of theirs: a job writes, a job reads. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { SecuredListener } from "../../scripts/kafka/security.ts";
import { jsonLines, millrace, runSql } from "../end-to-end/millrace.ts";
import { describeSecured, type Secured } from "./security-fixture.ts";

const page = readFileSync(new URL("../../docs/kafka.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^## (.*?)$|^```sql\n(.*?)^```$/gms)];

const ports: Readonly<Record<string, SecuredListener>> = { "9094": "mtls", "9095": "saslSsl", "9096": "saslPlaintext" };

function fitted(example: string, broker: Secured, topic: string): string {
  const { at, certificates, user } = broker.security;
  const replaced = example
    .replace(/kafka\.example:(\d+)/, (whole, port: string) => at[ports[port] as SecuredListener] ?? whole)
    .replace("'topic' = 'clicks'", `'topic' = '${topic}'`)
    .replace("/etc/kafka/ca.pem", certificates.authority)
    .replace("/etc/kafka/client.pem", certificates.clientBundle)
    .replace("/etc/kafka/client.p12", certificates.clientStore)
    .replace(/\$\{KAFKA_PASSWORD\}/, user.password)
    .replace(/\$\{STORE_PASSWORD\}/, certificates.password);
  expect(replaced).not.toMatch(/kafka\.example|\$\{|\/etc\//);
  return replaced;
}

describeSecured("docs/kafka.md", (broker) => {
  let heading = "";
  let count = 0;
  for (const [, title, example] of examples) {
    if (example === undefined) {
      heading = title ?? "";
      continue;
    }
    count++;
    test(`example ${count}, "${heading}", writes and reads`, async () => {
      const [from, to] = [await broker().filled(), await broker().empty()];
      const clicks = fitted(example, broker(), from);
      const copy = fitted(example, broker(), to).replace("TABLE clicks", "TABLE copy");
      const written = await runSql(`${clicks}${copy}INSERT INTO copy SELECT n FROM clicks;`);
      expect([written.err, written.code]).toEqual(["", 0]);
      const read = await runSql(`${copy}SELECT n FROM copy;`, "--json");
      expect([read.code, jsonLines(read.out)]).toEqual([0, [{ n: 1 }, { n: 2 }]]);
    });
  }

  test("there are examples of a login with and without TLS, and of mutual TLS with both kinds of store", () => {
    expect(count).toBe(4);
  });

  test("produce takes the same properties", async () => {
    const { at, user, certificates } = broker().security;
    const topic = await broker().empty();
    const flags = Object.entries({
      "security.protocol": "SASL_SSL",
      "sasl.mechanism": "SCRAM-SHA-256",
      "sasl.username": user.name,
      "sasl.password": user.password,
      "ssl.ca.location": certificates.authority,
    }).flatMap(([name, value]) => ["--property", `${name}=${value}`]);
    const target = ["produce", "--topic", topic, "--bootstrap-servers", at.saslSsl];
    expect(await millrace([...target, ...flags], '{"n":1}\n')).toMatchObject({ code: 0, err: "" });
    const wrong = flags.map((flag) => flag.replace(user.password, "another-password"));
    const refused = await millrace([...target, ...wrong], '{"n":1}\n');
    expect([refused.code, refused.err]).toEqual([75, expect.stringContaining("refuses the login")]);
    expect(refused.err).not.toContain("another-password");
  });
});
