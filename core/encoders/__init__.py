"""Encoders: from a sequence to a vector. They know nothing of databases."""

from core.encoders.base import Encoder, fingerprint, state_digest
from core.encoders.count import CountEncoder
from core.encoders.translated import TranslatedEncoder
from core.errors import InputError

ENCODERS: dict[str, type[Encoder]] = {
    encoder.name: encoder for encoder in (TranslatedEncoder, CountEncoder)
}
"""All encoders by name."""

DEFAULT_ENCODER = TranslatedEncoder.name


def get_encoder_class(name: str) -> type[Encoder]:
    """Return the class of the encoder with a name.

    Raises
    ------
    InputError
        If no encoder has that name.
    """
    try:
        return ENCODERS[name]
    except KeyError:
        message = f"There is no encoder {name!r}."
        raise InputError(message, f"Choose one of: {', '.join(ENCODERS)}.") from None


__all__ = [
    "DEFAULT_ENCODER",
    "ENCODERS",
    "CountEncoder",
    "Encoder",
    "TranslatedEncoder",
    "fingerprint",
    "get_encoder_class",
    "state_digest",
]
