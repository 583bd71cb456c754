/** thaw through its public API, as any page uses it: tokenizer, worker and messages are part of a forward pass. */
import { createTrainer } from '/dist/site/thaw.js'
import { sample } from './numbers.js'

/** @param {{ threads: number, webgpu: boolean }} options */
export async function open({ threads, webgpu }) {
  const t = await createTrainer(webgpu ? { device: 'webgpu', threads } : threads > 1 ? { device: 'threads', threads } : { device: 'cpu' })
  if (threads > 1 && t.device.kind !== 'threads') throw new Error(`thaw runs on one thread here: ${t.device.reason}`)
  const kept = { model: '' }

  async function load(model) {
    if (kept.model === model) return
    await t.load(await folder(model))
    if (webgpu && t.device.kind !== 'webgpu') throw new Error(`thaw does not run on WebGPU here: ${t.device.reason}`)
    kept.model = model
  }

  return {
    version: t.device.reason,
    async run(job) {
      await load(job.model)
      return job.work === 'forward' ? forward(t, job) : steps(t, job)
    },
  }
}

/** The files of a model folder. */
async function folder(model) {
  const names = ['config.json', 'model.safetensors', 'vocab.txt', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json']
  return Promise.all(names.map(async (name) => {
    const answer = await fetch(`/models/${model}/${name}`)
    if (!answer.ok) throw new Error(`/models/${model}/${name}: the server answered ${answer.status}`)
    return new File([await answer.blob()], name)
  }))
}

async function forward(t, { texts, maxLength, repeat }) {
  const ms = []
  let tensors = []
  for (let i = 0; i < repeat; i++) {
    const began = performance.now()
    tensors = await t.encode(texts, { pool: 'mean', maxLength })
    ms.push(performance.now() - began)
  }
  return { ms, sample: sample(Float32Array.from(tensors.flatMap(({ data }) => Array.from(data)))) }
}

/** A short run. Its first step, which packs weights and fills the cache of frozen layers where there is one, does not count. */
async function steps(t, { texts, labels, tasks, freeze, cacheBytes, maxLength, repeat, batch = texts.length }) {
  const data = texts.map((text, i) => ({ text, labels: labels[i] }))
  const settings = { tasks, freeze, cacheBytes, maxLength, batch, steps: 1 + repeat, dropout: 0, shuffle: false, seed: 1, resume: false }
  const ms = []
  for await (const e of t.train({ ...settings, data, eval: data.slice(0, 1) })) {
    if (e.event === 'step') ms.push(e.ms)
  }
  return { ms: ms.slice(1), sample: [] }
}
