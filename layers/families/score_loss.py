"""How far the scores of classes are from a label: softmax or logistic, with their gradients."""

import numpy as np

NO_LABEL = -1  # none of the classes

# log of FLT_MIN: no label costs more than 87.3365, as SoftmaxWithLoss has it.
_LEAST_LOG = -87.33655


class SoftmaxScores:
    """loss = -log p_label, p the softmax of scores (..., C)."""

    @staticmethod
    def losses(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The loss of each label (...), whole numbers in [0, C)."""
        shifted = scores - scores.max(axis=-1, keepdims=True)
        right = np.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]
        logs = right - np.log(np.exp(shifted, out=shifted).sum(axis=-1))
        return -np.maximum(logs, scores.dtype.type(_LEAST_LOG))

    @staticmethod
    def slopes(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The gradient of each loss with respect to the scores, (..., C)."""
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        powers /= powers.sum(axis=-1, keepdims=True)
        return powers - _one_hot(labels, scores)


class LogisticScores:
    """loss = - log sigmoid(s_label) - sum of log(1 - sigmoid(s)) over the other classes."""

    @staticmethod
    def losses(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The loss of each label (...), whole numbers in [0, C), or NO_LABEL."""
        # log(1 + e^s), without overflow.
        rest = np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))
        return rest.sum(axis=-1) - (scores * _one_hot(labels, scores)).sum(axis=-1)

    @staticmethod
    def slopes(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The gradient of each loss with respect to the scores, (..., C)."""
        return 0.5 * np.tanh(0.5 * scores) + 0.5 - _one_hot(labels, scores)


def _one_hot(labels: np.ndarray, like: np.ndarray) -> np.ndarray:
    return (labels[..., None] == np.arange(like.shape[-1])).astype(like.dtype)
