"""Puts scanned JPEG pages into one PDF as they are, so that a browser can show them together."""

from __future__ import annotations

from dataclasses import dataclass, field

A4_WIDTH, A4_HEIGHT = 595, 842
# Frame headers that state the picture's size (ISO/IEC 10918-1 table B.1), without DHT, JPG, DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_COLOURS = {1: b"/DeviceGray", 3: b"/DeviceRGB", 4: b"/DeviceCMYK"}


@dataclass(frozen=True, slots=True)
class _Picture:
    width: int
    height: int
    colours: bytes
    content: bytes = field(repr=False)


def pdf_of_jpegs(pictures: list[bytes]) -> bytes | None:
    """One page for each picture, fitted into A4; None when one of them cannot be measured."""
    pages = [_measured(content) for content in pictures]
    whole = [page for page in pages if page is not None]
    if not whole or len(whole) != len(pages):
        return None
    objects: list[bytes] = []
    page_numbers = [3 + 3 * index for index in range(len(whole))]
    kids = b" ".join(b"%d 0 R" % number for number in page_numbers)
    objects.append(b"<</Type/Catalog/Pages 2 0 R>>")
    objects.append(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(whole), kids))
    for number, page in zip(page_numbers, whole, strict=True):
        objects.extend(_page_objects(number, page))
    return _file(objects)


def _page_objects(number: int, page: _Picture) -> tuple[bytes, bytes, bytes]:
    scale = min(A4_WIDTH / page.width, A4_HEIGHT / page.height)
    width, height = page.width * scale, page.height * scale
    drawing = b"q %.2f 0 0 %.2f %.2f %.2f cm /P Do Q" % (
        width,
        height,
        (A4_WIDTH - width) / 2,
        (A4_HEIGHT - height) / 2,
    )
    return (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
        b"/Resources<</XObject<</P %d 0 R>>>>>>" % (A4_WIDTH, A4_HEIGHT, number + 1, number + 2),
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace%s"
        b"/Filter/DCTDecode/Length %d>>stream\n%s\nendstream"
        % (page.width, page.height, page.colours, len(page.content), page.content),
    )


def _file(objects: list[bytes]) -> bytes:
    content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(content)


def _measured(content: bytes) -> _Picture | None:
    """Size and colours from the JPEG's frame header."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _FRAMES and at + 10 <= len(content):
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            width = int.from_bytes(content[at + 7 : at + 9], "big")
            colours = _COLOURS.get(content[at + 9])
            if not width or not height or colours is None:
                return None
            return _Picture(width, height, colours, content)
        at += 2 + length
    return None
