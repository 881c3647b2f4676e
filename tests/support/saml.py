"""A SAML identity provider in the test's own process: it signs with xmlsec, and says what it is told to."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from lxml import etree

from tests.support.sso import KEYS, leave, query_of

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
ENTITY = "https://idp.example.org/metadata"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
EMAIL = "urn:oid:0.9.2342.19200300.100.1.3"
# An attribute that names a person, beside the NameID.
SUBJECT_ID = "urn:oasis:names:tc:SAML:attribute:subject-id"
SITE = "http://testserver/accounts/saml/saml"
Edit = Callable[[etree._Element], object]


def certificate(key: RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


def metadata(*keys: RSAPrivateKey, entity: str = ENTITY) -> str:
    certificates = "".join(
        '<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
        f"{certificate(key)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for key in keys or KEYS[:1]
    )
    binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"'
        ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{certificates}"
        f'<md:SingleLogoutService Binding="{binding}" Location="https://idp.example.org/slo"/>'
        f'<md:SingleSignOnService Binding="{binding}" Location="https://idp.example.org/sso"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


def moment(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def response(request_id: str, *, attributes: dict[str, Any] | None = None, **given: str) -> etree._Element:
    """Unsigned. `given` takes the place of what it would say."""
    said = {
        "audience": f"{SITE}/metadata/",
        "recipient": f"{SITE}/acs/",
        "destination": f"{SITE}/acs/",
        "issuer": ENTITY,
        "ends": moment(minutes=5),
        "name": "person-1",
        "format": PERSISTENT,
        "answers": request_id,
        "session": "session-1",
    } | given
    values = {EMAIL: "alice@example.org", "email_verified": "true"} if attributes is None else attributes
    statement = "".join(
        f'<saml:Attribute Name="{name}">'
        + "".join(f"<saml:AttributeValue>{one}</saml:AttributeValue>" for one in _list(value))
        + "</saml:Attribute>"
        for name, value in values.items()
    )
    return etree.fromstring(
        f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_r{uuid4().hex}" Version="2.0"'
        f' IssueInstant="{moment()}" Destination="{said["destination"]}" InResponseTo="{said["answers"]}">'
        f"<saml:Issuer>{said['issuer']}</saml:Issuer>"
        f'<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f'<saml:Assertion ID="_a{uuid4().hex}" Version="2.0" IssueInstant="{moment()}">'
        f"<saml:Issuer>{said['issuer']}</saml:Issuer>"
        f'<saml:Subject><saml:NameID Format="{said["format"]}">{said["name"]}</saml:NameID>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData'
        f' NotOnOrAfter="{said["ends"]}" Recipient="{said["recipient"]}" InResponseTo="{said["answers"]}"/>'
        "</saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{moment(minutes=-5)}" NotOnOrAfter="{said["ends"]}"><saml:AudienceRestriction>'
        f"<saml:Audience>{said['audience']}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{moment()}" SessionIndex="{said["session"]}"><saml:AuthnContext>'
        "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
        "</saml:AuthnContext></saml:AuthnStatement>"
        f"<saml:AttributeStatement>{statement}</saml:AttributeStatement>"
        "</saml:Assertion></samlp:Response>"
    )


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def assertion_of(document: etree._Element) -> etree._Element:
    found: etree._Element = document.find(f"{{{SAML}}}Assertion")
    return found


def sign(element: etree._Element, key: RSAPrivateKey = KEYS[0], *, is_old: bool = False) -> etree._Element:
    """The element, behind its issuer. Old algorithms are those that nobody should take any more."""
    algorithm = xmlsec.constants.TransformRsaSha1 if is_old else xmlsec.constants.TransformRsaSha256
    digest = xmlsec.constants.TransformSha1 if is_old else xmlsec.constants.TransformSha256
    signature = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, algorithm, ns="ds")
    element.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    context = xmlsec.SignatureContext()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem, None)
    context.register_id(element, "ID")
    context.sign(signature)
    return element


def begin(client: Client, **fields: str) -> str:
    """The id of the request that the site made."""
    packed = query_of(leave(client, "saml", **fields))["SAMLRequest"]
    request = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
    found: str = request.get("ID")
    return found


def post(client: Client, document: etree._Element | bytes) -> Any:
    """As the provider has the browser do, which is led on."""
    text = document if isinstance(document, bytes) else etree.tostring(document)
    posted = client.post("/accounts/saml/saml/acs/", {"SAMLResponse": base64.b64encode(text).decode()})
    assert posted.headers["Location"] == "/accounts/saml/saml/acs/finish/"
    return client.get(posted.headers["Location"])


def logout_request(
    key: RSAPrivateKey | None = KEYS[0], *, name: str = "person-1", sessions: Sequence[str] = (), issued: str = ""
) -> str:
    """The query with which the provider leads the browser through a logout; without a key unsigned."""
    indexes = "".join(f"<samlp:SessionIndex>{one}</samlp:SessionIndex>" for one in sessions)
    text = (
        f'<samlp:LogoutRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_l{uuid4().hex}" Version="2.0"'
        f' IssueInstant="{issued or moment()}" Destination="{SITE}/sls/"><saml:Issuer>{ENTITY}</saml:Issuer>'
        f'<saml:NameID Format="{PERSISTENT}">{name}</saml:NameID>{indexes}</samlp:LogoutRequest>'
    )
    return _query("SAMLRequest", text, key)


def logout_response() -> str:
    """The query with which the provider answers a logout that this site would have asked for."""
    return _query(
        "SAMLResponse",
        f'<samlp:LogoutResponse xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_o{uuid4().hex}" Version="2.0"'
        f' IssueInstant="{moment()}" Destination="{SITE}/sls/" InResponseTo="_made-up">'
        f"<saml:Issuer>{ENTITY}</saml:Issuer>"
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        "</samlp:LogoutResponse>",
        KEYS[0],
    )


def _query(field: str, text: str, key: RSAPrivateKey | None) -> str:
    packer = zlib.compressobj(wbits=-15)
    query = {field: base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()}
    if key is None:
        return urlencode(query)
    query["SigAlg"] = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    signature = key.sign(urlencode(query).encode(), padding.PKCS1v15(), hashes.SHA256())
    return urlencode(query | {"Signature": base64.b64encode(signature).decode()})
