"""Comments on drafts: kept only where texts are, and gone with what they are about."""

import pytest
from django.test import Client

from accounts.models import Notice
from accounts.telling.services import mark_read
from accounts.telling.words import words_of
from predictions.comments.services import add_comment, delete_comment
from predictions.models import DraftComment
from predictions.plan.services import delete_draft
from privacy.purposes import Purpose
from tests.accounts.seats.factories import SeatFactory
from tests.factories import agree, disagree
from tests.predictions.comments.factories import DraftCommentFactory
from tests.predictions.plan.factories import SavedDraftFactory

pytestmark = pytest.mark.django_db


def test_a_comment_is_written_read_and_deleted(account, client_of):
    agree(account.user, Purpose.DRAFTS)
    draft = SavedDraftFactory(account=account)
    comments = f"/api/v1/drafts/{draft.public_id}/comments"
    made = client_of.post(comments, {"text": "Ask me@example.com, shorter"}, format="json")
    assert made.status_code == 201, made.content
    assert "example.com" not in made.json()["text"]
    assert made.json()["is_own"] is True
    assert client_of.get(made["Location"]).json() == client_of.get(comments).json()["results"][0]
    assert client_of.delete(made["Location"]).status_code == 204
    assert not DraftComment.objects.exists()
    for text in ("", "x" * 501):
        assert client_of.post(comments, {"text": text}, format="json").status_code == 400


def test_without_kept_texts_there_are_no_comments(account, client_of):
    draft = SavedDraftFactory(account=account)
    refused = client_of.post(f"/api/v1/drafts/{draft.public_id}/comments", {"text": "Shorter"}, format="json")
    assert refused.status_code == 409
    agree(account.user, Purpose.DRAFTS)
    DraftCommentFactory(draft=draft)
    theirs = DraftCommentFactory()
    disagree(account.user, Purpose.DRAFTS)
    assert list(DraftComment.objects.all()) == [theirs]


def test_a_comment_of_another_draft_is_not_found(account, client_of):
    draft, other = SavedDraftFactory(account=account), DraftCommentFactory()
    assert client_of.get(f"/api/v1/drafts/{draft.public_id}/comments/{other.public_id}").status_code == 404
    assert client_of.get(f"/api/v1/drafts/{other.draft.public_id}/comments").status_code == 404


def test_the_page_of_a_draft_has_its_comments(account):
    agree(account.user, Purpose.DRAFTS)
    draft = SavedDraftFactory(account=account)
    browser = Client()
    browser.force_login(account.user)
    browser.post(f"/plan/drafts/{draft.public_id}/comments/", {"comment": "Shorter, <b>perhaps</b>?"})
    page = browser.get(f"/plan/drafts/{draft.public_id}/").content.decode()
    assert "Shorter, &lt;b&gt;perhaps&lt;/b&gt;?" in page
    comment = DraftComment.objects.get()
    browser.post(f"/plan/drafts/{draft.public_id}/comments/{comment.public_id}/delete/")
    assert not DraftComment.objects.exists()


def test_a_comment_that_is_too_long_comes_back_in_its_form(account):
    agree(account.user, Purpose.DRAFTS)
    draft, browser = SavedDraftFactory(account=account), Client()
    browser.force_login(account.user)
    address = f"/plan/drafts/{draft.public_id}/comments/"
    refused = browser.post(address, {"comment": "long " * 101})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "long " * 100 in page
    assert "has 504 characters, and 500 fit" in page
    # browsers send two characters at the end of a line
    assert browser.post(address, {"comment": "a\r\n" * 248 + "end"}).status_code == 302
    disagree(account.user, Purpose.DRAFTS)
    page = browser.post(address, {"comment": "Shorter?"}).content.decode()
    assert "are not kept" in page
    assert "Shorter?" in page


def test_the_others_at_a_draft_are_told_once_until_they_look(account):
    agree(account.user, Purpose.DRAFTS)
    draft, seat = SavedDraftFactory(account=account), SeatFactory(account=account)
    for _ in range(3):
        add_comment(draft=draft, author=seat.person, text="Shorter?")
    [told] = Notice.objects.all()
    assert (told.user, told.about, told.params) == (account.user, draft.public_id, {"count": 3})
    assert words_of(told).text == "3 new comments since you looked."
    mark_read(notice=told)
    # whoever wrote before hears of the answer
    add_comment(draft=draft, author=account.user, text="Yes")
    assert Notice.objects.get(read_at=None).user == seat.person
    answer = add_comment(draft=draft, author=seat.person, text="Good")
    told.refresh_from_db()
    assert (told.params, told.read_at) == ({"count": 1}, None)
    delete_comment(comment=answer)
    assert Notice.objects.count() == 2
    delete_draft(draft_id=draft.pk)
    assert not Notice.objects.exists()
    draft = SavedDraftFactory(account=account)
    add_comment(draft=draft, author=seat.person, text="Shorter?")
    disagree(account.user, Purpose.DRAFTS)
    assert not Notice.objects.exists()
