"""What an embedder is: texts in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

# The name of the one that is built in.
LOCAL = "local/wordllama-256"


class Embedder(Protocol):
    """One embedding model at one place. Vectors of different names can't be compared.

    Shape: `embed` returns a row for each text, in their order, `dimensions` wide and of length 1, so that a dot product
    is the cosine. A text without content is a row of zeros, which is like nothing.
    Raises: ProviderError.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Vectors: ...

    async def aclose(self) -> None: ...
