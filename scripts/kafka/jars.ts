/** Apache Kafka's jars for the test broker: fetched once through Maven, and compared with known sums before each use. */
import { MavenJars } from "../lib/maven-jars.ts";

const jars = new MavenJars(import.meta.dir);

export function haveJars(): boolean {
  return jars.have();
}

/** The folder of the jars. Throws with the reason when they cannot be had. */
export function fetchJars(): Promise<string> {
  return jars.fetch();
}
