/** Who a server is: what it says of itself before the first client request. */

/** Enough to tell the same process, an empty restart, a warm restart and a flush apart. */
export interface Identity {
  readonly pid: number;
  /** When the process started by its own clock, seconds since 1970; constant while it lives. */
  readonly startSeconds: number;
  /** Times it was flushed. */
  readonly flushes: number;
  /** The number in its marker, null when there is no marker. */
  readonly generation: number | null;
  /** The marker says that its data is being restored. */
  readonly restoring: boolean;
  /** The marker says that it is restored, and that placeholders may be left. */
  readonly settling: boolean;
  /** When it was first marked, seconds since 1970; null when the marker does not tell. */
  readonly markedSeconds: number | null;
}

/** What a marker says. */
export interface MarkerText {
  readonly generation: number;
  readonly restoring: boolean;
  readonly settling: boolean;
  readonly markedSeconds: number | null;
}

/** Names the marker that proxies leave on every server. */
export const MARKER_KEY = "magent:gen";

/** Generations have 15 bits, and none is 0. */
export const GENERATION_MAX = 32767;

/** True when both were said by one process, as far as its number and its start can tell. */
export function isSameProcess(one: Identity, other: Identity): boolean {
  return one.pid === other.pid && one.startSeconds === other.startSeconds;
}

/**
 * What marks the cas numbers of the process that said this; 0 while nobody knows, null when
 * servers are not asked who they are: then numbers go as they come.
 */
export function generationOf(said: Identity | null, known: Identity | null): number | null {
  if (said === null) return null;
  if (known === null || !isSameProcess(said, known)) return 0;
  return (known.generation ?? 0) & GENERATION_MAX;
}

/** The marker's value. */
export function markerValue(
  { generation, restoring, settling, markedSeconds }: MarkerText,
): string {
  const since = markedSeconds === null ? "" : ` ${markedSeconds}`;
  const state = restoring ? "restoring" : settling ? "settling" : "up";
  return `${generation}${since} ${state}`;
}

/** Null when it is no marker. */
export function readMarker(text: string): MarkerText | null {
  const match = /^(\d+)(?: (\d+))? (up|settling|restoring)$/.exec(text);
  if (match === null) return null;
  return {
    generation: Number(match[1]),
    restoring: match[3] === "restoring",
    settling: match[3] === "settling",
    markedSeconds: match[2] === undefined ? null : Number(match[2]),
  };
}

/** Reads `stats` and the marker out of the answers to `stats` and `get MARKER_KEY`. */
export function readIdentity(stats: string, marker: string | null): Identity {
  const number = (name: string): number => {
    const match = new RegExp(`^STAT ${name} (\\d+)\\r$`, "m").exec(stats);
    return match === null ? 0 : Number(match[1]);
  };
  const read = marker === null ? null : readMarker(marker);
  return {
    pid: number("pid"),
    startSeconds: number("time") - number("uptime"),
    flushes: number("cmd_flush"),
    generation: read?.generation ?? null,
    restoring: read?.restoring ?? false,
    settling: read?.settling ?? false,
    markedSeconds: read?.markedSeconds ?? null,
  };
}
