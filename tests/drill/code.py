"""Mutants of the code: a line that guards is taken out, and the tests that should notice are run.

Each is a text that stands once in a file, what takes its place, and the tests. A test of the suite
sees to it that every one of them still fits the code.
"""

from __future__ import annotations

from tests.drill.mutant import Mutant
from tests.drill.outcome import TENANT
from tests.drill.reading import reading
from tests.drill.reviewed import reviewed
from tests.drill.ways_out import ways_out

K = "klientbro/"
ARCHITECTURE = "tests/architecture/"
HEADERS = f"{ARCHITECTURE}test_headers.py"
# each kind of answer once, without the walk over every address
QUICK_HEADERS = (HEADERS, "-k", "not every_address and not method")
FORGERY = f"{ARCHITECTURE}test_forgery.py"
UPLOADS = f"{ARCHITECTURE}test_uploads.py"
ISOLATION = f"{K}tenants/tests/test_isolation.py"
CHOSEN = f"{K}tenants/tests/test_chosen_clients.py"
SCHEMA = f"{K}tenants/tests/test_schema.py"
ENVELOPES = f"{K}tenants/tests/test_envelopes.py"
SESSIONS = f"{K}identity/tests/test_sessions.py"
FORGED = f"{K}identity/tests/test_forged_tokens.py"
ROLES = f"{K}identity/tests/test_roles.py"
MEMBERS = f"{K}identity/tests/test_members.py::"
AUDIT = f"{K}audit/tests/test_watching.py"
SETTINGS = f"{K}settings/django.py"
SECURITY = f"{K}settings/security.py"


