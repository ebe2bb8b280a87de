"""The products worked with as an accountant does; every file that they hand over is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
from django.urls import resolve

from .drill import PAGES, POSTED, TYPED, Drill
from .house import DIALOG, Browser, path_of, wait_for
from .sinks import unpacked

PDF = b"%PDF-1.4\n1 0 obj <<>> stream\nkvittering\nendstream endobj\n%%EOF\n"
PARTS = ("summary", "result", "balance", "figures", "ageing")


def products_are_worked_with(drill: Drill, browser: Browser, company: str, person: str) -> None:
    """Every product once, and every file of each."""
    for client in (company, person):
        ledger_is_read(drill, browser, client)
    document_is_shown(drill, browser, company)
    bank_is_imported_and_reconciled(drill, browser, company)
    month_is_documented(drill, browser, company)
    budget_is_made(drill, browser, company)
    pack_is_published(drill, browser, company)
    group_is_summed(drill, browser, company, person)
    liquidity_is_planned(drill, browser, company)
    log_is_reviewed(drill, browser)


def export(drill: Drill, answer: httpx.Response, sink: str = "export") -> None:
    """Keeps a file that was handed over, with all it has packed inside."""
    assert answer.status_code == 200, (answer.url, answer.status_code)
    assert answer.content, answer.url
    held = answer.headers.get("content-disposition", "")
    assert held.startswith(("attachment", "inline")), (answer.url, held)
    path = answer.url.path
    drill.visited.add(resolve(path).view_name)
    drill.files[f"{sink}:{len(drill.files)} {path} {held}"] = unpacked(answer.content)


def done(answer: httpx.Response) -> httpx.Response:
    """A press that was taken, and led on to a page."""
    assert answer.status_code == 200, (answer.url, answer.status_code, _words(answer)[-600:])
    return answer


def _words(answer: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def ledger_is_read(drill: Drill, browser: Browser, client: str) -> None:
    """Trial balance, account, vouchers, late ones; each as CSV and Excel; a voucher's document."""
    (account, voucher) = drill.ask(
        "select account_id, voucher_no from ledger_posting p join ledger_books b "
        "using (connection_id) join clients_client c on c.id = b.client_id "
        f"where c.public_id = '{client}' and known_to = 2147483647 limit 1"
    )[0]
    home = f"/klienter/{client}/"
    for part in ("", "saldobalanse/", "bilag/", "endret-etter-lasing/"):
        done(browser.get(home + part))
    for kind in ("csv", "xlsx"):
        for part in ("saldobalanse", "bilag", "endret-etter-lasing", f"bilag/{voucher}",
                     f"konto/{account}"):  # fmt: skip
            export(drill, browser.get(f"{home}{part}/eksport.{kind}"))


def document_is_shown(drill: Drill, browser: Browser, company: str) -> None:
    """«Vis bilag»: a job fetches it from the source."""
    at = f"/klienter/{company}/"
    for (voucher,) in drill.ask(
        "select distinct voucher_id from ledger_posting p join ledger_books b using (connection_id)"
        f" join clients_client c on c.id = b.client_id where c.public_id = '{company}' "
        "and voucher_type ilike '%supplier%' order by 1 limit 5"
    ):
        asked = done(browser.post(f"{at}dokument/", bilag=str(voucher)))
        number = asked.url.path.split("/dokument/")[1].split("/")[0]
        of_it = f"from sync_documentrequest where public_id = '{number}'"
        wait_for(lambda: drill.ask(f"select 1 {of_it} and state = 'done'"), "the document")  # noqa: B023
        if drill.ask(f"select 1 {of_it} and outcome = 'found'"):
            export(drill, browser.get(f"{at}dokument/{number}/"))
            return
    raise AssertionError("none of the supplier's vouchers has a document")


