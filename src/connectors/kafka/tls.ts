/**
 * TLS as Kafka's Java client is told of it → as librdkafka is. PEM text may stand on one line, as in a properties file; PEM
 * stores are files or text, PKCS12 key stores are read as they are. Other Java stores are refused, with the command that converts
 * them. Values of keys and passwords never get into messages.
 */
import { optionError, readText, type TableOptions } from "../options.ts";

const option = (name: string) => `properties.${name}`;
const LINE = 64;

const trustHint =
  "keytool -list -rfc -keystore trust.jks > trust.pem writes the certificates of a Java store (JKS or PKCS12) as PEM; " +
  "then 'properties.ssl.truststore.type' = 'PEM'";
const keyHint =
  "keytool -importkeystore -srckeystore keys.jks -destkeystore keys.p12 -deststoretype PKCS12 makes one of a Java key store";

/** Rewrites what `ssl.*` says in `values`. Throws EngineError (74) for what cannot work. Opens nothing. */
export function applyTls(from: TableOptions, values: Map<string, string>): void {
  checkTrustStore(from);
  applyKeyStore(from, values);
  const trust = given(from, "ssl.truststore.certificates", "ssl.ca.pem");
  rewritePem(from, values, { to: "ssl.ca.pem", name: trust, kind: "CERTIFICATE" });
  const chain = given(from, "ssl.keystore.certificate.chain", "ssl.certificate.pem");
  rewritePem(from, values, { to: "ssl.certificate.pem", name: chain, kind: "CERTIFICATE" });
  const key = given(from, "ssl.keystore.key", "ssl.key.pem");
  rewritePem(from, values, { to: "ssl.key.pem", name: key, kind: "PRIVATE KEY" });
  checkPair(from, values);
}

/** The name the table uses of two that mean the same. */
function given(from: TableOptions, java: string, ours: string): string {
  return readText(from, option(java)) === null ? ours : java;
}

function storeType(from: TableOptions, name: string): string | null {
  return readText(from, option(name))?.trim().toUpperCase() ?? null;
}

function checkTrustStore(from: TableOptions): void {
  const type = storeType(from, "ssl.truststore.type");
  const location = readText(from, option("ssl.truststore.location"));
  if (type === "PEM" || (type === null && location === null)) return;
  if (type === null) {
    const text = `option "${option("ssl.truststore.location")}" needs 'properties.ssl.truststore.type' = 'PEM' beside it`;
    throw optionError(from, `${text}: a PEM file is read here`, trustHint);
  }
  const shown = readText(from, option("ssl.truststore.type"));
  throw optionError(from, `option "${option("ssl.truststore.type")}" is "${shown}"; PEM is read here`, trustHint);
}

function applyKeyStore(from: TableOptions, values: Map<string, string>): void {
  const type = storeType(from, "ssl.keystore.type");
  const location = values.get("ssl.keystore.location");
  if (type !== null && type !== "PKCS12" && type !== "PEM") {
    const shown = readText(from, option("ssl.keystore.type"));
    throw optionError(
      from,
      `option "${option("ssl.keystore.type")}" is "${shown}"; PKCS12 or PEM is read here`,
      keyHint,
    );
  }
  if (location === undefined) return;
  if (type !== "PEM") {
    if (values.has("ssl.keystore.password")) return;
    const hint = "a PKCS12 store is opened by a password; for a PEM file add 'properties.ssl.keystore.type' = 'PEM'";
    throw optionError(from, `option "${option("ssl.keystore.password")}" is missing`, hint);
  }
  // Key and chain in one file.
  values.delete("ssl.keystore.location");
  values.delete("ssl.keystore.password");
  values.set("ssl.certificate.location", location);
  values.set("ssl.key.location", location);
}

interface PemOption {
  /** librdkafka's name. */
  readonly to: string;
  /** The table's. */
  readonly name: string;
  readonly kind: "CERTIFICATE" | "PRIVATE KEY";
}

function rewritePem(from: TableOptions, values: Map<string, string>, { to, name, kind }: PemOption): void {
  const text = values.get(to);
  if (text === undefined) return;
  const blocks = readBlocks(text).filter(({ label }) => label.endsWith(kind));
  if (blocks.length === 0) {
    const hint = `it is the text of the file, from -----BEGIN ${kind}----- to -----END ${kind}-----; 'properties.ssl.*.location' takes a path`;
    throw optionError(from, `option "${option(name)}" holds no ${kind.toLowerCase()} in PEM form`, hint);
  }
  const isEncrypted = blocks.some(({ label, body }) => `${label}${body}`.includes("ENCRYPTED"));
  if (isEncrypted && !values.has("ssl.key.password")) {
    const missing = `option "${option("ssl.key.password")}" is missing`;
    throw optionError(from, missing, `the key of "${option(name)}" is encrypted`);
  }
  values.set(to, blocks.map(writeBlock).join(""));
}

interface PemBlock {
  readonly label: string;
  readonly body: string;
}

const BEGIN = "-----BEGIN ";

/** Up to the first block without an end. */
function readBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let start = text.indexOf(BEGIN); start >= 0; ) {
    const labelEnd = text.indexOf("-----", start + BEGIN.length);
    const label = text.slice(start + BEGIN.length, Math.max(labelEnd, start));
    const bodyEnd = labelEnd < 0 ? -1 : text.indexOf(`-----END ${label}-----`, labelEnd);
    if (bodyEnd < 0) break;
    blocks.push({ label, body: text.slice(labelEnd + "-----".length, bodyEnd) });
    start = text.indexOf(BEGIN, bodyEnd);
  }
  return blocks;
}

/** As openssl reads it: lines of 64. A body with headers is left as it is. */
function writeBlock({ label, body }: PemBlock): string {
  const data = body.includes(":")
    ? [body.trim()]
    : (body.replace(/\s+/g, "").match(new RegExp(`.{1,${LINE}}`, "g")) ?? []);
  return [`-----BEGIN ${label}-----`, ...data, `-----END ${label}-----`, ""].join("\n");
}

/** A certificate without its key is not shown to the broker, and the other way round: nobody would be told. */
function checkPair(from: TableOptions, values: ReadonlyMap<string, string>): void {
  const has = (...names: readonly string[]) => names.some((name) => values.has(name));
  const certificate = has("ssl.certificate.pem", "ssl.certificate.location");
  const key = has("ssl.key.pem", "ssl.key.location");
  if (certificate === key) return;
  const missing = certificate ? "ssl.keystore.key" : "ssl.keystore.certificate.chain";
  const other = certificate ? "the client's certificate has no key" : "the client's key has no certificate";
  throw optionError(
    from,
    `option "${option(missing)}" is missing`,
    `${other}; with files: '${option(certificate ? "ssl.key.location" : "ssl.certificate.location")}'`,
  );
}
