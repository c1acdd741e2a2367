/** A pool entry point for tests: sums a buffer, or never ends. */
// biome-ignore lint/style/noDefaultExport: Piscina calls the default export of an entry point.
export default function runCpuTask(task: {
  readonly bytes?: ArrayBuffer
  readonly endless?: boolean
}): number {
  while (task.endless === true);
  return new Uint8Array(task.bytes ?? new ArrayBuffer(0)).reduce((sum, byte) => sum + byte, 0)
}
