"""Loss mixture: examples whose loss lies with the high ones are believed less."""

import warnings

import numpy as np
from numpy.typing import NDArray


def mixture_weights(losses: NDArray[np.floating], *, seed: int) -> NDArray[np.float32]:
    """Probability `(example,)` that a loss belongs to the lower of two Gaussians; NaN losses (not seen) have weight 1.

    Li et al. 2020 (DivideMix, arXiv 2002.07394, section 3.1), computed anew after each epoch. Losses are scaled to 0 to
    1, a variance below 5e-4 is not believed, and ten steps are the method's own choice.
    """
    seen = np.isfinite(losses)
    weights = np.ones(len(losses), dtype=np.float32)
    values = np.asarray(losses[seen], dtype=np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return weights
    scaled = ((values - values.min()) / np.ptp(values))[:, None]
    # Imported only here: scikit-learn takes 60 MB of memory, and who reviews needs none of it.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(scaled)
    weights[seen] = mixture.predict_proba(scaled)[:, mixture.means_.argmin()]
    return weights
