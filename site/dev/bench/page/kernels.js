/** thaw's kernels by themselves: the program of wasm/bench in a worker. */
import { HelperHost } from '/kernels/site/worker/helper-host.js'

/** @param {{ threads: number, webgpu: boolean }} options */
export async function open({ threads, webgpu }) {
  const worker = new Worker(new URL('kernels-worker.js', import.meta.url), { type: 'module' })
  const waiting = /** @type {{ resolve: (answer: any) => void, reject: (error: Error) => void }[]} */ ([])
  worker.onmessage = ({ data }) => waiting.shift()?.resolve(data)
  worker.onerror = (event) => { for (const w of waiting.splice(0)) w.reject(new Error(event.message)) }
  const ask = (message, transfer = []) => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject })
    worker.postMessage(message, transfer)
  })
  const line = new MessageChannel()
  new HelperHost(line.port1)
  const { version, fault } = await ask({ threads, webgpu, helpers: line.port2 }, [line.port2])
  if (fault) throw new Error(fault)
  return {
    version,
    async run(job) {
      const ms = []
      let some = []
      for (let i = 0; i < job.repeat; i++) {
        const answer = JSON.parse(await ask(job))
        if (answer.error) throw new Error(answer.error)
        ms.push(answer.ms)
        some = answer.sample
      }
      return { ms, sample: some }
    },
  }
}
