"""Secrets and personal data out of traces: found offline, replaced by tokens, the same value always by the same token.

Found are keys and tokens of some thirty services, private keys, passwords that stand beside their names, mail addresses, phone
numbers, payment cards, bank accounts, US social security numbers and IP addresses. Names of people and street addresses
are not: no recogniser finds them reliably without a language model. Names that are known, such as those of customers, are
found where `[recognisers]` in `workbench.toml` or a package of one's own says what they look like.
"""

from workbench.redact._key import key_of
from workbench.redact._redactor import Redactor, Replaced

__all__ = ["Redactor", "Replaced", "key_of"]
