/**
 * Where the sentences of the page come from, and what is known of them: the grammar's, by a spec, or a person's own. Each source
 * keeps its tasks, so that going back finds them as they were.
 */
import { editsOf } from './label-edits.js'
import { learnableTasks, parseRecords } from './record-file.js'
import { countLabels } from './run-view.js'

/** Sentences held out: enough for a score within a few points, few enough that scoring them first takes seconds on one thread. */
const HELD_OUT = 240

/** Own sentences up to which plans are asked for many encoders and scenarios at once: each question carries them all. */
const LIGHT = 2000

/** Sentences shown at a time. */
const SAMPLE = 6

export class DataSource {
  kind = 'synthetic'; name = ''; records = []; stats = null; making = true; examples = {}
  sample = []
  #own = []; #from = 0; #tasks = {}

  /** Whether a question about a run costs little. */
  get light() { return this.kind === 'synthetic' || this.records.length <= LIGHT }

  /** Goes to the other source; returns the tasks it had, if it was used before. */
  turn(kind, tasks) {
    this.#tasks[this.kind] = tasks
    this.kind = kind
    if (kind === 'own') this.take(this.#own)
    return this.#tasks[kind]
  }

  /** Reads a person's own text and returns its tasks. Throws RecordError. */
  read(text, name) {
    const records = parseRecords(text, name)
    const tasks = learnableTasks(records, name)
    this.#own = records
    this.name = name
    this.take(records)
    return tasks
  }

  /** Takes sentences that have been made or read. @param {any} [stats] of core/synth */
  take(records, stats) {
    this.records = records
    this.making = false
    this.stats = records.length ? { ...stats, n: records.length, tasks: countLabels(records) } : null
    this.#from = 0
    this.sample = records.slice(0, SAMPLE)
  }

  /** Shows the next few sentences, from the start again after the last. */
  more() {
    this.#from = this.#from + SAMPLE < this.records.length ? this.#from + SAMPLE : 0
    this.sample = this.records.slice(this.#from, this.#from + SAMPLE)
  }

  /** The spec of core/synth for these settings. */
  spec({ n, dataSeed, both, typos, labelNoise, styles, tasks }) {
    return { n, seed: dataSeed, both, typos, labelNoise, ...editsOf(tasks, this.examples), ...(styles.length ? { styles } : {}) }
  }

  /** What thaw.js trains on. */
  data(settings) {
    return this.kind === 'own' ? this.records : { synthetic: this.spec(settings) }
  }

  /** What it is tested on: the held-out half, clean, and natural sentences; own sentences leave a tenth out by themselves. */
  evals(settings, natural) {
    if (this.kind === 'own') return undefined
    return { heldout: { synthetic: { ...this.spec(settings), n: HELD_OUT, split: 'heldout', typos: 0, labelNoise: 0 } }, natural }
  }
}
