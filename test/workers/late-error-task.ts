/** A task whose leftovers throw after it is done, as a forgotten socket of a library may. */
// biome-ignore lint/style/noDefaultExport: Piscina calls the default export of an entry point.
export default async function lateErrorTask(): Promise<string> {
  setTimeout(() => {
    throw new Error('late')
  }, 20)
  return 'done'
}
