"""The chart of accounts after NS 4102 and the VAT codes that every company's books start from."""

from __future__ import annotations

from .model import Account, VatCode

ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = "Asset", "Liability", "Equity", "Income", "Expense"
RESULT_TYPES = frozenset((INCOME, EXPENSE))

CHART: tuple[tuple[int, str, str], ...] = (
    (1200, "Maskiner og anlegg", "0"),
    (1250, "Inventar", "0"),
    (1280, "Kontormaskiner", "0"),
    (1460, "Lager av innkjøpte varer for videresalg", "0"),
    (1500, "Kundefordringer", "0"),
    (1570, "Andre kortsiktige fordringer", "0"),
    (1580, "Avsetning tap på fordringer", "0"),
    (1700, "Forskuddsbetalt leie", "0"),
    (1720, "Andre forskuddsbetalte kostnader", "0"),
    (1749, "Andre påløpte inntekter", "0"),
    (1810, "Aksjer i datterselskap", "0"),
    (1900, "Kontanter", "0"),
    (1920, "Bankinnskudd drift", "0"),
    (1930, "Bankinnskudd sparing", "0"),
    (1950, "Bankinnskudd for skattetrekk", "0"),
    (2000, "Aksjekapital", "0"),
    (2020, "Overkurs", "0"),
    (2050, "Annen egenkapital", "0"),
    (2060, "Privatkonto", "0"),
    (2220, "Gjeld til kredittinstitusjoner", "0"),
    (2400, "Leverandørgjeld", "0"),
    (2500, "Betalbar skatt, ikke utlignet", "0"),
    (2600, "Forskuddstrekk", "0"),
    (2700, "Utgående merverdiavgift, høy sats", "0"),
    (2701, "Utgående merverdiavgift, middels sats", "0"),
    (2703, "Utgående merverdiavgift, lav sats", "0"),
    (2704, "Utgående merverdiavgift, tjenester fra utlandet", "0"),
    (2710, "Inngående merverdiavgift, høy sats", "0"),
    (2711, "Inngående merverdiavgift, middels sats", "0"),
    (2713, "Inngående merverdiavgift, lav sats", "0"),
    (2714, "Inngående merverdiavgift, tjenester fra utlandet", "0"),
    (2740, "Oppgjørskonto merverdiavgift", "0"),
    (2770, "Skyldig arbeidsgiveravgift", "0"),
    (2780, "Påløpt arbeidsgiveravgift", "0"),
    (2781, "Påløpt arbeidsgiveravgift på ferielønn", "0"),
    (2800, "Avsatt utbytte", "0"),
    (2910, "Gjeld til ansatte", "0"),
    (2930, "Lønn", "0"),
    (2940, "Skyldige feriepenger", "0"),
    (2960, "Andre påløpte kostnader", "0"),
    (2965, "Forskuddsbetalte inntekter", "0"),
    (3000, "Salgsinntekt, avgiftspliktig", "3"),
    (3010, "Salgsinntekt næringsmidler, middels sats", "31"),
    (3020, "Salgsinntekt, lav sats", "33"),
    (3100, "Salgsinntekt, avgiftsfri", "5"),
    (3110, "Salgsinntekt, eksport", "52"),
    (3200, "Salgsinntekt, utenfor avgiftsområdet", "6"),
    (3400, "Offentlig tilskudd", "7"),
    (3900, "Annen driftsrelatert inntekt", "7"),
    (4300, "Innkjøp av varer for videresalg", "1"),
    (4310, "Innkjøp av næringsmidler", "11"),
    (4390, "Beholdningsendring", "0"),
    (4500, "Fremmedytelse og underentreprise", "1"),
    (5000, "Lønn til ansatte", "0"),
    (5180, "Feriepenger", "0"),
    (5400, "Arbeidsgiveravgift", "0"),
    (5405, "Arbeidsgiveravgift av påløpte feriepenger", "0"),
    (5900, "Gaver til ansatte", "1"),
    (6010, "Avskrivning på maskiner og inventar", "0"),
    (6300, "Leie lokale", "1"),
    (6340, "Lys og varme", "1"),
    (6540, "Inventar", "1"),
    (6551, "Datautstyr (hardware)", "1"),
    (6553, "Programvare, årlig vedlikehold", "1"),
    (6620, "Reparasjon og vedlikehold utstyr", "1"),
    (6700, "Revisjonshonorar", "1"),
    (6705, "Regnskapshonorar", "1"),
    (6790, "Annen fremmed tjeneste", "1"),
    (6800, "Kontorrekvisita", "1"),
    (6860, "Møter, kurs og oppdatering", "1"),
    (6900, "Telefon og internett", "1"),
    (6940, "Porto", "1"),
    (7000, "Drivstoff", "1"),
    (7100, "Bilgodtgjørelse, oppgavepliktig", "0"),
    (7140, "Reisekostnad, ikke oppgavepliktig", "13"),
    (7320, "Reklamekostnad", "1"),
    (7500, "Forsikringspremie", "0"),
    (7770, "Bank- og kortgebyr", "0"),
    (7798, "Annen kostnad, fradragsberettiget", "1"),
    (7830, "Tap på fordringer", "0"),
    (8050, "Annen renteinntekt", "0"),
    (8060, "Valutagevinst (agio)", "0"),
    (8071, "Utbytte fra datterselskap", "0"),
    (8150, "Annen rentekostnad", "0"),
    (8160, "Valutatap (disagio)", "0"),
    (8300, "Betalbar skatt", "0"),
    (8960, "Overføringer annen egenkapital", "0"),
)

