/**
 * Options whose values nobody but the connector may see, and how to keep them out of what people are shown: the script as errors
 * quote it, messages, plans. By the option's name alone: the values are not understood here.
 */

const secretName = /password|secret|jaas|token|credential|private|\.key$|key\.pem$/i;

export function isSecretOption(name: string): boolean {
  return secretName.test(name);
}

/** `'name' = 'value'` of a script, also where a quote, the equals sign or the end is missing. */
const optionPair = /(['"`])([\w.-]+)\1\s*(?:=\s*)?(?:'((?:[^']|'')*)|"([^"]*)|([^\s,()'"`=]+))/g;

/** The script with every secret value covered. As long as before, and its lines where they were. */
export function coverSecrets(script: string): string {
  return script.replace(optionPair, (pair, _quote, name: string, ...values: readonly (string | undefined)[]) => {
    const value = secretOf(name, values);
    return value === "" ? pair : pair.slice(0, pair.length - value.length) + value.replace(/[^\r\n]/g, "*");
  });
}

/** A text about the script without its secrets. Those of less than four characters are taken for words. */
export function withoutSecrets(text: string, script: string): string {
  let safe = text;
  for (const [, , name = "", ...values] of script.matchAll(optionPair)) {
    const value = secretOf(name, values);
    if (value.length < SHORTEST) continue;
    for (const form of [value, value.replaceAll("''", "'"), value.slice(0, QUOTED)])
      safe = safe.replaceAll(form, "***");
  }
  return safe;
}

const SHORTEST = 4;
/** Messages cut what they quote; this much of it is left at least. */
const QUOTED = 36;

function secretOf(name: string, values: readonly (string | undefined)[]): string {
  return isSecretOption(name) ? (values.slice(0, 3).find((value) => value !== undefined) ?? "") : "";
}
