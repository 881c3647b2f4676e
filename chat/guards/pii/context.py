"""Words that stand by a number and say what it is, or that it is none of ours."""

from __future__ import annotations

import re
from typing import Literal

from chat.guards.pii.window import CONTEXT_CHARS

Subject = Literal["phone", "card", "id", "ip", "other", "number"]

# One word, or two with `_` between; in small letters.
_WORDS: dict[Subject, str] = {
    # Of another kind of number
    "other": """
        order orders invoice tracking isbn issn ean gtin upc sku serial part article item batch ticket case booking
        student doi cas orcid imei vin siret siren arxiv version versions ver release firmware build section chapter rfc
        bump upgrade hash sha md uuid checksum coordinates lat lng lon timestamp timestamps score population
        mã đơn vận phiên_bản toạ_độ tọa_độ tỉ_số tỷ_số giá
        bestellnummer bestellung rechnung artikel artikelnummer bestelnummer factuur
        commande facture pedido factura ordine fattura partita encomenda versione versión versão wersja
        zamówienie zamówienia faktura заказ заказа версия""",
    "phone": """
        phone phones ph telephone tel mobile mob mobil cell cellphone call calls fax sms text texts whatsapp zalo viber
        telegram signal dial ring rings contact hotline landline switchboard reach
        sđt sdt đt dt điện_thoại dien_thoai di_động gọi liên_hệ tổng_đài nhắn
        telefon telefonnummer handy handynummer rufnummer ruf anrufen durchwahl erreichbar
        téléphone tél portable appelez appeler joindre fixe
        teléfono telefono móvil movil tfno tlf llama llámame llamar celular cellulare chiamami chiama
        telefone telemóvel telemovel ligar ligue telefoon telefoonnummer mobiel bel zadzwoń komórka dzwoń
        телефон телефона телефону звоните звонить звони""",
    "card": """
        card cards cardholder cardnumber creditcard credit debit visa mastercard amex discover diners jcb pan
        pay payment charge charged thẻ kreditkarte kreditkartennummer karte carte tarjeta carta cartão karty karta
        kaart карта карты карту""",
    "id": """
        ssn social_security social taxpayer nino ni_number ni_no national_insurance insurance aadhaar aadhar uidai pan
        permanent_account national_id id_card identity passport nhs
        cccd căn_cước cmnd chứng_minh định_danh
        steuer steuerid steuernummer steueridentifikationsnummer steuerliche idnr identifikationsnummer
        nir sécu sécurité_sociale vitale ss dni nie nif documento identidad codice_fiscale fiscale cf
        bsn burgerservicenummer pesel cpf""",
    "ip": """
        ip ipv host hosts server address addr adresse địa_chỉ nameserver dns gateway ping subnet firewall ssh login
        client remote_addr forwarded proxy aaaa http https""",
    # Of one to call where nothing else is spoken of
    "number": "number numbers số nummer numéro número numero",
}
_SUBJECTS: dict[str, list[Subject]] = {}
for _subject, _words in _WORDS.items():
    for _word in _words.split():
        _SUBJECTS.setdefault(_word.replace("_", " "), []).append(_subject)
_WORD = re.compile(r"[^\W\d_]+")
# Scripts that part no words
_UNPARTED: dict[Subject, str] = {
    "other": "订单|版本|注文番号|주문번호|버전",
    "phone": "手机|手機|电话|電話|携帯|전화|연락처|휴대폰",
    "card": "信用卡|卡号|カード|카드",
    "id": "身份证|身份號碼|身份号码|주민등록번호|주민번호",
    "ip": "地址|主机",
}
_UNPARTED_WORD = re.compile("|".join(f"(?P<{subject}>{words})" for subject, words in _UNPARTED.items()))
_HAS_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

Spoken = dict[Subject, int]
"""Where each subject was last spoken of."""


def before(text: str, start: int) -> Spoken:
    return _spoken(text[max(0, start - CONTEXT_CHARS) : start])


def after(text: str, start: int, end: int) -> Spoken:
    return _spoken(text[start:end])


def weight(spoken: Spoken, subject: Subject) -> int:
    """1 if the words speak of the subject, -1 if they last spoke of another kind of number, else 0."""
    ours, other = spoken.get(subject, -1), spoken.get("other", -1)
    return (ours > other) - (other > ours)


def _spoken(text: str) -> Spoken:
    spoken: Spoken = {}
    before = ""
    for match in _WORD.finditer(text.lower()):
        word = match[0]
        for subject in _SUBJECTS.get(word, ()):
            spoken[subject] = match.start()
        for subject in _SUBJECTS.get(f"{before} {word}", ()):
            spoken[subject] = match.start()
        before = word
    if _HAS_UNPARTED.search(text):
        for match in _UNPARTED_WORD.finditer(text):
            # The names of the groups are those of the subjects.
            spoken[match.lastgroup] = match.start()  # type: ignore[index]
    number = spoken.pop("number", -1)
    return spoken if number < 0 or spoken else {"phone": number}
