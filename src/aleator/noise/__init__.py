"""How labels err: every estimator of it side by side, and each constant with what it was chosen on.

All of them describe the noise by a *transition matrix* (in this house, the confusion), `(true, given)`, each row the
distribution of the labels that examples of a true class are given:

- `likelihood.py`: from predictions that have not seen the labels, by the likelihood of the labels;
- `in_sample.py`: from networks that were trained on the labels;
- `counted.py`: counted, where distributions over the true label (or the truth) are known;
- `sources.py`: of annotators and reviewers, who answer the same examples (Dawid & Skene 1979).

Those that need predictions only are asked by one call, `estimate(log_probs, given_label) -> LabelNoise`, and stand in
`ESTIMATORS`.

An audit does not use the matrix that training learns (`corrected` there), because it answers another question: it is
the one under which *these networks while they learn* explain the labels best. On labels that err by chance it is the
better of the two: of FER2013's pictures, .837 of the labels are right after it where the audit reaches .740 under 40 %
symmetric noise, and .899 for .774 under 30 % pair noise. On people's own mistakes it sees hardly any: it says that 9 %
of FER2013's labels are wrong, where FER+'s voters say 32 % and the audit 37 %, since networks learn what people take
one expression for. A share of wrong labels is therefore told by audits only, and a model passes on that of its audit.
"""

from aleator.noise.in_sample import estimate_in_sample
from aleator.noise.label_noise import Estimator, LabelNoise
from aleator.noise.likelihood import estimate_corrected, estimate_out_of_sample

ESTIMATORS: dict[str, Estimator] = {
    "out_of_sample": estimate_out_of_sample,
    "in_sample": estimate_in_sample,
    "corrected": estimate_corrected,
}
"""Named after what is known of the predictions: they have not seen the labels; they have; they come from networks that
were told the matrix while they learned."""

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "LabelNoise",
    "estimate_corrected",
    "estimate_in_sample",
    "estimate_out_of_sample",
]
