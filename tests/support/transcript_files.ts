/** The transcripts of the end-to-end tests, by protocol. */

import { readdirSync, readFileSync } from "node:fs";
import { type Conversation, parseTranscript } from "./transcript.ts";

const FOLDER = new URL("../end_to_end/transcripts/", import.meta.url);

/** The protocols that clients speak; each has a folder of transcripts. */
export const PROTOCOLS = ["classic", "meta", "binary"] as const;
export type Protocol = typeof PROTOCOLS[number];

/** All conversations of a protocol, their names with the file in front. */
export function transcriptsOf(protocol: Protocol): Conversation[] {
  const folder = new URL(`${protocol}/`, FOLDER);
  const tongue = protocol === "binary" ? "binary" : "text";
  return readdirSync(folder).sort().flatMap((file) =>
    parseTranscript(readFileSync(new URL(file, folder), "utf8"), tongue)
      .map((one) => ({ ...one, name: `${protocol}/${file}: ${one.name}` }))
  );
}