def _tenant() -> list[Mutant]:
    base = f"{K}tenants/postgresql/base.py"
    context = f"{K}tenants/context.py"
    rls = f"{K}tenants/rls.py"
    chosen = f"{K}tenants/chosen.py"
    sealed = f"{K}tenants/envelopes.py"
    invitations = f"{K}identity/tests/test_invitations.py"
    sign_on = f"{K}identity/tests/test_single_sign_on.py"
    return [
        Mutant(TENANT, "the firm outlives its transaction", base,
               "', %s, true)\" for name", "', %s, false)\" for name",
               (f"{ISOLATION}::test_code_that_forgets_the_firm_sees_nothing",)),
        Mutant(TENANT, "a transaction begins without its firm", base,
               "        if not autocommit:\n            self._apply_firm()",
               "        pass", (f"{ISOLATION}::test_code_that_forgets_the_firm_sees_nothing",)),
        Mutant(TENANT, "a savepoint that fails keeps the inner firm", base,
               '        self._applied = ("\\0",)\n', "",
               (ISOLATION, "-k", "failed_savepoint")),
        Mutant(TENANT, "the firm before does not come back", base,
               "TransactionStatus.INTRANS:\n            self._apply_firm()",
               "TransactionStatus.INTRANS:\n            pass", (ISOLATION, CHOSEN)),
        Mutant(TENANT, "a job's transaction has no firm", f"{K}sync/database.py",
               "[SETTING, str(firm_id or \"\")]", '[SETTING, ""]', (ISOLATION,)),
        Mutant(TENANT, "a job's firm stays on the pooled connection", f"{K}sync/database.py",
               'connection.execute(f"reset {SETTING}")', "pass", (ISOLATION,)),
        Mutant(TENANT, "no chosen client means all", context,
               'return "{" + ",".join(str(each) for each in ids) + "}"',
               'return "{" + ",".join(str(each) for each in ids) + "}" if ids else ""', (CHOSEN,)),
        Mutant(TENANT, "the choice of one firm holds in another", context,
               'chosen = _chosen.get() if firm_id == _firm.get() else ("", "")',
               "chosen = _chosen.get()", (CHOSEN,)),
        Mutant(TENANT, "the choice stays after its block", context,
               "        _chosen.reset(token)\n        _go_back()", "        _go_back()", (CHOSEN,)),
        Mutant(TENANT, "requests forget whose clients were chosen", f"{K}clients/middleware.py",
               "if place is None or place.has_all_clients:", "if True:",
               (f"{ROLES}::test_invited_person_sees_the_chosen_clients_alone",)),
        Mutant(TENANT, "a closed member still belongs", f"{K}tenants/services.py",
               "m.disabled_at is null", "true",
               (MEMBERS + "test_person_whose_access_is_closed_is_out_everywhere_at_once",)),
        Mutant(TENANT, "protect() turns no wall on", rls,
               'f\'alter table "{table}" enable row level security; \'', "''",
               (SCHEMA,), migrates=True),
        Mutant(TENANT, "protect() does not force it", rls,
               'f\'alter table "{table}" force row level security; \'', "''",
               (SCHEMA,), migrates=True),
        Mutant(TENANT, "protect() lets everything be read", rls,
               'f"using ({column} = {CURRENT_FIRM}) with', 'f"using (true) with',
               (SCHEMA,), migrates=True),
        Mutant(TENANT, "protect() lets everything be written", rls,
               "with check ({column} = {CURRENT_FIRM});", "with check (true);",
               (SCHEMA,), migrates=True),
        Mutant(TENANT, "foreign keys without the firm", rls,
               'foreign key (firm_id, "{column}") \'\n            f\'references "{parent}" '
               "(firm_id, id)",
               'foreign key ("{column}") \'\n            f\'references "{parent}" (id)',
               (SCHEMA,), migrates=True),
        Mutant(TENANT, "the second wall adds instead of narrowing", chosen,
               "as restrictive using", "as permissive using", (CHOSEN,), migrates=True),
        Mutant(TENANT, "the second wall lets everything be written", chosen,
               "with check ({written})'", "with check (true)'",
               (f"{K}tenants/tests/test_second_wall.py",), migrates=True),
        Mutant(TENANT, "an envelope opens in another firm", sealed,
               "def _associated(firm_id: UUID, field: str) -> bytes:",
               "def _associated(firm_id: UUID, field: str) -> bytes:\n"
               "    firm_id = UUID(int=0)\n",
               (ENVELOPES, ISOLATION, f"{K}tenants/tests/test_sealed_columns.py")),
        Mutant(TENANT, "an envelope opens in another field", sealed,
               "def _associated(firm_id: UUID, field: str) -> bytes:",
               'def _associated(firm_id: UUID, field: str) -> bytes:\n    field = ""\n',
               (ENVELOPES,)),
        Mutant("invitation", "an invitation is found by its firm alone",
               f"{K}identity/invitations.py", "token_hash=_hash(secret), ", "",
               (invitations, "-k", "nobody_gave_out")),
        Mutant(TENANT, "one firm's provider opens another", f"{K}tenants/ways_in.py",
               '(str(firm.id), str(firm.sign_on)) == (way["firm"], way["configuration"])',
               "True", (f"{sign_on}::test_sign_in_through_one_firm_opens_that_firm_alone",)),
        Mutant(TENANT, "a password opens a firm that asks for single sign-on",
               f"{K}tenants/ways_in.py", "if domain not in place.firm.sign_on_only_for\n",
               "if True\n",
               (f"{sign_on}::test_password_opens_nothing_where_single_sign_on_is_the_only_way",)),
        Mutant(TENANT, "a log entry may be put in another firm's chain", f"{K}audit/schema.sql",
               "if firm::text is distinct from current_setting('klientbro.firm', true) then",
               "if false then", (AUDIT,), migrates=True),
    ]  # fmt: skip


