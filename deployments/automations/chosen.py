"""What a person chooses of the automations: whom they tell, and how many hours are too many.

The same words for every command that makes or compares them, from the command line or, for what is
started without one, from the environment.
"""

from __future__ import annotations

import argparse
import math
import os
from datetime import timedelta
from typing import Final

NOTIFY: Final = "PAPER_SESSION_NOTIFY"
"""Environment variable that names the notification block where ``--notify`` does not."""
HOURS: Final = "PAPER_SESSION_COMPLETED_HOURS"
"""Environment variable for the hours where ``--completed-within`` does not say them."""


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add ``notify`` (a text) and ``completed`` (a ``timedelta``) to what a command takes."""
    parser.add_argument(
        "--notify",
        default=os.environ.get(NOTIFY, ""),
        metavar="TYPE/NAME",
        help=f"the notification block that is told (default: ${NOTIFY}, or none: the alert file)",
    )
    parser.add_argument(
        "--completed-within",
        default=os.environ.get(HOURS) or "3",
        type=hours,
        dest="completed",
        metavar="HOURS",
        help=f"somebody is told when no session was completed for so long (default: ${HOURS}, or "
        "3); the hourly schedule alone completes one every hour",
    )


def hours(text: str) -> timedelta:
    """Return a number of hours.

    Raises:
        argparse.ArgumentTypeError: when it is none, or not above 0.

    >>> hours("1.5")
    datetime.timedelta(seconds=5400)
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"expected hours above 0, was {text!r}: say 3")
    return timedelta(hours=found)
