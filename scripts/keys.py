#!/usr/bin/env python3
"""Computes the ids of keys from their documented layout, and checks the golden vectors with them.

It knows nothing of the Rust code: what it needs is in the docs of `idem-core/src/key.rs`. General paths it does not run;
a vector that has one says which nodes it selects.

    scripts/keys.py          checks every vector
    scripts/keys.py --seal   fills in the ids of new vectors and seals them
"""

import base64
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

LAYOUT = 1
VECTORS = Path(__file__).parent.parent / "idem-core/tests/data/keys.jsonl"

BLOCK = 64
DEPTH = 128
SIZE = 16 << 20


class Refused(Exception):
    """There is no key."""


# The layout.


def length(count):
    return bytes([count]) if count < 255 else b"\xff" + struct.pack(">Q", count)


def text(string):
    try:
        encoded = string.encode()
    except UnicodeEncodeError:
        raise Refused("half a surrogate pair") from None
    return length(len(encoded)) + encoded


def optional(string):
    return b"\x00" if string is None else b"\x01" + text(string)


def padded(prefix):
    return prefix + bytes(-len(prefix) % BLOCK)


def key_digest(vector, value):
    prefix = text("idem-lambda key") + bytes([LAYOUT])
    prefix += optional(vector.get("function")) + text(vector["name"])
    return digest(padded(prefix) + optional(vector.get("tenant")) + value)


def fingerprint_digest(value):
    return digest(padded(text("idem-lambda fingerprint") + bytes([LAYOUT])) + value)


def digest(material):
    return hashlib.sha256(material).hexdigest()


# Canonical values.


