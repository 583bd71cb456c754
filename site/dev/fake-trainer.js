/**
 * A development aid, not shipped: `?fake` puts it in the place of thaw.js, so that the page can be worked on without weights or
 * wasm. It has thaw.js's verbs, invents their answers and takes a plausible time over them. `?fake=fail` makes loading fail, `?fake=slow`
 * trains at a tenth of the speed, `?fake=fast` at ten times it.
 */
const MODE = new URLSearchParams(location.search).get('fake')
const TEMPO = { slow: 10, fast: 0.1 }[MODE] ?? 1
const H = 384

const wait = (ms, signal) => new Promise((done, fail) => {
  const id = setTimeout(done, ms)
  signal?.addEventListener('abort', () => { clearTimeout(id); fail(new DOMException('stopped', 'AbortError')) }, { once: true })
})

class FakeError extends Error {
  constructor(code, message, hint) { super(message); Object.assign(this, { name: 'ThawError', code, hint }) }
}

const WORDS = {
  world: ['The minister met envoys in Geneva', 'Voters in Lisbon queued before dawn', 'The ceasefire held for a third day'],
  sports: ['The keeper saved two penalties', 'A late try settled the derby', 'The sprinter broke her own record'],
  business: ['Shares of the airline fell', 'The bank raised its forecast', 'The retailer closed forty shops'],
  'sci/tech': ['The probe sent its first pictures', 'A new chip halves the power', 'Researchers mapped the enzyme'],
  negative: ['a dull, clumsy film', 'I would not buy it again', 'the service was slow and rude'],
  positive: ['a warm, funny film', 'it works beautifully', 'the staff could not have been kinder'],
}

function random(seed) {
  let s = (seed * 2654435761) >>> 0 || 1
  return () => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s / 2 ** 32 }
}

function sentences(n, seed, tasks, both = 0.5) {
  const rnd = random(seed + 7)
  const pick = (list) => list[Math.floor(rnd() * list.length)]
  return Array.from({ length: n }, (_, i) => {
    const topic = rnd() < 0.5 || rnd() < both
    const labels = {}
    const parts = []
    if (tasks.includes('topic') && topic) { labels.topic = pick(['world', 'sports', 'business', 'sci/tech']); parts.push(pick(WORDS[labels.topic])) }
    if (tasks.includes('sentiment') && (!topic || rnd() < both)) { labels.sentiment = pick(['negative', 'positive']); parts.push(pick(WORDS[labels.sentiment])) }
    return { text: `${parts.join(': ') || 'An ordinary sentence'} (${i + 1}).`, labels }
  })
}

function parameters(tasks) {
  const list = [
    ['embeddings.word_embeddings.weight', [30522, H], 'embeddings'], ['embeddings.position_embeddings.weight', [512, H], 'embeddings'],
    ['embeddings.token_type_embeddings.weight', [2, H], 'embeddings'], ['embeddings.LayerNorm.weight', [H], 'embeddings'], ['embeddings.LayerNorm.bias', [H], 'embeddings'],
  ]
  for (let k = 0; k < 6; k++) {
    for (const [name, shape] of [['attention.self.query', [H, H]], ['attention.self.key', [H, H]], ['attention.self.value', [H, H]], ['attention.output.dense', [H, H]],
      ['intermediate.dense', [4 * H, H]], ['output.dense', [H, 4 * H]], ['attention.output.LayerNorm', [H]], ['output.LayerNorm', [H]]]) {
      list.push([`encoder.layer.${k}.${name}.weight`, shape, `layer.${k}`], [`encoder.layer.${k}.${name}.bias`, [shape[0]], `layer.${k}`])
    }
  }
  list.push(['pooler.dense.weight', [H, H], 'pooler'], ['pooler.dense.bias', [H], 'pooler'])
  for (const t of tasks) list.push([`heads.${t.name}.weight`, [t.labels.length, H], `heads.${t.name}`], [`heads.${t.name}.bias`, [t.labels.length], `heads.${t.name}`])
  return list.map(([name, shape, group]) => ({ name: name.startsWith('heads') ? name : `bert.${name}`, shape, group, size: shape.reduce((a, b) => a * b, 1) }))
}

