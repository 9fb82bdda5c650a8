"""A process with a pool that records its tasks, told what to do by the lines of its standard input.

"run N" runs N tasks, "recording" tells how recording goes, as JSON; each is answered with one line.
"""

from __future__ import annotations

import json
import sys

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    import poolapp
    from poolapp import pools

    poolapp.get_pool()
    print("there", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["run", count]:
                futures = [poolapp.execute(abs, -number) for number in range(int(count))]
                print(sum(future.result(30) == number for number, future in enumerate(futures)), flush=True)
            case ["recording"]:
                housekeeper = pools._set.housekeeper
                print(json.dumps(housekeeper.recording if housekeeper else None), flush=True)
    pools.stop()


if __name__ == "__main__":
    main()
