"""One of everything that an address can name: a firm's own things, and each client's."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.models import Client as Tool
from allauth.mfa.models import Authenticator
from django.utils import timezone

from klientbro.clients.models import Client, Connection, Integration, KeyCheck
from klientbro.identity.models import Invitation, Session, SignOnDomain, SignOnLink
from klientbro.practice.models import Assignment, AssignmentTemplate, LineRule
from klientbro.products.liquidity.models import Loan, Offer, PlannedLine, Scenario
from klientbro.products.overview.models import SavedView
from klientbro.products.reconciliation.models import Attachment, KeptFile, MatchRule
from klientbro.products.report.models import Group, GroupMember, Pack, PackTemplate
from klientbro.sync.models import DocumentRequest, TestRun
from klientbro.tenants.models import Membership

# What an address names that is no row.
WORDS = {
    "system": "poweroffice",
    "voucher_no": "1",
    "account_id": "7001920",
    "kind": "csv",
    "month": "2026-10",
    "form": "AS",
    "edition": "1",
    "token": "not-a-token",
    "uidb36": "1",
    "key": "not-a-key",
}


def client_of(firm: Any, name: str, orgnr: str) -> Connection:
    """A client with a connection, both of that name."""
    integration, _made = Integration.objects.get_or_create(firm=firm, system="poweroffice")
    client = Client.objects.create(
        firm=firm,
        name=name,
        sort_key=name.lower(),
        identifier_kind="orgnr",
        orgnr=orgnr,
        identifier_hash=orgnr.encode(),
    )
    return Connection.objects.create(
        firm=firm,
        integration=integration,
        client=client,
        name=name,
        sort_key=name.lower(),
        orgnr=orgnr,
        identifier_hash=orgnr.encode(),
        key_sealed=b"sealed",
        key_hash=orgnr.encode(),
        is_active=True,
    )


def things_of_firm(firm: Any, whose: str, member: Membership) -> dict[str, str]:
    """What belongs to the firm and to one of its people."""
    now = timezone.now()
    template = AssignmentTemplate.objects.create(firm=firm, name=f"{whose} oppdrag", kind="vat")
    view = SavedView.objects.create(firm=firm, user=member.user, name=whose, query="")
    texts = PackTemplate.objects.create(firm=firm, name=f"{whose} mal")
    invitation = Invitation.objects.create(
        firm=firm, email=f"ny-{firm.id}@example.no", role="administrator", asked_at=now
    )
    session = Session.objects.create(
        key_hash=str(firm.id).encode(),
        user=member.user,
        content="",
        created_at=now,
        last_seen_at=now,
    )
    passkey = Authenticator.objects.create(user=member.user, type="webauthn", data={"name": "k"})
    domain = SignOnDomain.objects.create(firm=firm, domain=f"{firm.id}.example", proof="p")
    link = SignOnLink.objects.create(firm=firm, issuer="i", subject="s", user=member.user)
    tool = Tool.objects.create(id=f"t{firm.id.hex}", name=f"{whose} verktøy")
    return {
        "firm_id": str(firm.id),
        "tool_id": tool.pk,
        "domain_id": str(domain.public_id),
        "link_id": str(link.pk),
        "template_id": str(template.public_id),
        "view_id": str(view.public_id),
        "texts_id": str(texts.public_id),
        "member_id": str(member.public_id),
        "invitation_id": str(invitation.public_id),
        "session_id": str(session.public_id),
        "pk": str(passkey.pk),
    }


def things_of_client(connection: Connection, whose: str, template_id: str) -> dict[str, str]:
    """What belongs to a client, its group and its connection."""
    firm, client = connection.firm, connection.client
    assert client is not None
    own: dict[str, Any] = {"firm": firm, "client": client}
    template = AssignmentTemplate.objects.get(public_id=template_id)
    check = KeyCheck.objects.create(
        firm=firm, integration=connection.integration, connection=connection
    )
    run = TestRun.objects.create(firm=firm, connection=connection)
    document = DocumentRequest.objects.create(firm=firm, connection=connection, voucher_id="v")
    assignment = Assignment.objects.create(template=template, valid_from="2026-01-01", **own)
    planned = PlannedLine.objects.create(
        title=f"{whose} leie", amount=-1, first="2026-01-01", kind="other_out", **own
    )
    loan = Loan.objects.create(
        title=f"{whose} lån", remaining=9, instalment=1, yearly_rate=0, next_day="2026-01-01", **own
    )
    offer = Offer.objects.create(
        title=f"{whose} faste",
        key="k",
        amount=-1,
        interval="monthly",
        next_day="2026-01-01",
        kind="other_out",
        **own,
    )
    scenario = Scenario.objects.create(name=f"{whose} scenario", **own)
    kept = KeptFile.objects.create(month="2026-10-01", kind="pdf", state="done", **own)
    attachment = Attachment.objects.create(
        account_id=WORDS["account_id"],
        month="2026-10-01",
        name=f"{whose}.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0" * 64,
        content_sealed=b"sealed",
        **own,
    )
    rule = MatchRule.objects.create(
        name=f"{whose} regel", shape="one_to_one", account_id=WORDS["account_id"], **own
    )
    LineRule.objects.create(prefix="74", line="cost_of_goods", **own)
    pack = Pack.objects.create(
        month="2026-10-01", title=f"{whose} rapport", parts=["result"], **own
    )
    group = Group.objects.create(firm=firm, name=f"{whose} gruppe")
    GroupMember.objects.create(group=group, **own)
    return {
        "connection_id": str(connection.public_id),
        "client_id": str(client.public_id),
        "check_id": str(check.public_id),
        "run_id": str(run.public_id),
        "request_id": str(document.public_id),
        "assignment_id": str(assignment.public_id),
        "line_id": str(planned.public_id),
        "loan_id": str(loan.public_id),
        "offer_id": str(offer.public_id),
        "scenario_id": str(scenario.public_id),
        "file_id": str(kept.public_id),
        "attachment_id": str(attachment.public_id),
        "pack_id": str(pack.public_id),
        "rule_id": str(rule.public_id),
        "group_id": str(group.public_id),
    }


def one_of_everything(firm: Any, whose: str, orgnr: str, member: Membership) -> dict[str, str]:
    """A firm's own things and those of one client, by the names that addresses give them."""
    of_firm = things_of_firm(firm, whose, member)
    connection = client_of(firm, f"{whose} klient AS", orgnr)
    return WORDS | of_firm | things_of_client(connection, whose, of_firm["template_id"])
