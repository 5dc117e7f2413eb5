/**
 * What a proxy tells the others about itself, in one line of text:
 *
 *   <proxy> <beat> <server it missed changes of> …
 */

/** One proxy's word. */
export interface Notice {
  readonly proxy: string;
  /** Grows with every notice of this proxy; one that grows no more belongs to a proxy that is gone. */
  readonly beat: number;
  /** Servers that missed changes which only this proxy can name. */
  readonly missed: readonly string[];
}

/** As it is stored. */
export function noticeText({ proxy, beat, missed }: Notice): string {
  return [proxy, beat, ...missed.map(encodeURIComponent)].join(" ");
}

/** Null when it is no notice. */
export function readNotice(text: string): Notice | null {
  const [proxy, beat, ...missed] = text.split(" ");
  if (proxy === "" || !/^\d+$/.test(beat ?? "")) return null;
  try {
    return { proxy, beat: Number(beat), missed: missed.map(decodeURIComponent) };
  } catch {
    return null;
  }
}
