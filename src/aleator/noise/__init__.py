"""How labels err: the crowd behind a label and all that is learned of it, each constant with what it was chosen on.

- `crowd.py`: a crowd, of which a given label is one answer, noted through a confusion; its first choice is the right
  label. `hypotheses.py`: the crowds that explain the labels of a data set, with their probabilities: what an audit and
  `aleator judge` believe.
- `pooling.py`: several classifiers as one; `memorised.py`: what networks say without what they learned by heart.

The confusion is a *transition matrix*, `(true, given)`, each row the distribution of the labels that examples of a true
class are given (`label_noise.py`):

- `likelihood.py`: by the likelihood of the labels, expectation and maximisation;
- `in_sample.py`: of networks that were trained on the labels, for audits that were made so (before version 0.2);
- `counted.py`: counted, where distributions over the true label (or the truth) are known;
- `sources.py`: of annotators and reviewers, who answer the same examples (Dawid & Skene 1979).

An audit does not use the matrix that training learns (`estimate_corrected`), because it answers another question: it is
the one under which *these networks while they learn* explain the labels best. On people's own mistakes it sees hardly
any: it says that 9 % of FER2013's labels are wrong, where FER+'s voters say 32 %, since networks learn what people take
one expression for. A share of wrong labels is therefore told by audits only, and a model passes on that of its audit.
"""
