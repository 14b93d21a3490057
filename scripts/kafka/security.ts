/**
 * What a secured test broker needs: certificates of an authority of its own, made with openssl in the broker's temporary folder
 * (keys 0600), users of SASL, and the listeners that ask for them. Nothing here outlives the folder.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * One port each. `mtls` wants a certificate of the client; `elsewhere` shows one of another host, `expired` one that was good
 * until yesterday. `saslPlaintext` has no SCRAM-SHA-512.
 */
export const securedListeners = ["ssl", "mtls", "elsewhere", "expired", "saslPlaintext", "saslSsl"] as const;
export type SecuredListener = (typeof securedListeners)[number];

const protocols: Readonly<Record<SecuredListener, string>> = {
  ssl: "SSL",
  mtls: "SSL",
  elsewhere: "SSL",
  expired: "SSL",
  saslPlaintext: "SASL_PLAINTEXT",
  saslSsl: "SASL_SSL",
};
const mechanisms: Readonly<Partial<Record<SecuredListener, readonly string[]>>> = {
  saslPlaintext: ["PLAIN", "SCRAM-SHA-256"],
  saslSsl: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
};

/** How long a SASL connection lives before it has to log in again. */
const RELOGIN_MS = 4000;

/** Paths of PEM files, of a key store and of the words that open it. */
export interface Certificates {
  readonly authority: string;
  /** Signed nothing here. */
  readonly otherAuthority: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** The same key, encrypted with `password`. */
  readonly clientKeyEncrypted: string;
  /** Key and certificate in one file. */
  readonly clientBundle: string;
  /** PKCS12 with key, certificate and authority, opened by `password`. */
  readonly clientStore: string;
  readonly password: string;
}

export interface SaslUser {
  readonly name: string;
  readonly password: string;
}

export interface Security {
  /** host:port */
  readonly at: Readonly<Record<SecuredListener, string>>;
  readonly certificates: Certificates;
  readonly user: SaslUser;
}

export interface PlannedSecurity extends Security {
  readonly settings: Readonly<Record<string, string>>;
  readonly listeners: readonly string[];
  readonly protocolMap: readonly string[];
  /** Arguments of `kafka-storage format`. */
  readonly formatArguments: readonly string[];
}

