"""A worker in a process of its own, as a test wants it: `python worker_process.py [poisoned]`; settings by environment.

`poisoned`: its engine ends the process, as a decoder does that meets a file which it cannot bear.
"""

import os
import signal
import sys

from app.jobs.listening import Listening
from app.jobs.worker import Worker
from app.settings import ServiceSettings
from app.wiring import open_service
from pipelines.environment import quiet_libraries


class Poisoned:
    name = "poisoned"

    def transcribe(self, samples: object, speaker: object, listen_for: object, expected: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    quiet_libraries()
    settings = ServiceSettings(_env_file=None)
    poisoned = "poisoned" in sys.argv
    worker = Worker(open_service(settings), Listening(settings, Poisoned) if poisoned else None)
    worker.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    worker.wait()


if __name__ == "__main__":  # the engines' processes import this file too
    main()