function isFrozen(group, policy) {
  let frozen = false
  for (const term of policy.split(',').map((t) => t.trim())) {
    const [kind, arg] = term.split(':')
    if (kind === 'all') frozen = true
    else if (kind === 'none') frozen = false
    else if (kind === 'backbone' || kind === 'probe') frozen ||= !group.startsWith('heads.')
    else if (kind === 'layers' && /^\d+$/.test(arg)) frozen ||= group === 'embeddings' || (group.startsWith('layer.') && Number(group.slice(6)) < Number(arg))
    else if (kind === 'head') frozen ||= group === `heads.${arg}`
    else if (!term.includes('*')) throw new FakeError('policy', `"${term}" is not a freeze policy.`, 'Use none, all, backbone, layers:K, head:NAME, a pattern such as *.bias, or ! before one.')
  }
  return frozen
}

const hash = (seed) => { const r = random(seed); return Array.from({ length: 64 }, () => Math.floor(r() * 16).toString(16)).join('') }

class FakeTrainer {
  device = { kind: 'cpu', reason: 'One thread with FMA: this page has no shared memory.', candidates: [
    { kind: 'webgpu', ok: false, ms: null, why: 'the browser has no GPU adapter' }, { kind: 'threads', ok: false, ms: null, why: 'needs the headers COOP and COEP' }, { kind: 'cpu', ok: true, ms: 4.2, why: '48 GFLOP/s, relaxed FMA' }] }
  model = null
  #saves = []; #paused = false; #stop = null; #skill = 0; #tasks = []

  async load(name, { onProgress = () => {}, signal } = {}) {
    const total = 90868376
    for (let k = 0; k <= 40; k++) {
      await wait(40 * TEMPO, signal)
      if (MODE === 'fail' && k > 12) throw new FakeError('download', 'weights/cache/minilm/model.safetensors ended after 27.3 MB of 90.9 MB.', 'Check the connection and load again; nothing half was kept.')
      onProgress({ loaded: (total * k) / 40, total, file: 'model.safetensors' })
    }
    this.model = { name, family: 'bert', layers: 6, hidden: H, parameters: parameters([]), bytes: total }
    return this.model
  }

  async plan({ tasks, freeze, data, batch, epochs }) {
    const all = parameters(tasks).map((p) => ({ ...p, trainable: p.group !== 'pooler' && !isFrozen(p.group, freeze) }))
    const sum = (want) => all.filter((p) => p.trainable === want).reduce((a, p) => a + p.size, 0)
    const trainable = sum(true)
    await wait(15)
    const steps = Math.ceil((Array.isArray(data) ? data.length : data.synthetic.n) / batch) * epochs
    return { steps, freeze: freeze.replaceAll(' ', ''), trainable, frozen: sum(false), memoryBytes: 4 * (22.7e6 + 3 * trainable) + 6e7, stepMs: 30 + trainable / 2.5e4, parameters: all.map(({ name, trainable: t }) => ({ name, trainable: t })) }
  }

  async synth({ n = 2000, seed = 1, tasks = ['topic', 'sentiment'], both, split }) {
    await wait(80)
    const records = sentences(n, seed + (split === 'heldout' ? 1000 : 0), tasks.map((t) => t.name ?? t), both)
    return { records, stats: { n, leak: 0 } }
  }

  async natural() { return sentences(240, 99, ['topic', 'sentiment']) }

