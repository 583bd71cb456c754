/**
 * An encoder as an ONNX graph, input_ids [B, S] → hidden [B, S, H], in the operators onnxruntime runs quickest: its own fused Attention,
 * SkipLayerNormalization and BiasGelu. PyTorch's export of MiniLM with all optimisations on takes it 9 % more processor time. There is no
 * mask, for all sentences have one length.
 *
 * On WebGPU attention is written out: the fused one takes it that subgroups have eight invocations or more, and where they have four, as
 * on SwiftShader, its numbers are wrong.
 */
import { Graph } from './onnx.mjs'
import { readTensors, transposed } from './safetensors.mjs'

const FUSED = { domain: 'com.microsoft' }

/** Where the tensors of a family lie. Its names come from the checkpoint. */
const FAMILIES = {
  bert: {
    prefix: 'bert.', sizes: (c) => ({ h: c.hidden_size, layers: c.num_hidden_layers, heads: c.num_attention_heads, eps: c.layer_norm_eps }),
    layer: (i) => `encoder.layer.${i}.`, q: 'attention.self.query', k: 'attention.self.key', v: 'attention.self.value', out: 'attention.output.dense',
    norm1: 'attention.output.LayerNorm', up: 'intermediate.dense', down: 'output.dense', norm2: 'output.LayerNorm',
  },
  distilbert: {
    prefix: 'distilbert.', sizes: (c) => ({ h: c.dim, layers: c.n_layers, heads: c.n_heads, eps: 1e-12 }),
    layer: (i) => `transformer.layer.${i}.`, q: 'attention.q_lin', k: 'attention.k_lin', v: 'attention.v_lin', out: 'attention.out_lin',
    norm1: 'sa_layer_norm', up: 'ffn.lin1', down: 'ffn.lin2', norm2: 'output_layer_norm',
  },
}

/** The chunks of an ONNX file. @param {string} folder of a model @param {object} config its config.json @param {{ webgpu?: boolean }} [options] */
export function encoderModel(folder, config, { webgpu = false } = {}) {
  const family = FAMILIES[config.model_type]
  if (!family) throw new Error(`${folder}: model_type ${config.model_type} is unknown here, want ${Object.keys(FAMILIES).join(' or ')}`)
  const tensors = readTensors(`${folder}/model.safetensors`, family.prefix)
  const net = new Network(tensors, family, { ...family.sizes(config), webgpu })
  net.embeddings()
  for (let i = 0; i < net.sizes.layers; i++) net.layer(family.layer(i))
  return net.graph.model([{ name: 'input_ids', dims: ['batch', 'sequence'], integer: true }], { name: 'hidden', dims: ['batch', 'sequence', net.sizes.h] })
}

class Network {
  graph = new Graph()
  x = ''

  constructor(tensors, family, sizes) {
    this.tensors = tensors
    this.family = family
    this.sizes = sizes
  }

  tensor(name) {
    const found = this.tensors.get(name)
    if (!found) throw new Error(`the model folder has no tensor ${name}`)
    return found
  }

  /** A tensor as it is, under its name. */
  as(name) {
    const { shape, data } = this.tensor(name)
    return this.graph.weight(name, shape, data)
  }

  /** Token, position and type embeddings and their norm. */
  embeddings() {
    const { graph } = this
    const axis = graph.weight('axis', [1], BigInt64Array.of(1n))
    const zero = graph.weight('zero', [1], BigInt64Array.of(0n))
    const words = graph.op('Gather', [this.as('embeddings.word_embeddings.weight'), 'input_ids'])
    const length = graph.op('Slice', [graph.op('Shape', ['input_ids']), axis, graph.weight('two', [1], BigInt64Array.of(2n))])
    const places = graph.op('Slice', [this.placesAndType(), zero, length, zero])
    this.x = this.norm(graph.op('Add', [words, places]), 'embeddings.LayerNorm')
  }

