"""`klientbro sign-on …`: which firm a domain belongs to, as the operator has seen it proved."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from klientbro.cli.command import Command
from klientbro.cli.house import open_house


def add_arguments(parser: ArgumentParser) -> None:
    """`sign-on` has sub-commands of its own."""
    choices = parser.add_subparsers(metavar="ACTION", required=True)
    listed = choices.add_parser("list", help="the domains that firms say are theirs, and the proof")
    listed.set_defaults(act=_list)
    for name, help_text, act in (
        ("approve", "the proof stands in the domain's DNS: it is the firm's", _approve),
        ("withdraw", "the domain is no longer the firm's: nobody comes in by it", _withdraw),
    ):
        one = choices.add_parser(name, help=help_text)
        one.add_argument("domain", metavar="DOMAIN")
        one.add_argument("--firm", metavar="NAME", help="which, when several firms claim it")
        one.set_defaults(act=act)


def run(arguments: Namespace) -> int:
    """Do it."""
    act = arguments.act
    return int(act(arguments))


def _list(_arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.single_sign_on.domains import RECORD, claims

        for one in claims():
            state = f"approved {one.approved_at:%Y-%m-%d}" if one.approved_at else "not approved"
            print(f"{one.domain}  {one.firm}  {state}")
            if one.approved_at is None:
                print(f"  approve when DNS has: {RECORD}.{one.domain} TXT {one.proof}")
    return 0


def _approve(arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.single_sign_on.domains import approve

        done = approve(arguments.domain, arguments.firm)
        print(f"{done.domain} belongs to {done.firm}: its provider may speak for addresses there.")
    return 0


def _withdraw(arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.single_sign_on.domains import withdraw

        done = withdraw(arguments.domain, arguments.firm)
        print(f"{done.domain} no longer belongs to {done.firm}: its provider lets nobody in there.")
    return 0


COMMAND = Command("sign-on", "approve the domains of single sign-on", run, add_arguments, 41)
