"""The command line: the same calls as the pages; :mod:`core.cli.main` runs it."""

import gc
import os
import signal
import sys
from contextlib import suppress

if __name__ == "__main__":
    # Importing begins nothing: Ctrl+C ends it without a word.
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Imports make much and drop little: collecting garbage at its usual pace costs 0.3 s.
    gc.set_threshold(100_000)
    from core.cli.main import main

    signal.signal(signal.SIGINT, interrupted)
    status = main()
    with suppress(OSError):
        sys.stdout.flush()
    # All is closed and written. Taking the interpreter apart would need another half second.
    os._exit(status)
