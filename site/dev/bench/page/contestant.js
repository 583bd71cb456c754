/**
 * One contestant in a page of its own: ?peer=thaw|kernels|ort|jax&threads=N, or
 * ?peer=thaw|kernels|ort-webgpu|jax-webgpu&threads=webgpu. The driver calls contest.open(options) and then contest.run(job)
 * again and again.
 *
 * A job is { work: 'products' | 'block', rows, sizes }, { work: 'product', layout, rows, sizes }, { work: 'forward', model, texts, ids, maxLength } or { work: 'step', model, texts, labels,
 * tasks, freeze, cacheBytes, maxLength }, each with how often to repeat it; parts.mjs makes them. An answer is { ms, sample }: the
 * milliseconds of each repetition, and some numbers of the result, on which all contestants have to agree.
 */
const { peer, threads } = Object.fromEntries(new URLSearchParams(location.search))
if (!crossOriginIsolated) throw new Error('the page is not isolated: shared memory is missing')
const { open } = await import(`./${peer}.js`)

/** @type {any} */
const scope = window
try {
  scope.contest = await open(threads === 'webgpu' ? { threads: 1, webgpu: true } : { threads: Number(threads), webgpu: false })
} catch (error) {
  scope.contestFault = error instanceof Error ? error.message : String(error)
}