def number(value):
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise Refused("not finite")
        if not value.is_integer():
            return b"\x05" + struct.pack(">d", value)
        if abs(value) >= 2**53:
            raise Refused("not exact")
        value = int(value)
    magnitude = abs(value).to_bytes((abs(value).bit_length() + 7) // 8, "big")
    if len(magnitude) > 16:
        raise Refused("not exact")
    return (b"\x04" if value < 0 else b"\x03") + bytes([len(magnitude)]) + magnitude


def canonical(value, depth=DEPTH):
    if value is None:
        return b"\x00"
    if value is False:
        return b"\x01"
    if value is True:
        return b"\x02"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return b"\x06" + text(value)
    if depth == 0:
        raise Refused("too deep")
    if isinstance(value, list):
        return b"\x07" + b"".join(canonical(item, depth - 1) for item in value) + b"\x09"
    members = (b"\x06" + text(name) + canonical(value[name], depth - 1) for name in ordered(value))
    return b"\x08" + b"".join(members) + b"\x09"


def ordered(members):
    return sorted(members, key=str.encode)


# Paths of names, indices and wildcards.

SPACE = r"[ \t\n\r]*"
SEGMENT = re.compile(
    rf"""{SPACE}(?: \.(?P<name>(?:[A-Za-z_]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*)
      | \.\* | \[{SPACE}\*{SPACE}\]
      | \[{SPACE}(?P<index>0|[1-9][0-9]*){SPACE}\]
      | \[{SPACE}"(?P<double>(?:[^"\\]|\\.)*)"{SPACE}\]
      | \[{SPACE}'(?P<single>(?:[^'\\]|\\.)*)'{SPACE}\])""",
    re.VERBOSE,
)


def segments(path):
    """The names and indices of a path; a wildcard is None."""
    assert path.startswith("$"), path
    at = 1
    while at < len(path):
        segment = SEGMENT.match(path, at)
        assert segment, f"{path} at {at}"
        at = segment.end()
        if segment["index"]:
            yield int(segment["index"])
        elif segment["single"] is not None:
            yield json.loads('"' + segment["single"].replace("\\'", "'").replace('"', '\\"') + '"')
        elif segment["double"] is not None:
            yield json.loads('"' + segment["double"] + '"')
        else:
            yield segment["name"]


def children(node, segment):
    if segment is None and isinstance(node, dict):
        return [node[name] for name in ordered(node)]
    if segment is None and isinstance(node, list):
        return node
    if isinstance(segment, str) and isinstance(node, dict) and segment in node:
        return [node[segment]]
    if isinstance(segment, int) and isinstance(node, list) and segment < len(node):
        return [node[segment]]
    return []


def select(path, value):
    """What a path selects: a node, or the list of nodes if they can be many."""
    if isinstance(path, dict):
        many, nodes = "nodes" in path, path.get("nodes", [path.get("node")])
    else:
        steps = list(segments(path))
        many, nodes = None in steps, [value]
        for step in steps:
            nodes = [child for node in nodes for child in children(node, step)]
    if not nodes:
        raise Refused("missing")
    return nodes if many else nodes[0], many


# The key language.


def parse(string):
    """The value that a text of JSON says; of a repeated member the last counts."""

    def refuse(constant):
        raise Refused(f"{constant} is not JSON")

    try:
        return json.loads(string, parse_constant=refuse)
    except ValueError:
        raise Refused("not JSON") from None


def decoded(string):
    """The text that a string encodes in one of both alphabets, padded or not."""
    digits = string.rstrip("=")
    if "-" in digits or "_" in digits:
        digits = digits.translate({ord("-"): "+", ord("_"): "/", ord("+"): "!", ord("/"): "!"})
    missing = -len(digits) % 4
    if len(string) - len(digits) > missing:
        raise Refused("not base64")
    whole = digits + "=" * missing
    try:
        encoded = base64.b64decode(whole, validate=True)
        if base64.b64encode(encoded).decode() != whole:
            raise Refused("not base64")
        return encoded.decode()
    except ValueError:
        raise Refused("not base64 of a text") from None


def header(name, event):
    values = []
    for member in ("headers", "multiValueHeaders"):
        headers = event.get(member) if isinstance(event, dict) else None
        for key, value in (headers or {}).items():
            if key.lower() == name.lower():
                found = value if isinstance(value, list) else [value]
                values.extend(one for one in found if one not in values)
    if len(values) != 1:
        raise Refused("no value, or several")
    return values[0]


def found(key, vector, event):
    """The value of a key and whether it is a list of parts or nodes, each of which must have a value."""
    if key == "request_id":
        return vector.get("request_id"), False
    if key == "value":
        return event, isinstance(event, list)
    if isinstance(key, list):
        parts = [found(part, vector, event) for part in key]
        return [required(*part) if is_key(vector) else part[0] for part in parts], True
    if isinstance(key, str) or "query" in key:
        return select(key, event)
    if "json" in key:
        source, path = key["json"]
        return select(path, parse(string(source, vector, event)))
    if "base64" in key:
        return decoded(string(key["base64"], vector, event)), False
    return header(key["header"], event), False


def string(source, vector, event):
    value, _ = found(source, vector, event)
    if not isinstance(value, str):
        raise Refused("not a string")
    return value


def required(value, several):
    """Refuses what is null or empty."""
    for part in value if several else [value]:
        if part is None or (isinstance(part, (str, list, dict)) and not part):
            raise Refused("null or empty")
    if several and not value:
        raise Refused("empty")
    return value


def is_key(vector):
    """Else it is a fingerprint, in which what is null or empty counts."""
    return "name" in vector


def computed(vector):
    """The id or fingerprint of a vector, or None where it has none."""
    event = vector["event"]
    if "times" in vector:
        event = json.loads(json.dumps(event).replace('"x"', f'"{"x" * vector["times"]}"'))
    try:
        value, several = found(vector["key"], vector, event)
        if not is_key(vector):
            return fingerprint_digest(canonical(value))
        value = canonical(required(value, several))
    except Refused:
        return None
    if len(value) > SIZE:
        return None
    function = f"{vector['function']}/" if "function" in vector else ""
    return f"{function}{vector['name']}#{key_digest(vector, value)}"


# The file of vectors: a header, and one vector a line.


def seal_of(lines):
    """A digest of all but the words of faults, which are no part of the layout."""
    sealed = (line.split(', "fault": ')[0] for line in lines)
    return digest("".join(f"{line}\n" for line in sealed).encode())


def faults(line):
    """What is wrong with a vector, in words."""
    vector = json.loads(line)
    expected, actual = vector.get("id"), computed(vector)
    if (actual is None) != ("fault" in vector):
        yield "there is no key" if actual is None else "there is a key"
    elif actual != expected:
        yield f"its id is {actual}"


def with_id(line):
    vector = json.loads(line)
    actual = computed(vector)
    unsealed = line[: line.rindex(', "id"')] if "id" in vector else line[:-1]
    return line if actual is None else f'{unsealed}, "id": "{actual}"}}'


def main():
    head, *lines = VECTORS.read_text("utf-8").removesuffix("\n").split("\n")
    header = json.loads(head)
    is_new_layout = header["layout"] < LAYOUT
    if not is_new_layout and seal_of(lines[: header["vectors"]]) != header["sha256"]:
        sys.exit(f"{VECTORS}: a vector of layout {LAYOUT} was changed; ids in stores would change with it")
    if "--seal" in sys.argv:
        known = 0 if is_new_layout else header["vectors"]
        lines[known:] = map(with_id, lines[known:])
        header = {"layout": LAYOUT, "vectors": len(lines), "sha256": seal_of(lines)}
        VECTORS.write_text("".join(f"{line}\n" for line in [json.dumps(header), *lines]), "utf-8")
    wrong = [f"line {at}: {fault}" for at, line in enumerate(lines, 2) for fault in faults(line)]
    if header["layout"] != LAYOUT or header["vectors"] != len(lines):
        wrong.append("new vectors or a new layout; seal them with `scripts/keys.py --seal`")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(lines)} vectors agree")


if __name__ == "__main__":
    main()
