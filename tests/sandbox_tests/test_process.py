"""The process: restarts with a state file, determinism between processes, truth over HTTP."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.sandbox.client import SandboxProcess, consent
from tests.sandbox_tests.conftest import Wire

EPOCH = ("--epoch", "1795132800")


def test_grants_posts_and_time_survive_a_restart(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "state.json"))
    with SandboxProcess(options=options) as process:
        wire = Wire(process)
        tokens = wire.sign_in("mara.baking")
        kept = process.control.publish("mara.baking", caption="kept #fyp")
        gone = process.control.posts("mara.baking")[5]["id"]
        process.control.delete(gone)
        process.control.advance(3 * 86400)
        before, now = process.control.posts("mara.baking"), process.control.now()
    with SandboxProcess(options=options) as process:
        wire = Wire(process)
        wire.tokens = tokens
        assert wire.user().status_code == 200
        assert wire.refresh(tokens["refresh_token"]).status_code == 200
        assert process.control.now() >= now
        after = {post["id"]: post for post in process.control.posts("mara.baking")}
        assert kept in after
        assert gone not in after
        assert all(after[post["id"]]["likes"] >= post["likes"] for post in before)


def test_two_processes_of_one_seed_agree_and_of_two_do_not() -> None:
    histories = []
    for seed in (1, 1, 2):
        with SandboxProcess(seed=seed, options=EPOCH) as process:
            process.control.run_at(0)
            wire = Wire(process)
            wire.sign_in("noor.hiking")
            pages = wire.all_pages("id,create_time,video_description")
            histories.append([video for page in pages for video in page])
    assert histories[0] == histories[1] != histories[2]


@pytest.mark.parametrize(
    ("content", "words"), [("{", "not a state file"), ('{"format": 0}', "expected 1"), ("seed", "belongs to seed")]
)
def test_a_state_file_that_does_not_fit_stops_the_start(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "state.json"
    if content == "seed":
        with SandboxProcess(seed=1, options=("--state", str(path))):
            pass
    else:
        path.write_text(content)
    command = [sys.executable, "-m", "tests.sandbox", "--port", "0", "--seed", "2", "--state", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--port", "99999", "0 to 65535"), ("--speed", "-1", "at least 0"), ("--epoch", "12", "UTC midnight")],
)
def test_wrong_options_are_explained(option: str, value: str, words: str) -> None:
    command = [sys.executable, "-m", "tests.sandbox", f"{option}={value}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_registered_redirect_uris_are_compared_exactly() -> None:
    registered = "http://127.0.0.1:8000/callback"
    with SandboxProcess(options=("--redirect-uri", registered)) as process:
        wire = Wire(process)
        assert "code" in wire.callback("mara.baking")
        with pytest.raises(RuntimeError, match="not registered"):
            consent(requests.Session(), wire.authorize_url(redirect_uri=registered + "?x=1"), "mara.baking")


def test_future_counts_are_what_comes(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    control = wire.process.control
    post = control.publish("ivo.comedy", caption="Wait for it #comedy", duration_s=15)
    expected = control.true_counts("ivo.comedy", post, age_h=24)
    control.run_at(0)
    posted_at = int(post) >> 32
    control.advance(posted_at + 86400 - control.now())
    video = wire.query([post]).json()["data"]["videos"][0]
    assert [video["like_count"], video["view_count"]] == [expected["likes"], expected["views"]]


def test_truth_is_served_and_shifts_move_it(wire: Wire) -> None:
    control = wire.process.control
    draft = {"caption": "Would you try this?", "duration_s": 20, "posted_at": int(control.now()) + 3600}
    before = control.true_draft("ivo.comedy", **draft)["at_24h"]["likes"]
    assert before["q10"] < before["median"] < before["q90"]
    control.shift_audience("ivo.comedy", level=-0.7)
    after = control.true_draft("ivo.comedy", **draft)["at_24h"]["likes"]
    assert after["median"] / before["median"] == pytest.approx(0.5, rel=0.02)
    effect = control.true_effect("ivo.comedy", draft, {**draft, "duration_s": 200})
    assert effect["total"] == pytest.approx(effect["duration"])
    assert effect["hour"] == 0
    assert 0.4 < control.true_growth("ivo.comedy", 24) < 0.55


def test_control_explains_what_it_cannot_do(wire: Wire) -> None:
    control = wire.process.control
    with pytest.raises(RuntimeError, match="no creator"):
        control.publish("nobody")
    with pytest.raises(RuntimeError, match="no public post"):
        control.delete("12")
    with pytest.raises(RuntimeError, match="colour: Extra"):
        control.publish("ivo.comedy", colour="red")
    with pytest.raises(RuntimeError, match="advance_s"):
        control.advance(-1)
