"""What all specifications share: frozen, strict, canonical, hashed."""

import hashlib
import json
import math
from typing import Any

import pydantic

from simdesign.errors import FieldError, SpecError


class Spec(pydantic.BaseModel):
    """A frozen description. Unknown keys are errors; non-finite numbers are refused."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


def plain(value: Any) -> Any:
    """Return a specification as plain dicts, lists, numbers and strings."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    return pydantic.TypeAdapter(type(value)).dump_python(value, mode="json")


def _number(value: float) -> str:
    # RFC 8785 writes numbers as ECMAScript does; Python's shortest repr differs only in form.
    if math.isnan(value) or math.isinf(value):
        return "null"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        power = int(exponent)
        if -7 < power < 0:
            digits = mantissa.lstrip("-").replace(".", "")
            return ("-" if value < 0 else "") + "0." + "0" * (-power - 1) + digits
        return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"
    return text


def canonical_json(value: Any) -> str:
    """Return the canonical JSON text (RFC 8785) of plain data: sorted keys, no spaces."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        inner = ",".join(
            f"{json.dumps(key, ensure_ascii=False)}:{canonical_json(value[key])}" for key in keys
        )
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    raise TypeError(f"no canonical JSON for {type(value).__name__}")


def content_hash(value: Any) -> str:
    """Return the first 16 hex digits of SHA-256 over the canonical JSON of a specification."""
    text = canonical_json(plain(value))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def spec_error(error: pydantic.ValidationError, source: str = "") -> SpecError:
    """Turn pydantic's report into one line: the first problem, and how many there are."""
    problems = error.errors(include_url=False)
    first = problems[0]
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, FieldError):
        path = ".".join([*map(str, first["loc"]), inner.field])
        return SpecError(path, inner.value, inner.rule, source)
    if isinstance(inner, SpecError):
        return SpecError(inner.field, inner.value, inner.rule, source)
    path = ".".join(str(part) for part in first["loc"]) or "study"
    rule = str(first["msg"]).removeprefix("Value error, ").replace("Input should", "must", 1)
    if first["type"] == "extra_forbidden":
        rule = "unknown key"
    if len(problems) > 1:
        others = ", ".join(".".join(str(p) for p in item["loc"]) for item in problems[1:4])
        rule += f" ({len(problems) - 1} more: {others})"
    return SpecError(path, first.get("input"), rule, source)
