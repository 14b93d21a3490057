/**
 * Reads `sasl.jaas.config` of Kafka's Java client: one login module and its quoted options, as in
 * `org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="…";`.
 */

const modules = [
  "org.apache.kafka.common.security.plain.PlainLoginModule",
  "org.apache.kafka.common.security.scram.ScramLoginModule",
];
/** Flink's connectors shade Kafka's classes. */
const shaded = "org.apache.flink.kafka.shaded.";

/** Null where it is no such login. */
export function readJaas(text: string): { readonly username: string; readonly password: string } | null {
  const head = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b/.exec(text);
  if (head === null) return null;
  const module = (head[1] as string).replace(shaded, "");
  if (!modules.includes(module)) return null;
  const options = readOptions(text.slice(head[0].length));
  // A delegation token is no password; librdkafka would send it as one.
  if (options?.get("tokenauth")?.toLowerCase() === "true") return null;
  const username = options?.get("username");
  const password = options?.get("password");
  return username === undefined || password === undefined ? null : { username, password };
}

/** ` name="value" … ;` with backslash escapes in quotes. */
function readOptions(text: string): Map<string, string> | null {
  const option = /\s*([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))/y;
  const options = new Map<string, string>();
  let at = 0;
  for (let match = option.exec(text); match !== null; match = option.exec(text)) {
    const quoted = match[2] ?? match[3];
    const value = quoted === undefined ? (match[4] as string) : quoted.replace(/\\(.)/g, "$1");
    options.set(match[1] as string, value);
    at = option.lastIndex;
  }
  return /^\s*;?\s*$/.test(text.slice(at)) ? options : null;
}
