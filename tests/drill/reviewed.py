"""Mutants of guards that a review found without a test, or made."""

from __future__ import annotations

from tests.drill.mutant import Mutant
from tests.drill.outcome import TENANT

_K = "klientbro/"
_I = f"{_K}identity/"
_SIGN_ON = f"{_I}tests/test_single_sign_on.py"
_CLOSED = f"{_I}tests/test_switched_off.py"
_FIRMS = f"{_I}tests/test_changing_firm.py"
_LETTERS = f"{_I}tests/test_domain_letters.py"
_WITHHELD = f"{_K}operations/tests/test_letters_withheld.py"
_OWNERS = (f"{_K}audit/tests/test_owners_code.py", "-k", "hide")
_LAST, _FIRST = "search_path = pg_catalog, public, pg_temp", "search_path = pg_catalog, public"


def reviewed() -> list[Mutant]:
    """Each guard taken out alone."""
    permission, audit = "permission", "audit"
    return [
        Mutant(TENANT, "the owner's code looks among temporary tables first",
               f"{_K}audit/schema.sql",
               f"audit_end() returns trigger\nlanguage plpgsql security definer set {_LAST}",
               f"audit_end() returns trigger\nlanguage plpgsql security definer set {_FIRST}",
               _OWNERS, migrates=True),
        Mutant(audit, "triggers look among temporary types first", f"{_K}audit/watching.py",
               _LAST, _FIRST,
               (f"{_K}audit/tests/test_owners_code.py", "-k", "last"), migrates=True),
        Mutant(TENANT, "a certificate in a temporary table counts",
               f"{_K}tenants/migrations/0010_temporary_tables_last.py",
               'migrations.RunSQL(_paths(", pg_temp")', 'migrations.RunSQL(_paths("")',
               (f"{_K}audit/tests/test_owners_code.py", "-k", "certificate"), migrates=True),
        Mutant(TENANT, "forms of the firm before write in the next", f"{_K}tenants/middleware.py",
               "if before is not None and before != str(firm_id):", "if False:",
               (f"{_FIRMS}::test_form_of_the_firm_before_is_refused_after_a_change_in_another_"
                "window",)),
        Mutant(TENANT, "the form that finds the firm closed writes in the next",
               f"{_K}tenants/middleware.py",
               "        request.session.pop(CSRF_SESSION_KEY, None)", "        pass",
               (f"{_FIRMS}::test_form_of_a_firm_that_has_closed_ones_access_writes_nothing_in_"
                "the_next",)),
        Mutant(TENANT, "the next firm's first page gives old forms their worth back",
               f"{_K}tenants/middleware.py", "        rotate_token(request)\n", "        pass\n",
               (_FIRMS, "-k", "the_old_do_not")),
        Mutant(permission, "a letter that waited is sent to whoever it was for",
               f"{_K}operations/digests.py",
               "        if not _is_still_theirs(digest):", "        if False:", (_WITHHELD,)),
        Mutant(TENANT, "letters tell of clients that are not one's own",
               f"{_K}clients/services/assigned.py",
               "return member.has_all_clients or client_id in chosen[user_id]", "return True",
               (_WITHHELD,)),
        Mutant(permission, "anybody signs empty accounts as reviewed",
               f"{_K}products/reconciliation/views/month.py",
               "                require(request, Act.REVIEW)  # they are signed as reviewed too\n",
               "", (f"{_K}products/reconciliation/tests/test_acts_within_forms.py",)),
        Mutant("invitation", "who was switched off is taken in", f"{_I}invitations.py",
               "        elif not user.is_active:\n            return None\n", "", (_CLOSED,)),
        Mutant("invitation", "somebody else who is signed in takes it", f"{_I}views/links.py",
               "signed_in.email != found.email", "False",
               (f"{_I}tests/test_invitations.py", "-k", "somebody_else")),
        Mutant("sign-in", "an operator's link lets in who was switched off",
               f"{_K}tenants/services.py", "if link is None or not link.user.is_active:",
               "if link is None:", (_CLOSED,)),
        Mutant(permission, "who is no administrator any more closes others", f"{_I}members.py",
               "    if not Membership.current.filter(user_id=by, role=ADMINISTRATOR).exists():",
               "    if False:", (_CLOSED,)),
        Mutant(TENANT, "a firm throws people out of their other firms for ever",
               f"{_I}members.py",
               "            # now and not at every press: whoever works elsewhere is thrown out "
               "there too\n            end_sessions(member.user_id)\n        return member",
               "        end_sessions(member.user_id)\n        return member", (_CLOSED,)),
        Mutant("token", "a tool's firm asks for a second factor in vain",
               f"{_I}views/openid_provider.py",
               "    if place.lacks_second_factor:\n        return redirect(SET_UP)\n", "",
               (_CLOSED,)),
        Mutant(TENANT, "one firm's provider changes an address that opens others",
               f"{_I}gate.py", '    "identity:change_address",\n', "",
               (_LETTERS, "-k", "another_address")),
        Mutant(TENANT, "a domain in other letters is let in by a password",
               f"{_K}tenants/ways_in.py", "    if domain.isascii():\n", "    if True:\n",
               (_LETTERS, "-k", "only_way")),
        Mutant(permission, "another's saved view goes", f"{_K}products/overview/views/listing.py",
               "SavedView.objects.filter(user=person(request), public_id=view_id)",
               "SavedView.objects.filter(public_id=view_id)",
               (f"{_K}products/overview/tests/test_saved_views.py",)),
        Mutant(TENANT, "another firm's user is joined by an address",
               f"{_I}single_sign_on/people.py", "if user is not None and member is None:",
               "if False:", (_SIGN_ON, "-k", "not_joined")),
        Mutant("token", "who was closed comes in by the provider",
               f"{_I}single_sign_on/people.py",
               "    if not Membership.current.filter(firm_id=provider.firm_id, user=user)"
               ".exists():", "    if False:", (_SIGN_ON, "-k", "stays_out")),
        Mutant("token", "a provider's answer may come byte by byte for ever",
               f"{_K}lib/outgoing.py",
               "return stream if self._deadline is None else _Hurried(stream, self._deadline)",
               "return stream",
               (f"{_I}tests/test_slow_provider.py", "-k", "given_up")),
        Mutant("permission", "one reviews one's own preparation",
               f"{_K}products/reconciliation/signing.py",
               "if line.prepared.by_id == by.pk and not may_review_own:", "if False:",
               (f"{_K}products/reconciliation/tests/test_signing.py", "-k", "reviewer_is")),
        Mutant("permission", "a document is found under another client",
               f"{_K}practice/books/views/documents.py",
               "public_id=request_id, connection__client_id=page.client.pk",
               "public_id=request_id",
               (f"{_K}practice/books/tests/test_documents.py", "-k", "another_client")),
        Mutant("upload", "a cell of a list runs as a formula", f"{_K}lib/csv.py",
               "return f\"'{cell}\" if cell.startswith(_FORMULA_STARTS) else cell",
               "return cell", (f"{_K}lib/tests/test_csv.py",)),
        Mutant("log", "a text keeps a personal number as it was typed", f"{_K}tenants/typed.py",
               "hide_national_ids(value) if isinstance(value, str) else value", "value",
               (f"{_K}tenants/tests/test_typed.py",)),
        Mutant("log", "the log is told a number as it was typed", f"{_K}audit/services.py",
               "hide_national_ids(value) if isinstance(value, str) else value", "value",
               (f"{_K}audit/tests/test_watching.py", "-k", "typed")),
        Mutant("log", "a label holds a personal number", f"{_K}clients/services/facts.py",
               "    if hide_national_ids(name) != name:", "    if False:",
               (f"{_K}clients/tests/test_names_hold_no_number.py", "-k", "label")),
        Mutant("log", "a one-off amount's name holds a personal number",
               f"{_K}products/liquidity/views/scenarios.py",
               'hide_national_ids(" ".join(title.split()))', '" ".join(title.split())',
               ("tests/architecture/test_typed_numbers_kept.py",)),
        Mutant("log", "a posting's personal number is kept beside the books",
               f"{_K}products/liquidity/gathering.py",
               "text = hide_national_ids(row.text)", "text = row.text",
               (f"{_K}products/liquidity/tests/test_keeping.py", "-k", "personal_number")),
    ]  # fmt: skip
