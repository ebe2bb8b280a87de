"""CAMT.053 files for tests, written from a small table of entries."""

from __future__ import annotations


def entry(day, amount, *, text="", status="<Sts>BOOK</Sts>", details="", reference=""):
    """A booked entry; a withdrawal has a minus."""
    mark = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<Ntry><Amt Ccy="NOK">{amount.lstrip("-")}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls><AddtlNtryInf>{text}</AddtlNtryInf></Ntry>"
    )


def balance(code, amount, day):
    mark = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="NOK">{amount.lstrip("-")}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def statement(*parts, id_="S1", number="7", account="<IBAN>NO9386011117947</IBAN>", days=""):
    return (
        f"<Stmt><Id>{id_}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>{days}"
        f"<Acct><Id>{account}</Id><Ccy>NOK</Ccy></Acct>{''.join(parts)}</Stmt>"
    )


def document(*statements, version="02", before="", prefix=""):
    """The whole file; `prefix` puts every element in a named namespace, as some banks do."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    group = "<GrpHdr><MsgId>M1</MsgId></GrpHdr>"
    body = f"<BkToCstmrStmt>{group}{''.join(statements)}</BkToCstmrStmt>"
    head = f'<?xml version="1.0" encoding="UTF-8"?>{before}'
    xml = f'{head}<Document xmlns="{namespace}">{body}</Document>'
    if prefix:
        xml = xml.replace("</", "\0").replace("<?", "\1").replace("<", f"<{prefix}:")
        xml = xml.replace("\0", f"</{prefix}:").replace("\1", "<?")
        xml = xml.replace("xmlns=", f"xmlns:{prefix}=")
    return xml.encode()


DETAILS = (
    "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    "<RltdPties><Dbtr><Nm>Fjord Handel AS</Nm></Dbtr>"
    "<DbtrAcct><Id><Othr><Id>1234.56.78903</Id></Othr></Id></DbtrAcct></RltdPties>"
    "<RmtInf><Ustrd>Faktura 10234</Ustrd><Strd><CdtrRefInf><Ref>0010234</Ref></CdtrRefInf></Strd>"
    "</RmtInf></TxDtls>"
)
BATCH = (
    '<TxDtls><AmtDtls><TxAmt><Amt Ccy="NOK">300.00</Amt></TxAmt></AmtDtls>'
    "<RltdPties><Cdtr><Pty><Nm>Kari</Nm></Pty></Cdtr></RltdPties></TxDtls>"
    '<TxDtls><Amt Ccy="NOK">200.00</Amt>'
    "<RltdPties><Cdtr><Pty><Nm>Ola</Nm></Pty></Cdtr></RltdPties></TxDtls>"
)
JUNE = (
    balance("OPBD", "1000.00", "2026-06-01"),
    balance("CLBD", "1750.00", "2026-06-30"),
    entry("2026-06-05", "1250.00", text="Innbetaling", details=DETAILS, reference="A1"),
    entry("2026-06-12", "-500.00", text="Lønn", details=BATCH, reference="A2"),
)
