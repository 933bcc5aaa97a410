"""The sample of what was drawn at random, by hand."""

import numpy as np

from aleator.auditing.sampled import drawing_order, drawn_and_reviewed


def test_the_sample_is_what_is_reviewed_without_gaps_in_the_drawing_order() -> None:
    order = np.array([4, 2, 0, 1, 3, 5])
    reviewed = np.zeros(6, dtype=bool)
    assert drawn_and_reviewed(order, reviewed).tolist() == []
    reviewed[[4, 2, 1, 5]] = True  # 0 is missing: 1 and 5 were reviewed for another reason
    assert drawn_and_reviewed(order, reviewed).tolist() == [4, 2]
    reviewed[0] = True
    assert drawn_and_reviewed(order, reviewed).tolist() == [4, 2, 0, 1]
    long = np.arange(200)
    done = long != 60  # one of a hundred may be missing, as something that was skipped
    assert drawn_and_reviewed(long, done).tolist() == [row for row in range(200) if row != 60]


def test_only_labelled_examples_are_drawn_and_always_in_the_same_order() -> None:
    given = np.array([0, -1, 1, 1, -1, 0])
    assert sorted(drawing_order(given).tolist()) == [0, 2, 3, 5]
    assert np.array_equal(drawing_order(given), drawing_order(given))
