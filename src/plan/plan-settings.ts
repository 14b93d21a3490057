/** SET and RESET: which settings are in force, statement by statement. What a key means is `config`'s affair. */
import type { Statement } from "../sql/tree.ts";
import type { SettingsCatalog } from "./catalog.ts";
import { type Reporter, suggest } from "./report.ts";

export type SettingValues = ReadonlyMap<string, string>;

export class Settings {
  readonly #catalog: SettingsCatalog;
  readonly #initial: SettingValues;
  #values: Map<string, string>;

  /** `initial`: what `--set` gave, checked already; RESET goes back to it. */
  constructor(catalog: SettingsCatalog, initial: Readonly<Record<string, string>>) {
    this.#catalog = catalog;
    this.#initial = new Map(Object.entries(initial));
    this.#values = new Map(this.#initial);
  }

  get values(): SettingValues {
    return this.#values;
  }

  set(report: Reporter, node: Extract<Statement, { kind: "set" }>): void {
    const { key, value } = node;
    if (key === null) {
      const lines = [...this.#values].map(([name, text]) => `${name} = ${text}`);
      report.notice(lines.length === 0 ? "no setting is set" : lines.join("\n"));
      return;
    }
    if (value === null) return;
    const check = this.#catalog.check(key, value);
    if (check.kind === "error") {
      const onKey = check.on === "key";
      report.error({
        code: onKey ? "UNKNOWN-SETTING" : "SETTING-VALUE",
        message: check.message,
        span: onKey ? node.keySpan : node.valueSpan,
        hint: check.hint ?? (onKey ? suggest(key, this.#catalog.names, "settings are") : null),
      });
      return;
    }
    if (check.kind === "notice") report.notice(check.message);
    this.#values = new Map(this.#values).set(key, value);
  }

  /** RESET 'key' gives it its default again; RESET alone all of them. */
  reset(report: Reporter, node: Extract<Statement, { kind: "reset" }>): void {
    if (node.key === null) {
      this.#values = new Map(this.#initial);
      return;
    }
    const check = this.#catalog.names.includes(node.key) || this.#values.has(node.key);
    if (!check) {
      const hint = suggest(node.key, this.#catalog.names, "settings are");
      const message = `there is no setting "${node.key}"`;
      report.error({ code: "UNKNOWN-SETTING", message, span: node.span, hint });
      return;
    }
    const values = new Map(this.#values);
    const initial = this.#initial.get(node.key);
    if (initial === undefined) values.delete(node.key);
    else values.set(node.key, initial);
    this.#values = values;
  }
}
