/** What the parts of the bench work with: the browser, the models, the peers that are there, and how long to measure. */
import { spawnSync } from 'node:child_process'
import { Process, on } from './contestants.mjs'
import { race } from './race.mjs'

const PYTHONS = ['.venv/bin/python', 'python3']

/** The first Python that has these modules, and the version of the first; undefined where none has. @param {string[]} modules */
export function pythonWith(...modules) {
  for (const python of PYTHONS) {
    const { status, stdout } = spawnSync(python, ['-c', `import ${modules.join(', ')}; print(${modules[0]}.__version__)`], { encoding: 'utf8' })
    if (status === 0) return { python, version: stdout.trim() }
  }
  return undefined
}

export class Setting {
  /** Sentences about what could not be measured. @type {Set<string>} */
  skipped = new Set()
  /** What runs now, to be ended with its part. */
  #open = new Set()

  /**
   * @param {import('./contestants.mjs').Ring} ring
   * @param {import('./models.mjs').Models} models
   * @param {{ effort: import('./race.mjs').Effort, detailed: boolean, told: (record: object) => void }} options
   */
  constructor(ring, models, { effort, detailed, told }) {
    this.ring = ring
    this.models = models
    this.effort = effort
    this.detailed = detailed
    this.told = told
    this.pytorch = pythonWith('torch', 'transformers')
    this.onnxruntime = pythonWith('onnxruntime')
    if (!this.pytorch) this.skipped.add('PyTorch is not installed, so its times are left out; ./build.sh golden installs it into .venv.')
    if (!this.onnxruntime) this.skipped.add('onnxruntime is not installed for Python, so its native times are left out; pip install onnxruntime adds it.')
  }

  /** Pages of these peers; one that does not start is left out, with the reason. @param {[import('./contestants.mjs').Peer, import('./contestants.mjs').Runs][]} wanted */
  async pages(wanted) {
    const open = []
    for (const [peer, threads] of wanted) {
      try {
        open.push(this.#keep(await this.ring.page(peer, threads)))
      } catch (error) {
        this.skipped.add(error.message)
      }
    }
    return open
  }

  /** Processes of a model, one for each number of threads; none of a peer that is not installed. @param {string} model @param {number[]} threads */
  native(model, threads) {
    return threads.map((n) => this.#keep(new Process(on('thaw', n), 'bin/thaw', ['bench', '--jobs', '--encoder', this.models.folder(model), '--threads', String(n)])))
  }

  torch(model, threads) {
    if (!this.pytorch) return []
    return threads.map((n) => this.#keep(new Process(on('PyTorch', n), this.pytorch.python, ['weights/golden/time_torch.py', this.models.folder(model), String(n)])))
  }

  onnx(model, threads) {
    if (!this.onnxruntime) return []
    return threads.map((n) => this.#keep(new Process(on('onnxruntime', n), this.onnxruntime.python, ['weights/golden/time_onnx.py', this.models.onnx(model), String(n)])))
  }

  /** Measures a job and tells the times. @param {import('./race.mjs').Contestant[]} contestants @param {object} job @param {Partial<import('./race.mjs').Effort>} [effort] */
  async race(contestants, job, effort) {
    const times = await race(contestants, job, { ...this.effort, ...effort })
    const { texts, ids, labels, tasks, ...words } = job
    for (const [contestant, time] of Object.entries(times)) this.told({ bench: 'time', contestant, job: { ...words, sentences: texts?.length }, ...time })
    return times
  }

  #keep(contestant) {
    this.#open.add(contestant)
    return contestant
  }

  /** Ends contestants, all that are there where none are named. */
  async close(contestants = [...this.#open]) {
    for (const c of contestants) {
      this.#open.delete(c)
      await c.close()
    }
  }
}
