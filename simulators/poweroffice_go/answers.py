"""What the API answers with: bodies, headers and the documented error forms."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

JSON = "application/json; charset=utf-8"
PROBLEM_JSON = "application/problem+json; charset=utf-8"

encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(slots=True)
class Answer:
    """One HTTP answer, still changeable by a fault before it is sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0


class ApiError(Exception):
    """Ends a call with a documented error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(status: int, value: object, content_type: str = JSON) -> Answer:
    return Answer(status, encode(value), {"content-type": content_type})


def problem(status: int, title: str, detail: str) -> ApiError:
    """An RFC 7807 object; PowerOffice sends only title and detail, in lower case."""
    return ApiError(json_answer(status, {"title": title, "detail": detail}, PROBLEM_JSON))


def invalid_parameter(detail: str) -> ApiError:
    return problem(400, "Invalid resourceParameter", detail)


def not_found(detail: str) -> ApiError:
    return problem(404, "Object(s) not found", detail)


def gateway_error(status: int, message: str) -> Answer:
    """What the API Management gateway in front of PowerOffice Go says by itself."""
    return json_answer(status, {"statusCode": status, "message": message}, "application/json")


def unauthorized() -> ApiError:
    """The token is missing, unknown or too old; the body is empty."""
    return ApiError(Answer(401, b"", {"www-authenticate": "Bearer"}))


def forbidden() -> ApiError:
    """The integration lacks the privilege, or the company the module; the body is empty."""
    return ApiError(Answer(403))


def no_content() -> Answer:
    return Answer(204)


def throttled() -> Answer:
    answer = gateway_error(429, "Rate limit is exceeded. Try again in 1 seconds.")
    answer.headers["retry-after"] = "1"
    return answer


def missing_subscription_key() -> Answer:
    return gateway_error(
        401,
        "Access denied due to missing subscription key. "
        "Make sure to include subscription key when making requests to an API.",
    )


def wrong_subscription_key() -> Answer:
    return gateway_error(
        401,
        "Access denied due to invalid subscription key. "
        "Make sure to provide a valid key for an active subscription.",
    )


def unknown_path() -> Answer:
    return gateway_error(404, "Resource not found")


def token_error(error: str, description: str) -> Answer:
    """The token endpoint's own error form (RFC 6749 section 5.2)."""
    return json_answer(400, {"error": error, "error_description": description})


def internal_error() -> Answer:
    """An unexpected failure behind the gateway."""
    content = {"title": "Internal server error", "detail": "An unexpected error occurred."}
    return json_answer(500, content, PROBLEM_JSON)


def too_slow() -> Answer:
    """What the gateway says when the API has not answered in time."""
    return gateway_error(504, "The backend service did not respond in time.")
