"""Norwegian names of people, places, firms and goods that books are made of."""

from __future__ import annotations

import random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Anne Bjørn Camilla Dag Eirik Frøydis Geir Håkon Ingrid Jørgen Kåre Liv Magnus Nora Odd Pål
    Ragnhild Sigrid Trond Unni Vegard Åse Øystein Ærlend Marit Sindre Tuva Aslaug Henrik Silje
    """
)
LAST_NAMES = _words(
    """
    Aasen Bråten Dalseth Engebretsen Fjeldstad Grønnevik Haugland Isaksen Johnsrud Kjærstad
    Lønning Myrvang Nordbø Opsahl Pettersbakken Rødland Skjæveland Tangvald Ulvestad Våge
    Østbye Åmodt Ødegård Birkeland Sæther Tveitå
    """
)
PLACES = (
    ("Svolvær", "8300"),
    ("Ålesund", "6002"),
    ("Bodø", "8006"),
    ("Tromsø", "9008"),
    ("Førde", "6800"),
    ("Røros", "7374"),
    ("Tynset", "2500"),
    ("Hønefoss", "3510"),
    ("Sandnes", "4306"),
    ("Mosjøen", "8657"),
    ("Gjøvik", "2815"),
    ("Lillesand", "4790"),
    ("Molde", "6413"),
    ("Namsos", "7800"),
    ("Odda", "5750"),
    ("Brønnøysund", "8900"),
    ("Vardø", "9950"),
    ("Tønsberg", "3110"),
    ("Askim", "1830"),
    ("Volda", "6100"),
)
STREETS = _words(
    """
    Kaigata Storgata Kirkeveien Fjordveien Skolegata Bryggegata Nygata Bakkegata
    Nedregata Industriveien Torggata Åsveien Strandgata
    """
)
ROOTS = _words(
    """
    Lofot Fjord Nord Sør Vest Øst Åsgård Tinde Bre Skog Hav Øy Ås Elve Fjell Lyng Bjørke Gran
    Storm Sol Måne Sjø Vik Nes Hei Furu Ørne Bølge Myr Dal Kvit Svart Grønn Blå Raud Stein Jern
    Sølv Midnatts Polar Nordlys Tåke Ild Snø Rype Hjort Elg Bjørn Laks Torske Sild Tare Mose Einer
    """
)
TAILS = _words(
    """
    bris fisk bygg rør transport mekaniske trevare el-service entreprenør regnskap bakeri
    eiendom konsult reklame data frakt kystfiske maskin vvs renhold helse foto gartneri
    bilverksted tannklinikk arkitekter meglerhus drift sport møbler optikk catering media
    geodata rekruttering forvaltning installasjon
    """
)
FORMS = ("AS", "AS", "AS", "AS", "AS", "ENK", "AS", "SA", "AS", "ANS")

GOODS = (
    "Brød og bakervarer",
    "Rør og deler",
    "Arbeidstimer",
    "Konsulenttimer",
    "Frakt",
    "Materialer",
    "Service og vedlikehold",
    "Varer etter ordre",
    "Prosjektledelse",
    "Leie av utstyr",
    "Reservedeler",
    "Befaring",
    "Tilleggsarbeid",
    "Abonnement",
    "Tegninger",
    "Montering",
)
COSTS = (
    (6340, "Strøm og oppvarming"),
    (6540, "Inventar"),
    (6551, "Datautstyr"),
    (6553, "Programvare, årslisens"),
    (6620, "Reparasjon av utstyr"),
    (6705, "Regnskapshonorar"),
    (6800, "Kontorrekvisita"),
    (6860, "Kurs"),
    (6900, "Telefon"),
    (6940, "Porto"),
    (7000, "Drivstoff"),
    (7320, "Annonsering"),
    (7500, "Forsikring"),
    (7770, "Bank- og kortgebyr"),
)


def person(rng: random.Random) -> tuple[str, str]:
    """First and last name."""
    return rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)


def address(rng: random.Random) -> tuple[str, str, str]:
    """Street with number, post code, town."""
    town, code = rng.choice(PLACES)
    return f"{rng.choice(STREETS)} {int(rng.random() * 98) + 1}", code, town


class FirmNames:
    """Hands out firm names, none of them twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def reserve(self, name: str) -> None:
        """A name given elsewhere, not to be handed out."""
        self._used.add(name)

    def next(self, form: str = "AS") -> str:
        """`Lofotfisk AS`, `Svolvær Rør AS`, `Tindetrevare Røros AS`: longer when they run out."""
        rng = self._rng
        for attempt in range(10_000):
            root, tail = rng.choice(ROOTS), rng.choice(TAILS)
            pattern = int(rng.random() * 3) if attempt < 4 else 3
            if pattern == 0:
                stem = f"{root}{tail}"
            elif pattern == 1:
                stem = f"{rng.choice(PLACES)[0]} {tail.capitalize()}"
            elif pattern == 2:
                stem = f"{rng.choice(LAST_NAMES)} {tail.capitalize()}"
            else:
                stem = f"{root}{tail} {rng.choice(PLACES)[0]}"
                if attempt > 12:
                    stem = f"{stem} {attempt - 10}"
            name = f"{stem} {form}" if form != "ENK" else stem
            if name not in self._used:
                self._used.add(name)
                return name
        raise RuntimeError("out of firm names")
