"""The Display API, over HTTP."""

import io
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from tests.sandbox.wire.display import SCOPE_OF, VIDEO_FIELDS
from tests.sandbox_tests.conftest import Wire

HOUR = 3600


def assert_invalid(answer: requests.Response) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")
    assert answer.json()["error"]["log_id"]


def test_user_info_gives_the_fields_that_were_asked_for(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    body = wire.user(",".join(SCOPE_OF)).json()
    assert body["error"]["code"] == "ok"
    user = body["data"]["user"]
    assert set(user) == set(SCOPE_OF)
    assert user["open_id"] == wire.tokens["open_id"]
    assert user["video_count"] == len(wire.process.control.posts("ivo.comedy"))
    assert set(wire.user("display_name").json()["data"]["user"]) == {"display_name"}


def test_missing_and_unknown_fields_are_invalid(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    for answer in (wire.user(""), wire.user("open_id,email"), wire.videos(""), wire.videos("id,comments")):
        assert_invalid(answer)


def test_a_token_is_needed(wire: Wire) -> None:
    for answer in (wire.user(), wire.videos(), wire.query(["1"])):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access_token_invalid")


@pytest.mark.parametrize("creator", ["ivo.comedy", "mara.baking", "first.finn", "empty.ella", "haru.tokyo"])
def test_paging_gives_every_post_once_newest_first(wire: Wire, creator: str) -> None:
    wire.sign_in(creator)
    pages = wire.all_pages()
    ids = [video["id"] for page in pages for video in page]
    assert ids == [post["id"] for post in wire.process.control.posts(creator)]
    times = [video["create_time"] for page in pages for video in page]
    assert times == sorted(times, reverse=True)
    assert len(set(ids)) == len(ids)


def test_pages_may_be_short_while_there_is_more(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    pages = wire.all_pages()
    sizes = [len(page) for page in pages]
    assert max(sizes) == 20
    assert min(sizes[:-1]) < 20
    assert all(sizes)
    assert sizes == [len(page) for page in wire.all_pages()]


def test_the_cursor_is_in_milliseconds(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    data = wire.videos(max_count=5).json()["data"]
    assert data["has_more"] is True
    assert data["cursor"] == data["videos"][-1]["create_time"] * 1000
    middle = wire.process.control.posts("ivo.comedy")[300]["posted_at"]
    later = wire.videos(cursor=middle * 1000, max_count=1).json()["data"]["videos"]
    assert later[0]["create_time"] < middle


def test_the_default_page_holds_ten(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    sizes = {
        len(wire.videos(cursor=1000 * post["posted_at"]).json()["data"]["videos"])
        for post in wire.process.control.posts("ivo.comedy")[:30]
    }
    assert max(sizes) == 10


@pytest.mark.parametrize(
    "body", [{"max_count": 0}, {"max_count": 21}, {"max_count": "5"}, {"cursor": -1}, {"cursor": 1.5}]
)
def test_wrong_bodies_of_the_list_are_invalid(wire: Wire, body: dict[str, Any]) -> None:
    wire.sign_in("mara.baking")
    assert_invalid(wire.videos(**body))


def test_a_video_has_every_field(wire: Wire) -> None:
    wire.sign_in("haru.tokyo")
    video = wire.videos(",".join(VIDEO_FIELDS), max_count=20).json()["data"]["videos"][0]
    assert list(video) == list(VIDEO_FIELDS)
    assert isinstance(video["id"], str)
    assert isinstance(video["like_count"], int)
    assert video["like_count"] <= video["view_count"]


def test_texts_are_at_most_150_characters(wire: Wire) -> None:
    wire.sign_in("wordy.walt")
    texts = [video for page in wire.all_pages("video_description,title") for video in page]
    lengths = [len(video["video_description"]) for video in texts]
    assert max(lengths) <= 150
    assert np.median(lengths) > 140
    assert all(len(video["title"]) <= 150 for video in texts)


def test_a_query_gives_the_posts_that_exist_and_are_the_creators(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    control = wire.process.control
    own = [post["id"] for post in control.posts("ivo.comedy")[:3]]
    other = control.posts("mara.baking")[0]["id"]
    control.delete(own[1])
    found = wire.query([*own, other, "12", "nonsense"]).json()["data"]["videos"]
    assert {video["id"] for video in found} == {own[0], own[2]}
    assert own[1] not in [video["id"] for page in wire.all_pages() for video in page]


@pytest.mark.parametrize("ids", [[], ["1"] * 21, [1], "1", None])
def test_wrong_ids_are_invalid(wire: Wire, ids: object) -> None:
    wire.sign_in("mara.baking")
    assert_invalid(wire.query(ids))


def test_bodies_that_are_not_json_objects_are_invalid(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    for raw in (b"{", b"[]", b"\xff"):
        url = f"{wire.process.url}/v2/video/list/?fields=id"
        assert_invalid(requests.post(url, data=raw, headers=wire.headers, timeout=10))


def test_a_cover_expires_after_six_hours_and_a_query_renews_it(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    video = wire.videos("id,cover_image_url", max_count=1).json()["data"]["videos"][0]
    address = video["cover_image_url"]
    answer = requests.get(address, timeout=10)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
    wire.process.control.advance(5.9 * HOUR)
    assert requests.get(address, timeout=10).content == answer.content
    wire.process.control.advance(0.2 * HOUR)
    assert requests.get(address, timeout=10).status_code == 403
    renewed = wire.query([video["id"]], "cover_image_url").json()["data"]["videos"][0]["cover_image_url"]
    assert requests.get(renewed, timeout=10).content == answer.content
    assert requests.get(renewed.replace("x-signature=", "x-signature=0"), timeout=10).status_code == 403


def test_a_cover_looks_as_it_was_ordered(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    looks = [("dark", 0.1, 0.9, 0.2), ("bright", 0.9, 0.1, 0.2), ("harsh", 0.5, 0.5, 1.0), ("flat", 0.5, 0.5, 0.0)]
    seen = {}
    for name, brightness, saturation, contrast in looks:
        cover = {"brightness": brightness, "saturation": saturation, "contrast": contrast}
        post = wire.process.control.publish("mara.baking", caption=name, cover=cover)
        address = wire.query([post], "cover_image_url").json()["data"]["videos"][0]["cover_image_url"]
        picture = Image.open(io.BytesIO(requests.get(address, timeout=10).content))
        _, s, v = np.moveaxis(np.asarray(picture.convert("HSV"), float) / 255, 2, 0)
        seen[name] = (v.mean(), s.mean(), v.std())
    assert seen["bright"][0] > seen["dark"][0] + 0.4
    assert seen["dark"][1] > seen["bright"][1] + 0.4
    assert seen["harsh"][2] > seen["flat"][2] + 0.1
    assert requests.get(wire.user("avatar_url").json()["data"]["user"]["avatar_url"], timeout=10).status_code == 200


def test_counts_grow_to_about_half_in_a_day_and_never_fall(wire: Wire) -> None:
    wire.sign_in("rolf.science")
    control = wire.process.control
    control.run_at(0)
    ids = [control.publish("rolf.science", caption=f"number {place}") for place in range(20)]
    names = ("like_count", "comment_count", "share_count", "view_count")
    steps_h, before, totals = (1, 11, 12, 24, 120, 168, 500), np.zeros((20, 4), int), {}
    age_h = 0
    for step_h in steps_h:
        control.advance(step_h * HOUR)
        age_h += step_h
        videos = {video["id"]: video for video in wire.query(ids).json()["data"]["videos"]}
        counts = np.array([[videos[post][name] for name in names] for post in ids])
        assert (counts >= before).all()
        totals[age_h] = np.median(counts[:, 0])
        before = counts
    assert totals[1] > 0
    assert 0.35 < totals[24] / totals[836] < 0.6
    assert totals[336] == totals[836]


def test_creators_go_on_publishing(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    before = wire.all_pages()[0][0]
    wire.process.control.advance(200 * 86400)
    pages = wire.all_pages()
    newer = [video for page in pages for video in page if video["create_time"] > before["create_time"]]
    assert len(newer) > 20
    assert before["id"] in [video["id"] for page in pages for video in page]


def test_counts_can_be_made_to_fall(wire: Wire) -> None:
    wire.sign_in("ivo.comedy")
    post = wire.process.control.posts("ivo.comedy")[50]
    wire.process.control.make_counts_fall(post["id"], 0.25)
    likes = wire.query([post["id"]]).json()["data"]["videos"][0]["like_count"]
    assert abs(likes - 0.75 * post["likes"]) <= 1


def test_the_odd_creators_are_odd(wire: Wire) -> None:
    control = wire.process.control
    control.advance(40 * 86400)
    assert control.posts("empty.ella") == []
    assert len(control.posts("first.finn")) == 1
    assert {post["likes"] for post in control.posts("silent.sam")} == {0}
    old = [post for post in control.posts("steady.stella") if post["posted_at"] < control.now() - 15 * 86400]
    assert {post["likes"] for post in old} == {500}
    times = np.array([post["posted_at"] for post in control.posts("comeback.cleo")])
    assert np.max(-np.diff(times)) > 2 * 365 * 86400
    assert not control.posts("haru.tokyo")[0]["caption"].isascii()
