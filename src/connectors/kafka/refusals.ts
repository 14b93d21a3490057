/**
 * What librdkafka says when a connection is refused → what is wrong and which property to look at. Its words are matched, as it
 * has no codes for them; what is not recognized is passed on as it is. A test broker says each of them in test/broker.
 */

export interface Refusal {
  /** After `kafka at "host:port"`. */
  readonly what: string;
  readonly hint: string;
  /** Trying again does not help until somebody changes something. */
  readonly isLasting: boolean;
}

interface Known extends Refusal {
  readonly says: RegExp;
}

/** librdkafka's words for a certificate that is not the broker's, whatever the reason. */
export const UNTRUSTED = "certificate verify failed";

const loginHint =
  "check user and password in 'properties.sasl.jaas.config' (or 'properties.sasl.username' and 'properties.sasl.password')";

const known: readonly Known[] = [
  {
    says: /supported mechanisms: *(?:$|\()/,
    what: "asks for no login on this port",
    hint: "'properties.security.protocol' is 'PLAINTEXT' there, or 'SSL'",
    isLasting: true,
  },
  {
    says: /Unsupported SASL mechanism/,
    what: "does not take this way to log in",
    hint: "set 'properties.sasl.mechanism' to one the broker has",
    isLasting: true,
  },
  {
    says: /Authentication failed|SASL authentication failed/i,
    what: "refuses the login",
    hint: loginHint,
    isLasting: true,
  },
  {
    says: new RegExp(UNTRUSTED),
    what: "shows a certificate that is not trusted",
    hint:
      "'properties.ssl.truststore.certificates' (or 'properties.ssl.truststore.location', type PEM) has to hold the authority " +
      "that signed it, and the host in 'properties.bootstrap.servers' has to be in it " +
      "('properties.ssl.endpoint.identification.algorithm' = '' does not look at the host)",
    isLasting: true,
  },
  {
    says: /alert (?:bad certificate|certificate required|handshake failure|unknown ca|certificate unknown|certificate expired)/,
    what: "does not accept the client's certificate, or wants one",
    hint: "give it with 'properties.ssl.keystore.certificate.chain' and 'properties.ssl.keystore.key' (type PEM), or a PKCS12 'properties.ssl.keystore.location'",
    isLasting: true,
  },
  {
    says: /connecting to a PLAINTEXT broker listener|wrong version number|packet length too long|closed by peer \(after \d+ms in state SSL_HANDSHAKE/,
    what: "does not answer in TLS on this port",
    hint: "is 'properties.security.protocol' 'PLAINTEXT' or 'SASL_PLAINTEXT' there, or is it another port?",
    isLasting: false,
  },
];

/** Null for words that are not known to be about security. */
export function refusalOf(text: string): Refusal | null {
  for (const { says, what, hint, isLasting } of known)
    if (says.test(text)) return { what: `${what}: ${plainWords(text)}`, hint, isLasting };
  return null;
}

/** Whether the other side ended a connection it had taken; librdkafka may hear of it while it writes, or say nothing at all. */
export function wasCutOff(text: string): boolean {
  return /(?:Send|Receive) failed: (?:Broken pipe|Connection reset by peer)/.test(text);
}

/** A broker that takes the connection and ends it without a word: what it does with a client of another protocol. */
export function closedWithoutAWord(protocol: string): Refusal {
  const others = protocols.filter((name) => name !== protocol.toUpperCase()).join(", ");
  return {
    what: `ends the connection without an answer to ${protocol.toUpperCase()}`,
    hint: `is the port one for ${others.replace(/, (\w+)$/, " or $1")}? see 'properties.security.protocol'`,
    isLasting: false,
  };
}

const protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/** Without the connection's name, how often it was said, and OpenSSL's numbers. */
export function plainWords(text: string): string {
  return text
    .replace(/^(?:\w+:\/\/)?\S+\/(?:bootstrap|\d+): /, "")
    .replace(/^GroupCoordinator: (?:\S+: )?/, "")
    .replace(/ \(after \d+ms in state \w+(?:, \d+ identical error\(s\) suppressed)?\)$/, "")
    .replace(/error:[0-9A-F]+:SSL routines:[^:]*:/, "")
    .replace(/: broker certificate could not be verified, verify that ssl\.ca\.location .*$/, "")
    .trim();
}

/** What to do about settings that librdkafka does not take, from its reason. */
export function settingsHint(reason: string): string {
  if (/mac verify failure|maybe wrong password|bad decrypt|cipherfinal/.test(reason))
    return "its password is another: see 'properties.ssl.keystore.password' and 'properties.ssl.key.password'";
  if (/PKCS#12 file/.test(reason))
    return "is it there, and a PKCS12 store? keytool -importkeystore -srckeystore keys.jks -destkeystore keys.p12 -deststoretype PKCS12 makes one";
  const file = /^ssl\.(\w+)\.location failed/.exec(reason);
  if (file !== null) return "is the file there, may it be read, and is it PEM (-----BEGIN …)?";
  return "see the 'properties.*' of the table";
}
