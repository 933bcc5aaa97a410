"""Loss mixture: examples whose loss lies with the high ones are believed less."""

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture


def mixture_weights(losses: NDArray[np.floating], *, seed: int) -> NDArray[np.float32]:
    """Probability `(example,)` that a loss belongs to the lower of two Gaussians; NaN losses (not seen) have weight 1.

    Li et al. 2020 (DivideMix, arXiv 2002.07394, section 3.1), computed anew after each epoch. Losses are scaled to 0 to
    1, and a variance below 5e-4 is not believed.
    """
    seen = np.isfinite(losses)
    weights = np.ones(len(losses), dtype=np.float32)
    values = np.asarray(losses[seen], dtype=np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return weights
    scaled = ((values - values.min()) / np.ptp(values))[:, None]
    mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=seed).fit(scaled)
    weights[seen] = mixture.predict_proba(scaled)[:, mixture.means_.argmin()]
    return weights