  /** Position embeddings [P, H], with the row of type 0 added to each where the family has types. */
  placesAndType() {
    const places = this.tensor('embeddings.position_embeddings.weight')
    const types = this.tensors.get('embeddings.token_type_embeddings.weight')
    const data = places.data.map((x, i) => x + (types ? types.data[i % this.sizes.h] : 0))
    return this.graph.weight('places', places.shape, data)
  }

  norm(x, name) {
    return this.graph.op('LayerNormalization', [x, this.as(`${name}.weight`), this.as(`${name}.bias`)], { attributes: { axis: -1, epsilon: this.sizes.eps } })
  }

  /** x wᵀ, w [out, in] turned to [in, out] as MatMul takes it. */
  product(x, name) {
    const { shape: [out, inner], data } = this.tensor(`${name}.weight`)
    return this.graph.op('MatMul', [x, this.graph.weight(`${name}.weight`, [inner, out], transposed(data, out, inner))])
  }

  /** Norm of x + product + bias. */
  residual(product, bias, norm) {
    const inputs = [product, this.x, this.as(`${norm}.weight`), this.as(`${norm}.bias`), this.as(`${bias}.bias`)]
    this.x = this.graph.op('SkipLayerNormalization', inputs, { ...FUSED, attributes: { epsilon: this.sizes.eps } })
  }

  layer(at) {
    const { q, k, v, out, norm1, up, down, norm2 } = this.family
    const attended = this.attention(...this.joined([q, k, v].map((name) => at + name), `${at}qkv`))
    this.residual(this.product(attended, at + out), at + out, at + norm1)
    const wide = this.graph.op('BiasGelu', [this.product(this.x, at + up), this.as(`${at}${up}.bias`)], FUSED)
    this.residual(this.product(wide, at + down), at + down, at + norm2)
  }

  attention(weight, bias) {
    const { graph, sizes: { h, heads, webgpu } } = this
    if (!webgpu) return graph.op('Attention', [this.x, weight, bias], { ...FUSED, attributes: { num_heads: heads } })
    const joined = graph.op('Add', [graph.op('MatMul', [this.x, weight]), bias])
    const [q, k, v] = graph.ops('Split', [joined], 3, { attributes: { axis: -1 } }).map((x) => graph.op('Reshape', [x, this.numbers('heads', [0, 0, heads, h / heads])]))
    const turn = (x, ...perm) => graph.op('Transpose', [x], { attributes: { perm } })
    const scores = graph.op('MatMul', [turn(q, 0, 2, 1, 3), turn(k, 0, 2, 3, 1)])
    const scaled = graph.op('Mul', [scores, this.scale()])
    const mixed = graph.op('MatMul', [graph.op('Softmax', [scaled], { attributes: { axis: -1 } }), turn(v, 0, 2, 1, 3)])
    return graph.op('Reshape', [turn(mixed, 0, 2, 1, 3), this.numbers('together', [0, 0, h])])
  }

  scale() {
    const { h, heads } = this.sizes
    return this.once('scale', () => [[1], Float32Array.of(1 / Math.sqrt(h / heads))])
  }

  /** A list of whole numbers under a name. */
  numbers(name, list) { return this.once(name, () => [[list.length], BigInt64Array.from(list, BigInt)]) }

  /** A constant that several operations share. */
  once(name, make) {
    return this.graph.weights.some((w) => w.name === name) ? name : this.graph.weight(name, ...make())
  }

  /** Weights of q, k and v side by side, [H, 3H], and their biases [3H]. */
  joined(names, to) {
    const { h } = this.sizes
    const [weight, bias] = [new Float32Array(3 * h * h), new Float32Array(3 * h)]
    names.forEach((name, i) => {
      const turned = transposed(this.tensor(`${name}.weight`).data, h, h)
      for (let row = 0; row < h; row++) weight.set(turned.subarray(row * h, (row + 1) * h), row * 3 * h + i * h)
      bias.set(this.tensor(`${name}.bias`).data, i * h)
    })
    return [this.graph.weight(`${to}.weight`, [h, 3 * h], weight), this.graph.weight(`${to}.bias`, [3 * h], bias)]
  }
}
