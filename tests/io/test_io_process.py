"""What a process costs."""

from __future__ import annotations

import os
import subprocess
import sys
from mmap import mmap
from pathlib import Path

import psutil
import pytest

from trading.io.clock import monotonic_ns
from trading.io.process import ProcessFacts, disk_free_mb


def test_memory_that_is_taken_is_seen() -> None:
    """Sixty more megabytes in use are about sixty more megabytes measured."""
    facts = ProcessFacts()
    before_mb = facts.rss_mb()
    some = os.urandom(1_000_000)
    with mmap(-1, 60_000_000) as held:  # from the system: the heap may have it left from earlier
        for _ in range(60):
            held.write(some)
        grown_mb = facts.rss_mb() - before_mb

    assert 40 < grown_mb < 80


def test_work_is_seen_on_the_second_question_already() -> None:
    """The reading is primed at the start; a fresh object each time would always say 0."""
    facts = ProcessFacts()
    end_ns = monotonic_ns() + 100_000_000
    while monotonic_ns() < end_ns:
        sum(range(1_000))

    assert facts.cpu_pct() > 10


def test_an_open_file_is_one_descriptor_more(tmp_path: Path) -> None:
    """A leak of sockets would show the same way."""
    facts = ProcessFacts()
    before = facts.descriptors()
    with (tmp_path / "file").open("wb"):
        assert before + 1 == facts.descriptors()
    assert before == facts.descriptors()


def test_another_process_can_be_measured_and_noticed_gone() -> None:
    """A supervisor measures its child."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        facts = ProcessFacts(child.pid)
        assert facts.rss_mb() > 1
        child.kill()
        child.wait()

    with pytest.raises(psutil.NoSuchProcess):
        facts.rss_mb()


def test_free_disk_is_known_before_the_folder_exists(tmp_path: Path) -> None:
    """A session asks before it makes its own folder."""
    here_mb = disk_free_mb(tmp_path)

    assert here_mb > 0
    assert here_mb == pytest.approx(disk_free_mb(tmp_path / "not" / "yet"), rel=0.1)
