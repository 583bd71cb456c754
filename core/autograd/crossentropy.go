package autograd

import "thaw/core/backend"

// CrossEntropy adds Σ of the losses of logits [B, C] to loss [1], a plain sum over the labelled rows, and begins the way
// back: the gradient of scale times that sum. Labels [B] are on the device, -1 for none. It is the logits' only use.
//
//	dlogits = scale (softmax(logits) - onehot(label))
func CrossEntropy(loss backend.Buffer, logits *Var, labels backend.Buffer, scale float64) {
	t := logits.tape
	d, slot := t.floats.take(logits.rows, logits.cols)
	t.ops.CrossEntropy(loss, d, logits.val, labels, logits.cols, float32(scale))
	if logits.needs {
		logits.grad, logits.gradSlot = d, slot
	}
}
