"""How much memory a process has taken at most."""

import sys


def peak_memory() -> int:
    """Largest resident set of this process so far, in bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
