/**
 * The slab class that memcached would put an item into, and the size of its chunks. This
 * server has no slabs; tools that read `stats items` and `me` expect the numbers.
 */

const FIRST_CHUNK_BYTES = 96;
const LAST_CHUNK_BYTES = 512 << 10;
const GROWTH = 1.25;
const ALIGN_BYTES = 8;

/** Chunk sizes of the classes from 1 on. */
const CHUNK_BYTES: readonly number[] = chunkSizes();

/** The class for an item of so many bytes. */
export function slabClassOf(bytes: number): number {
  const index = CHUNK_BYTES.findIndex((chunk) => bytes <= chunk);
  return index < 0 ? CHUNK_BYTES.length : index + 1;
}

/** The size of the chunks of a class. */
export function chunkBytesOf(slabClass: number): number {
  return CHUNK_BYTES[slabClass - 1];
}

function chunkSizes(): number[] {
  const sizes: number[] = [];
  let size = FIRST_CHUNK_BYTES;
  while (size <= LAST_CHUNK_BYTES / GROWTH) {
    size = Math.ceil(size / ALIGN_BYTES) * ALIGN_BYTES;
    sizes.push(size);
    size *= GROWTH;
  }
  sizes.push(LAST_CHUNK_BYTES);
  return sizes;
}
