/**
 * Starts a worker through a blob, so that its script may come from another origin than the page.
 *
 * @param {URL} script
 * @param {string} name   as developer tools show it
 */
export function startWorker(script, name) {
  const url = URL.createObjectURL(new Blob([`import ${JSON.stringify(script.href)}`], { type: 'text/javascript' }))
  return new Worker(url, { type: 'module', name })
}
