/**
 * thaw in a page: the only door to the trainer, for our page as for anyone's.
 *
 *     import { createTrainer } from './site/thaw.js'
 *     const t = await createTrainer()
 *     await t.load('minilm')
 *     for await (const e of t.train({ data: { synthetic: { n: 2000, seed: 1 } } })) console.log(e)
 *     await t.predict('a warm, funny film')
 *
 * The trainer runs in a worker and nothing here blocks the page. Every failure is a ThawError.
 */
import { stayAwake } from './worker/awake.js'
import { TrainClient } from './worker/client.js'
import { EventQueue } from './worker/event-queue.js'
import { defined, evalsOf, jobOf, sourceOf, specOf, textsOf } from './worker/job.js'
import { ThawError } from './worker/protocol.js'

export { ThawError }

/**
 * @typedef {{ name: string, labels?: string[], kind?: 'single-label', weight?: number }} Task      labels are found in the data where they are not given
 * @typedef {{ text: string, labels: { [task: string]: string } }} LabelledText
 * @typedef {{ name: string, labels: { name: string, style?: string, words?: { [slot: string]: string[] }, templates?: string[] }[] }} TaskEdit
 * @typedef {object} SynthSpec
 * @property {number} n                      how many texts
 * @property {number} [seed]                 the same seed gives the same texts
 * @property {'train' | 'heldout'} [split]   the half of the grammar
 * @property {(string | { name: string })[]} [tasks]   all where none are named
 * @property {number} [typos]                share of texts with a slip of the finger
 * @property {number} [labelNoise]           share of labels replaced by another of their task
 * @property {number} [both]                 share of texts with labels of two tasks
 * @property {string[]} [styles]             headline, report, review, question, chat
 * @property {{ tasks: TaskEdit[] } | null} [edits]   a person's own words, templates, labels and tasks
 *
 * @typedef {{ synthetic: SynthSpec }} Synthetic
 * @typedef {Synthetic | LabelledText[]} Data
 *
 * @typedef {object} Settings
 * @property {string} [freeze]          a policy: none, all, backbone, layers:K, head:NAME, a name with *, ! before one; or probe, which fits
 *                                      the heads at once; or policies over epochs: 'backbone; 1:layers:4; 2:layers:2'
 * @property {number} [epochs]          passes over the data
 * @property {number} [steps]           optimizer steps, in place of epochs
 * @property {number} [batch]           sentences a step
 * @property {number} [accumulate]      batches whose gradients make one step
 * @property {number} [patience]        evaluations without a better held-out loss before the run ends, 0 for no such end; the model gets the
 *                                      weights of the best one
 * @property {number} [batchTokens]     tokens of a micro-batch inside a step
 * @property {number} [maxLength]       tokens of a text, special ones included
 * @property {number} [lr]              greatest rate of the encoder
 * @property {number} [headLr]          greatest rate of the heads
 * @property {number} [layerDecay]      factor of the rate from each layer to the one below
 * @property {'linear' | 'cosine'} [schedule]
 * @property {number} [warmup]          share of the steps
 * @property {number} [clip]            greatest norm of the gradient, 0 for any
 * @property {number} [weightDecay]
 * @property {number} [dropout]         of the thawed part; without it, what config.json says
 * @property {boolean} [shuffle]
 * @property {number} [seed]
 * @property {number} [cacheBytes]      greatest memory for outputs of the frozen layers
 *
 * @typedef {object} Job
 * @property {Task[]} [tasks]                          those of the data where none are given
 * @property {'mean' | 'hf'} [head]
 * @property {Data} [data]
 * @property {Data} [eval]                             the same as evals.heldout
 * @property {{ heldout?: Data, natural?: Data }} [evals]   without a held-out set a tenth of the data is held out
 * @property {boolean} [resume]                        go on with the run that was resumed; without it, do so if it has steps left
 * @property {AbortSignal} [signal]                    stops the run after its last whole step
 *
 * @typedef {Settings & Job} TrainSettings
 *
 * @typedef {{ n: number, loss: number, accuracy: number, macroF1: number, labels: string[], confusion: number[][] }} Scores
 * @typedef {{ event: 'plan', trainable: number, frozen: number, memoryBytes: number, steps: number, examples: number, cut: number, freeze: string, cacheStage: number }} PlanEvent
 * @typedef {{ event: 'step', step: number, steps: number, epoch: number, loss: number, losses: { [task: string]: number }, lr: number, gradNorm: number, ms: number, tokensPerSecond: number }} StepEvent
 * @typedef {{ event: 'eval', step: number, epoch: number, set: 'heldout' | 'natural', tasks: { [task: string]: Scores } }} EvalEvent
 * @typedef {{ event: 'frozen', equal: boolean, tensors: number, sha256: string, list: { name: string, before: string, after: string }[] }} FrozenEvent
 * @typedef {{ event: 'skipped', step: number, why: string }} SkippedEvent
 * @typedef {{ event: 'rollback', step: number, to: number, rate: number }} RollbackEvent   three steps in a row were skipped: the weights of step `to` are back, the rates are `rate` times what was asked for
 * @typedef {{ event: 'probe', task: string, n: number, iterations: number, converged: boolean, loss: number, ms: number }} ProbeEvent
 * @typedef {{ event: 'done', steps: number, seconds: number, stopped: boolean, early: boolean, bestStep: number }} DoneEvent   early and bestStep with patience: it ended the run, the step whose weights the model has
 * @typedef {{ event: 'device', device: Device, repeats: number, unloaded: boolean }} DeviceEvent   something of the device was lost, and what is left goes on; repeats: steps of the run that are done again, on the same sentences; unloaded: load the model again
 * @typedef {PlanEvent | DeviceEvent | StepEvent | EvalEvent | FrozenEvent | SkippedEvent | RollbackEvent | ProbeEvent | DoneEvent} TrainEvent
 *
 * @typedef {TrainSettings & { policies?: string[], transfer?: { a: string, b: string, seeds?: number } }} CompareSettings
 *   policies: the scenarios, those of the command line where none are named; transfer in their place: whether task b gains from task a
 * @typedef {{ set: 'heldout' | 'natural', task: string, n: number, lossBefore: number, lossAfter: number, accuracyBefore: number, accuracyAfter: number }} ScenarioScore
 * @typedef {object} ScenarioRow
 * @property {string} policy
 * @property {boolean} control            nothing trains
 * @property {boolean} recommended        the default of this encoder
 * @property {number} trainable           parameters
 * @property {number} parameters          all of them
 * @property {number} share
 * @property {number} steps
 * @property {number} seconds             evaluations included
 * @property {number} memoryBytes
 * @property {number | null} firstLoss    mean training loss of the first tenth of the steps, null where there are none
 * @property {number | null} lastLoss     of the last tenth
 * @property {ScenarioScore[]} scores     of each set, task by task
 * @property {number} frozenTensors
 * @property {string} sha256              of what was frozen, equal before and after
 * @typedef {{ mean: number, spread: number }} Summary
 * @typedef {{ run: string, steps: number, stepsOfA: number, sentences: number, heldOut: number, losses: number[], accuracies: number[], loss: Summary, accuracy: Summary, cosineStart?: number[], cosineEnd?: number[] }} TransferArm   held-out figures of b, one a seed
 * @typedef {{ gains: { run: string, accuracy: number, noise: number, counts: boolean }[], sentence: string }} Verdict
 * @typedef {{ event: 'scenarios', list: { policy: string, run: string, seed: number }[] }} ScenariosEvent
 * @typedef {{ event: 'begun', index: number }} BegunEvent
 * @typedef {{ event: 'progress', index: number, step: number, steps: number, loss: number }} ProgressEvent
 * @typedef {{ event: 'row', index: number } & ScenarioRow} RowEvent
 * @typedef {{ event: 'arm', index: number } & TransferArm} ArmEvent
 * @typedef {{ event: 'transfer', a: string, b: string, policy: string, seeds: number[], arms: TransferArm[], verdict: Verdict }} TransferEvent
 * @typedef {{ event: 'compared', seconds: number, stopped: boolean }} ComparedEvent
 * @typedef {ScenariosEvent | BegunEvent | ProgressEvent | RowEvent | ArmEvent | TransferEvent | ComparedEvent} CompareEvent
 *
 * @typedef {{ name: string, shape: number[], size: number, group: string }} Parameter
 * @typedef {{ name: string, family: string, layers: number, hidden: number, positions: number, parameters: Parameter[], bytes: number, ignored: string[], fresh: string[], tasks: Task[] }} Model
 * @typedef {{ trainable: number, frozen: number, memoryBytes: number, steps: number, freeze: string, stepMs: number | null, parameters: { name: string, trainable: boolean }[] }} Plan
 * @typedef {{ family: string, layers: number, hidden: number, parameters: number, trainable: number, memoryBytes: number, steps: number, freeze: string, stepMs: number | null }} Outlook   freeze: the encoder's default where the policy does not fit; stepMs: null until an encoder has been loaded and timed
 * @typedef {{ freeze: string, trainable: number, frozen: number, memoryBytes: number, step: number }} Refrozen   step: the first of the run that it holds for, 0 for the next run
 * @typedef {{ [task: string]: { label: string, scores: { [label: string]: number } } }} Prediction
 * @typedef {{ bins: { lo: number, hi: number, confidence: number, accuracy: number, n: number }[], ece: number, n: number }} Reliability
 * @typedef {{ labels: { [task: string]: string }, before: number[], after: number[] }} ReportPoint
 * @typedef {{ calibration: { [task: string]: Reliability }, picture: { explained: number[], points: ReportPoint[] } }} Report
 * @typedef {{ shape: number[], data: Float32Array }} Tensor
 * @typedef {{ name: string, bytes: number, step: number, steps: number, savedAt: number, freeze: string, tasks: string[], model: string }} Save
 * @typedef {{ step: number, steps: number, stopped: boolean, freeze: string, tasks: Task[], head: string, settings: Settings }} Run
 * @typedef {{ loaded: number, total: number, file: string, fromCache: boolean, fromHub: boolean }} Progress
 * @typedef {'auto' | 'webgpu' | 'threads' | 'cpu'} DeviceName
 * @typedef {{ kind: 'webgpu' | 'threads' | 'cpu', reason: string, candidates: { kind: string, ok: boolean, ms: number | null, why: string }[] }} Device
 */

