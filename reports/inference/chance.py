"""Draws by the million from one seeded source, without numpy's own generators.

All chance in this project comes from ``random.Random(seed)``; what is wanted in arrays is cut from
its bits.
"""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

_BITS = np.uint64(32)


def integers(rng: Random, below: int, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return an array of whole numbers in ``[0, below)``, each as likely, ``below`` under 2**32.

    The product of 32 random bits and ``below``, without its lower half: a value's probability is
    off by less than ``below / 2**32``.

    >>> sorted({int(each) for each in integers(Random(1), 3, (100,))})
    [0, 1, 2]
    """
    bits = np.frombuffer(rng.randbytes(4 * int(np.prod(shape))), dtype=np.uint32)
    scaled = (bits.astype(np.uint64) * np.uint64(below)) >> _BITS
    return scaled.astype(np.intp).reshape(shape)
