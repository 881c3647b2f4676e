"""SAML 2.0: what an identity provider says lets people in only if it is signed, new, and meant for this sign-in."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from lxml import etree
from pytest_django import Settings

from accounts.models import ClaimRule, SSOTrace, Team, User
from tests.support import saml
from tests.support.entrance import text_of
from tests.support.saml import ENTITY, SAML, SAMLP, assertion_of, begin, metadata, post, sign
from tests.support.sso import KEYS, Issuer, running_issuer

pytestmark = [pytest.mark.django_db, pytest.mark.security]


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> None:
    settings.SSO_PROVIDERS = [
        {"kind": "saml", "slug": "saml", "name": "The Works", "metadata": metadata(), "creates_accounts": True}
    ]


def signed(request_id: str, **given: Any) -> etree._Element:
    document = saml.response(request_id, **given)
    sign(assertion_of(document))
    return document


def assert_refused(response: Any, reason: str, detail: str) -> None:
    assert not User.objects.exists()
    trace = SSOTrace.objects.latest("at")
    assert (trace.outcome, trace.reason) == ("failed", reason), trace.detail
    assert detail in trace.detail
    assert str(trace.id) in text_of(response)


def test_a_signed_assertion_lets_its_person_in(charlie: User) -> None:
    makers = Team.objects.create(name="Makers")
    ClaimRule.objects.create(claim="groups", pattern="bakers", effect="team", team=makers)
    client = Client()
    attributes = {saml.EMAIL: "Alice@Example.org", "email_verified": "true", "groups": ["cooks", "bakers"]}
    response = post(client, signed(begin(client, next="/preferences/"), attributes=attributes))
    assert response.headers["Location"] == "/preferences/"
    person = User.objects.get(email="alice@example.org")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert [team.name for team in person.teams.all()] == ["Makers"]
    trace = SSOTrace.objects.get()
    assert (trace.outcome, trace.claims["iss"], trace.claims["sub"]) == ("created", ENTITY, "person-1")


def test_a_confirmed_address_links(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client = Client()
    post(client, signed(begin(client)))
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_an_unconfirmed_one_does_not(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client = Client()
    response = post(client, signed(begin(client), attributes={saml.EMAIL: "alice@example.org"}))
    assert "Sign in to it first" in text_of(response)
    assert "_auth_user_id" not in client.session


def test_the_message_may_be_signed_beside_the_assertion() -> None:
    client = Client()
    assert post(client, sign(signed(begin(client)))).status_code == 302


Make = Callable[[str], "etree._Element | bytes"]


def unsigned(request_id: str) -> etree._Element:
    return saml.response(request_id)


def only_the_message_signed(request_id: str) -> etree._Element:
    return sign(saml.response(request_id))


def changed_afterwards(request_id: str) -> etree._Element:
    document = signed(request_id)
    next(document.iter(f"{{{SAML}}}AttributeValue")).text = "mallory@example.org"
    return document


def comment_in_a_value(request_id: str) -> etree._Element:
    """Whoever reads the text up to the comment alone reads another address. The signature doesn't see comments."""
    document = saml.response(request_id, attributes={saml.EMAIL: "owner@example.org.evil.example"})
    sign(assertion_of(document))
    value = next(document.iter(f"{{{SAML}}}AttributeValue"))
    value.text = "owner@example.org"
    comment = etree.Comment("x")
    comment.tail = ".evil.example"
    value.append(comment)
    return document