/** The codes of work that was lost with a device, after which another has taken its place. */
const LOST = new Set(['lost', 'again'])

/** The name of a save that nobody named. */
const UNNAMED = 'my run'

/**
 * Starts a trainer on the device that is quickest here, or on the one that is asked for if it is there; t.device says which and
 * why. threads is the greatest number of threads of the processor: without it, all that the browser tells of. Several need a page
 * that is isolated from other origins (the headers COOP and COEP). Weights that the site of this file does not have come from the Hugging Face hub, or from the mirror of it that
 * `hub` names; nothing but the request for them goes there.
 *
 * @param {{ device?: DeviceName, threads?: number, hub?: string, onProgress?: (p: Progress) => void, onNotice?: (text: string) => void }} [options]
 * @returns {Promise<Trainer>}
 */
export async function createTrainer({ device = 'auto', threads, hub, onProgress, onNotice } = {}) {
  const client = new TrainClient({ script: new URL('./worker/worker.js', import.meta.url), wish: { device, threads } })
  const { device: runs } = await client.call('hello')
  return new Trainer(client, runs, { onProgress, onNotice, hub })
}

/** A trainer: one model, at most one run at a time. Make it with createTrainer. */
export class Trainer {
  /** The loaded model, null before load. @type {Model | null} */
  model = null
  #client
  #ears
  #hub

