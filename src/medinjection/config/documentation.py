"""The JSON schema and the reference page of the configuration, both made from the settings' own descriptions."""

import json
from typing import Any

from medinjection.config.settings.run import Settings


def schema_json() -> str:
    """Return the JSON schema of the configuration, for editors that complete and check YAML."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """Return a Markdown page that lists every key with its type, default and meaning."""
    schema = Settings.model_json_schema()
    lines = [
        "# Configuration",
        "",
        "Generated from `src/medinjection/config/settings/` by `make schema`. A key that is not listed is refused.",
        "",
    ]
    sections = {"Settings": schema, **schema["$defs"]}
    for name, section in sections.items():
        lines += [f"## {name}", "", " ".join(section["description"].split()), "", "| key | type | default | meaning |"]
        lines.append("|---|---|---|---|")
        required = section.get("required", [])
        for key, value in section["properties"].items():
            default = "required" if key in required else f"`{json.dumps(value.get('default', {}), ensure_ascii=False)}`"
            lines.append(f"| `{key}` | {_type_name(value)} | {default} | {value.get('description', '')} |")
        lines.append("")
    return "\n".join(lines)


def _type_name(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return value["$ref"].rsplit("/", 1)[1]
    if "anyOf" in value:
        return " or ".join(_type_name(option) for option in value["anyOf"])
    if "enum" in value:
        return " or ".join(f"`{option}`" for option in value["enum"])
    if value.get("type") == "array":
        return f"list of {_type_name(value['items'])}"
    named = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
    if value.get("type") == "object" and isinstance(named[0], dict):
        return f"mapping of name to {_type_name(named[0])}"
    return value.get("type", "any")