  async * train(s) {
    const records = Array.isArray(s.data) ? s.data.length : s.data.synthetic.n
    const steps = Math.ceil(records / s.batch) * s.epochs
    const plan = await this.plan(s)
    this.#tasks = s.tasks
    this.#paused = false
    this.#stop = new AbortController()
    s.signal?.addEventListener('abort', () => this.#stop.abort())
    yield { event: 'plan', ...plan }
    let stopped = false
    const flat = plan.trainable === 0
    const rnd = random(s.seed)
    const began = performance.now()
    const evaluate = (step, epoch, set) => {
      const skill = flat ? 0 : 1 - Math.exp((-5 * step) / steps)
      if (set === 'heldout') this.#skill = skill
      return { event: 'eval', step, epoch, set, tasks: Object.fromEntries(s.tasks.map((t, k) => [t.name, score(t, skill * (set === 'natural' ? 0.86 : 0.97) - k * 0.03 * skill, 120 + 60 * k)])) }
    }
    yield evaluate(0, 0, 'heldout')
    yield evaluate(0, 0, 'natural')
    try {
      for (let step = 1; step <= steps; step++) {
        const epoch = (step * s.epochs) / steps
        const ms = (epoch <= 1 ? 70 : 45) * TEMPO
        await wait(ms, this.#stop.signal)
        while (this.#paused) await wait(50, this.#stop.signal)
        const losses = {}
        s.tasks.forEach((t, k) => { losses[t.name] = (flat ? 1 : 0.06 + 0.94 * Math.exp((-(6 - k) * step) / steps)) * Math.log(t.labels.length) * (0.85 + 0.3 * rnd()) })
        yield { event: 'step', step, steps, epoch, losses, loss: Object.values(losses).reduce((a, b) => a + b, 0), lr: s.lr * (1 - step / steps), gradNorm: 1 + rnd(), ms, tokensPerSecond: 260000 / ms }
        if (step % Math.ceil(steps / s.epochs) === 0) { yield evaluate(step, epoch, 'heldout'); yield evaluate(step, epoch, 'natural') }
      }
    } catch (error) {
      if (error.name !== 'AbortError') throw error
      stopped = true
    }
    const frozen = plan.parameters.filter((p) => !p.trainable)
    yield { event: 'frozen', equal: true, tensors: frozen.length, sha256: hash(5), list: frozen.map((p, k) => ({ name: p.name, before: hash(k + 10), after: hash(k + 10) })) }
    yield { event: 'done', steps, stopped, seconds: (performance.now() - began) / 1000 }
  }

  async pause() { this.#paused = true }
  async continue() { this.#paused = false }
  async stop() { this.#stop?.abort() }
  async setDevice() { return this.device }

  async setFreeze(freeze) { return { freeze, trainable: 0, frozen: 0, memoryBytes: 0, step: 1 } }

  async predict(text) {
    if (Array.isArray(text)) return Promise.all(text.map((t) => this.predict(t)))
    await wait(30)
    const tasks = this.#tasks.length ? this.#tasks : []
    return Object.fromEntries(tasks.map((t) => {
      const rnd = random(text.length * 31 + t.name.length)
      const raw = t.labels.map((l) => (rnd() + (/(warm|funny|love|great)/.test(text) && l === 'positive' ? 2 : 0)) * (0.2 + 5 * this.#skill))
      const sum = raw.reduce((a, v) => a + Math.exp(v), 0)
      const scores = Object.fromEntries(t.labels.map((l, k) => [l, Math.exp(raw[k]) / sum]))
      return [t.name, { label: t.labels[raw.indexOf(Math.max(...raw))], scores }]
    }))
  }

  async save({ name }) { this.#saves = [{ name, bytes: 93e6, step: 375, savedAt: Date.now(), freeze: 'layers:4', tasks: this.#tasks.map((t) => t.name) }, ...this.#saves.filter((s) => s.name !== name)] }
  async saves() { return this.#saves }
  async resume() {
    await wait(300)
    this.#skill = 0.6
    this.#tasks = [{ name: 'topic', labels: ['world', 'sports', 'business', 'sci/tech'], weight: 1 }, { name: 'sentiment', labels: ['negative', 'positive'], weight: 1 }]
    return { step: 200, steps: 375, freeze: 'layers:4', tasks: this.#tasks, settings: { epochs: 3, batch: 16, lr: 1e-4, headLr: 1e-3, dropout: 0.1, seed: 1 } }
  }
  async removeSave(name) { this.#saves = this.#saves.filter((s) => s.name !== name) }
  close() {}
}

function score(task, skill, n) {
  const c = task.labels.length
  const accuracy = Math.min(0.99, 1 / c + (1 - 1 / c) * Math.max(0, skill))
  const per = Math.round(n / c)
  const confusion = task.labels.map((_, r) => task.labels.map((_, k) => (r === k ? Math.round(per * accuracy) : Math.round((per * (1 - accuracy)) / (c - 1)))))
  return { loss: Math.log(c) * (1 - skill * 0.9), accuracy, macroF1: accuracy * 0.99, n, confusion, labels: task.labels }
}

export async function createTrainer() {
  await wait(150)
  return new FakeTrainer()
}