def _permission() -> list[Mutant]:
    gate = f"{K}identity/gate.py"
    table = f"{K}tenants/permissions.py"
    inner = (f"{K}products/reconciliation/tests/test_acts_within_forms.py",)
    views = f"{K}products/reconciliation/views/"
    review = "            require(request, Act.REVIEW)\n            "
    members = f"{K}identity/members.py"
    factor = f"{K}identity/tests/test_second_factor.py"
    recent = f"{K}identity/tests/test_recency.py"
    group = "permission"
    return [
        Mutant(group, "the gate asks for no act", gate,
               "if not allows(place.acts, need):", "if False:",
               (f"{ROLES}::test_refusal_says_who_may_and_whom_to_ask",)),
        Mutant(group, "the gate lets strangers in", gate,
               "if not request.user.is_authenticated:\n            return redirect_to_login",
               "if False:\n            return redirect_to_login",
               (f"{K}identity/tests/test_gate.py",)),
        Mutant(group, "an undeclared address is open", gate,
               "            raise ActRefusedError(())\n", "            return None\n",
               (f"{ARCHITECTURE}test_every_role.py::test_undeclared_address_is_refused",)),
        Mutant(group, "the firm's demand for a second factor is not heard", gate,
               "if place.lacks_second_factor:", "if False:",
               (f"{factor}::test_member_without_is_led_to_set_it_up_before_anything_else",)),
        Mutant(group, "sessions are ended without asking again who it is",
               f"{K}identity/recency.py",
               "if request.user.is_authenticated and not has_shown_lately(request):", "if False:",
               (f"{recent}::test_five_minutes_it_is",)),
        Mutant(group, "a provider that did not ask again is believed",
               f"{K}identity/single_sign_on/flow.py",
               'if asked.get("anew") and shown_at(claims) < asked["at"] - SKEW_SECONDS:',
               "if False:",
               (f"{recent}::test_provider_that_did_not_ask_again_is_not_believed",)),
        Mutant(group, "who came by a provider sets up ways in without being asked again",
               f"{K}identity/adapters.py",
               "            raise ReauthenticationRequired\n", "            return False\n",
               (f"{recent}::test_own_ways_in_are_set_up_after_the_provider_has_asked_again",)),
        Mutant(group, "a recovery code works again and again", f"{K}identity/recovery_codes.py",
               "        self.instance.data[kind] = left\n", "",
               (f"{K}identity/tests/test_recovery_codes.py::"
                "test_each_code_is_good_once_and_the_others_stay",)),
        Mutant(group, "a new firm asks for no second factor", f"{K}tenants/services.py",
               "return create_firm(name, requires_second_factor=True)",
               "return create_firm(name)",
               (f"{K}identity/tests/test_new_firm.py",)),
        Mutant(group, "the firm's demand falls at one press", f"{K}identity/views/members.py",
               'if firm.requires_second_factor and not is_required and "sure" not in request.POST:',
               "if False:",
               (f"{factor}::test_administrator_asks_for_it_and_takes_it_back",)),
        Mutant(group, "a person without a firm goes on", gate,
               "if place is None:\n            return render",
               "if False:\n            return render",
               (f"{K}identity/tests/test_gate.py",)),
        Mutant(group, "who came by a provider changes what opens every firm", gate,
               "if closed and opens_more(name) and came_through_provider(request):", "if False:",
               (f"{K}identity/tests/test_single_sign_on.py::"
                "test_what_opens_every_firm_is_not_changed_through_one_firms_provider",)),
        Mutant(group, "everything is allowed", table,
               "return need is not None and (isinstance(need, Open) or bool(need & acts))",
               "return True", (f"{ARCHITECTURE}test_agreed_permissions.py",)),
        Mutant(group, "acts of all clients for chosen ones", table,
               "return rights.acts if has_all_clients else rights.acts - OF_ALL_CLIENTS",
               "return rights.acts", (f"{ARCHITECTURE}test_agreed_permissions.py",)),
        Mutant(group, "a change asks for no more than reading", table,
               "if method not in _READ and address in _TO_CHANGE:", "if False:",
               (f"{ARCHITECTURE}test_agreed_permissions.py",)),
        Mutant(group, "what forms ask for is not asked", f"{K}practice/permissions.py",
               "if not may(request, act):", "if False:", inner),
        Mutant(group, "anybody reviews a month", f"{views}month.py",
               f"{review}count = review(", "            count = review(", inner),
        Mutant(group, "anybody closes a month", f"{views}month.py",
               "                require(request, Act.REVIEW)\n                close_period",
               "                close_period", inner),
        Mutant(group, "anybody opens a month again", f"{views}month.py",
               "                require(request, Act.REVIEW)\n                reopen_period",
               "                reopen_period", inner),
        Mutant(group, "anybody reviews an account", f"{views}account.py",
               f"{review}review(", "            review(", inner),
        Mutant(group, "anybody sends an account back", f"{views}account.py",
               f"{review}send_back(", "            send_back(", inner),
        Mutant(group, "anybody deletes a rule for all clients", f"{views}rules.py",
               "        require(request, Act.EDIT_TEMPLATES)\n    if delete_rule",
               "        pass\n    if delete_rule", inner),
        Mutant(group, "anybody writes a rule for all clients", f"{views}rules.py",
               "            require(request, Act.EDIT_TEMPLATES)  # a rule",
               "            pass  # a rule", inner),
        Mutant(group, "anybody chooses who is responsible",
               f"{K}products/overview/views/clients.py",
               "        require(request, Act.CHOOSE_RESPONSIBLE)", "        pass",
               (f"{K}products/overview/tests/test_overview_page.py", "-k", "responsible")),
        Mutant(group, "one closes one's own access", members,
               "if member.user_id == by:", "if False:",
               (MEMBERS + "test_nobody_closes_their_own_access",)),
        Mutant(group, "the last administrator steps down", members,
               "        if choice.role != ADMINISTRATOR:\n            refuse_without",
               "        if False:\n            refuse_without",
               (f"{ROLES}::test_last_administrator_keeps_the_role",)),
    ]  # fmt: skip


