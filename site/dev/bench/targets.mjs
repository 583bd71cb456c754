/** What thaw sets out to reach on a machine of two cores: ratios to peers measured in the same run. */
export const TARGETS = {
  gemmOrt: { atLeast: 1.4 }, // products on one thread
  gemmJax: { atLeast: 1.3 },
  gemmThreads: { atLeast: 1.9 }, // two threads against one
  gemmJax2: { atLeast: 1.5 }, // two threads against two
  forward: { atLeast: 1.4 }, // 16 sentences of 64 tokens
  short: { atLeast: 1.2 }, // one sentence
  step: { atMost: 1.8 }, // in the browser, of PyTorch's time natively
  block: { atLeast: 1.4 }, // gradient of a feed-forward block
  gpuGemmOrt: { atLeast: 3 }, // products of a training step, on SwiftShader
  gpuGemmJax: { atLeast: 1 },
  gpuForward: { atLeast: 2 },
  gpuStep: { atMost: 3.3 }, // of its own forward pass
  tokenizer: { atMost: 3 }, // of the time of Hugging Face's, natively
  native: { atLeast: 1 }, // both natively
}
