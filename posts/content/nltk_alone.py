"""Load NLTK without scikit-learn and most of SciPy: import this before it.

NLTK loads them where they are installed, for classifiers and a significance test that are not used here, and does
without them where they are not. They take a server's start over a second, and each process 60 MB and more.
"""

import sys

_UNUSED = {name for name in ("sklearn", "scipy.sparse", "scipy.stats") if name not in sys.modules}
# to `import`, a module that is None is not installed
sys.modules.update(dict.fromkeys(_UNUSED))  # type: ignore[arg-type]
try:
    import nltk  # noqa: F401
finally:
    for _name in _UNUSED:
        del sys.modules[_name]