def _front() -> list[Mutant]:
    headers = f"{K}shell/headers.py"
    found = [
        Mutant("header", f"no {name}", path, old, new, QUICK_HEADERS)
        for name, path, old, new in (
            ("Permissions-Policy", headers,
             'headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)', "pass"),
            ("Cross-Origin-Resource-Policy", headers,
             'headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")', "pass"),
            ("no-store", headers,
             'headers.setdefault("Cache-Control", "private, no-store")', "pass"),
            ("HSTS without a word of TLS", headers,
             'headers.setdefault("Strict-Transport-Security", policy)', "pass"),
            ("Clear-Site-Data", headers,
             'headers.setdefault("Clear-Site-Data", \'"storage"\')', "pass"),
            ("HSTS for subdomains", headers, "; includeSubDomains", ""),
            ("frame rule for others' files", headers, "\"frame-ancestors 'self'\"", '""'),
            ("Content-Security-Policy", SETTINGS, '    "csp.middleware.CSPMiddleware",\n', ""),
            ("X-Frame-Options", SETTINGS,
             '    "django.middleware.clickjacking.XFrameOptionsMiddleware",\n', ""),
            ("headers of the security middleware", SETTINGS,
             '    "django.middleware.security.SecurityMiddleware",\n', ""),
            ("headers of ours", SETTINGS,
             '    "klientbro.shell.headers.HeadersMiddleware",\n', ""),
            ("nosniff", SECURITY, '"SECURE_CONTENT_TYPE_NOSNIFF": True',
             '"SECURE_CONTENT_TYPE_NOSNIFF": False'),
            ("Referrer-Policy", SECURITY, '"SECURE_REFERRER_POLICY": "same-origin"',
             '"SECURE_REFERRER_POLICY": None'),
            ("Opener policy", SECURITY, '"SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin"',
             '"SECURE_CROSS_ORIGIN_OPENER_POLICY": None'),
            ("refusal of frames", SECURITY, '"X_FRAME_OPTIONS": "DENY"',
             '"X_FRAME_OPTIONS": "SAMEORIGIN"'),
            ("TLS for the session", SECURITY, '"SESSION_COOKIE_SECURE": is_tls',
             '"SESSION_COOKIE_SECURE": False'),
            ("HttpOnly", SECURITY, '"SESSION_COOKIE_HTTPONLY": True',
             '"SESSION_COOKIE_HTTPONLY": False'),
            ("SameSite", SECURITY, '"SESSION_COOKIE_SAMESITE": "Lax"',
             '"SESSION_COOKIE_SAMESITE": "None"'),
            ("__Host-", SECURITY, 'prefix = "__Host-" if is_tls else ""', 'prefix = ""'),
            ("TLS for the language", SECURITY, '"LANGUAGE_COOKIE_SECURE": is_tls',
             '"LANGUAGE_COOKIE_SECURE": False'),
            ("leading on to TLS", SECURITY, '"SECURE_SSL_REDIRECT": is_tls',
             '"SECURE_SSL_REDIRECT": False'),
            ("HttpOnly of choices", f"{K}shell/preferences.py", "httponly=True",
             "httponly=False"),
            ("prefix of messages", f"{K}shell/flash.py", "{settings.COOKIE_PREFIX}", ""),
            ("refusal of other origins for files", SETTINGS,
             "WHITENOISE_ALLOW_ALL_ORIGINS = False", "WHITENOISE_ALLOW_ALL_ORIGINS = True"),
            ("default-src 'none'", SECURITY, '"default-src": ["\'none\'"]',
             '"default-src": ["*"]'),
            ("script-src 'self'", SECURITY, '"script-src": ["\'self\'"]',
             '"script-src": ["\'self\'", "\'unsafe-inline\'"]'),
            ("frame-ancestors", SECURITY, '        "frame-ancestors": ["\'none\'"],\n', ""),
            ("base-uri", SECURITY, '        "base-uri": ["\'none\'"],\n', ""),
            ("form-action", SECURITY, '        "form-action": ["\'self\'"],\n', ""),
        )
    ]  # fmt: skip
    forged = (FORGERY, "-k", "another_session")
    return [
        *found,
        Mutant("forgery", "no token is asked for", SETTINGS,
               '    "django.middleware.csrf.CsrfViewMiddleware",\n', "", forged),
        Mutant("forgery", "one address asks for none", f"{K}shell/views.py",
               "@require_POST\ndef preferences",
               "from django.views.decorators.csrf import csrf_exempt\n\n\n"
               "@csrf_exempt\n@require_POST\ndef preferences",
               (f"{ARCHITECTURE}test_security_rules.py",)),
        Mutant("forgery", "leads wherever it is asked to", f"{K}shell/views.py",
               'return wanted if is_ours else "/"', "return wanted",
               (FORGERY, "-k", "lead_on_lead")),
        Mutant("forgery", "letters believe the request's host", f"{K}settings/django.py",
               'ALLOWED_HOSTS = [\n', 'USE_X_FORWARDED_HOST = True\nALLOWED_HOSTS = [\n    "*",\n',
               (FORGERY, "-k", "host")),
    ]  # fmt: skip


