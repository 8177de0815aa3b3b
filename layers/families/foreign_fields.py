"""Fields that other forks of Caffe added to a message, and that a layer here knows nothing of."""

from typing import Any

from ...core import Layer


def refuse_fields(layer: Layer, param: Any, name: str, fields: dict[str, str]) -> None:
    """Raise ConfigError if one of the fields is set to more than its default.

    name is that of the message in the prototxt, fields says whose each field is.
    """
    for field, whose in fields.items():
        value = getattr(param, field)
        default = param.DESCRIPTOR.fields_by_name[field].default_value
        if value and value != default:
            raise layer.error(f"{name}.{field}: is {whose}'s, and not supported")
