/** The transcripts of the end-to-end tests, by protocol. */

import { readdirSync, readFileSync } from "node:fs";
import { type Conversation, parseTranscript } from "./transcript.ts";

const FOLDER = new URL("../end_to_end/transcripts/", import.meta.url);

/** The protocols that clients speak; each has a folder of transcripts. */
export const PROTOCOLS = ["classic", "meta", "binary"] as const;

/** All folders: that of recovery has what the proxy says of its own when a server comes back. */
export const TRANSCRIPT_FOLDERS = [...PROTOCOLS, "recovery"] as const;
export type TranscriptFolder = typeof TRANSCRIPT_FOLDERS[number];

/** All conversations of a folder, their names with the file in front. */
export function transcriptsOf(name: TranscriptFolder): Conversation[] {
  const folder = new URL(`${name}/`, FOLDER);
  const tongue = name === "binary" ? "binary" : "text";
  return readdirSync(folder).sort().flatMap((file) =>
    parseTranscript(readFileSync(new URL(file, folder), "utf8"), tongue)
      .map((one) => ({ ...one, name: `${name}/${file}: ${one.name}` }))
  );
}
