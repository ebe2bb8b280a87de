"""Mutants of what goes out: to a firm's tools, to other hosts, over lines; and secret files."""

from __future__ import annotations

from tests.drill.mutant import Mutant

_K = "klientbro/"
_VIEW = f"{_K}identity/views/openid_provider.py"
_OWN = f"{_K}identity/views/consents.py"
_CONSENT = f"{_K}identity/openid_provider/consent.py"
_KEYS = f"{_K}identity/openid_provider/keys.py"
_DOOR = f"{_K}lib/outgoing.py"
_FETCHING = f"{_K}identity/single_sign_on/fetching.py"
_FILES = f"{_K}lib/secret_settings.py"
_ASKED = f"{_K}identity/tests/test_consent.py"
_CODES = f"{_K}identity/tests/test_tool_codes.py"
_SIGNING = f"{_K}identity/tests/test_signing_key.py"
_OUT = f"{_K}lib/tests/test_outgoing.py"
_SIGN_ON = f"{_K}identity/tests/test_sign_on_settings.py"
_SECRETS = f"{_K}cli/tests/test_secret_files.py"
_TLS = f"{_K}cli/tests/test_web_tls.py"


def ways_out() -> list[Mutant]:
    """Each guard taken out alone."""
    return [
        Mutant("tools", "nobody is asked what a tool may know", _VIEW,
               'if known is None or not asked <= known.asked_scopes or "consent" in prompts:',
               'if known is None and "consent" in prompts:', (_ASKED, "-k", "first_time")),
        Mutant("tools", "a tool that wants more is not asked about", _VIEW,
               'if known is None or not asked <= known.asked_scopes or "consent" in prompts:',
               'if known is None or "consent" in prompts:', (_ASKED, "-k", "wants_more")),
        Mutant("tools", "what was said no to is told all the same", _VIEW,
               "scope=asked & known.granted_scopes", "scope=asked",
               (_ASKED, "-k", "not_agreed_to")),
        Mutant("tools", "no is yes", _VIEW,
               'if request.POST.get("answer") != "yes":', "if False:",
               (_ASKED, "-k", "says_no")),
        Mutant("tools", "a token outlives its consent", _VIEW,
               'return sessions.exists() and consent.stands(about["consent"])',
               "return sessions.exists()", (_ASKED, "-k", "while_consent_is_withdrawn")),
        Mutant("tools", "another answer keeps what was given out before", _CONSENT,
               'update_fields=["public_id", "asked", "granted", "given_at"]',
               'update_fields=["asked", "granted", "given_at"]',
               (_ASKED, "-k", "changes_what_is_told")),
        Mutant("tools", "somebody else's consent can be withdrawn", _CONSENT,
               ".filter(user_id=user_id, tool_id=tool_id)\n            .first()",
               ".filter(tool_id=tool_id)\n            .first()",
               (_ASKED, "-k", "not_anothers")),
        Mutant("tools", "consents of a firm one does not belong to", _OWN,
               "if firm_id not in {place.firm.id for place in _places(request)}:", "if False:",
               (_ASKED, "-k", "has_left_the_firm")),
        Mutant("tools", "a code that comes again leaves its tokens", _VIEW,
               "        given_before.delete()\n", "", (_CODES, "-k", "withdraws_what_it_gave")),
        Mutant("tools", "two that bring one code do not wait", _VIEW,
               '"select pg_advisory_xact_lock(hashtextextended(%s, 7))"',
               '"select hashtextextended(%s, 7)"', (_CODES, "-k", "at_once")),
        Mutant("tools", "a leaked key stays", _KEYS,
               "count = SigningKey.objects.all().delete()[0]",
               "count = SigningKey.objects.filter(retired_at=None).update("
               "retired_at=timezone.now())", (_SIGNING, "-k", "leaked")),
        Mutant("tools", "a retired key is told of for ever", _KEYS,
               "Q(retired_at=None) | Q(retired_at__gt=now - KEPT)", "Q()",
               (_SIGNING, "-k", "until_it_is_over")),
        Mutant("outgoing", "anybody may be asked", _DOOR,
               "        raise UnlistedHostError(f", "        return  # f",
               (_OUT, "-k", "not_listed")),
        Mutant("outgoing", "a name may lead inside", _DOOR,
               "if not self._may_be_inside(host) and not all(", "if False and not all(",
               (_OUT, "-k", "leads_inside")),
        Mutant("outgoing", "the end of a name is enough", _DOOR,
               'host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed',
               'host.endswith(allowed.lstrip("*."))',
               (_SIGN_ON, "-k", "operator_has_not_listed")),
        Mutant("outgoing", "shared lines reach all that share them", _DOOR,
               "        self._peers.check(str(request.url))\n        return await self._transport",
               "        return await self._transport", (_OUT, "-k", "narrowed")),
        Mutant("outgoing", "another list of sign-in services than the operator's", _FETCHING,
               "hosts = frozenset(settings.ENVIRONMENT.sign_on_hosts)",
               'hosts = frozenset({"xlogin.example"})',
               (_SIGN_ON, "-k", "operator_has_not_listed")),
        Mutant("secrets", "a secret that everybody may read", _FILES,
               "if found.st_mode & stat.S_IRWXO:", "if False:",
               (_SECRETS, "-k", "others_may_read")),
        Mutant("secrets", "a vault that has not written yet is no secret", _FILES,
               'if not text or "\\x00" in text or len(content) > LARGEST_SECRET:', "if False:",
               (_SECRETS, "-k", "without_a_secret")),
        Mutant("secrets", "strangers inherit the secrets", f"{_K}cli/supervisor.py",
               "os.environ if self.has_secrets else without_secrets(os.environ)", "os.environ",
               (_SECRETS, "-k", "inherit_none")),
        Mutant("lines", "a database elsewhere in the clear", f"{_K}database/urls.py",
               'return is_away and given.get("sslmode") != "verify-full"', "return False",
               (_TLS, "-k", "in_the_clear")),
    ]  # fmt: skip
