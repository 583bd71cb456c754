/**
 * The encoders of the bench. MiniLM is the real one. DistilBERT has its true sizes and random weights, for what a product takes does not
 * depend on its numbers; so have the stacks of MiniLM's layers, few and many, that show how time grows with depth.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { encoderModel } from './encoder-onnx.mjs'
import { Graph, writeChunks } from './onnx.mjs'
import { WEIGHT_SCALE, numbers, turnedNumbers } from './page/numbers.js'
import { writeTensors } from './safetensors.mjs'

const MINILM = 'weights/cache/minilm'

/** Sizes of distilbert-base-uncased. */
const DISTILBERT = {
  model_type: 'distilbert', vocab_size: 30522, dim: 768, n_layers: 6, n_heads: 12, hidden_dim: 3072, max_position_embeddings: 512,
  activation: 'gelu', dropout: 0.1, attention_dropout: 0.1, initializer_range: 0.02, sinusoidal_pos_embds: false, pad_token_id: 0, architectures: ['DistilBertModel'],
}

const vector = (name, n, fill) => ({ name, shape: [n], make: () => new Float32Array(n).fill(fill) })

class Maker {
  state = 88172645

  /** A matrix of even random numbers of deviation 0.02: Marsaglia's xorshift. */
  matrix(name, rows, cols) {
    return {
      name, shape: [rows, cols],
      make: () => new Float32Array(rows * cols).map(() => {
        this.state ^= this.state << 13
        this.state ^= this.state >>> 17
        this.state ^= this.state << 5
        return this.state / 2 ** 31 * 0.02 * Math.sqrt(3)
      }),
    }
  }

  linear(name, out, inner) { return [this.matrix(`${name}.weight`, out, inner), vector(`${name}.bias`, out, 0)] }
  norm(name, h) { return [vector(`${name}.weight`, h, 1), vector(`${name}.bias`, h, 0)] }

  distilbert({ vocab_size: v, dim: h, n_layers: layers, hidden_dim: f, max_position_embeddings: p }) {
    const rows = [
      this.matrix('distilbert.embeddings.word_embeddings.weight', v, h), this.matrix('distilbert.embeddings.position_embeddings.weight', p, h),
      ...this.norm('distilbert.embeddings.LayerNorm', h),
    ]
    for (let i = 0; i < layers; i++) {
      const at = `distilbert.transformer.layer.${i}.`
      for (const name of ['q_lin', 'k_lin', 'v_lin', 'out_lin']) rows.push(...this.linear(`${at}attention.${name}`, h, h))
      rows.push(...this.norm(`${at}sa_layer_norm`, h), ...this.linear(`${at}ffn.lin1`, f, h), ...this.linear(`${at}ffn.lin2`, h, f), ...this.norm(`${at}output_layer_norm`, h))
    }
    return rows
  }
}

/** Finds and makes model folders and ONNX files under a folder of its own. */
export class Models {
  /** @param {string} root of model folders and their ONNX files @param {string} made folder of the ONNX files of products */
  constructor(root, made) {
    this.root = root
    this.made = made
    mkdirSync(root, { recursive: true })
    rmSync(`${root}/minilm`, { force: true })
    symlinkSync(path.resolve(MINILM), `${root}/minilm`)
  }

  /** The folder of a model: minilm, distilbert, or stack-N: N layers of MiniLM's width. @param {string} name */
  folder(name) {
    const folder = path.join(this.root, name)
    if (!existsSync(`${folder}/model.safetensors`)) this.#make(folder, configOf(name))
    return folder
  }

  #make(folder, config) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/config.json`, `${JSON.stringify(config, null, 2)}\n`)
    for (const file of ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json']) copyFileSync(`${MINILM}/${file}`, `${folder}/${file}`)
    writeTensors(`${folder}/half.safetensors`, new Maker().distilbert(config))
    renameSync(`${folder}/half.safetensors`, `${folder}/model.safetensors`)
  }

  /** The config of a model. @param {string} name */
  config(name) { return JSON.parse(readFileSync(`${this.folder(name)}/config.json`, 'utf8')) }

  /** The ONNX file of a model. @param {string} name @param {{ webgpu?: boolean }} [options] */
  onnx(name, { webgpu = false } = {}) {
    const file = path.join(this.root, `${name}${webgpu ? '-webgpu' : ''}.onnx`)
    if (!newer(file, ['encoder-onnx.mjs', 'onnx.mjs'])) {
      writeChunks(`${file}.half`, encoderModel(this.folder(name), this.config(name), { webgpu }))
      renameSync(`${file}.half`, file)
    }
    return file
  }

  /** Writes the ONNX file of one product. A right operand that is a weight lies inside and as onnxruntime takes it; both are inputs of a weight's gradient. */
  product({ layout, rows: m, sizes: [n, k], file }) {
    const graph = new Graph()
    const w = { nt: () => turnedNumbers(k, n, 1), nn: () => numbers(k * n, 1, WEIGHT_SCALE) }[layout]
    if (w) graph.op('MatMul', ['x', graph.weight('w', [k, n], w())])
    else graph.op('Gemm', ['x', 'w'], { attributes: { transA: 1 } })
    const inputs = w ? [{ name: 'x', dims: [m, k] }] : [{ name: 'x', dims: [k, m] }, { name: 'w', dims: [k, n] }]
    writeChunks(path.join(this.made, path.basename(file)), graph.model(inputs, { name: 'y', dims: [m, n] }))
  }

  /** Writes the ONNX file of a job of products: the weights are initializers, so that they can be packed beforehand. */
  products({ rows, sizes, file }) {
    const graph = new Graph()
    sizes.slice(1).reduce((x, n, i) => graph.op('MatMul', [x, graph.weight(`w${i}`, [sizes[i], n], turnedNumbers(sizes[i], n, i + 1))]), 'x')
    writeChunks(path.join(this.made, path.basename(file)), graph.model([{ name: 'x', dims: [rows, sizes[0]] }], { name: 'y', dims: [rows, sizes.at(-1)] }))
  }
}

/** Whether a file is there and younger than the modules that made it. */
function newer(file, modules) {
  return existsSync(file) && modules.every((name) => statSync(new URL(name, import.meta.url)).mtimeMs < statSync(file).mtimeMs)
}

function configOf(name) {
  const stack = /^stack-(\d+)$/.exec(name)
  if (stack) return { ...DISTILBERT, dim: 384, hidden_dim: 1536, n_layers: Number(stack[1]) }
  if (name === 'distilbert') return DISTILBERT
  throw new Error(`no model is called ${name}`)
}