def _people() -> list[Mutant]:
    sessions = f"{K}identity/sessions.py"
    words = f"{K}identity/tests/test_context_words.py"
    passwords = f"{K}identity/tests/test_passwords.py"
    guessing = f"{K}identity/tests/test_guessing.py"
    invitations = f"{K}identity/invitations.py"
    invited = (f"{K}identity/tests/test_invitations.py",)
    return [
        Mutant("session", "no idle limit", sessions,
               "last_seen_at__gt=now - settings.SESSION_IDLE,", "",
               (f"{SESSIONS}::test_idle_session_ends",)),
        Mutant("session", "no absolute limit", sessions,
               "created_at__gt=now - settings.SESSION_ABSOLUTE,", "",
               (SESSIONS, "-k", "absolute")),
        Mutant("session", "keys lie open in the table", sessions,
               "return hashlib.sha256(session_key.encode()).digest()",
               "return session_key.encode()", (f"{SESSIONS}::test_table_holds_no_key",)),
        Mutant("session", "an ended session is written anew", sessions,
               "                raise UpdateError\n",
               "                self.save(must_create=True)\n",
               (MEMBERS + "test_request_under_way_while_access_closes_does_not_bring_the_"
                "session_back",)),
        Mutant("session", "a clock keeps it alive", f"{K}identity/gate.py",
               " and UNATTENDED not in request.headers", "", (SESSIONS, "-k", "clock")),
        Mutant("password", "no length is asked", SETTINGS,
               '"OPTIONS": {"min_length": 12}', '"OPTIONS": {"min_length": 1}', (words,)),
        Mutant("password", "leaked ones are taken", SETTINGS,
               '    {"NAME": "klientbro.identity.passwords.BreachedPasswordValidator"},\n', "",
               (passwords,)),
        Mutant("password", "this place's words are taken", SETTINGS,
               '    {"NAME": "klientbro.identity.passwords.ContextWordsValidator"},\n', "",
               (words,)),
        Mutant("password", "a cheap hash", SETTINGS,
               '    "django.contrib.auth.hashers.Argon2PasswordHasher",\n', "", (words,)),
        Mutant("throttle", "guesses are not counted", SETTINGS,
               '"login_failed": "10/m/ip,5/5m/key,100/h/ip,20/h/key,50/d/key"',
               '"login_failed": None', (guessing, "-k", "thousand")),
        Mutant("throttle", "guesses are not counted per account", SETTINGS,
               "10/m/ip,5/5m/key,100/h/ip,20/h/key,50/d/key", "10/m/ip,100/h/ip",
               (guessing, "-k", "thousand")),
        Mutant("throttle", "guesses are not counted per address", SETTINGS,
               "10/m/ip,5/5m/key,100/h/ip,20/h/key,50/d/key", "5/5m/key,20/h/key,50/d/key",
               (guessing, "-k", "from_one_place")),
        Mutant("throttle", "a patient guesser is not counted by day", SETTINGS,
               "20/h/key,50/d/key\",\n    \"reset", "20/h/key\",\n    \"reset",
               (guessing, "-k", "patient")),
        Mutant("throttle", "letters are not counted", SETTINGS,
               '"reset_password": "20/m/ip,5/m/key,20/d/key"', '"reset_password": None',
               (passwords, "-k", "counted")),
        Mutant("invitation", "a link works for ever", invitations,
               ", expires_at__gt=timezone.now()", "", invited),
        Mutant("invitation", "a link works twice", invitations,
               "    found.used_at = timezone.now()\n", "", invited),
        Mutant("invitation", "withdrawn it lets in", invitations,
               "        found.withdrawn_at = timezone.now()\n        found.token_hash = None\n", "",
               invited),
        Mutant("invitation", "the token lies in the table", invitations,
               "return base64.urlsafe_b64encode(firm_id.bytes + secret).decode(), _hash(secret)",
               "return base64.urlsafe_b64encode(firm_id.bytes + secret).decode(), secret",
               invited),
    ]  # fmt: skip