  /**
   * @param {TrainClient} client
   * @param {Device} device
   * @param {{ onProgress?: (p: Progress) => void, onNotice?: (text: string) => void, hub?: string }} options
   */
  constructor(client, device, { hub, ...ears }) {
    this.#client = client
    this.#ears = ears
    this.#hub = hub
    /** What runs the trainer. */
    this.device = device
    client.onCrash = () => { this.model = null }
    client.onDevice = (/** @type {DeviceEvent} */ e) => {
      this.device = e.device
      if (e.unloaded) this.model = null
    }
  }

  /**
   * Loads an encoder: a name of weights/manifest.json, or the files of a model folder. A file that does not lie in weights/ comes
   * from the Hugging Face hub, at the revision that the manifest pins. Then a short forward pass is timed on each device that
   * could run, and the quickest runs from then on: t.device tells.
   *
   * @param {string | File[] | FileList} from
   * @param {{ onProgress?: (p: Progress) => void, onNotice?: (text: string) => void, signal?: AbortSignal }} [options]
   * @returns {Promise<Model>}
   */
  async load(from, { onProgress = this.#ears.onProgress, onNotice = this.#ears.onNotice, signal } = {}) {
    const args = typeof from === 'string' ? defined({ name: from, hub: this.#hub }) : { files: Array.from(from) }
    const load = () => this.#client.call('load', args, { onProgress, onNotice, signal })
    const { ms: _ms, device, ...model } = await load().catch((error) => (LOST.has(error.code) ? load() : Promise.reject(error)))
    this.model = /** @type {Model} */ (model)
    this.device = device
    return this.model
  }

  /**
   * Says whether a named encoder lies in this browser's cache.
   *
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  async cached(name) { return (await this.#client.call('cached', { name })).cached }

  /**
   * Says what a run would train, and what it would take; nothing is trained.
   *
   * @param {TrainSettings} [settings]
   * @returns {Promise<Plan>}
   */
  async plan(settings = {}) {
    const { tasks, head, data, settings: words } = jobOf(settings)
    return this.#client.call('plan', defined({ tasks, head, data, settings: words }), { signal: settings.signal })
  }

  /**
   * Says what a run would take with an encoder that is not loaded, from its config.json alone.
   *
   * @param {object} config
   * @param {TrainSettings} [settings]
   * @returns {Promise<Outlook>}
   */
  async outlook(config, settings = {}) {
    const { tasks, head, data, settings: words } = jobOf(settings)
    return this.#client.call('outlook', defined({ config, tasks, head, data, settings: words }), { signal: settings.signal })
  }

  /**
   * Makes labelled text.
   *
   * @param {SynthSpec} spec
   * @returns {Promise<{ records: LabelledText[], stats: any }>}
   */
  synth(spec) { return this.#client.call('synth', { spec: specOf(spec) }) }

  /** The sentences written by hand: an honest test. @returns {Promise<LabelledText[]>} */
  async natural() { return (await this.#client.call('natural')).records }

  /**
   * Says what two data sets share that they should not.
   *
   * @param {Data} train
   * @param {Data} heldout
   * @returns {Promise<any>}
   */
  leakage(train, heldout) { return this.#client.call('leakage', { train: sourceOf(train), heldout: sourceOf(heldout) }) }

  /**
   * Trains and yields what happens; no event is lost, however slowly they are taken. Leaving the loop early stops the run.
   *
   * @param {TrainSettings} [settings]
   * @returns {AsyncGenerator<TrainEvent, void, void>}
   */
  async * train(settings = {}) {
    yield* this.#follow('train', jobOf(settings), settings.signal)
  }

  /**
   * Trains one scenario after another from the encoder as it was loaded, on the same data and by the same seed, and yields a row
   * for each; or, with `transfer`, finds out whether one task gains from another. The model, what it has learnt and the last run
   * stay as they are, and predict answers meanwhile. pause, continue and stop work as for a run; leaving the loop stops it.
   *
   * @param {CompareSettings} [settings]
   * @returns {AsyncGenerator<CompareEvent, void, void>}
   */
  async * compare({ policies, transfer, ...settings } = {}) {
    const { resume, ...job } = jobOf(settings)
    yield* this.#follow('compare', { ...job, policies, transfer }, settings.signal)
  }

  /**
   * Has the worker do a long command and yields its events.
   *
   * @param {string} cmd
   * @param {object} args
   * @param {AbortSignal | undefined} signal
   * @returns {AsyncGenerator<any, void, void>}
   */
  async * #follow(cmd, args, signal) {
    if (signal?.aborted) throw new ThawError('aborted', 'It was given up before it began.')
    const awake = stayAwake()
    const stop = () => { this.stop() }
    signal?.addEventListener('abort', stop, { once: true })
    /** @type {EventQueue<any>} */
    const events = new EventQueue()
    const over = this.#client.call(cmd, defined(args), { onEvent: (/** @type {any} */ e) => { events.push(e) } })
    over.then(() => events.end(), (error) => events.end(error))
    try {
      yield* events
    } finally {
      signal?.removeEventListener('abort', stop)
      awake.release()
      if (!events.ended) await this.stop()
      await over.catch(() => {})
    }
  }

  /** Pauses the run; resolves when it rests. */
  async pause() { await this.#client.call('pause') }

  /** Lets a paused run go on. */
  async continue() { await this.#client.call('continue') }

  /** Ends the run after its last whole step; its loop gets the proof of what was frozen and a last event. */
  async stop() { await this.#client.call('stop') }

  /**
   * Chooses what is frozen: in the rest of the run that goes on, from its next step on, or else in the next run. It resolves when
   * that is so; a paused run ends the step that it is in and rests again. The run's loop gets a plan event.
   *
   * @param {string} freeze   a policy or a schedule; probe only between runs
   * @returns {Promise<Refrozen>}
   */
  setFreeze(freeze) { return this.#client.call('setFreeze', { freeze }) }

  /**
   * Chooses what runs the trainer from now on, between two runs; what was learnt goes along. It is rejected, with the reason, where
   * the device does not run here.
   *
   * @param {DeviceName} name
   * @returns {Promise<Device>}
   */
  async setDevice(name) {
    this.device = (await this.#client.call('setDevice', { device: name })).device
    this.#client.wish.device = name // of the worker that would follow this one after a crash
    return this.device
  }

  /**
   * Classifies a text, or a list of them; also while a run goes on.
   *
   * @template {string | string[]} T
   * @param {T} text
   * @param {{ maxLength?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<T extends string ? Prediction : Prediction[]>}
   */
  async predict(text, { maxLength, signal } = {}) {
    const { predictions } = await this.#client.call('predict', defined({ texts: textsOf(text), maxLength }), { signal })
    return typeof text === 'string' ? predictions[0] : predictions
  }

  /**
   * Scores the model on labelled texts.
   *
   * @param {Data} data
   * @param {{ maxLength?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<{ [task: string]: Scores }>}
   */
  async evaluate(data, { maxLength, signal } = {}) {
    return (await this.#client.call('evaluate', defined({ data: sourceOf(data), maxLength }), { signal })).tasks
  }

  /**
   * Says on labelled texts how far the model's confidence can be believed, and where training has moved them: in the plane in which
   * their embeddings vary most, before and after.
   *
   * @param {Data} data
   * @param {{ maxLength?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<Report>}
   */
  report(data, { maxLength, signal } = {}) {
    return this.#client.call('report', defined({ data: sourceOf(data), maxLength }), { signal })
  }

  /**
   * Hidden states of a text or of each of a list: [H], or [tokens, H] with the pool "none". The mean is over all tokens, special
   * ones included, and is not normalised.
   *
   * @template {string | string[]} T
   * @param {T} text
   * @param {{ pool?: 'mean' | 'first' | 'none', maxLength?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<T extends string ? Tensor : Tensor[]>}
   */
  async encode(text, { pool = 'mean', maxLength, signal } = {}) {
    const { shapes, binary = [] } = await this.#client.call('encode', defined({ texts: textsOf(text), pool, maxLength }), { signal })
    const tensors = shapes.map((/** @type {number[]} */ shape, /** @type {number} */ i) => ({ shape, data: new Float32Array(binary[i].buffer) }))
    return typeof text === 'string' ? tensors[0] : tensors
  }

  /**
   * Keeps the run in this browser, moments and place in the data included. During a run it does so after the current step.
   *
   * @param {{ name?: string }} [options]
   * @returns {Promise<Save>}
   */
  save({ name = UNNAMED } = {}) {
    navigator.storage?.persist?.().catch(() => {}) // asked for, not waited for: some browsers ask the person
    return this.#client.call('save', { name })
  }

  /** The runs kept in this browser, the newest first. @returns {Promise<Save[]>} */
  async saves() { return (await this.#client.call('saves')).saves }

  /**
   * Deletes a kept run.
   *
   * @param {string} name
   */
  async removeSave(name) { await this.#client.call('removeSave', { name }) }

  /**
   * Brings a kept run back, the newest without a name; the encoder it began with is loaded. The next train goes on with it, on
   * the data it was saved with, and takes the steps it would have taken.
   *
   * @param {{ name?: string, data?: Data, evals?: { heldout?: Data, natural?: Data } }} [options]
   * @returns {Promise<Run & { name: string }>}
   */
  resume({ name, data, evals } = {}) {
    return this.#client.call('resume', defined({ name, data: data && sourceOf(data), evals: evals && evalsOf(evals) }))
  }

  /** The bytes that the program's memory has grown to. A page's WebAssembly memory never shrinks. @returns {Promise<number>} */
  async memory() { return (await this.#client.call('memory')).bytes }

  /** Ends the worker. */
  close() { this.#client.close() }
}
