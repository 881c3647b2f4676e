"""The pages of the library: making, changing, sharing, finding and deleting prompts, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Team, User
from chat.actions.branches import DELETED_KEPT
from chat.actions.prompts import MAX_STARTERS, MAX_VARIABLES, TEXT_MAX_CHARS
from chat.models import Prompt
from chat.prompts.library import PAGE_PROMPTS
from chat.tasks import purge_deleted_prompts
from convoscope.errors import ValidationFailed
from tests.chat.prompts.conftest import MakePrompt
from tests.support.entrance import text_of
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
FORM = {"name": "minutes", "title": "Write the minutes", "text": "Minutes of {{meeting}}:"}


def listed(client: Client, **query: str) -> list[str]:
    return re.findall(r'<p class="prompt-call" dir="auto">/(.*?)</p>', client.get(reverse("prompt_list"), query).text)


def stored(owner: User) -> list[str]:
    return sorted(Prompt.objects.present().filter(owner=owner).values_list("name", flat=True))


# Making and changing


def test_a_prompt_is_made(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "You have no prompts yet" in client.get(reverse("prompt_list")).text
    form = FORM | {"name": " /Ngắn-Gọn ", "description": "After\na meeting", "text": "One\r\n{{two}}\x07\n"}
    saved = client.post(reverse("prompt_create"), form)
    assert saved.headers["Location"] == reverse("prompt_list")
    assert "Type “/ngắn-gọn” in the message field" in text_of(client.get(reverse("prompt_list")))
    prompt = Prompt.objects.get(owner=alice)
    assert (prompt.name, prompt.description, prompt.text) == ("ngắn-gọn", "After a meeting", "One\n{{two}}\n")
    assert (prompt.is_shared, prompt.is_starter, prompt.used_at) == (False, False, None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter a name."),
        ("name", "two words", "Use letters, digits"),
        ("name", "a" * 51, "at most 50 of them"),
        ("name", "TAKEN", "You have another prompt of this name"),
        ("title", " ", "Enter a title"),
        ("text", " \n​", "Enter the text"),
        ("text", "x" * (TEXT_MAX_CHARS + 1), "This text has 20,001 characters"),
        ("text", "".join(f"{{{{v{n}}}}}" for n in range(MAX_VARIABLES + 1)), "asks for at most 20"),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_kept(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt, field: str, value: str, words: str
) -> None:
    make_prompt(alice, "taken")
    other = make_prompt(alice, "other", "As it was")
    for address in (reverse("prompt_create"), reverse("prompt_edit", args=[other.id])):
        refused = client_of(alice).post(address, FORM | {"description": "Typed with care"} | {field: value})
        assert refused.status_code == 422
        said = re.search(rf'id="id_{field}_error">(.*?)</p>', refused.text)
        assert said is not None
        assert words in said[1]
        assert "Typed with care" in refused.text
    assert stored(alice) == ["other", "taken"]
    assert Prompt.objects.get(id=other.id).text == "As it was"


def test_all_that_is_wrong_is_said_at_once(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    make_prompt(alice, "taken")
    for name in ("two words", "taken"):
        refused = client_of(alice).post(reverse("prompt_create"), {"name": name, "title": "", "text": " "})
        assert refused.status_code == 422
        assert re.findall(r'id="id_(\w+)_error">', refused.text) == ["name", "title", "text"]


def test_a_prompt_is_changed(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    prompt = make_prompt(alice, "first", "Before", is_starter=True)
    client, address = client_of(alice), reverse("prompt_edit", args=[prompt.id])
    assert re.search(r'name="is_starter"[^>]*checked', client.get(address).text)
    assert client.post(address, FORM | {"name": "First", "text": "After"}).status_code == 302
    prompt.refresh_from_db()
    assert (prompt.name, prompt.text, prompt.is_starter) == ("first", "After", False)


def test_a_question_becomes_a_prompt(alice: User, charlie: User, client_of: ClientOf) -> None:
    question = make_turn(alice, "What is <b>{{this}}</b>?\nAnd that?").question
    menu = client_of(alice).get(reverse("message_menu", args=[question.id])).text
    [address] = re.findall(r'href="([^"]*)">[^<]*<svg[^>]*><use href="#i-bookmark"/></svg>Save as prompt', menu)
    form = client_of(alice).get(address).text
    assert "What is &lt;b&gt;{{this}}&lt;/b&gt;?\nAnd that?</textarea>" in form
    assert 'value="What is &lt;b&gt;{{this}}&lt;/b&gt;? And that?"' in form
    assert client_of(charlie).get(address).status_code == 404


def test_two_people_may_use_the_same_name_and_the_database_holds_the_rest(
    alice: User, charlie: User, make_prompt: MakePrompt
) -> None:
    first = make_prompt(alice, "same")
    make_prompt(charlie, "same")
    for change in ({"text": ""}, {"name": ""}):
        with pytest.raises(IntegrityError, match="prompt_not_empty"), transaction.atomic():
            Prompt.objects.filter(id=first.id).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Prompt.objects.create(owner=alice, name="same", title="x", text="x")


# Sharing


def test_administrators_share_with_everybody(
    alice: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    assert 'name="shared_with"' not in client_of(alice).get(reverse("prompt_create")).text
    client_of(alice).post(reverse("prompt_create"), FORM | {"shared_with": "everybody"})
    assert not Prompt.objects.get(owner=alice).is_shared
    assert 'name="shared_with"' in client_of(admin).get(reverse("prompt_create")).text
    client_of(admin).post(reverse("prompt_create"), FORM | {"name": "house", "shared_with": "everybody"})
    make_prompt(admin, "private")
    assert listed(client_of(alice)) == ["house", "minutes"]
    house = Prompt.objects.get(name="house")
    assert client_of(alice).get(reverse("prompt_use", args=[house.id])).status_code == 200
    for name in ("prompt_edit", "prompt_delete", "prompt_restore"):
        assert client_of(alice).post(reverse(name, args=[house.id]), FORM).status_code == 404
    # Who is no administrator any more shares nothing, and takes it back by saving it.
    User.objects.filter(id=admin.id).update(is_superuser=False)
    assert listed(client_of(alice)) == ["minutes"]
    assert listed(client_of(admin)) == ["house", "private"]
    admin.refresh_from_db()
    client_of(admin).post(reverse("prompt_edit", args=[house.id]), FORM | {"name": "house"})
    house.refresh_from_db()
    assert not house.is_shared


def test_members_share_with_their_team(alice: User, charlie: User, client_of: ClientOf) -> None:
    ours, other = Team.objects.create(name="Harbour"), Team.objects.create(name="Lock")
    Membership.objects.bulk_create([Membership(team=ours, user=alice), Membership(team=other, user=charlie)])
    form = client_of(alice).get(reverse("prompt_create")).text
    assert [name in form for name in (">Harbour<", ">Lock<", ">Everybody on this site<")] == [True, False, False]
    refused = client_of(alice).post(reverse("prompt_create"), FORM | {"shared_with": str(other.id)})
    assert refused.status_code == 422
    client_of(alice).post(reverse("prompt_create"), FORM | {"shared_with": str(ours.id)})
    prompt = Prompt.objects.get(owner=alice)
    assert (prompt.team, prompt.is_shared) == (ours, False)
    assert "selected>Harbour<" in client_of(alice).get(reverse("prompt_edit", args=[prompt.id])).text
    assert listed(client_of(charlie)) == []
    membership = Membership.objects.create(team=ours, user=charlie)
    assert listed(client_of(charlie)) == ["minutes"]
    assert "Shared in the team Harbour" in client_of(charlie).get(reverse("prompt_list")).text
    assert client_of(charlie).get(reverse("prompt_use", args=[prompt.id])).status_code == 200
    assert client_of(charlie).post(reverse("prompt_edit", args=[prompt.id]), FORM).status_code == 404
    membership.delete()
    assert client_of(charlie).get(reverse("prompt_use", args=[prompt.id])).status_code == 404


def test_who_left_a_team_shares_nothing_with_it(
    alice: User, charlie: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    team = Team.objects.create(name="Harbour")
    for person in (alice, charlie):
        Membership.objects.create(team=team, user=person)
    prompt = make_prompt(alice, "house", team=team)
    Membership.objects.filter(user=alice).delete()
    assert listed(client_of(charlie)) == []
    with pytest.raises(ValidationFailed, match="aren't in this team"):
        make_prompt(alice, "another", team=team)
    with pytest.raises(IntegrityError, match="prompt_shared_once"), transaction.atomic():
        Prompt.objects.filter(id=prompt.id).update(is_shared=True)
    team.delete()
    assert listed(client_of(alice)) == ["house"]


def test_a_shared_prompt_is_made_ones_own(
    alice: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    name = "x" * 50
    shared = make_prompt(admin, name, "{{a:b}}", is_shared=True, is_starter=True, description="How to")
    client = client_of(alice)
    for expected in (name, f"{name[:48]}-2", f"{name[:48]}-3"):
        made = client.post(reverse("prompt_duplicate", args=[shared.id]))
        copy = Prompt.objects.get(owner=alice, name=expected)
        assert made.headers["Location"] == reverse("prompt_edit", args=[copy.id])
        assert (copy.title, copy.text, copy.description) == (shared.title, "{{a:b}}", "How to")
        assert (copy.is_shared, copy.is_starter) == (False, False)


# Finding


def test_the_list_is_searched_by_name_and_title(
    alice: User, charlie: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    for name, title in (("b", "Of pools"), ("a", "Of queues"), ("pool-2", "Another"), ("c_d", "100 %")):
        make_prompt(alice, name, title=title)
    make_prompt(charlie, "pool-3")
    client = client_of(alice)
    assert listed(client) == ["a", "b", "c_d", "pool-2"]
    assert listed(client, q=" POOL ") == ["b", "pool-2"]
    assert listed(client, q="%") == ["c_d"]
    assert "No prompt has “&lt;none&gt;” in its name" in client.get(reverse("prompt_list"), {"q": "<none>"}).text
    assert listed(client, q="x" * 200) == ["a", "b", "c_d", "pool-2"]


def test_capitals_make_no_difference_in_any_script(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    make_prompt(alice, "draft", title="Đề xuất (nháp)")
    client = client_of(alice)
    for typed in ("đề XUẤT", "(NHÁP)", "draft"):
        assert listed(client, q=typed) == ["draft"]
    assert listed(client, q=".") == []


def test_the_list_comes_a_page_at_a_time(
    alice: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    fields = {"title": "Another", "text": "x"}
    Prompt.objects.bulk_create(Prompt(owner=alice, name=f"n{n:03}", **fields) for n in range(PAGE_PROMPTS - 1))
    # Two of one name, on both sides of the border.
    make_prompt(alice, "same", title="Another")
    make_prompt(admin, "same", title="Another", is_shared=True)
    client = client_of(alice)
    page = client.get(reverse("prompt_list"), {"q": "Another"}).text
    [more] = re.findall(r'hx-get="([^"]*)"[^>]*hx-trigger="intersect once"', page)
    rest = client.get(more.replace("&amp;", "&"), headers=HTMX).text
    assert "<html" not in rest
    ids = re.findall(r'<li id="([^"]+)" class="prompt"', page + rest)
    assert (len(ids), len(set(ids))) == (PAGE_PROMPTS + 1, PAGE_PROMPTS + 1)
    assert "intersect" not in rest


def test_the_empty_page_offers_ones_own_then_the_shared_then_the_built_in(
    alice: User, admin: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    client = client_of(alice)

    def offered() -> list[str]:
        return re.findall(r"<li><a[^>]*>(.*?)</a>", client.get("/").text.split('class="starters"')[1].split("</ul>")[0])

    assert "What is 17 % of 2,340?" in offered()
    for number in range(MAX_STARTERS):
        make_prompt(admin, f"s{number}", is_shared=True, is_starter=True)
    assert offered() == [f"Title of s{number}" for number in range(MAX_STARTERS)]
    own = make_prompt(alice, "plain", is_starter=True)
    asking = make_prompt(alice, "asking", "{{date}} {{what}}", is_starter=True)
    page = client.get("/").text
    assert offered() == ["Title of asking", "Title of plain"]
    assert f'<a href="/?prompt={own.id}" dir="auto">' in page
    assert f'hx-get="{reverse("prompt_use", args=[asking.id])}" hx-target="#dialog"' in page
    for name in ("c", "d"):
        make_prompt(alice, name, is_starter=True)
    refused = client.post(reverse("prompt_create"), FORM | {"is_starter": "on"})
    assert "4 of your prompts are on the empty page already" in refused.text
    assert client.post(reverse("prompt_edit", args=[own.id]), FORM | {"is_starter": "on"}).status_code == 302


# Deleting


def test_a_deletion_can_be_undone_in_place(alice: User, client_of: ClientOf, make_prompt: MakePrompt) -> None:
    prompt = make_prompt(alice, "gone", is_starter=True)
    client = client_of(alice)
    deleted = client.post(reverse("prompt_delete", args=[prompt.id]), headers=HTMX).text
    assert "“Title of gone” was deleted." in deleted
    assert listed(client) == []
    for name in ("prompt_use", "prompt_edit"):
        assert client.get(reverse(name, args=[prompt.id])).status_code == 404
    assert client.get("/", {"prompt": str(prompt.id)}).status_code == 404
    assert "Title of gone" not in client.get("/").text
    restored = client.post(reverse("prompt_restore", args=[prompt.id]), headers=HTMX).text
    assert 'class="prompt"' in restored
    assert listed(client) == ["gone"]


def test_a_deletion_can_be_undone_without_javascript(
    alice: User, charlie: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "gone")
    client = client_of(alice)
    address = client.post(reverse("prompt_delete", args=[prompt.id])).headers["Location"]
    assert reverse("prompt_restore", args=[prompt.id]) in client.get(address).text
    assert client_of(charlie).get(address).status_code == 404
    assert client.post(reverse("prompt_restore", args=[prompt.id])).headers["Location"] == reverse("prompt_list")
    assert "was deleted" not in client.get(address).text
    assert client.get(reverse("prompt_list"), {"deleted": "nonsense"}).status_code == 200


def test_a_name_that_was_taken_meanwhile_is_not_taken_back(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    prompt = make_prompt(alice, "name")
    client = client_of(alice)
    client.post(reverse("prompt_delete", args=[prompt.id]))
    make_prompt(alice, "name", "Newer")
    refused = client.post(reverse("prompt_restore", args=[prompt.id]), headers=HTMX)
    assert (refused.status_code, "another prompt of this name" in refused.text) == (422, True)
    assert Prompt.objects.present().get(owner=alice).text == "Newer"


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_starter_whose_place_was_taken_meanwhile_comes_back_as_none(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt, headers: dict[str, str]
) -> None:
    gone, *others = (make_prompt(alice, f"s{number}", is_starter=True) for number in range(MAX_STARTERS))
    client = client_of(alice)
    client.post(reverse("prompt_delete", args=[gone.id]))
    make_prompt(alice, "newer", is_starter=True)
    restored = client.post(reverse("prompt_restore", args=[gone.id]), headers=headers, follow=True).text
    assert "“Title of s0” is back, but not on the empty page: 4 of your prompts are there already." in restored
    assert Prompt.objects.present().filter(owner=alice, is_starter=True).count() == MAX_STARTERS
    form = FORM | {"name": "s1", "is_starter": "on"}
    assert client.post(reverse("prompt_edit", args=[others[0].id]), form).status_code == 302
    client.post(reverse("prompt_delete", args=[others[1].id]))
    assert "not on the empty page" not in client.post(reverse("prompt_restore", args=[others[1].id]), follow=True).text
    others[1].refresh_from_db()
    assert others[1].is_starter


def test_what_was_deleted_is_purged_once_it_cannot_be_undone(
    alice: User, client_of: ClientOf, make_prompt: MakePrompt
) -> None:
    old, new, kept = (make_prompt(alice, name) for name in ("old", "new", "kept"))
    now = timezone.now()
    Prompt.objects.filter(id=old.id).update(deleted_at=now - DELETED_KEPT - timedelta(seconds=1))
    Prompt.objects.filter(id=new.id).update(deleted_at=now)
    purge_deleted_prompts()
    assert set(Prompt.objects.values_list("name", flat=True)) == {new.name, kept.name}
    assert client_of(alice).post(reverse("prompt_restore", args=[old.id])).status_code == 404


# Access


@pytest.mark.parametrize("name", ["prompt_edit", "prompt_use", "prompt_duplicate", "prompt_delete", "prompt_restore"])
def test_a_prompt_is_its_owners(
    alice: User, charlie: User, client_of: ClientOf, make_prompt: MakePrompt, name: str
) -> None:
    prompt = make_prompt(alice, "mine")
    address = reverse(name, args=[prompt.id])
    assert client_of(charlie).post(address, FORM).status_code == 404
    assert client_of(alice).post(reverse(name, args=[uuid4()]), FORM).status_code == 404
    assert Client().post(address, FORM).headers["Location"].startswith("/accounts/login/")
    assert stored(alice) == ["mine"]


@pytest.mark.parametrize("name", ["prompt_list", "prompt_create", "prompt_suggest"])
def test_a_visitor_is_sent_to_the_login(db: None, name: str) -> None:
    assert Client().get(reverse(name)).headers["Location"].startswith("/accounts/login/")