def bank_is_imported_and_reconciled(drill: Drill, browser: Browser, company: str) -> None:
    """A statement of the bank, matched and signed, with a note, a line and an attachment."""
    (account,) = drill.ask(
        "select a.source_id from ledger_account a join ledger_books b using (connection_id) "
        f"join clients_client c on c.id = b.client_id where c.public_id = '{company}' "
        "and number = '1920'"
    )[0]
    month = done(browser.get(f"/avstemming/{company}/")).url.path
    key = month.rstrip("/").rpartition("/")[2]
    lines = [f"05.{key[5:]}.{key[:4]};100,00;Fra {POSTED}",
             f"06.{key[5:]}.{key[:4]};-40,00;Til {POSTED}"]  # fmt: skip
    csv = "\n".join(["Dato;Beløp;Tekst", *lines, ""]).encode()
    shown = done(browser.post(f"{month}utskrift-les/{account}/",
                              files={"file": (f"bank {TYPED}.csv", csv)}))  # fmt: skip
    kept = re.search(r'name="kept" value="([^"]+)"', shown.text)
    assert kept is not None, _words(shown)
    done(browser.post(f"{month}utskrift-ta-inn/{account}/", kept=kept[1], step="import",
                      first_day=f"01.{key[5:]}.{key[:4]}", last_day=f"07.{key[5:]}.{key[:4]}",
                      opening="1000,00", closing="1060,00"))  # fmt: skip
    # the import was taken: its lines are there, and what was in them
    assert drill.ask("select count(*) from reconciliation_statementline where "
                     f"text like '%{POSTED}%'") == [(2,)]  # fmt: skip
    for part in ("utskrift", "match", "regler", "konto"):
        done(browser.get(f"{month}{part}/{account}/"))
    done(browser.post(f"{month}match-godta/{account}/"))
    done(browser.post(f"{month}gjor/{account}/", action="note", text=f"Om {TYPED}"))
    done(browser.post(f"{month}gjor/{account}/", action="line", text=TYPED, amount="12,50"))
    assert drill.ask("select count(*) from reconciliation_note") == [(1,)]
    assert drill.ask("select count(*) from reconciliation_documentedline") == [(1,)]
    done(browser.post(f"{month}vedlegg/{account}/", files={"files": ("kvittering.pdf", PDF)}))
    # a number where a file is named is refused, and stands nowhere
    named = browser.post(f"{month}vedlegg/{account}/",
                         files={"files": (f"{TYPED}.pdf", PDF + b"2")})  # fmt: skip
    assert TYPED not in named.text
    ((attachment,),) = drill.ask("select public_id::text from reconciliation_attachment")
    export(drill, browser.get(f"{month}vedlegg-hent/{attachment}/{account}/"))


def month_is_documented(drill: Drill, browser: Browser, company: str) -> None:
    """The month's documentation, made at once and by a job."""
    month = browser.get(f"/avstemming/{company}/").url.path
    for kind in ("pdf", "xlsx"):
        export(drill, browser.get(f"{month}dokumentasjon.{kind}"))
        done(browser.post(f"{month}filer/{kind}/lag/"))
    wait_for(lambda: drill.ask("select count(*) from reconciliation_keptfile where "
                               "state = 'done'") == [(2,)], "the kept files")  # fmt: skip
    for number, kind in drill.ask("select public_id::text, kind from reconciliation_keptfile"):
        export(drill, browser.get(f"{month}filer/{kind}/{number}/"))


def budget_is_made(drill: Drill, browser: Browser, company: str) -> None:
    """Typed, handed over as a file, and brought in again."""
    home = f"/rapport/{company}/budsjett"
    (account,) = drill.ask(
        "select a.source_id from ledger_account a join ledger_books b using (connection_id) "
        f"join clients_client c on c.id = b.client_id where c.public_id = '{company}' "
        "and number like '6%' order by number limit 1"
    )[0]
    page = done(browser.get(f"{home}/"))
    first = re.search(r'name="ar" value="(\d{4}-\d\d)"', page.text)
    assert first is not None
    typed = {"ar": first[1], "seen": "0", f"c:{first[1]}:{account}": "1 234"}
    done(browser.post(f"{home}/lagre/", **typed))
    saved = browser.get(f"{home}.csv?ar={first[1]}")
    export(drill, saved)
    export(drill, browser.get(f"{home}.xlsx?ar={first[1]}"))
    changed = saved.content.replace(b"1234", b"4321")
    assert changed != saved.content
    done(browser.post(f"{home}/importer/", ar=first[1], seen="1",
                      files={"file": (f"budsjett {TYPED}.csv", changed)}))  # fmt: skip
    assert drill.ask("select count(*) from report_budgetversion") == [(2,)]


