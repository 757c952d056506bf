"""What `right` means for a model: from its answers and the labels, or, without labels, from the original's answers."""

import numpy as np

from hearth_compress.refusal import Refusal


class Scoring:
    """task: classify, binary, regress or agreement; output: the one that the labels belong to; metric: its name."""

    def __init__(self, task, output, logits=False, one_hot=False):
        self.task = task
        self.output = output
        self.logits = logits
        self.one_hot = one_hot
        self.metric = {"classify": "accuracy", "binary": "accuracy", "regress": "R2",
                       "agreement": "agreement"}[task]

    def score(self, answers, labels, original):
        if self.task == "agreement":
            return self.agreement(answers, original)
        given = np.asarray(answers[self.output], np.float64)
        if self.task == "classify":
            wanted = np.argmax(labels, axis=-1) if self.one_hot else labels.reshape(given.shape[:-1])
            return float(np.mean(np.argmax(given, axis=-1) == wanted))
        wanted = np.asarray(labels, np.float64).reshape(given.shape)
        if self.task == "binary":
            return float(np.mean((given > (0.0 if self.logits else 0.5)) == (wanted > 0.5)))
        spread = np.sum((wanted - wanted.mean()) ** 2)
        return float(1 - np.sum((wanted - given) ** 2) / spread) if spread else 0.0

    def agreement(self, answers, original):
        """Share of rows with the same answer: the same class where an output has scores, close numbers elsewhere."""
        if self.task == "binary":
            def side(given):
                return {**given, self.output: np.asarray(given[self.output]) > (0.0 if self.logits else 0.5)}
            return agreement(side(answers), side(original))
        return agreement(answers, original)


def agreement(answers, original):
    """As Scoring.agreement, where nobody has said that a single number is one of two classes."""
    same = None
    for name, values in original.items():
        other = answers[name]
        rows = len(values)
        if values.dtype.kind == "f" and values.ndim > 1 and values.shape[-1] > 1:
            equal = np.argmax(values, -1) == np.argmax(other, -1)
        elif values.dtype.kind == "f":
            scale = float(np.max(np.abs(values))) or 1.0
            equal = np.abs(values - other) <= 0.02 * scale
        else:
            equal = values == other
        equal = equal.reshape(rows, -1).all(axis=1)
        same = equal if same is None else same & equal
    return float(np.mean(same))


def largest_difference(answers, original):
    """Of any number in a float output, from the original's."""
    return max([float(np.max(np.abs(np.asarray(answers[name], np.float64) - values)))
                for name, values in original.items() if values.dtype.kind == "f"], default=0.0)


def choose(answers, labels, output, task):
    """answers: the original's on the held-out rows; output, task: what the user said, or None."""
    floats = [name for name, values in answers.items() if values.dtype.kind == "f"]
    if output is not None and output not in answers:
        raise Refusal(f"The model has no output {output}; it has: {', '.join(answers)}.")
    if labels is None:
        if task not in (None, "agreement"):
            raise Refusal(f"--task={task} needs labels: an array `labels` in the data, or --labels.")
        return Scoring("agreement", output)
    if not floats and output is None:
        raise Refusal(f"None of the outputs ({', '.join(answers)}) is of a float type to compare with labels.")
    output = output or floats[0]
    given = answers[output]
    whole = np.array_equal(labels, np.round(labels))
    class_numbers = whole and given.ndim > 1 and given.shape[-1] > 1 and (
        labels.shape == given.shape[:-1] or labels.shape == given.shape[:-1] + (1,))
    one_hot = labels.shape == given.shape and given.ndim > 1 and given.shape[-1] > 1 and whole and np.all(
        labels.sum(axis=-1) == 1) and labels.min() >= 0
    two = whole and labels.size == given.size and set(np.unique(labels)) <= {0, 1}
    guessed = "classify" if class_numbers or one_hot else "binary" if two else "regress"
    task = task or guessed
    if task == "classify":
        if not class_numbers and not one_hot:
            raise Refusal(f"Labels of shape {list(labels.shape)} are no classes of the output {output}, whose answer "
                          f"has shape {list(given.shape)}; --output names another.")
        if not one_hot and (labels.min() < 0 or labels.max() >= given.shape[-1]):
            raise Refusal(f"The labels go from {labels.min()} to {labels.max()}, but {output} has "
                          f"{given.shape[-1]} classes, numbered from 0.")
        return Scoring("classify", output, not _probabilities(given), one_hot)
    if labels.size != given.size:
        raise Refusal(f"Labels of shape {list(labels.shape)} do not fit the output {output}, whose answer has shape "
                      f"{list(given.shape)}; --output names another.")
    return Scoring(task, output, task == "binary" and bool(given.min() < 0 or given.max() > 1))


def _probabilities(scores):
    return bool(scores.min() >= -1e-6 and np.allclose(scores.sum(axis=-1), 1, atol=1e-2))
