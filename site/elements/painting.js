/**
 * Turns what the page knows into properties of its elements.
 */
import { stranger, wantedLabels } from './label-edits.js'
import { headline, perTask, stages } from './run-view.js'

const STYLES = ['headline', 'report', 'review', 'question', 'chat']
const EXAMPLES = ['a warm, funny film', 'The striker scored twice in extra time', 'Shares fell after the bank cut its forecast', 'I waited an hour and the soup was cold']

/**
 * @param {any} page   of main.js
 * @param {any} s      the settings, of state.js
 */
export function paint(page, s) {
  const give = (id, properties) => Object.assign(/** @type {any} */ (document.getElementById(id)), properties)
  const { phase, errors, info, loading, run, source } = page
  const { progress, history } = run
  const [own, busy, loaded] = [source.kind === 'own', phase !== 'idle', Boolean(info)]
  const note = phase === 'comparing' ? 'A comparison goes on in part 8, Compare.' : page.note
  const stack = page.stack(s.tasks)
  give('hero', {
    phase, tasks: s.tasks, error: errors.train, scores: headline(s.tasks, history, run.losses),
    note: note || 'Loads the encoder, makes sentences and trains, with nothing to set up.',
    stages: stages({ phase, loaded, loading, bytes: page.cached ? 0 : page.chosen()?.bytes, sentences: source.records.length, making: source.making, progress, done: run.done, probes: run.probes }),
  })
  give('encoder', {
    models: page.models, model: s.model, own: nameOf(page.folder), status: loaded ? 'ready' : loading ? 'loading' : 'idle', progress: loading,
    cached: page.cached, hub: page.hub, info, device: page.device.runs, busy, outlooks: page.outlooks, error: errors.encoder, wish: s.device, refusal: errors.device,
  })
  give('tasks', { tasks: s.tasks, counts: source.stats ? perTask(s.tasks, source.stats.tasks) : {}, busy })
  give('examples', { wanted: own ? [] : wantedLabels(s.tasks), texts: source.examples, busy })
  give('lab', {
    source: source.kind, spec: s, styles: STYLES, tasks: s.tasks, stats: source.stats, sample: source.sample, file: source.name, busy,
    error: errors.data ?? (source.stats && stranger(s.tasks, source.stats.tasks)),
  })
  give('freeze', { stack, policy: s.freeze, plan: errors.freeze ? null : page.plan, error: errors.freeze, busy: busy && !page.live, live: page.live, remark: run.change })
  give('run', { phase, note, progress, fits: run.fits, probes: run.probes, settings: s, remark: run.remark, learnt: page.touched, error: errors.train })
  give('loss', { tasks: s.tasks, fitted: run.probes })
  give('scores', { tasks: s.tasks, epochs: progress ? run.epochs : s.epochs, history, fitted: run.probes })
  give('report', {
    tasks: s.tasks, report: page.told, phase: page.reporting ? 'working' : 'idle', ready: loaded && page.touched && phase === 'idle', error: errors.report,
    scores: history.findLast((e) => e.set === 'heldout')?.tasks ?? null,
  })
  give('proof', { proof: run.proof })
  give('try', { tasks: s.tasks, text: page.text, ready: loaded && page.touched, result: page.result, stale: page.text !== page.answered, examples: EXAMPLES, error: errors.try })
  const { scenarios, transfer } = page.comparison.view()
  give('compare', scenarios)
  give('transfer', transfer)
  give('saves', { saves: page.saved.list, canSave: loaded && run.begun, busy, note: page.saved.note, error: errors.save })
}

/** What a folder of a person's own is called, '' where none is in use. @param {File[] | null} files */
function nameOf(files) {
  return files ? files[0].webkitRelativePath?.split('/')[0] || 'a folder' : ''
}
