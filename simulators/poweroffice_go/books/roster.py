"""Makes the list of companies: special ones first, then ordinary clients of an accounting firm."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date

from . import names
from .days import year_start
from .guesses import Guesses
from .identifiers import guid, orgnr, synthetic_national_id
from .spec import INDUSTRIES, LEDGER_PRIVILEGES, READ_PRIVILEGES, CompanySpec, Quirk

SMALLEST = 120
"""Ordinary books are not made smaller than this, whatever the scale."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A company of the fixed list."""

    name: str
    form: str
    industry: str
    postings: int
    employees: int
    quirk: Quirk | None = None
    departments: tuple[tuple[str, str], ...] = ()
    projects: int = 0
    abroad: bool = False


_SHOPS = (("10", "Butikk"), ("20", "Engros"), ("90", "Administrasjon"))
_PLUMBING = (("1", "Nybygg"), ("2", "Service"))
_TRANSPORT = (("10", "Langtransport"), ("20", "Nærdistribusjon"))
_CHILDREN = (("1", "Småbarn"), ("2", "Storebarn"))
_NAMED = (
    _Named(
        "Bakeriet Nord AS",
        "AS",
        "bakeri",
        10_000,
        9,
        departments=(("10", "Utsalg Svolvær"), ("20", "Produksjon"), ("90", "Administrasjon")),
    ),
    _Named("Kvitfjell Holding AS", "AS", "rådgivning", 30, 0, Quirk.HOLDING),
    _Named(
        "Polar Grossist AS", "AS", "grossist", 300_000, 64, Quirk.WHOLESALER, _SHOPS, 12, True
    ),
    _Named("Åse Våge Illustrasjon", "ENK", "rådgivning", 700, 0, Quirk.SOLE_PROPRIETOR),
    _Named("Vassøyane Grendelag", "FLI", "forening", 240, 0, Quirk.WITHOUT_NUMBER),
    _Named("Myrdal Eiendom AS", "AS", "eiendom", 900, 1, Quirk.SAME_ORGNR_FIRST),
    _Named("Myrdal Eiendom Utleie AS", "AS", "eiendom", 800, 1, Quirk.SAME_ORGNR_SECOND),
    _Named("Skisenteret Raudfjell AS", "AS", "handel", 2_400, 6, Quirk.BROKEN_YEAR, _SHOPS[:2]),
    _Named(
        "Ålesund Båtservice AS", "AS", "verksted", 1_800, 4, Quirk.CONVERTED_WITH_OPENING, (), 6
    ),
    _Named("Førde Fysio AS", "AS", "tannlege", 1_500, 4, Quirk.CONVERTED_WITHOUT_OPENING),
    _Named("Røros Kobberkunst AS", "AS", "handel", 1_300, 2, Quirk.NEVER_DISPOSED),
    _Named("Tynset Trevare AS", "AS", "bygg", 2_200, 6, Quirk.DISPOSED_LATE, (), 8),
    _Named("Brønnøy Blikk og Låsservice AS", "AS", "verksted", 1_600, 3, Quirk.LOCK_REOPENED),
    _Named("Sandnes Sykkelhus AS", "AS", "handel", 2_000, 4, Quirk.VAT_AFTER_FILING),
    _Named("Øvre Haugland Gård", "ENK", "gård", 1_400, 1, Quirk.FARM),
    _Named("Gjøvik Reklame AS", "AS", "rådgivning", 1_700, 5, Quirk.ACCOUNT_RENUMBERED),
    _Named("Namsos Notfiske AS", "AS", "handel", 1_500, 3, Quirk.MATCHED_WITHOUT_POSTING),
    _Named("Lillesand Seilforening", "FLI", "forening", 900, 1, Quirk.FUTURE_VOUCHER),
    _Named("Odda Industriservice AS", "AS", "bygg", 2_600, 8, Quirk.FIVE_DIGITS, _SHOPS, 10),
    _Named("Mosjøen Mosaikk AS", "AS", "arkitekt", 800, 2, Quirk.WITHOUT_LEDGER),
    _Named("Tannlegene Østbye og Sæther AS", "AS", "tannlege", 4_200, 7),
    _Named("Rørlegger Grønnevik AS", "AS", "rørlegger", 7_500, 11, None, _PLUMBING, 24),
    _Named("Fjordlys Arkitekter AS", "AS", "arkitekt", 3_800, 8, None, (), 30, True),
    _Named("Nordbø Transport AS", "AS", "transport", 9_000, 14, None, _TRANSPORT),
    _Named("Trollskogen Barnehage SA", "SA", "barnehage", 3_200, 16, None, _CHILDREN),
    _Named("Våge Regnskap og Rådgivning AS", "AS", "rådgivning", 2_900, 5, None, (), 14),
    _Named("Bjørke Bygg og Rehabilitering AS", "AS", "bygg", 6_800, 12, None, (), 18),
)  # fmt: skip
_ORDINARY_INDUSTRIES = tuple(
    key for key in INDUSTRIES if key not in ("grossist", "gård", "forening")
)


