"""Which language somebody is answered in: their own, before they sign in that of their browser or what they chose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core import mail as mails
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override
from django.views import defaults
from pytest_django import Settings

from accounts.models import User
from chat.actions.shares import share_conversation
from providers.models import RoutingDecision
from tests.support.answers import make_plain
from tests.support.entrance import sign_up, text_of
from tests.support.server import words

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db
VIETNAMESE = {"Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"}
HTMX = {"HX-Request": "true"}


def test_a_person_chooses_their_language(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert '<html lang="en"' in client.get("/preferences/").text
    answer = client.post("/preferences/", {"language": "vi"})
    assert (answer.status_code, answer["Location"]) == (302, "/preferences/")
    page = client.get("/preferences/").text
    assert '<html lang="vi" dir="ltr"' in page
    assert '<option value="vi" selected>Tiếng Việt</option>' in page
    assert "Đã lưu." in page
    assert "Tùy chọn" in page
    alice.refresh_from_db()
    assert alice.language == "vi"


def test_a_language_that_isnt_spoken_is_refused(alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).post("/preferences/", {"language": "xx"})
    assert answer.status_code == 422
    assert "There is no such language" in answer.text
    alice.refresh_from_db()
    assert alice.language == "en"


def test_ones_own_language_goes_before_the_browsers(alice: User, chi: User, client_of: ClientOf) -> None:
    assert '<html lang="vi"' in client_of(chi).get("/", headers={"Accept-Language": "en"}).text
    chi.language = "en"
    chi.save()
    assert '<html lang="en"' in client_of(chi).get("/", headers=VIETNAMESE).text


def test_a_visitor_gets_the_browsers_language_and_may_choose(alice: User) -> None:
    client = Client(headers=VIETNAMESE)
    page = client.get("/accounts/login/?next=/status/").text
    assert "<h1>Đăng nhập</h1>" in page
    assert '<button name="language" value="vi" lang="vi" aria-current="true">Tiếng Việt</button>' in page
    assert 'name="next" value="/accounts/login/?next=/status/"' in page
    answer = client.post(reverse("visitor_language"), {"language": "en", "next": "/accounts/login/?next=/status/"})
    assert answer["Location"] == "/accounts/login/?next=/status/"
    assert "<h1>Sign in</h1>" in client.get(answer["Location"]).text


def test_the_language_goes_along_to_the_next_sign_in(chi: User, client_of: ClientOf) -> None:
    client = client_of(chi)
    client.post("/preferences/", {"language": "vi"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "vi"
    client.post("/accounts/logout/")
    assert "<h1>Đăng nhập</h1>" in client.get("/accounts/login/").text


def test_who_signs_up_keeps_the_language_they_did_it_in() -> None:
    client = Client(headers=VIETNAMESE)
    assert sign_up("an@example.org", client=client).status_code == 302
    assert User.objects.get().language == "vi"
    assert '<html lang="vi"' in client.get("/", headers={"Accept-Language": "en"}).text


def test_what_is_wrong_is_said_in_the_language(chi: User) -> None:
    client = Client(headers=VIETNAMESE)
    answer = client.post("/accounts/login/", {"login": chi.email, "password": "another password"})
    assert "Địa chỉ email và mật khẩu không khớp." in answer.text
    # allauth's own words, in which it has no Vietnamese.
    answer = client.get("/accounts/password/reset/key/1-made-up/")
    assert "Liên kết này không còn hiệu lực" in answer.text


@pytest.fixture
def sends_mail(settings: Settings) -> None:
    settings.SENDS_MAIL = True


def test_a_mail_is_in_the_language_of_whom_it_goes_to(chi: User, sends_mail: None) -> None:
    Client(headers={"Accept-Language": "en"}).post("/accounts/password/reset/", {"email": chi.email})
    [sent] = mails.outbox
    assert sent.subject == "Chọn mật khẩu mới cho Convoscope"
    assert "Mở liên kết này" in str(sent.body)


def test_a_shared_page_is_in_its_readers_language(alice: User) -> None:
    share = share_conversation(conversation=make_plain(alice).message.conversation, expires_at=None)
    address = reverse("share", args=[share.token])
    said = words(Client(headers=VIETNAMESE).get(address).text)
    assert "Cuộc trò chuyện được chia sẻ" in said
    assert f"{share.created_at.day} tháng {share.created_at.month}, {share.created_at.year}" in said
    assert "Shared conversation" in words(Client().get(address).text)


def test_what_inspect_kept_before_they_chose_it_is_in_the_language(chi: User, client_of: ClientOf) -> None:
    run = make_plain(chi)
    kept = "off: not the first question of a conversation"
    RoutingDecision.objects.filter(request_id=run.id).update(cache=kept)
    page = words(client_of(chi).get(f"/runs/{run.id}/inspect/").text)
    assert "lượt gọi 1 được yêu cầu" in page
    assert ": không phải câu hỏi đầu tiên của cuộc trò chuyện" in page
    assert "65 token/s" in page


def test_errors_are_in_the_language(chi: User, client_of: ClientOf) -> None:
    client = client_of(chi)
    assert "Ở đây không có gì" in client.get("/nothing/here/").text
    assert "Mục này không còn ở đây" in client.get("/nothing/here/", headers=HTMX).text
    refused = client.post("/conversations/", {"text": " ", "turn_key": "01a22583-4716-751c-ad88-156d6f7a838e"})
    assert "Hãy nhập tin nhắn" in refused.text


def test_a_fault_of_ours_is_told_in_the_language() -> None:
    with override("vi"):
        page = defaults.server_error(RequestFactory().get("/")).text
    assert '<html lang="vi" dir="ltr">' in page
    assert "Đã xảy ra lỗi ở phía chúng tôi" in page


def test_dates_and_numbers_are_the_languages(chi: User, client_of: ClientOf) -> None:
    long = "a" * 200_000
    form = {"text": long, "turn_key": "01a22583-4716-751c-ad88-156d6f7a838f"}
    assert "200.000 ký tự; giới hạn là 100.000" in client_of(chi).post("/conversations/", form, headers=HTMX).text


def test_people_are_named_in_the_admin(chi: User, client_of: Callable[[User], Client]) -> None:
    chi.is_staff = chi.is_superuser = True
    chi.save()
    page = text_of(client_of(chi).get("/admin/accounts/user/"))
    assert "gười" in page
    assert not {"Users", "users", "User"} & set(page.split())
