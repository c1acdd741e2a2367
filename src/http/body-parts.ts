const SLAB_BYTES = 64 * 1024
/** A chunk of this size is worth a part of its own. */
const CHUNK_BYTES_MIN = 16 * 1024

/**
 * Collects the chunks of one body as few parts, each with memory of its own, so that they can move to a worker. A client
 * may send a body byte by byte: small chunks share a part, else millions of them would hold the loop for minutes.
 */
export function createBodyParts() {
  const parts: Buffer[] = []
  let slab: Buffer | null = null
  let slabUsed = 0
  let room: Buffer | null = null
  let roomUsed = 0

  function closeSlab(): void {
    if (slab === null || slabUsed === 0) return
    parts.push(copy(slab.subarray(0, slabUsed)))
    slabUsed = 0
  }

  function closeRoom(): void {
    if (room !== null && roomUsed > 0) parts.push(room.subarray(0, roomUsed))
    room = null
    roomUsed = 0
  }

  function fillRoom(bytes: Uint8Array): boolean {
    if (room === null) return false
    if (roomUsed + bytes.length > room.length) {
      closeRoom()
      return false
    }
    room.set(bytes, roomUsed)
    roomUsed += bytes.length
    return true
  }

  return {
    /** Puts everything so far into `memory`, and what is to come, as far as there is room. */
    moveTo(memory: Buffer): void {
      closeSlab()
      const before = parts.splice(0)
      room = memory
      for (const part of before) if (!fillRoom(part)) parts.push(part)
    },
    /** Copies `chunk`: uWebSockets.js takes the memory back, and the next read from Bedrock overwrites it. */
    push(chunk: ArrayBuffer | Uint8Array, isLast: boolean): void {
      const bytes = chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk)
      if (bytes.length === 0 || fillRoom(bytes)) return
      const isWhole = isLast && parts.length === 0 && slabUsed === 0
      if (isWhole || bytes.length >= CHUNK_BYTES_MIN) {
        closeSlab()
        parts.push(copy(bytes))
        return
      }
      slab ??= Buffer.from(new ArrayBuffer(SLAB_BYTES))
      if (slabUsed + bytes.length > SLAB_BYTES) closeSlab()
      slab.set(bytes, slabUsed)
      slabUsed += bytes.length
    },
    /** Everything so far, in order; nothing may be pushed afterwards. */
    take(): Buffer[] {
      closeSlab()
      closeRoom()
      return parts
    },
    /** Lets go of everything. */
    drop(): void {
      parts.length = 0
      slab = null
      slabUsed = 0
      room = null
    },
  }
}

/** Not from Node's shared pool: a part that moves to a worker takes its whole memory along. */
function copy(bytes: Uint8Array): Buffer {
  return Buffer.from(new Uint8Array(bytes).buffer)
}