VAT_TABLE: tuple[tuple[str, str, str, float], ...] = (
    ("0", "Ingen mva-behandling", "Anskaffelser, ingen mva-behandling", 0.0),
    ("1", "Inngående mva høy sats", "Fradrag inngående mva, alminnelig sats", 0.25),
    ("3", "Utgående mva høy sats", "Utgående mva, alminnelig sats", 0.25),
    ("5", "Avgiftsfri omsetning", "Innenlandsk omsetning, nullsats", 0.0),
    ("6", "Unntatt omsetning", "Omsetning utenfor merverdiavgiftsloven", 0.0),
    ("7", "Ingen mva-behandling, inntekt", "Inntekter uten mva-behandling", 0.0),
    ("11", "Inngående mva middels sats", "Fradrag inngående mva, middels sats", 0.15),
    ("13", "Inngående mva lav sats", "Fradrag inngående mva, lav sats", 0.12),
    ("14", "Innførselsmva høy sats", "Fradrag for mva betalt ved innførsel, høy sats", 0.25),
    (
        "15",
        "Innførselsmva middels sats",
        "Fradrag for mva betalt ved innførsel, middels sats",
        0.15,
    ),
    ("20", "Innførsel, nullsats", "Grunnlag ved innførsel av varer, nullsats", 0.0),
    ("21", "Innførsel, høy sats", "Grunnlag ved innførsel av varer, høy sats", 0.25),
    ("22", "Innførsel, middels sats", "Grunnlag ved innførsel av varer, middels sats", 0.15),
    ("31", "Utgående mva middels sats", "Utgående mva, middels sats", 0.15),
    ("32", "Utgående mva råfisk", "Utgående mva, råfisk", 0.1111),
    ("33", "Utgående mva lav sats", "Utgående mva, lav sats", 0.12),
    ("51", "Omvendt avgiftsplikt", "Innenlandsk omsetning med omvendt avgiftsplikt", 0.0),
    ("52", "Utførsel", "Utførsel av varer og tjenester, nullsats", 0.0),
    ("81", "Innførsel med fradrag", "Innførsel av varer, høy sats, med fradrag", 0.25),
    ("82", "Innførsel uten fradrag", "Innførsel av varer, høy sats, uten fradrag", 0.25),
    ("83", "Innførsel med fradrag, middels", "Innførsel av varer, middels sats, med fradrag", 0.15),
    ("86", "Tjenester fra utlandet", "Tjenester kjøpt fra utlandet, med fradrag", 0.25),
    (
        "87",
        "Tjenester fra utlandet, uten fradrag",
        "Tjenester kjøpt fra utlandet, uten fradrag",
        0.25,
    ),
    ("91", "Klimakvoter og gull", "Kjøp av klimakvoter eller gull, med fradrag", 0.25),
)

VAT_ACCOUNTS = {
    "1": 2710,
    "3": 2700,
    "11": 2711,
    "13": 2713,
    "31": 2701,
    "33": 2703,
}
"""The account each code's VAT goes to; codes with two sides (86) are split where posted."""


def account_type(number: int) -> str:
    """By NS 4102's leading digits; only for making accounts: readers go by the type itself."""
    while number > 9999:
        number //= 10
    if number < 2000:
        return ASSET
    if number < 2100:
        return EQUITY
    if number < 3000:
        return LIABILITY
    if number < 4000 or 8000 <= number < 8100:
        return INCOME
    return EXPENSE


def make_vat_codes() -> list[VatCode]:
    """Ids as in the API's sample, 40 + the code; one expired rate, one code of the client's own."""
    codes = [
        VatCode(code, 40 + int(code), name, text, rate) for code, name, text, rate in VAT_TABLE
    ]
    low = next(code for code in codes if code.Code == "33")
    low.ValidFrom = "2021-10-01"
    codes.append(
        VatCode(
            "33",
            239,
            "Utgående mva lav sats",
            "Utgående mva, midlertidig lav sats",
            0.06,
            ValidFrom="2020-04-01",
            ValidTo="2021-09-30",
            IsActive=False,
        )
    )
    codes.append(
        VatCode(
            "C1",
            240,
            "Inngående mva, delvis fradrag",
            "Fradrag inngående mva, 50 prosent",
            0.25,
            IsCustom=True,
            BaseVatCodeId=41,
            VatBasisRatio=0.5,
            VatBasisRatioValidFrom="2022-01-01T00:00:00.0000000+00:00",
            VatBasisRatios=[{"VatBasisRatio": 0.5, "VatBasisRatioValidFrom": "2022-01-01"}],
        )
    )
    return codes


def make_accounts(id_base: int, changed: str, codes: dict[str, VatCode]) -> list[Account]:
    """The standard chart; ids are the number on a base of the company's own."""
    accounts = []
    for number, name, vat in CHART:
        accounts.append(
            Account(
                number,
                id_base + number,
                name,
                account_type(number),
                changed,
                VatCode=vat,
                VatCodeId=codes[vat].Id,
                IsVatCodeLocked=vat == "0" and number < 3000,
            )
        )
    return accounts
