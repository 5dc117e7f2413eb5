/** Everything that can be fuzzed, by name. */

import { REPLIES } from "./reply_subject.ts";
import { BINARY_REQUESTS, TEXT_REQUESTS } from "./request_subjects.ts";
import type { Subject } from "./subject.ts";

/** In the order in which they take turns. */
export const SUBJECTS: readonly Subject[] = [TEXT_REQUESTS, BINARY_REQUESTS, REPLIES];

/** The subject of this name; null for none. */
export function subjectNamed(name: string): Subject | null {
  return SUBJECTS.find((subject) => subject.name === name) ?? null;
}
