"""What earlier versions left on disk, so that tests show that it is still read.

`v0_1_0` holds audits (of feature vectors, of pictures with decisions of two reviewers, of brought probabilities), the
data they are of, a trained model, and the decisions as tables and for Label Studio, as version 0.1.0 wrote them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "v0_1_0"