def _tokens() -> list[Mutant]:
    tokens = f"{K}identity/single_sign_on/tokens.py"
    flow = f"{K}identity/single_sign_on/flow.py"
    checks = (
        ("another issuer", tokens, 'if claims.get("iss") != expected.issuer:'),
        ("another audience", tokens,
         "if not isinstance(listed, list) or expected.client_id not in listed:"),
        ("many audiences and no party", tokens, 'if len(listed) > 1 and "azp" not in claims:'),
        ("another party", tokens,
         'if claims.get("azp", expected.client_id) != expected.client_id:'),
        ("expired", tokens, "if now > expires + SKEW_SECONDS:"),
        ("issued in the future", tokens, "if issued > now + SKEW_SECONDS:"),
        ("issued long ago", tokens, "if issued < now - OLDEST_SECONDS - SKEW_SECONDS:"),
        ("not yet valid", tokens,
         'if "nbf" in claims and (begins is None or begins > now + SKEW_SECONDS):'),
        ("a key in its own header", tokens, "if strange := set(header) - _HEADERS:"),
        ("of another type", tokens, 'if str(header.get("typ", "JWT")).upper() != "JWT":'),
        ("a weak key", tokens,
         "if isinstance(imported, RSAKey) and imported.public_key.key_size < SMALLEST_RSA_BITS:"),
        ("without a subject", tokens,
         "if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:"),
        ("no question of ours", flow, "if asked is None:"),
        ("a question too old", flow, 'if asked["at"] < time.time() - LIFETIME_SECONDS:'),
        ("a question answered before", flow,
         'if not cache.add(f"sign-on:state:{state}", True, LIFETIME_SECONDS):'),
        ("a question to another configuration", flow,
         'if asked["configuration"] != str(client.configuration):'),
        ("an answer that names another", flow,
         'if (named or metadata.names_itself or "iss" in request.GET) and named != client.issuer:'),
    )  # fmt: skip
    return [
        Mutant("token", f"taken: {what}", path, check, "if False:", (FORGED,))
        for what, path, check in checks
    ] + [
        Mutant("token", "taken: any algorithm of the header", tokens,
               "if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:", "if False:",
               (FORGED,)),
        Mutant("token", "taken: another nonce", tokens,
               "nonce.encode(), expected.nonce.encode()", "nonce.encode(), nonce.encode()",
               (FORGED,)),
        Mutant("token", "taken: a signature that is none", tokens,
               "        raise SignOnRefusedError(\"signature\", type(error).__name__) from error",
               "        found = jws.extract_compact(token.encode())", (FORGED,)),
    ]  # fmt: skip