def another_assertion_in_front(request_id: str) -> etree._Element:
    """Signature wrapping: the signed one stays, and another is read."""
    document = signed(request_id)
    original = assertion_of(document)
    evil = deepcopy(original)
    evil.remove(evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    evil.set("ID", "_evil")
    next(evil.iter(f"{{{SAML}}}AttributeValue")).text = "mallory@example.org"
    document.insert(document.index(original), evil)
    return document


def original_inside_another(request_id: str) -> etree._Element:
    """The signed one is hidden in the signature of the one that is read."""
    document = signed(request_id)
    original = assertion_of(document)
    evil = deepcopy(original)
    evil.set("ID", "_evil")
    next(evil.iter(f"{{{SAML}}}AttributeValue")).text = "mallory@example.org"
    document.replace(original, evil)
    holder = etree.SubElement(
        evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature"), "{http://www.w3.org/2000/09/xmldsig#}Object"
    )
    holder.append(original)
    return document


def original_in_extensions(request_id: str) -> etree._Element:
    document = signed(request_id)
    original = assertion_of(document)
    evil = deepcopy(original)
    evil.remove(evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    evil.set("ID", "_evil")
    document.replace(original, evil)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(original)
    document.insert(1, extensions)
    return document


def with_a_type_definition(request_id: str) -> bytes:
    """Entities that grow."""
    whole: bytes = etree.tostring(signed(request_id))
    return b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + whole


def without(tag: str, attribute: str = "") -> Make:
    def make(request_id: str) -> etree._Element:
        document = saml.response(request_id)
        found = next(document.iter(f"{{{SAML}}}{tag}"))
        if attribute:
            del found.attrib[attribute]
        else:
            found.getparent().remove(found)
        sign(assertion_of(document))
        return document

    return make


def but(**given: str) -> Make:
    return lambda request_id: signed(request_id, **given)


def signed_with(**how: Any) -> Make:
    def make(request_id: str) -> etree._Element:
        document = saml.response(request_id)
        sign(assertion_of(document), **how)
        return document

    return make


FAULTS: dict[str, tuple[Make, str]] = {
    "unsigned": (unsigned, "not signed"),
    "only-the-message-signed": (only_the_message_signed, "not signed"),
    "another-key": (signed_with(key=KEYS[1]), "Signature validation failed"),
    "old-algorithms": (signed_with(is_old=True), "Deprecated"),
    "changed-afterwards": (changed_afterwards, "Signature validation failed"),
    "wrapped-in-front": (another_assertion_in_front, "must contain 1 assertion"),
    "wrapped-inside": (original_inside_another, ""),
    "wrapped-in-extensions": (original_in_extensions, ""),
    "type-definition": (with_a_type_definition, "can't be read"),
    "another-audience": (but(audience="https://elsewhere.example"), "not a valid audience"),
    "no-audience": (without("AudienceRestriction"), "no audience"),
    "another-recipient": (but(recipient="http://elsewhere.example/acs/"), "SubjectConfirmation"),
    "a-longer-recipient": (but(recipient=f"{saml.SITE}/acs/x"), "for which sign-in"),
    "no-recipient": (without("SubjectConfirmationData", "Recipient"), "for which sign-in"),
    "no-end": (without("SubjectConfirmationData", "NotOnOrAfter"), "for which sign-in"),
    "not-for-this-sign-in": (without("SubjectConfirmationData", "InResponseTo"), "for which sign-in"),
    "another-destination": (but(destination="http://elsewhere.example/"), "instead of"),
    "expired": (but(ends=saml.moment(minutes=-10)), "imestamp"),
    "another-issuer": (but(issuer="https://elsewhere.example"), "Invalid issuer"),
    "garbage": (lambda request_id: b"<nonsense", "can't be read"),
    "empty": (lambda request_id: b"", "can't be read"),
    "another-document": (lambda request_id: b"<a/>", "isn't valid"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_answer_to_this_sign_in(fault: str) -> None:
    make, detail = FAULTS[fault]
    client = Client()
    assert_refused(post(client, make(begin(client))), "token", detail)


def test_a_value_with_a_comment_in_it_is_read_whole_or_not_at_all() -> None:
    client = Client()
    post(client, comment_in_a_value(begin(client)))
    assert not User.objects.filter(email="owner@example.org").exists()


def test_an_answer_to_a_sign_in_that_nobody_began() -> None:
    assert_refused(post(Client(), signed("_made-up")), "state", "no sign-in of this browser")


def test_an_answer_without_a_question() -> None:
    """Identity providers may begin, too; here they don't."""
    client = Client()
    document = saml.response("x")
    del document.attrib["InResponseTo"]
    del next(document.iter(f"{{{SAML}}}SubjectConfirmationData")).attrib["InResponseTo"]
    sign(assertion_of(document))
    assert_refused(post(client, document), "token", "for which sign-in")


def test_the_same_assertion_once() -> None:
    client = Client()
    document = signed(begin(client))
    assert post(client, document).status_code == 302
    client.post("/accounts/logout/")
    # Were its sign-in still waiting, its assertion would be known.
    second = deepcopy(document)
    assert post(client, second).status_code == 401
    assert SSOTrace.objects.latest("at").detail == "the assertion was used already"


def test_the_answer_to_another_sign_in_of_the_same_person() -> None:
    """The message around the assertion says that it answers this one; that part isn't signed."""
    first, second = Client(), Client()
    document = signed(begin(first))
    document.set("InResponseTo", begin(second))
    assert_refused(post(second, document), "token", "")


def test_a_provider_that_names_people_anew_each_time() -> None:
    client = Client()
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    assert_refused(post(client, signed(begin(client), format=transient)), "configuration", "persistent")


def test_the_way_back_without_an_answer() -> None:
    assert_refused(Client().get("/accounts/saml/saml/acs/finish/"), "state", "no response")


def test_two_certificates_while_the_provider_changes_them(settings: Settings) -> None:
    settings.SSO_PROVIDERS[0]["metadata"] = metadata(KEYS[0], KEYS[1])
    for key in KEYS[:2]:
        client = Client()
        document = saml.response(begin(client))
        sign(assertion_of(document), key)
        assert post(client, document).status_code == 302


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (b"<nonsense", "configuration", "can't be read"),
        (b"<a/>", "configuration", "describe no identity provider"),
        (metadata().replace("https://idp.example.org/sso", "http://idp.example.org/sso"), "configuration", "https://"),
        (metadata().replace("KeyDescriptor", "Nothing"), "configuration", "no certificate"),
        ((500, b"oh"), "answer", "status 500"),
    ],
    ids=["garbage", "another-document", "unprotected", "no-certificate", "error"],
)
def test_metadata_that_are_of_no_use(settings: Settings, body: Any, reason: str, detail: str) -> None:
    with running_issuer() as issuer:
        _serve(issuer, body)
        settings.SSO_PROVIDERS[0] |= {"metadata": "", "metadata_url": f"{issuer.url}/metadata"}
        response = Client().post("/accounts/sso/saml/start/")
    assert_refused(response, reason, detail)


def _serve(issuer: Issuer, body: Any) -> None:
    if isinstance(body, str):
        body = body.encode()
    issuer.answers["/metadata"] = body if isinstance(body, tuple) else (200, body)


def test_beside_another_provider_of_the_same_kind(settings: Settings) -> None:
    elsewhere = {"kind": "saml", "slug": "works", "name": "Another", "metadata": metadata(KEYS[1], entity="https://b")}
    settings.SSO_PROVIDERS = [*settings.SSO_PROVIDERS, elsewhere]
    client = Client()
    assert post(client, signed(begin(client))).status_code == 302
    # The one's word isn't the other's.
    another = Client()
    document = saml.response(begin(another), issuer="https://b")
    sign(assertion_of(document), KEYS[1])
    assert post(another, document).status_code == 401


def test_metadata_are_fetched_once_an_hour(settings: Settings) -> None:
    cache.clear()
    with running_issuer() as issuer:
        _serve(issuer, metadata())
        settings.SSO_PROVIDERS[0] |= {"metadata": "", "metadata_url": f"{issuer.url}/metadata"}
        for _ in range(2):
            client = Client()
            assert post(client, signed(begin(client))).status_code == 302
        assert issuer.asked == ["/metadata"]


def test_how_this_site_describes_itself() -> None:
    response = Client().get("/accounts/saml/saml/metadata/")
    root = etree.fromstring(response.content)
    assert root.get("entityID") == f"{saml.SITE}/metadata/"
    assert f"{saml.SITE}/acs/" in response.content.decode()
    assert 'WantAssertionsSigned="true"' in response.content.decode()
    assert Client().get("/accounts/saml/other/metadata/").status_code == 404