def pack_is_published(drill: Drill, browser: Browser, company: str) -> None:
    """A report written, saved as draft and published; the statements as files."""
    home = f"/rapport/{company}/"
    for part in ("", "balanse/", "nokkeltall/", "aldersfordeling/", "mva/", "avdelinger/",
                 "pakker/"):  # fmt: skip
        done(browser.get(home + part))
    for part in ("resultat", "balanse"):
        for kind in ("csv", "xlsx"):
            export(drill, browser.get(f"{home}{part}.{kind}"))
    month = path_of(str(browser.get(f"/avstemming/{company}/").url)).rstrip("/").rpartition("/")[2]
    own = done(browser.post(f"{home}pakker/ny/", til=month, title=f"Rapport {TYPED}")).url.path
    parts = {f"part-{part}": "1" for part in PARTS}
    words = {"text-summary": f"Salget øker, {TYPED}.", "against": "last_year", "title": "Rapport"}
    done(browser.post(f"{own}lagre/", seen="1", **words, **parts))
    for kind in ("pdf", "xlsx"):
        export(drill, browser.get(f"{own}utkast.{kind}"))
    marks = re.search(r'name="seen" value="(\d+)"><input type="hidden" name="figures" '
                      r'value="(\w+)"', browser.get(own).text)  # fmt: skip
    assert marks is not None
    done(browser.post(f"{own}publiser/", seen=marks[1], figures=marks[2]))
    assert drill.ask("select count(*) from report_published") == [(1,)]
    for kind in ("pdf", "xlsx"):
        export(drill, browser.get(f"{own}utgave-1.{kind}"))


def group_is_summed(drill: Drill, browser: Browser, *clients: str) -> None:
    """Companies put together, as a workbook."""
    done(browser.post("/rapport/grupper/ny/", name=f"Konsernet {TYPED}", client=list(clients)))
    ((group,),) = drill.ask("select public_id::text from report_group")
    export(drill, browser.get(f"/rapport/grupper/{group}/gruppe.xlsx"))


def liquidity_is_planned(drill: Drill, browser: Browser, company: str) -> None:
    """A line, a loan and a scenario; the product hands over no file."""
    home = f"/likviditet/{company}/"
    soon = f"{datetime.now(UTC).date() + timedelta(days=20):%d.%m.%Y}"
    line = {"title": f"Til {TYPED}", "direction": "out", "amount": "320 000,00", "interval": "once",
            "first": soon, "kind": "other_out"}  # fmt: skip
    done(browser.post(f"{home}plan/ny/", **line))
    loan = {"title": "Lån", "remaining": "300 000", "instalment": "30 000", "rate": "6,5",
            "next_day": soon, "interval": "quarterly", "account": ""}  # fmt: skip
    done(browser.post(f"{home}plan/nytt-lan/", **loan))
    done(
        browser.post(
            f"{home}scenario/nytt/", name=f"Treg vinter {TYPED}", later="28", revenue="-10"
        )
    )
    counted = "select (select count(*) from liquidity_plannedline), "
    counted += "(select count(*) from liquidity_loan), (select count(*) from liquidity_scenario)"
    assert drill.ask(counted) == [(1, 1, 1)]
    for part in ("", "plan/", "treff/", "innstillinger/", "?alle=1&vis=maneder"):
        done(browser.get(home + part))


def log_is_reviewed(drill: Drill, browser: Browser) -> None:
    """The log as pages and a file, the month of the numbers shown, and a month signed."""
    shown = done(browser.get("/logg/"))
    assert "/klienter/" in shown.text
    export(drill, browser.post("/logg/eksport/", page="/logg/"))
    months = re.findall(r"/logg/gjennomgang/(\d{4}-\d\d)/", browser.get("/logg/gjennomgang/").text)
    assert months
    done(browser.get(f"/logg/gjennomgang/{months[0]}/"))
    done(browser.post("/logg/gjennomgang/2026-01/signer/", page="/logg/", remark=f"Sett {TYPED}"))
    assert drill.ask("select count(*) from audit_review") == [(1,)]
    export(drill, browser.get("/konto/totrinn/koder/last-ned/"), sink=PAGES)


def overview_is_worked_with(drill: Drill, browser: Browser, company: str) -> None:
    """Assignments and tasks of the office."""
    done(browser.post("/oversikt/oppdrag/standard/", page="/oversikt/oppdrag/"))
    for path in ("/oversikt/", f"/oversikt/{company}/", "/oversikt/oppdrag/"):
        done(browser.get(path))
    assert browser.lines.get(f"/oversikt/{company}/fakta/", headers=DIALOG).status_code == 200
    assert drill.ask("select count(*) from practice_assignmenttemplate") != [(0,)]