def _rest() -> list[Mutant]:
    verifying = f"{K}audit/verifying.py"
    logs = f"{K}settings/logs.py"
    told = f"{K}operations/tests/test_logs.py"
    lines = f"{K}operations/tests/test_refusals_logged.py"
    camt = f"{K}domain/bank_statements/camt.py"
    budget = f"{K}products/report/budget_import.py"
    gone = f"{K}operations/firm_destruction.py"
    people = (f"{K}operations/tests/test_firm_destruction.py", "-k", "one_place")
    return [
        Mutant("audit", "a missing entry is not seen", verifying,
               "        if entry != number + 1:", "        if False:", (AUDIT,)),
        Mutant("audit", "an altered entry is not seen", verifying,
               "        if hashlib.sha256(previous + text.encode()).digest() != kept:",
               "        if False:", (AUDIT,)),
        Mutant("audit", "an entry in another's place is not seen", verifying,
               "        elif previous != head:", "        elif False:", (AUDIT,)),
        Mutant("audit", "a cut end is not seen", verifying,
               "        elif kept[0] > number:", "        elif False:", (AUDIT,)),
        Mutant("audit", "an end beyond the kept one is not seen", verifying,
               "        elif kept[0] != number or bytes(kept[1]) != head:", "        elif False:",
               (AUDIT,)),
        Mutant("audit", "a lost end is not seen", verifying,
               "            if number:\n", "            if False:\n", (AUDIT,)),
        Mutant("audit", "entries may be altered", f"{K}audit/schema.sql",
               "before update or delete on audit_entry", "before update on audit_head", (AUDIT,),
               migrates=True),
        Mutant("audit", "the application puts entries as it likes", f"{K}audit/schema.sql",
               "revoke all on function audit_put(uuid, text, text, text, bigint, jsonb, jsonb) "
               "from public;", "", (AUDIT,), migrates=True),
        Mutant("audit", "secrets stand in entries", f"{K}audit/watching.py",
               "    if is_hidden:\n", "    if False:\n", (AUDIT,), migrates=True),
        Mutant("log", "what looks like a secret is told", logs,
               'text = _LINKS.sub(rf"\\1{HIDDEN}", _SECRETS.sub(rf"\\1{HIDDEN}", text))',
               'text = _LINKS.sub(rf"\\1{HIDDEN}", text)', (told,)),
        Mutant("log", "links that let in are told", logs,
               'text = _LINKS.sub(rf"\\1{HIDDEN}", _SECRETS.sub(rf"\\1{HIDDEN}", text))',
               'text = _SECRETS.sub(rf"\\1{HIDDEN}", text)', (lines,)),
        Mutant("log", "personal numbers are told", logs,
               "return hide_national_ids(text)", "return text", (told,)),
        Mutant("log", "our own secrets are told", logs,
               "        text = text.replace(secret, HIDDEN)", "        pass", (told,)),
        Mutant("log", "a line can be forged", logs,
               '.replace("\\r", "\\\\r").replace("\\n", "\\\\n")', "", (lines,)),
        Mutant("log", "a number that was searched for stays in the address",
               f"{K}shell/typed_numbers.py", "            if masked is not None:",
               "            if False:", (f"{K}shell/tests/test_typed_numbers.py",)),
        Mutant("log", "a number that people part is told", f"{K}domain/national_id.py",
               "([0-9]{6})[ \\u00a0-]?([0-9]{5})", "([0-9]{6})([0-9]{5})",
               (f"{K}domain/tests/test_national_id.py",)),
        Mutant("log", "a client's name holds a personal number", f"{K}clients/services/typed.py",
               "    if hide_national_ids(clean) != clean:", "    if False:",
               (f"{K}clients/tests/test_names_hold_no_number.py",)),
        Mutant("destruction", "people with a place elsewhere go too", gone,
               " if not _has_place(cursor, one.pk)}", "}", people),
        Mutant("destruction", "people asked into another firm go too", gone,
               "            lonely.pop(email, None)", "            pass", people),
        Mutant("destruction", "whoever has no place anywhere goes too", gone,
               "users.filter(pk__in=noted, ", "users.filter(", people),
        Mutant("destruction", "the operator goes too", gone,
               ", is_superuser=False, is_staff=False)", ")", people),
        Mutant("upload", "a body of any size", f"{K}shell/headers.py",
               "if claimed.isdecimal() and int(claimed) > settings.MOST_BODY_BYTES:", "if False:",
               (UPLOADS,)),
        Mutant("upload", "entities in XML", camt, "resolve_entities=False", "resolve_entities=True",
               (UPLOADS, f"{ARCHITECTURE}test_security_rules.py")),
        Mutant("upload", "endless XML", camt, "huge_tree=False", "huge_tree=True", (UPLOADS,)),
        Mutant("upload", "a workbook that unpacks for ever", budget,
               "if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:", "if False:",
               (UPLOADS,)),
        Mutant("upload", "a budget of any size", budget,
               "if len(content) > MOST_BYTES:", "if False:", (UPLOADS,)),
        Mutant("upload", "an attachment of any size",
               f"{K}products/reconciliation/attachments.py", "    if size > MOST_BYTES:",
               "    if False:", (UPLOADS,)),
        Mutant("upload", "workbooks with macros", f"{K}lib/file_kinds.py",
               'if any(name.lower().endswith("vbaproject.bin") for name in names):', "if False:",
               (UPLOADS, f"{K}lib/tests/test_file_kinds.py")),
        Mutant("upload", "web pages as text", f"{K}lib/file_kinds.py",
               "if _CONTROL.search(text) or _PAGE.search(text[:_HEAD]):",
               "if _CONTROL.search(text):", (UPLOADS,)),
        Mutant("upload", "a list of clients of any size", f"{K}portal/views/importing.py",
               "if file.size is None or file.size > MOST_CHARACTERS * 4:", "if False:",
               (UPLOADS,)),
        Mutant("upload", "a source's zip of any size",
               f"{K}connectors/poweroffice/documents.py",
               "            if len(members) > MOST_FILES:", "            if False:", (UPLOADS,)),
    ]  # fmt: skip


MUTANTS = (
    *(*_tenant(), *_permission(), *_front(), *_people(), *_tokens(), *_rest()),
    *(*reading(), *ways_out(), *reviewed()),
)
