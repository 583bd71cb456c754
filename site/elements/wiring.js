/**
 * What each event of an element does on the page.
 *
 * @param {any} page   of main.js
 * @param {(changes: object) => void} set   of state.js
 */
export function wire(page, set) {
  const on = (type, act) => document.addEventListener(type, (event) => act(event.detail))
  on('encoder-load', () => page.guard('encoder', () => page.load()))
  on('encoder-cancel', () => page.abort?.abort())
  on('encoder-select', ({ model }) => { if (model) page.choose(model) })
  on('device-change', set)
  on('encoder-files', ({ files }) => page.own(files))
  on('synth-change', set)
  on('tasks-change', set)
  on('settings-change', set)
  on('freeze-change', ({ policy }) => set({ freeze: policy }))
  on('source-change', ({ source }) => page.turn(source))
  on('own-data', (detail) => page.ownData(detail))
  on('sample-more', () => { page.source.more(); page.show() })
  on('examples-change', ({ key, text }) => {
    page.source.examples = { ...page.source.examples, [key]: text }
    page.later('data', () => page.makeData())
    page.show()
  })
  on('run-train', () => page.train())
  on('run-pause', () => page.guard('train', () => page.hold(true)))
  on('run-continue', () => page.guard('train', () => page.hold(false)))
  on('run-stop', () => page.guard('train', () => page.stop()))
  on('report-ask', () => page.report())
  on('compare-start', () => page.comparison.run('scenarios'))
  on('transfer-start', () => page.comparison.run('transfer'))
  on('compare-pause', () => page.guard('scenarios', () => page.comparison.hold(true)))
  on('compare-continue', () => page.guard('scenarios', () => page.comparison.hold(false)))
  on('compare-stop', () => page.guard('scenarios', () => page.comparison.stop()))
  on('compare-choose', ({ left }) => { page.comparison.left = left; page.show() })
  on('transfer-choose', (pair) => { page.comparison.pair = pair; page.show() })
  on('try-text', ({ text }) => { page.text = text; page.later('text', () => page.ask(text)) })
  on('save-run', ({ name }) => page.saved.change((t) => t.save({ name }), `Saved as ${name}.`))
  on('resume-run', (detail) => page.saved.resume(detail))
  on('remove-run', ({ name }) => page.saved.change((t) => t.removeSave(name), `${name} is deleted.`))
  // Another tab may have saved meanwhile. A browser that keeps nothing has been told already.
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible' && page.trainer) page.saved.refresh().catch(() => {}) })
}
