/** Headless Chromium for tests: the one on the machine, by MILLRACE_CHROMIUM or its usual names. */
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export function findChromium(): string | null {
  const named = process.env.MILLRACE_CHROMIUM;
  if (named !== undefined && named !== "") return named;
  for (const name of NAMES) {
    const path = Bun.which(name);
    if (path !== null) return path;
  }
  return null;
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}
