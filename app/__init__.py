"""易博士: a knowledge-base chatbot service for public resource trading.  See app/README.md for the map."""

import os

# One thread for numpy's matrix products: they are small here, a second thread costs memory (some 40 MB of buffers a
# core), and the order of a sum must not depend on how many cores a machine has.  Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
