/**
 * What a run would take with each encoder of the list, before any is loaded.
 *
 * @param {any} trainer   of thaw.js
 * @param {{ name: string, config?: object }[]} models   weights/manifest.json
 * @param {object} settings   of the run
 * @returns {Promise<Map<string, any>>} by name; an encoder without a config is left out
 */
export async function outlooks(trainer, models, settings) {
  const known = models.filter((m) => m.config)
  const told = await Promise.all(known.map((m) => trainer.outlook(m.config, settings).catch(() => null)))
  return new Map(known.map((m, i) => [m.name, told[i]]).filter(([, outlook]) => outlook))
}
