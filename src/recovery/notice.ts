/**
 * What a proxy tells the others about itself, in one line of text:
 *
 *   <proxy> <beat> <server it missed changes of> … ?<server that lacks keys> …
 *
 * Proxies that do not know the mark take the rest for a server that they do not have.
 */

/** Before servers that lack keys; no name begins with it as it is written. */
const LACKING_MARK = "?";

/** One proxy's word. */
export interface Notice {
  readonly proxy: string;
  /** Grows with every notice of this proxy; one that grows no more belongs to a proxy that is gone. */
  readonly beat: number;
  /** Servers that missed changes which only this proxy can name. */
  readonly missed: readonly string[];
  /** Servers that hold nothing old, but may lack keys that only this proxy can name. */
  readonly lacking: readonly string[];
}

/** As it is stored. */
export function noticeText({ proxy, beat, missed, lacking }: Notice): string {
  const marked = lacking.map((name) => LACKING_MARK + encodeURIComponent(name));
  return [proxy, beat, ...missed.map(encodeURIComponent), ...marked].join(" ");
}

/** Null when it is no notice. */
export function readNotice(text: string): Notice | null {
  const [proxy, beat, ...words] = text.split(" ");
  if (proxy === "" || !/^\d+$/.test(beat ?? "")) return null;
  const isMarked = (word: string) => word.startsWith(LACKING_MARK);
  try {
    const missed = words.filter((word) => !isMarked(word)).map(decodeURIComponent);
    const lacking = words.filter(isMarked).map((word) => decodeURIComponent(word.slice(1)));
    return { proxy, beat: Number(beat), missed, lacking };
  } catch {
    return null;
  }
}
