/** Secret options of a script are covered wherever it is shown, also where it is not SQL yet. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { coverSecrets, isSecretOption, withoutSecrets } from "../../src/core/secret.ts";

test("names of secrets are known, other names are not", () => {
  const secret = [
    "properties.sasl.password",
    "properties.sasl.jaas.config",
    "properties.ssl.keystore.key",
    "properties.ssl.key.pem",
  ];
  for (const name of secret) expect([name, isSecretOption(name)]).toEqual([name, true]);
  const open = [
    "topic",
    "key.fields",
    "properties.sasl.username",
    "properties.ssl.ca.location",
    "properties.bootstrap.servers",
  ];
  for (const name of open) expect([name, isSecretOption(name)]).toEqual([name, false]);
});

test("covers values in place: lengths and lines stay, so that a caret still points right", () => {
  expect(coverSecrets("('properties.sasl.password' = 'ab''c', 'topic' = 't')")).toBe(
    "('properties.sasl.password' = '*****', 'topic' = 't')",
  );
  expect(coverSecrets("'properties.ssl.keystore.key'='a\nbc'")).toBe("'properties.ssl.keystore.key'='*\n**'");
  expect(coverSecrets("'topic' = 'password', 'topic' = 't'")).toBe("'topic' = 'password', 'topic' = 't'");
});

/** Ways to write an option wrongly, and rightly. */
const forms: readonly ((name: string, value: string) => string)[] = [
  (name, value) => `WITH ('${name}' = '${value}', 'format' = 'json')`,
  (name, value) => `WITH ('${name}' '${value}')`,
  (name, value) => `WITH ('${name}' = '${value}`,
  (name, value) => `WITH ("${name}" = "${value}")`,
  (name, value) => `WITH (\n'${name}'\n=\n'${value}'\n)`,
];

test("no secret is left in any form, nor in a message that quotes it", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9+/=;:. -]{12,80}$/);
  fc.assert(
    fc.property(word, fc.constantFrom(...forms), (value, write) => {
      const script = write("properties.sasl.password", value);
      const covered = coverSecrets(script);
      expect(covered).not.toContain(value);
      expect(covered).toHaveLength(script.length);
      const quoted = value.length > 40 ? `${value.slice(0, 38)}…` : value;
      expect(withoutSecrets(`expected ',', found '${quoted}'`, script)).not.toContain(value.slice(0, 36));
    }),
  );
});

test("a long script without an end is read in one pass", () => {
  const script = `'password'${" ".repeat(200_000)}`.repeat(5) + "'password' = '".repeat(20_000);
  expect(coverSecrets(script)).toHaveLength(script.length);
});