/** Makes the certificates. `ports` has one for each of `securedListeners`. */
export function planSecurity(folder: string, ports: readonly number[], user: SaslUser): PlannedSecurity {
  const certificates = makeCertificates(join(folder, "certificates"));
  const at = Object.fromEntries(securedListeners.map((name, index) => [name, `127.0.0.1:${ports[index]}`]));
  const settings: Record<string, string> = {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(folder, "certificates", "server-bundle.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": certificates.authority,
    "listener.name.mtls.ssl.client.auth": "required",
  };
  for (const listener of ["elsewhere", "expired"]) {
    settings[`listener.name.${listener}.ssl.keystore.type`] = "PEM";
    settings[`listener.name.${listener}.ssl.keystore.location`] = join(
      folder,
      "certificates",
      `${listener}-bundle.pem`,
    );
  }
  for (const [listener, enabled] of Object.entries(mechanisms)) addLogin(settings, { listener, enabled, user });
  return {
    at: at as Record<SecuredListener, string>,
    certificates,
    user,
    settings,
    listeners: securedListeners.map((name) => `${name.toUpperCase()}://${at[name]}`),
    protocolMap: securedListeners.map((name) => `${name.toUpperCase()}:${protocols[name]}`),
    formatArguments: ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${user.name},password=${user.password}]`,
    ]),
  };
}

function addLogin(
  settings: Record<string, string>,
  { listener, enabled, user }: { listener: string; enabled: readonly string[]; user: SaslUser },
): void {
  const prefix = `listener.name.${listener.toLowerCase()}`;
  const modules = "org.apache.kafka.common.security";
  settings[`${prefix}.sasl.enabled.mechanisms`] = enabled.join(",");
  settings[`${prefix}.connections.max.reauth.ms`] = String(RELOGIN_MS);
  for (const mechanism of enabled) {
    settings[`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`] =
      mechanism === "PLAIN"
        ? `${modules}.plain.PlainLoginModule required user_${user.name}="${user.password}";`
        : `${modules}.scram.ScramLoginModule required;`;
  }
}

function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { mode: 0o700 });
  const path = (name: string) => join(folder, name);
  const password = crypto.randomUUID();
  const passwordFile = path("password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  makeAuthority(folder, "authority");
  makeAuthority(folder, "other-authority");
  sign(folder, "server", ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
  sign(folder, "elsewhere", ["-addext", "subjectAltName=DNS:elsewhere.example"]);
  sign(folder, "client", []);
  signExpired(folder, "expired");
  const pass = ["-passout", `file:${passwordFile}`];
  openssl(["pkcs8", "-topk8", "-in", path("client.key"), "-out", path("client-encrypted.key"), ...pass]);
  const parts = ["-inkey", path("client.key"), "-in", path("client.pem"), "-certfile", path("authority.pem")];
  openssl(["pkcs12", "-export", ...parts, "-out", path("client.p12"), ...pass]);
  for (const name of ["client-encrypted.key", "client.p12"]) chmodSync(path(name), 0o600);
  return {
    authority: path("authority.pem"),
    otherAuthority: path("other-authority.pem"),
    clientCertificate: path("client.pem"),
    clientKey: path("client.key"),
    clientKeyEncrypted: path("client-encrypted.key"),
    clientBundle: path("client-bundle.pem"),
    clientStore: path("client.p12"),
    password,
  };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const twoDays = ["-days", "2"];

function makeAuthority(folder: string, name: string): void {
  const out = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)];
  openssl(["req", "-x509", ...newKey, ...twoDays, ...out, "-subj", `/CN=millrace test ${name}`]);
  chmodSync(join(folder, `${name}.key`), 0o600);
}

/** Makes NAME.key, NAME.pem and both in NAME-bundle.pem. */
function sign(folder: string, name: string, extensions: readonly string[]): void {
  const path = (end: string) => join(folder, `${name}${end}`);
  const by = ["-CA", join(folder, "authority.pem"), "-CAkey", join(folder, "authority.key")];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE", ...extensions];
  openssl([
    "req",
    "-x509",
    ...by,
    ...newKey,
    ...twoDays,
    "-keyout",
    path(".key"),
    "-out",
    path(".pem"),
    "-subj",
    `/CN=${name}`,
    ...leaf,
  ]);
  chmodSync(path(".key"), 0o600);
  bundle(folder, name);
}

/** For this host, and good until yesterday. */
function signExpired(folder: string, name: string): void {
  const path = (end: string) => join(folder, `${name}${end}`);
  const by = ["-CA", join(folder, "authority.pem"), "-CAkey", join(folder, "authority.key")];
  writeFileSync(path(".extensions"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl(["req", ...newKey, "-keyout", path(".key"), "-out", path(".request"), "-subj", `/CN=${name}`]);
  chmodSync(path(".key"), 0o600);
  const dates = ["-days", "-1", "-extfile", path(".extensions")];
  openssl(["x509", "-req", "-in", path(".request"), ...by, ...dates, "-out", path(".pem")]);
  bundle(folder, name);
}

/** Key and certificate in NAME-bundle.pem. */
function bundle(folder: string, name: string): void {
  const path = (end: string) => join(folder, `${name}${end}`);
  const both = readFileSync(path(".key"), "utf8") + readFileSync(path(".pem"), "utf8");
  writeFileSync(path("-bundle.pem"), both, { mode: 0o600 });
}

function openssl(args: readonly string[]): void {
  const run = Bun.spawnSync(["openssl", ...args], { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
  if (!run.success) throw new Error(`openssl ${args[0]} failed: ${run.stderr}`);
}
