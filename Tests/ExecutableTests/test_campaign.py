"""Short runs of the campaign's scripts, and that each finds what is planted."""

import importlib.machinery
import importlib.util
import os
import subprocess

import pytest

from conftest import IAUTH, LIBFAKETIME, ROOT

pytestmark = pytest.mark.skipif(LIBFAKETIME is None, reason="libfaketime is not installed")


def campaign(script, *words, timeout=300):
    """What a script ends with, and what it printed."""
    done = subprocess.run([ROOT / "Scripts" / script, *map(str, words)], capture_output=True,
                          text=True, timeout=timeout, env=os.environ | {"IAUTH": IAUTH})
    return done.returncode, done.stdout + done.stderr


def test_random_offices_go_as_the_reference_says():
    status, said = campaign("model", "--steps", 40, "1-4")
    assert status == 0 and "0 disagreements" in said, said


def test_no_cut_of_the_power_loses_or_halves_anything():
    status, said = campaign("power-cut", "--states", 200, "--scene", "approve", "--scene", "apply")
    assert status == 0 and ": 0 wrong" in said, said


def test_swallowed_syncs_are_found():
    status, said = campaign("power-cut", "--self-test")
    assert status == 0 and "all 4 planted faults found" in said, said


def test_a_swallowed_errno_is_found():
    status, said = campaign("inject", "--self-test")
    assert status == 0 and "a swallowed errno: found" in said, said


def test_a_busy_quarter_of_a_minute_is_reconciled():
    status, said = campaign("soak", "0.25", "--people", 3)
    assert status == 0 and "; 0 wrong" in said, said


@pytest.mark.parametrize("script", ["model", "power-cut", "inject", "soak"])
def test_each_script_explains_itself(script):
    status, said = campaign(script, "--help")
    assert status == 0 and said.startswith("usage: ") and script in said, said


def test_the_bench_asks_what_the_program_asks(capsys):
    loader = importlib.machinery.SourceFileLoader("bench", str(ROOT / "Scripts/bench"))
    bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(bench)
    bench.IAUTH = str(IAUTH)
    bench.bench(200, 1)
    bench.bench_reports(200, 1)
    # A part of a statement that was not understood would be no SQL, and end it.
    assert capsys.readouterr().out.count("ratio") == 9
