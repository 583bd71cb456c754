"""Times onnxruntime for ./build.sh bench: python time_onnx.py MODEL.onnx THREADS reads jobs and answers with times (jobs.py).

The file is the one that site/dev/bench writes for onnxruntime-web: input_ids [B, S] → hidden [B, S, H]. All optimisations of the
graph are on, which is the default.
"""

import sys

import numpy
import onnxruntime

import jobs


class Bench:
    def __init__(self, file, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def work(self, job):
        feeds = {"input_ids": numpy.array(job["ids"], dtype=numpy.int64)}
        ms, (hidden,) = jobs.timed(job["repeat"], lambda: self.session.run(None, feeds))
        return ms, jobs.sample(hidden.mean(axis=1).flatten().tolist())


if __name__ == "__main__":
    jobs.serve(Bench(sys.argv[1], int(sys.argv[2])).work)
