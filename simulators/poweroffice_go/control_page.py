"""«Simulatorkontroll»: change one company's books and make its API calls fail, by forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from .actions import ACTIONS, ActionError, amount
from .books import Books, BooksError, LedgerQuery
from .fault_kinds import KINDS
from .faults import FaultError
from .simulator import Simulator

if TYPE_CHECKING:
    from .pages import Visit

LINES_IN_FORM = 6
VOUCHER_TYPES = ("ManualJournal", "BankJournal", "YearEndJournal", "DepreciationJournal")

FAULT_TITLES = {
    "429": "429 for mange kall",
    "429_without_retry_after": "429 uten Retry-After",
    "500": "500 intern feil",
    "502": "502 dårlig svar bak porten",
    "503": "503 utilgjengelig",
    "504": "504 for sent svar",
    "slow": "Tregt svar",
    "timeout": "Tidsavbrudd: svarer ikke",
    "reset": "Forbindelsen kuttes",
    "reset_midway": "Forbindelsen kuttes midt i svaret",
    "html": "HTML i stedet for JSON",
    "cut_json": "Avkuttet JSON",
    "wrong_charset": "Feil tegnsett",
    "extra_field": "Et ukjent felt i svaret",
    "unknown_enum": "En ukjent verdi i en liste av verdier",
    "missing_field": "Et felt mangler",
    "changed_type": "Tall som tekst",
    "duplicated_page": "Samme side to ganger",
    "missing_page": "En side hoppes over",
    "token_expired": "Adgangstegnet utløper",
    "off_by": "Et beløp er én øre feil",
    "empty_body": "Tomt svar",
    "no_content": "204: som om det ikke fantes noe",
    "401": "401 selv om adgangstegnet er gyldig",
    "403": "403 selv om rettigheten finnes",
    "404": "404 ikke funnet",
    "invalid_client": "Token nektes selv om nøklene er riktige",
    "key_revoked": "Utvidelsen fjernes",
    "privilege_removed": "Rettigheten til posteringer fjernes",
    "row_inserted": "Et bilag kommer mellom to sider",
    "back_dated_voucher": "Et bilag kommer med gammel dato",
    "huge_voucher": "Et bilag med svært mange linjer kommer",
    "text_edit": "Teksten på en postering endres",
    "voucher_gap": "Et bilag tas bort og gir hull i nummerserien",
    "renamed_account": "En konto får nytt navn",
    "action": "En handling fra kontroll-API-et",
    "reordered_pages": "Sidene bytter plass to og to",
    "order_ignored": "OrderBy følges ikke",
    "null_field": "Et felt er tomt (null)",
    "duplicated_rows": "Den første raden står to ganger",
    "lost_rows": "Den siste raden mangler",
    "reordered": "Radene kommer i tilfeldig rekkefølge",
    "without_type": "Alle utgående fakturaer er borte",
    "replica_lag": "Det nyeste minuttet er ikke med ennå",
    "clock_skew": "Tidsstempler går fem minutter for sent",
    "byte_order_mark": "Byte order mark foran JSON",
    "no_paging_header": "X-Pagination mangler",
    "wrong_content_type": "JSON sendt som ren tekst",
    "wrong_date": "Feil dato i hodet",
    "slow_body": "Svaret drypper",
}
PATH_TITLES = {
    "*": "Alle kall",
    "/oauth/token": "Token",
    "/accounttransactions": "Posteringer",
    "/trialbalance": "Saldobalanse",
    "/generalledgeraccounts": "Kontoplan",
    "/*ledger/*": "Reskontro",
}

DONE = {
    "post_voucher": "Bilag {voucher_no} er bokført.",
    "reverse_voucher": "Reversert med bilag {voucher_no}.",
    "edit_text": "Teksten er endret.",
    "add_account": "Konto {AccountNo} {Name} er lagt til.",
    "rename_account": "Kontoen heter nå {name}.",
    "renumber_account": "Kontoen har nå nummer {account_no}.",
    "match": "Postene er utlignet (match {match_id}).",
    "set_lock_date": "Låsedatoen er nå {lock_date}.",
    "bulk_post": "{postings} posteringer er bokført.",
    "play_scenario": "{happened}",
    "set_privilege": "Rettighetene er endret.",
}


class ControlPage:
    """The control page of one environment."""

    def __init__(self, simulator: Simulator, environment: str) -> None:
        self.simulator = simulator
        self.environment = environment

    async def show(self, visit: Visit) -> Response:
        today = self.simulator.clock.today().isoformat()

        def read(books: Books) -> dict[str, Any]:
            return {
                "accounts": sorted(books.accounts, key=lambda account: str(account.AccountNo)),
                "recent": books.recent_vouchers(12),
                "lock_date": books.lock_date_settings.LockDate,
                "customers": books.customer_ledger.open_items(LedgerQuery(date=today))[:12],
                "suppliers": books.supplier_ledger.open_items(LedgerQuery(date=today))[:12],
            }

        about = await visit.with_books(read)
        valid, _ = self.simulator.privileges(self.environment, visit.number)
        return visit.show(
            "kontroll.html.j2",
            company=visit.company(),
            about=about,
            today=today,
            line_numbers=range(1, LINES_IN_FORM + 1),
            voucher_types=VOUCHER_TYPES,
            fault_titles=FAULT_TITLES,
            path_titles=PATH_TITLES,
            rules=[
                rule.described()
                for rule in self.simulator.faults.rules
                if rule.company in (None, visit.number)
            ],
            kinds=KINDS,
            privileges=valid,
        )

    async def do(self, visit: Visit) -> Response:
        action = visit.request.path_params["action"]
        number = visit.number
        if action not in ACTIONS or action not in DONE:
            return visit.show("feil.html.j2", 404, text="Det finnes ingen slik handling.")
        try:
            arguments = self.arguments(action, visit)
            result = await self.simulator.in_thread(
                lambda: self.simulator.perform(self.environment, number, action, arguments)
            )
            visit.session.say(DONE[action].format_map(result))
        except BooksError as error:
            visit.session.say(error.norwegian, is_error=True)
        except (ActionError, ValueError) as error:
            visit.session.say(f"Kunne ikke utføres: {error}", is_error=True)
        return visit.go(f"/klienter/{number}/kontroll")

    def arguments(self, action: str, visit: Visit) -> dict[str, Any]:
        """The form's fields under the action's own names; empty ones are left out."""
        given: dict[str, Any] = {
            name: visit.form[name].strip()
            for name in ACTIONS[action].parameters
            if visit.form.get(name, "").strip()
        }
        if action == "post_voucher":
            given["lines"] = self.lines(visit.form)
        if action == "match":
            given["entry_ids"] = [
                int(part) for part in visit.form.get("entry_ids", "").replace(",", " ").split()
            ]
        if action == "set_privilege":
            given["allowed"] = visit.form.get("allowed") == "ja"
        return given

    def lines(self, form: dict[str, str]) -> list[dict[str, str | None]]:
        lines = []
        for number in range(1, LINES_IN_FORM + 1):
            account = form.get(f"konto_{number}", "").strip() or None
            debit = form.get(f"debet_{number}", "").strip()
            credit = form.get(f"kredit_{number}", "").strip()
            if debit or credit:
                value = amount(debit or 0) - amount(credit or 0)
                line: dict[str, str | None] = {"account_no": account, "amount": str(value)}
                for name in ("customer_no", "supplier_no"):
                    contact = form.get(f"{name}_{number}", "").strip()
                    if contact:
                        line[name] = contact
                lines.append(line)
        return lines

    async def set_fault(self, visit: Visit) -> Response:
        form = visit.form
        kind = form.get("kind", "")
        seconds = form.get("seconds", "").strip().replace(",", ".")
        count = form.get("count", "").strip()
        try:
            parameters = {}
            if seconds and kind in KINDS and "seconds" in KINDS[kind].defaults:
                parameters["seconds"] = float(seconds)
            self.simulator.faults.add(
                kind,
                environment=self.environment,
                company=None if form.get("scope") == "alle" else visit.number,
                path=form.get("path", "*"),
                count=int(count) if count else None,
                parameters=parameters,
            )
            visit.session.say("Feilen er satt.")
        except (FaultError, ValueError) as error:
            visit.session.say(f"Kunne ikke settes: {error}", is_error=True)
        return visit.go(f"/klienter/{visit.number}/kontroll")

    async def clear_faults(self, visit: Visit) -> Response:
        for rule in list(self.simulator.faults.rules):
            if rule.company in (None, visit.number):
                self.simulator.faults.remove(rule.id)
        visit.session.say("Feilene er slått av.")
        return visit.go(f"/klienter/{visit.number}/kontroll")