def roster(
    count: int | None = None,
    scale: float = 1.0,
    seed: int = 1,
    today: date | None = None,
    guesses: Guesses | None = None,
) -> list[CompanySpec]:
    """The companies, without their books. `scale` multiplies how much is posted in each."""
    day = today or date.today()  # noqa: DTZ011 - the server passes its own clock's day
    guesses = guesses or Guesses()
    wanted = len(_NAMED) if count is None else count
    rng = random.Random(f"roster:{seed}")  # noqa: S311 - made-up books, no secrets
    taken = names.FirmNames(rng)
    for named in _NAMED:
        taken.reserve(named.name)
    numbers = _Numbers(seed)
    specs: list[CompanySpec] = []
    for index in range(wanted):
        named = _NAMED[index] if index < len(_NAMED) else _generated(rng, taken)
        specs.append(_spec(index, named, scale, seed, day, guesses, numbers))
    return specs


FIRST_EXTRA, EXTRA_PLACES = 500, 500
"""Companies added later are made from their own seed alone, wherever in the list they stand."""


def extra_company(seed: int, postings: int, years: int, today: date) -> CompanySpec:
    """A company beside the roster: same seed, same books, whatever else there is."""
    named = _Named(f"Soløy {seed} AS", "AS", "rådgivning", postings, 0)
    index = FIRST_EXTRA + seed % EXTRA_PLACES
    return _spec(index, named, 1.0, seed, today, Guesses(), _Numbers(seed), years)


class _Numbers:
    """Organisation numbers of the 3… series, none of them twice."""

    def __init__(self, seed: int) -> None:
        self._base = 31_000_000 + seed * 9_176 % 6_000_000
        self._latest: str | None = None

    def next(self) -> str:
        self._base += 137
        self._latest = orgnr(self._base)
        return self._latest


def _generated(rng: random.Random, taken: names.FirmNames) -> _Named:
    form = rng.choice(names.FORMS)
    industry = rng.choice(_ORDINARY_INDUSTRIES)
    size = rng.random()
    postings = int(350 * (22 ** (size * size)))
    employees = max(0 if form == "ENK" else 1, postings // 700)
    departments = _SHOPS[: 2 + (size > 0.8)] if rng.random() < 0.3 else ()
    projects = int(rng.random() * 20) if INDUSTRIES[industry].has_projects else 0
    return _Named(
        taken.next(form),
        form,
        industry,
        postings,
        employees,
        None,
        departments,
        projects,
        rng.random() < 0.15,
    )


def _spec(
    index: int,
    named: _Named,
    scale: float,
    seed: int,
    today: date,
    guesses: Guesses,
    numbers: _Numbers,
    years: int = 3,
) -> CompanySpec:
    rng = random.Random(f"company:{seed}:{index}")  # noqa: S311 - made-up books, no secrets
    quirk = named.quirk
    year_end_month = 6 if quirk is Quirk.BROKEN_YEAR else 12
    start = year_start(today, year_end_month)
    conversion = start.replace(year=start.year - years)
    street, zip_code, city = names.address(rng)
    target = (
        named.postings if quirk is Quirk.HOLDING else max(SMALLEST, int(named.postings * scale))
    )
    spec = CompanySpec(
        index=index,
        seed=seed,
        today=today,
        name=named.name,
        legal_name=named.name.upper(),
        org_form=named.form,
        orgnr=numbers.next(),
        client_id=guid("client-id", seed, index),
        client_key=guid("client-key", seed, index),
        industry=INDUSTRIES[named.industry],
        postings_target=target,
        employees=named.employees,
        conversion_date=conversion,
        year_end_month=year_end_month,
        quirk=quirk,
        departments=named.departments,
        project_count=named.projects,
        trades_abroad=named.abroad,
        opening_in_transactions=guesses.opening_voucher_in_transactions,
        street=street,
        zip_code=zip_code,
        city=city,
        modules=("Accounting", "Payroll") if named.employees else ("Accounting",),
        guesses=guesses,
    )
    return _with_quirk(spec, seed)


def _with_quirk(spec: CompanySpec, seed: int) -> CompanySpec:
    match spec.quirk:
        case Quirk.SOLE_PROPRIETOR:
            born = date(1984, 3, 1 + seed % 27)
            return replace(spec, orgnr=synthetic_national_id(born, 100 + seed % 300))
        case Quirk.WITHOUT_NUMBER:
            return replace(spec, orgnr=None)
        case Quirk.SAME_ORGNR_FIRST | Quirk.SAME_ORGNR_SECOND:
            return replace(spec, orgnr=orgnr(38_000_000 + seed * 311 % 900_000))
        case Quirk.CONVERTED_WITH_OPENING | Quirk.CONVERTED_WITHOUT_OPENING:
            first_year = spec.conversion_date.year
            return replace(
                spec,
                conversion_date=date(first_year, 7, 1),
                opening_in_transactions=spec.quirk is Quirk.CONVERTED_WITH_OPENING,
            )
        case Quirk.WITHOUT_LEDGER:
            return replace(
                spec,
                modules=("TimeTracking",),
                valid_privileges=tuple(p for p in READ_PRIVILEGES if p not in LEDGER_PRIVILEGES),
                invalid_privileges=tuple(p for p in READ_PRIVILEGES if p in LEDGER_PRIVILEGES),
            )
        case _:
            return spec
