"""The process: starts fast, stops at once, dies with its parent, remembers when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from simulators.poweroffice_go.testing import PROJECT, start_simulator


def test_thousand_companies_are_ready_at_once():
    with start_simulator(companies=1000) as simulator:
        assert len(simulator.companies) == 1000
        assert "client_key" not in simulator.companies[0]


def test_same_seed_gives_the_same_keys():
    lines = []
    for _ in range(2):
        with start_simulator(companies=2, seed=7, preinstalled=True) as simulator:
            lines.append((simulator.application_key, simulator.companies))
    assert lines[0] == lines[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_it_at_once(number):
    with start_simulator(companies=1) as simulator:
        simulator.http.get(simulator.ui_url)
        simulator.process.send_signal(number)
        assert simulator.process.wait(15) == 0


def test_taken_port_says_what_to_do():
    with (
        start_simulator(companies=1) as simulator,
        pytest.raises(RuntimeError, match=r"--port"),
    ):
        start_simulator(companies=1, port=simulator.api_url.rsplit(":", 1)[1].split("/")[0])


def test_people_are_told_how_to_sign_in():
    command = [sys.executable, "-m", "simulators.poweroffice_go", "--port", "0", "--companies", "1"]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        said = "".join(process.stdout.readline() for _ in range(4))
        process.terminate()
    assert "kari.nordmann@regnskap.example" in said
    assert "http://127.0.0.1:" in said


def test_it_dies_with_its_parent():
    code = (
        "from simulators.poweroffice_go.testing import start_simulator\n"
        "import os\n"
        "print(start_simulator(companies=1).process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    pid = int(done.stdout)
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the simulator lives on")


def test_state_file_keeps_extensions_and_changes_over_a_kill(tmp_path):
    options = {"companies": 2, "scale": 0.02, "state": tmp_path / "state.jsonl"}
    lines = [{"account_no": 6800, "amount": "77.00"}, {"account_no": 1920, "amount": "-77.00"}]
    with start_simulator(**options, today="2026-06-15") as simulator:
        key = simulator.install(1)
        posted = simulator.do(1, "post_voucher", lines=lines)
        before = simulator.company(1)
        simulator.process.kill()
    with start_simulator(**options, today="2026-06-20") as simulator:
        assert simulator.token_answer(key).status_code == 200
        after = simulator.company(1)
        assert after["recent_vouchers"] == before["recent_vouchers"]
        assert after["recent_vouchers"][0]["voucher_no"] == posted["voucher_no"]
        simulator.reset()
        assert simulator.token_answer(key).status_code == 400
    with pytest.raises(RuntimeError, match=r"--seed 1"):
        start_simulator(**{**options, "seed": 2})


def test_books_put_away_and_made_again_are_the_same():
    with start_simulator(
        companies=3, scale=0.02, postings_in_memory=1, requests_per_second=0
    ) as simulator:
        token = simulator.token(simulator.install(1))
        simulator.do(1, "bulk_post", count=4)
        query = {"date": "2026-12-31"}
        before = simulator.get("/TrialBalance", token, **query).content
        simulator.company(2)
        simulator.company(3)
        assert simulator.get("/TrialBalance", token, **query).content == before
