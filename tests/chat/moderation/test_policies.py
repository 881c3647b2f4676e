"""What is done about findings: by default, by the site's policy, and by those of a person's teams."""

from __future__ import annotations

from typing import get_args
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Membership, Team, User
from chat.guards.contract import Category, Place
from chat.guards.policies import Policy, policy_for
from chat.models import GuardPolicy, GuardRule
from chat.models.guard_policy import possible_actions
from tests.chat.moderation.conftest import ClientOf


def make_policy(team: Team | None = None, *rules: tuple[str, str, str], **switches: bool) -> GuardPolicy:
    policy = GuardPolicy.objects.create(team=team, **switches)
    for place, category, action in rules:
        GuardRule.objects.create(policy=policy, place=place, category=category, action=action)
    return policy


def join(person: User, name: str) -> Team:
    team = Team.objects.create(name=name)
    Membership.objects.create(team=team, user=person)
    return team


def test_the_defaults() -> None:
    policy = Policy()
    attacks = {"injection", "jailbreak", "extraction", "invisible"}
    assert policy.categories("input", "flag") == attacks
    assert policy.categories("retrieved", "flag") == policy.categories("tool", "flag") == attacks
    assert policy.categories("output", "flag") == {"leakage", "exfiltration"}
    for place in get_args(Place):
        assert policy.categories(place, "redact", "block") == frozenset()
    assert policy.action("input", "email") == "allow"
    assert (policy.masks_for_provider, policy.limits_links) == (False, True)


def test_the_models_name_what_guards_find() -> None:
    assert {*GuardRule.Place.values} == {*get_args(Place)}
    # Keyword lists say for themselves what they are about.
    assert {*GuardRule.Category.values} == {*get_args(Category)} - {"keyword"}


def test_the_site_says_otherwise(alice: User) -> None:
    make_policy(None, ("input", "card", "redact"), ("input", "injection", "allow"), limits_links=False)
    policy = policy_for(alice.id)
    assert policy.action("input", "card") == "redact"
    assert policy.action("input", "injection") == "allow"
    assert policy.action("input", "jailbreak") == "flag"
    assert not policy.limits_links


def test_a_change_holds_at_once(alice: User) -> None:
    policy = make_policy(None, ("input", "card", "block"), masks_for_provider=True)
    assert policy_for(alice.id).action("input", "card") == "block"
    policy.rules.get().delete()
    assert policy_for(alice.id).action("input", "card") == "allow"
    policy.delete()
    assert policy_for(alice.id) == Policy()


def test_a_team_goes_before_the_site_for_its_members(alice: User, charlie: User) -> None:
    make_policy(None, ("input", "card", "block"), ("input", "iban", "block"), limits_links=False)
    make_policy(join(alice, "Finance"), ("input", "card", "allow"), masks_for_provider=True)
    assert policy_for(alice.id).action("input", "card") == "allow"
    assert policy_for(alice.id).action("input", "iban") == "block"
    assert policy_for(alice.id).masks_for_provider
    assert policy_for(alice.id).limits_links
    assert policy_for(charlie.id).action("input", "card") == "block"
    assert not policy_for(charlie.id).masks_for_provider
    assert not policy_for(charlie.id).limits_links


def test_of_several_teams_the_strictest_holds(alice: User) -> None:
    make_policy(None, ("input", "card", "block"))
    for name, action in (("A", "flag"), ("B", "redact"), ("C", "allow")):
        make_policy(join(alice, name), ("input", "card", action), limits_links=False)
    assert policy_for(alice.id).action("input", "card") == "redact"
    assert policy_for(alice.id).limits_links


def test_where_nothing_changed_nothing_is_asked(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_policy(None, ("input", "card", "block"))
    policy_for(alice.id)
    with django_assert_num_queries(0):
        policy_for(alice.id)
    make_policy(Team.objects.create(name="A"))
    policy_for(alice.id)
    with django_assert_num_queries(1):
        policy_for(alice.id)


@pytest.mark.django_db
def test_the_site_and_each_team_have_one() -> None:
    team = Team.objects.create(name="A")
    make_policy()
    make_policy(team)
    for again in (None, team):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_policy(again)


@pytest.mark.parametrize(
    ("place", "category", "actions"),
    [
        ("input", "injection", {"allow", "flag", "block"}),
        ("input", "email", {"allow", "flag", "redact", "block"}),
        ("retrieved", "email", {"allow", "flag", "block"}),
        ("output", "email", {"allow", "flag", "redact", "block"}),
        ("output", "leakage", {"allow", "flag", "block"}),
        ("output", "exfiltration", {"allow", "flag"}),
        ("output", "injection", set()),
        ("input", "leakage", set()),
    ],
)
def test_what_can_be_done(place: str, category: str, actions: set[str]) -> None:
    assert set(possible_actions(place, category)) == actions
    for action in GuardRule.Action.values:
        rule = GuardRule(place=place, category=category, action=action)
        if action in actions:
            rule.clean()
        else:
            with pytest.raises(ValidationError):
                rule.clean()


def test_a_policy_is_set_in_the_admin(administrator: User, moderator: User, client_of: ClientOf) -> None:
    client = client_of(administrator)
    form = {
        "team": "",
        "limits_links": "on",
        "rules-TOTAL_FORMS": "1",
        "rules-INITIAL_FORMS": "0",
        "rules-0-place": "retrieved",
        "rules-0-category": "card",
        "rules-0-action": "redact",
    }
    refused = client.post("/admin/chat/guardpolicy/add/", form)
    assert refused.status_code == 200
    assert "Choose one of: Allow, Flag for moderators, Block." in refused.content.decode()
    form["rules-0-action"] = "block"
    assert client.post("/admin/chat/guardpolicy/add/", form).status_code == 302
    assert policy_for(uuid4()).action("retrieved", "card") == "block"
    assert AuditEntry.objects.filter(action="admin.guardpolicy.added").count() == 1
    assert "The site has a policy already" in client.post("/admin/chat/guardpolicy/add/", form).content.decode()
    assert "The whole site" in client.get("/admin/chat/guardpolicy/").content.decode()
    assert client_of(moderator).get("/admin/chat/guardpolicy/").status_code == 403


def test_a_changed_rule_stands_in_the_audit_log(administrator: User, client_of: ClientOf) -> None:
    policy = make_policy(None, ("input", "card", "flag"))
    rule = policy.rules.get()
    form = {
        "team": "",
        "rules-TOTAL_FORMS": "1",
        "rules-INITIAL_FORMS": "1",
        "rules-0-id": str(rule.id),
        "rules-0-policy": str(policy.id),
        "rules-0-place": "input",
        "rules-0-category": "card",
        "rules-0-action": "block",
    }
    assert client_of(administrator).post(f"/admin/chat/guardpolicy/{policy.id}/change/", form).status_code == 302
    entry = AuditEntry.objects.get(action="admin.guardpolicy.changed")
    assert entry.details["rules"] == ["input card block"]
    assert entry.details["limits_links"] is False
    assert not policy_for(uuid4()).limits_links
