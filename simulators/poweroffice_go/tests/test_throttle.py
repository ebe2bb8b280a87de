"""Ten calls in any second, tokens and both environments together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from simulators.poweroffice_go.request_log import most_in_a_second
from simulators.poweroffice_go.throttle import Throttle


def test_window_slides_rather_than_starting_anew_each_second():
    throttle = Throttle(10)
    assert all(throttle.accept("s", 0.9) for _ in range(10))
    assert not throttle.accept("s", 1.1)
    assert not throttle.accept("s", 1.8999)
    assert throttle.accept("s", 1.9001)
    assert throttle.accept("other", 1.1)


def test_most_in_a_second_counts_the_fullest_sliding_second():
    assert most_in_a_second([0.0, 0.9, 1.1, 1.8]) == 3
    assert most_in_a_second([]) == 0
    assert most_in_a_second([0.0, 1.0, 2.0]) == 1


def test_eleventh_call_in_a_second_is_refused(client):
    simulator = client.simulator
    client.get("/ClientIntegrationInformation")
    simulator.settings(requests_per_second=10)
    simulator.reset_requests()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.get("/ClientIntegrationInformation"), range(15)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(answer.headers["Retry-After"] == "1" for answer in refused)
    assert refused[0].json()["statusCode"] == 429
    assert "Try again in 1 seconds" in refused[0].json()["message"]
    summary = simulator.request_summary()
    assert summary["most_accepted_in_a_second"] == 10
    assert summary["by_status"]["429"] == len(refused)


def test_token_calls_and_demo_share_the_allowance(client):
    simulator = client.simulator
    simulator.settings(requests_per_second=2)
    simulator.token_answer(client.key)
    simulator.token_answer(client.key, token_url=simulator.demo["token_url"])
    assert simulator.token_answer(client.key).status_code == 429
